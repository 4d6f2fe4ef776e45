"""`python tether.py PARENT COMMAND…`: become COMMAND, and die when PARENT dies.

Only Linux can do this; elsewhere the command runs untethered.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

#: From <linux/prctl.h>: "the signal that this process gets when its parent dies".
PR_SET_PDEATHSIG = 1


def main() -> None:
    """Tie this process to its parent and replace it by the command."""
    parent, command = int(sys.argv[1]), sys.argv[2:]
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            return  # the parent died before it could be watched
    os.execvp(command[0], command)


if __name__ == "__main__":
    main()
