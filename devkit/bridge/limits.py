"""What a sandbox may use, and how long it lives."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

MIB = 1 << 20


@dataclass(frozen=True, slots=True)
class Limits:
    """Sizes are in bytes; what lies in memory file systems counts against the host's memory too."""

    #: Of one process, and of all processes of a sandbox together.
    memory: int = 1024 * MIB
    #: Seconds of processor time of one command's process.
    cpu: int = 900
    #: Processes and threads of a sandbox.
    processes: int = 256
    #: One file, in a mounted bucket too.
    file: int = 512 * MIB
    open_files: int = 1024
    #: Files and folders of a sandbox.
    files: int = 200_000
    #: Also of the lengths of its files together: a hole takes no room here, but is packed as it is long.
    workspace: int = 512 * MIB
    #: A packed workspace: more than is ever taken back, so that who asks has read enough to see that.
    archive: int = 64 * MIB
    #: /tmp, the home and /dev/shm, each.
    scratch: int = 128 * MIB
    #: Of stdout and of stderr of one command.
    output: int = 32 * MIB
    #: The body of a PUT or of a hydrate.
    body: int = 32 * MIB
    #: The longest a command may run.
    command: timedelta = timedelta(minutes=10)
    #: A sandbox that nobody used for this long is ended; so is one that lived for `lifetime`.
    idle: timedelta = timedelta(minutes=15)
    lifetime: timedelta = timedelta(hours=4)
    #: Sandboxes at a time.
    sandboxes: int = 16
