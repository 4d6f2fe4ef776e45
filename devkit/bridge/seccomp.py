"""The filter on system calls in a sandbox, as the program that the kernel runs (classic BPF)."""

from __future__ import annotations

import errno
import platform
import struct
from dataclasses import dataclass

LOAD, JUMP_IF, JUMP_IF_ANY, RETURN = 0x20, 0x15, 0x45, 0x06
ALLOW, KILL, FAIL = 0x7FFF0000, 0x80000000, 0x00050000
NUMBER, ARCHITECTURE = 0, 4
ARGUMENTS = 16
#: Numbers of system calls from here on belong to the x32 ABI of x86_64.
X32 = 0x40000000
#: All the CLONE_NEW… flags: a namespace is a way to get at more of the kernel.
NAMESPACES = 0x7E020000
TIOCSTI, TIOCLINUX = 0x5412, 0x541C
#: AF_UNIX, AF_INET, AF_INET6, AF_NETLINK. AF_VSOCK, above all, would reach out of a virtual machine.
FAMILIES = (1, 2, 10, 16)


def _numbers(text: str) -> dict[str, int]:
    return {name: int(number) for name, _, number in (pair.partition("=") for pair in text.split())}


#: New enough to have the same number everywhere.
COMMON = _numbers("""
    io_uring_setup=425 io_uring_enter=426 io_uring_register=427 open_tree=428 move_mount=429 fsopen=430
    fsconfig=431 fsmount=432 fspick=433 clone3=435 pidfd_getfd=438 mount_setattr=442 quotactl_fd=443
    memfd_secret=447 open_tree_attr=467
""")
NUMBERS = {
    "x86_64": COMMON
    | _numbers("""
    ioctl=16 shmget=29 socket=41 clone=56 msgget=68 ptrace=101 syslog=103 uselib=134 modify_ldt=154
    pivot_root=155 chroot=161 acct=163 mount=165 umount2=166 swapon=167 swapoff=168 reboot=169 iopl=172
    ioperm=173 init_module=175 delete_module=176 quotactl=179 kexec_load=246 add_key=248 request_key=249
    keyctl=250 unshare=272 perf_event_open=298 fanotify_init=300 name_to_handle_at=303
    open_by_handle_at=304 setns=308 process_vm_readv=310 process_vm_writev=311 kcmp=312 finit_module=313
    memfd_create=319 kexec_file_load=320 bpf=321 userfaultfd=323
"""),
    "aarch64": COMMON
    | _numbers("""
    ioctl=29 umount2=39 mount=40 pivot_root=41 chroot=51 quotactl=60 acct=89 unshare=97 kexec_load=104
    init_module=105 delete_module=106 syslog=116 ptrace=117 reboot=142 msgget=186 shmget=194 socket=198
    add_key=217 request_key=218 keyctl=219 clone=220 swapon=224 swapoff=225 perf_event_open=241
    fanotify_init=262 name_to_handle_at=264 open_by_handle_at=265 setns=268 process_vm_readv=270
    process_vm_writev=271 kcmp=272 finit_module=273 memfd_create=279 bpf=280 userfaultfd=282
    kexec_file_load=294
"""),
}
ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
#: Looked at more closely than by their number.
EXAMINED = {"ioctl", "socket", "clone"}
#: Programs try these and do without: they ask for memory that is nobody's, or hide their flags.
ABSENT = {"clone3", "memfd_create", "memfd_secret", "shmget", "msgget", "io_uring_setup"}


@dataclass(frozen=True, slots=True)
class Step:
    code: int
    value: int
    then: int = 0
    otherwise: int = 0

    def packed(self) -> bytes:
        return struct.pack("<HBBI", self.code, self.then, self.otherwise, self.value)


def supported() -> bool:
    """Whether the numbers of this machine's system calls are known here."""
    return platform.machine() in NUMBERS


def program() -> bytes:
    """The filter for this machine."""
    machine = platform.machine()
    numbers = NUMBERS[machine]
    steps = [
        Step(LOAD, ARCHITECTURE),
        Step(JUMP_IF, ARCHITECTURES[machine], then=1),
        Step(RETURN, KILL),
        Step(LOAD, NUMBER),
    ]
    if machine == "x86_64":
        steps += [Step(JUMP_IF_ANY, X32, otherwise=1), Step(RETURN, FAIL | errno.ENOSYS)]
    for name, number in numbers.items():
        if name not in EXAMINED:
            answer = FAIL | (errno.ENOSYS if name in ABSENT else errno.EPERM)
            steps += [Step(JUMP_IF, number, otherwise=1), Step(RETURN, answer)]
    steps += _examine(
        numbers["clone"],
        argument=0,
        tests=[Step(JUMP_IF_ANY, NAMESPACES, otherwise=1), Step(RETURN, FAIL | errno.EPERM)],
        otherwise=ALLOW,
    )
    denied = Step(RETURN, FAIL | errno.EPERM)
    typing = [step for request in (TIOCSTI, TIOCLINUX) for step in (Step(JUMP_IF, request, 0, 1), denied)]
    steps += _examine(numbers["ioctl"], argument=1, tests=typing, otherwise=ALLOW)
    families = [step for family in FAMILIES for step in (Step(JUMP_IF, family, 0, 1), Step(RETURN, ALLOW))]
    refused = FAIL | errno.EAFNOSUPPORT
    steps += _examine(numbers["socket"], argument=0, tests=families, otherwise=refused)
    steps.append(Step(RETURN, ALLOW))
    return b"".join(step.packed() for step in steps)


def _examine(number: int, *, argument: int, tests: list[Step], otherwise: int) -> list[Step]:
    """Test the lower half of an argument of one system call; both machines are little endian."""
    body = [Step(LOAD, ARGUMENTS + 8 * argument), *tests, Step(RETURN, otherwise)]
    return [Step(JUMP_IF, number, otherwise=len(body)), *body]
