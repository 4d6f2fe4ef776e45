"""Mounts a bucket into a running sandbox, or unmounts it; a process of its own, as it changes namespaces.

Works without rights on the host: a mount is cloned in a new user namespace, and put in place from within
the sandbox's, over which whoever started the sandbox has all rights.
"""

from __future__ import annotations

import ctypes
import fcntl
import json
import os
import socket
import struct
import sys
from typing import Any

NEW_USER, NEW_MOUNT = 0x10000000, 0x00020000
OPEN_TREE, MOVE_MOUNT, MOUNT_SETATTR = 428, 429, 442
NS_GET_USERNS = 0xB701
EMPTY_PATH, OPEN_TREE_CLONE, MOVE_FROM_EMPTY_PATH = 0x1000, 1, 4
READ_ONLY, NO_SETUID, NO_DEVICES = 1, 2, 4
DETACH, NO_FOLLOW = 2, 8
HERE = -100
libc = ctypes.CDLL(None, use_errno=True)


def checked(result: int) -> int:
    """Raise `OSError` if a call failed."""
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result


def folder(order: dict[str, Any]) -> int:
    """Open the folder in the bucket, step by step so that no link leads out of it; makes the prefix."""
    owner = order["owner"]
    here = os.open(order["buckets"], os.O_RDONLY | os.O_DIRECTORY)
    for depth, name in enumerate(order["steps"]):
        if depth and name not in os.listdir(here):
            os.mkdir(name, 0o755, dir_fd=here)
            if owner is not None:
                os.chown(name, owner, owner, dir_fd=here, follow_symlinks=False)
        here = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=here)
    if owner is not None and not order["read_only"]:
        os.fchown(here, owner, owner)
        for _, folders, files, fd in os.fwalk(".", dir_fd=here):
            for name in (*folders, *files):
                os.chown(name, owner, owner, dir_fd=fd, follow_symlinks=False)
    return here


def tree(order: dict[str, Any]) -> int:
    """A mount of the folder that is nowhere yet."""
    if os.geteuid() != 0:
        checked(libc.unshare(NEW_USER | NEW_MOUNT))
    flags = OPEN_TREE_CLONE | EMPTY_PATH | os.O_CLOEXEC
    mount = checked(libc.syscall(OPEN_TREE, folder(order), b"", flags))
    attributes = NO_SETUID | NO_DEVICES | (READ_ONLY if order["read_only"] else 0)
    wanted = struct.pack("=QQQQ", attributes, 0, 0, 0)
    checked(libc.syscall(MOUNT_SETATTR, mount, b"", EMPTY_PATH, wanted, len(wanted)))
    return mount


def tree_of_a_child(order: dict[str, Any]) -> int:
    """Have a child make the mount, since who made a user namespace cannot enter another."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    if os.fork() == 0:
        try:
            socket.send_fds(theirs, [b"mount"], [tree(order)])
        except OSError as error:
            theirs.send(f"error {error}".encode())
        os._exit(0)
    message, fds, _, _ = socket.recv_fds(ours, 4096, 1)
    os.wait()
    if not fds:
        raise OSError(message.decode().removeprefix("error "))
    return fds[0]


def enter(namespace: int) -> None:
    """Go into the mount namespace of the sandbox, and the user namespace it belongs to."""
    owner = fcntl.ioctl(namespace, NS_GET_USERNS)
    checked(libc.setns(owner, NEW_USER))
    checked(libc.setns(namespace, NEW_MOUNT))


def main() -> None:
    """Do what the order on the command line says; an error goes to stderr, with exit code 1."""
    order: dict[str, Any] = json.loads(sys.argv[1])
    target = os.fsencode(order["target"])
    try:
        if order["op"] == "mount":
            mount = tree_of_a_child(order)
            enter(order["namespace"])
            checked(libc.syscall(MOVE_MOUNT, mount, b"", HERE, target, MOVE_FROM_EMPTY_PATH))
        else:
            enter(order["namespace"])
            checked(libc.umount2(target, DETACH | NO_FOLLOW))
    except OSError as error:
        sys.exit(error.strerror or str(error))


if __name__ == "__main__":
    main()
