"""The first process of a sandbox: starts commands, moves files in and out, keeps the limits.

It runs with the system's Python, so it needs the standard library alone, and of that what 3.9 has.
A request is one message on an inherited socket: an id, and descriptors, the first of which holds the
request as JSON. A job gets its output descriptors, and perhaps its input, with the request; its exit code
goes back as a message.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import resource
import selectors
import signal
import socket
import stat
import sys
import tarfile
import time
from collections.abc import Callable
from typing import Any

WORKSPACE = "/workspace"
QUOTA = (WORKSPACE, "/tmp", "/home/sandbox", "/dev/shm")
#: Exit codes of the jobs that are not commands.
NOT_FOUND, NOT_A_FILE, FAILED, UNSAFE = 2, 3, 4, 5
#: How often memory and files are counted while anything runs, in seconds.
TICK = 0.2
MOST_DRAINS = 64
CHUNK = 1 << 18
PR_SET_DUMPABLE = 4


class Unsafe(Exception):
    """The archive holds what does not belong in a workspace."""


class _Capped:
    """The output, as a file that takes so many bytes and no more."""

    def __init__(self, most: int) -> None:
        self._left = most

    def write(self, data: bytes) -> int:
        self._left -= len(data)
        if self._left < 0:
            raise OSError("the workspace is too large to be packed")
        _write(1, data)
        return len(data)


class Agent:
    """Reads requests until the other end closes, which ends the sandbox."""

    def __init__(self, control: socket.socket, limits: dict[str, int]) -> None:
        self._control = control
        self._limits = limits
        self._jobs: dict[int, int] = {}
        self._drains: list[int] = []
        self._files = 0
        self._lengths = 0
        self._measured = 0.0
        self._alone = True
        self._selector = selectors.DefaultSelector()
        woken, wakes = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(wakes, warn_on_full_buffer=False)
        self._selector.register(control, selectors.EVENT_READ, self._request)
        self._selector.register(woken, selectors.EVENT_READ, lambda: os.read(woken, 4096))

    def serve(self, gate: socket.socket | None = None) -> None:
        """Say that it is ready, then work until the control socket closes."""
        self._control.send(b"{}") if gate is None else _hand_over(self._control, gate)
        while True:
            for key, _ in self._selector.select(None if self._alone else TICK):
                key.data()
            self._reap()
            self._watch()

    def _request(self) -> None:
        message, fds, _, _ = socket.recv_fds(self._control, 64, 4)
        for fd in fds:
            os.set_inheritable(fd, False)
        if not message:
            os._exit(0)
        try:
            self._obey(int(message), fds)
        except OSError as error:
            self._answer(int(message), 126, str(error))
        finally:
            for fd in fds:
                os.close(fd)

    def _obey(self, number: int, fds: list[int]) -> None:
        if not fds:
            raise OSError("too many files are open in the sandbox")
        with open(os.dup(fds[0]), "rb") as file:
            request: dict[str, Any] = json.loads(file.read())
        if request["op"] == "kill":
            self._kill(request["job"])
        elif request["op"] == "drain":
            for fd in fds[1:]:
                self._drain(os.dup(fd))
        else:
            self._start(number, request, fds[1:])

    def _start(self, number: int, request: dict[str, Any], fds: list[int]) -> None:
        if len(fds) < 2:
            raise OSError("too many files are open in the sandbox")
        self._alone = False
        pid = os.fork()
        if pid:
            self._jobs[pid] = number
        else:
            _child(request, fds, self._limits)

    def _kill(self, number: int) -> None:
        for pid, job in self._jobs.items():
            if job == number:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(pid, signal.SIGKILL)

    def _drain(self, fd: int) -> None:
        """Read and forget what is still written after a command ended, so that its writer is not ended."""
        if len(self._drains) >= MOST_DRAINS:
            self._close_drain(self._drains[0])
        self._drains.append(fd)
        self._selector.register(fd, selectors.EVENT_READ, lambda: self._forget(fd))

    def _forget(self, fd: int) -> None:
        with contextlib.suppress(BlockingIOError):
            if not os.read(fd, 65536):
                self._close_drain(fd)

    def _close_drain(self, fd: int) -> None:
        self._drains.remove(fd)
        self._selector.unregister(fd)
        os.close(fd)

    def _reap(self) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                self._alone = True
                return
            if not pid:
                return
            number = self._jobs.pop(pid, None)
            if number is not None:
                self._answer(number, _exit_code(status))

    def _answer(self, number: int, code: int, error: str = "") -> None:
        self._control.send(json.dumps({"id": number, "code": code, "error": error}).encode())

    def _watch(self) -> None:
        """End everything that runs if it holds too much memory, or makes too many or too long files."""
        if self._alone:
            return
        pids = [name for name in os.listdir("/proc") if name.isdigit() and name != "1"]
        files = sum(_files(path) for path in QUOTA)
        too_many = files > max(self._limits["files"], self._files)
        # What was made while all was being killed is not held against whoever cleans up.
        self._files = sys.maxsize if too_many else files
        too_many = self._are_too_long() or too_many
        held = sum(map(_resident, pids))
        if too_many or (held > self._limits["memory"] and sum(map(_share, pids)) > self._limits["memory"]):
            with contextlib.suppress(ProcessLookupError):
                os.kill(-1, signal.SIGKILL)

    def _are_too_long(self) -> bool:
        """Whether the files of the workspace are longer together than it is large, by holes or links.

        Takes a twentieth of the time at most.
        """
        began = time.monotonic()
        if began < self._measured:
            return False
        lengths = _lengths(WORKSPACE, max(self._limits["workspace"], self._lengths))
        too_long = lengths > max(self._limits["workspace"], self._lengths)
        self._lengths = sys.maxsize if too_long else lengths
        self._measured = began + 20 * (time.monotonic() - began)
        return too_long


def _lengths(root: str, most: int) -> int:
    """The lengths of all files below a folder, until they are more than `most`. Mounts are not looked into."""
    total, folders = 0, [root]
    device = os.stat(root).st_dev
    while folders and total <= most:
        with contextlib.suppress(OSError), os.scandir(folders.pop()) as entries:
            for entry in entries:
                with contextlib.suppress(OSError):
                    found = entry.stat(follow_symlinks=False)
                    if stat.S_ISREG(found.st_mode):
                        total += found.st_size
                    elif stat.S_ISDIR(found.st_mode) and found.st_dev == device:
                        folders.append(entry.path)
    return total


def _files(path: str) -> int:
    usage = os.statvfs(path)
    return usage.f_files - usage.f_ffree


def _resident(pid: str) -> int:
    try:
        with open(f"/proc/{pid}/statm", "rb") as file:
            return int(file.read().split()[1]) * resource.getpagesize()
    except OSError:
        return 0


def _share(pid: str) -> int:
    """Memory of a process, what it shares divided by the number of those who share it."""
    try:
        with open(f"/proc/{pid}/smaps_rollup", "rb") as file:
            return next(int(line.split()[1]) * 1024 for line in file if line.startswith(b"Pss:"))
    except (OSError, StopIteration):
        return _resident(pid)


def _exit_code(status: int) -> int:
    return 128 + os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)


def _child(request: dict[str, Any], fds: list[int], limits: dict[str, int]) -> None:
    """Become the job; never returns."""
    code = FAILED
    try:
        signal.set_wakeup_fd(-1)
        for each in (signal.SIGCHLD, signal.SIGPIPE, signal.SIGXFSZ):
            signal.signal(each, signal.SIG_DFL)
        os.setsid()
        for fd, target in zip(fds, (1, 2, 0)):
            os.dup2(fd, target)
        resource.setrlimit(resource.RLIMIT_CPU, (limits["cpu"], limits["cpu"] + 5))
        code = JOBS[request["op"]](request | {"most": limits["archive"]})
    except (FileNotFoundError, NotADirectoryError):
        code = NOT_FOUND
    except IsADirectoryError:
        code = NOT_A_FILE
    except Unsafe as error:
        code = UNSAFE
        os.write(2, str(error).encode("utf-8", "replace")[:2000])
    except BaseException as error:  # noqa: BLE001 - whatever it was, the job ends here with its message
        with contextlib.suppress(OSError):
            os.write(2, f"{type(error).__name__}: {error}".encode("utf-8", "replace")[:2000])
    finally:
        os._exit(code)


def run(request: dict[str, Any]) -> int:
    """Become the command."""
    argv: list[str] = request["argv"]
    try:
        os.chdir(request["cwd"])
        os.execvp(argv[0], argv)
    except OSError as error:
        os.write(2, f"{argv[0]}: {error.strerror}\n".encode("utf-8", "replace"))
        return 127 if isinstance(error, FileNotFoundError) else 126


def read(request: dict[str, Any]) -> int:
    """Write a file to the output."""
    fd = os.open(request["path"], os.O_RDONLY | os.O_NONBLOCK)
    if not stat.S_ISREG(os.fstat(fd).st_mode):
        return NOT_A_FILE
    while chunk := os.read(fd, CHUNK):
        _write(1, chunk)
    return 0


def write(request: dict[str, Any]) -> int:
    """Write the input to a file, in a new folder if need be."""
    os.makedirs(os.path.dirname(request["path"]), exist_ok=True)
    fd = os.open(request["path"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NONBLOCK, 0o644)
    while chunk := os.read(0, CHUNK):
        _write(fd, chunk)
    return 0


def make_folder(request: dict[str, Any]) -> int:
    """Make a folder to mount on."""
    os.makedirs(request["path"], exist_ok=True)
    return 0


def persist(request: dict[str, Any]) -> int:
    """Write the workspace to the output as a tar."""
    excluded: list[str] = request["excludes"]
    with tarfile.open(fileobj=_Capped(request["most"]), mode="w|") as tar:  # pyright: ignore[reportCallIssue, reportArgumentType]
        _pack(tar, ".", excluded)
    return 0


def hydrate(request: dict[str, Any]) -> int:
    """Unpack the tar on the input into the workspace, if every member of it may be there."""
    with open(0, "rb", closefd=False) as source, tarfile.open(fileobj=source, mode="r:") as tar:
        members = tar.getmembers()
        for member in members:
            _check(member)
        tar.extraction_filter = lambda member, path: member  # they are checked
        tar.extractall(WORKSPACE, members)
    return 0


def _pack(tar: tarfile.TarFile, name: str, excluded: list[str]) -> None:
    path = os.path.join(WORKSPACE, name)
    try:
        mode = os.lstat(path).st_mode
        if stat.S_ISDIR(mode) or stat.S_ISREG(mode) or stat.S_ISLNK(mode):
            # Every name of a file becomes a file of its own: links are refused when a tar comes back.
            tar.inodes = {}  # pyright: ignore[reportAttributeAccessIssue] - typeshed lacks it
            tar.add(path, name, recursive=False)
        below = sorted(os.listdir(path)) if stat.S_ISDIR(mode) else []
    except FileNotFoundError:
        return  # it went away meanwhile
    for entry in below:
        inner = os.path.normpath(os.path.join(name, entry))
        if inner not in excluded:
            _pack(tar, f"./{inner}", excluded)


def _check(member: tarfile.TarInfo) -> None:
    names = [member.name, member.linkname] if member.islnk() else [member.name]
    if any(name.startswith("/") or ".." in name.split("/") for name in names):
        raise Unsafe(f"{member.name} is not inside the workspace")
    if not (member.isreg() or member.isdir() or member.issym() or member.islnk()):
        raise Unsafe(f"{member.name} is a device or a pipe")


def _write(fd: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]


JOBS: dict[str, Callable[[dict[str, Any]], int]] = {
    "exec": run,
    "read": read,
    "write": write,
    "mkdir": make_folder,
    "persist": persist,
    "hydrate": hydrate,
}


def _gate(port: int) -> socket.socket:
    """Listen where commands find the proxy. Whoever gets this socket serves it, from outside."""
    gate = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    gate.bind(("127.0.0.1", port))
    gate.listen(64)
    return gate


def _hand_over(control: socket.socket, gate: socket.socket) -> None:
    socket.send_fds(control, [b"{}"], [gate.fileno()])
    gate.close()


def main() -> None:
    """Lower what this process and all its children may use, then serve."""
    limits: dict[str, int] = json.loads(sys.argv[2])
    control = socket.socket(fileno=int(sys.argv[1]))
    control.setblocking(True)
    os.set_inheritable(control.fileno(), False)
    os.closerange(3, control.fileno())
    os.closerange(control.fileno() + 1, 1024)
    nothing = os.open(os.devnull, os.O_RDWR)
    for fd in (0, 1, 2):
        os.dup2(nothing, fd)
    with open("/proc/self/oom_score_adj", "w", encoding="ascii") as file:
        file.write("1000")
    # Nobody but the kernel may look into this process, or trace it.
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0:
        os._exit(1)
    os.nice(10)
    os.umask(0o022)
    for what, most in (
        (resource.RLIMIT_NPROC, limits["processes"]),
        (resource.RLIMIT_DATA, limits["memory"]),
        (resource.RLIMIT_FSIZE, limits["file"]),
        (resource.RLIMIT_NOFILE, limits["open_files"]),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_MEMLOCK, 1 << 16),
    ):
        resource.setrlimit(what, (most, most))
    Agent(control, limits).serve(_gate(limits["gate"]) if limits["gate"] else None)


if __name__ == "__main__":
    main()
