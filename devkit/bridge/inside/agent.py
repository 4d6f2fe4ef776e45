"""The first process of a sandbox: takes requests, starts jobs for them, keeps the limits.

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
import sys
import time
from typing import Any

from devkit.bridge.inside import usage
from devkit.bridge.inside.jobs import FAILED, JOBS, NOT_A_FILE, NOT_FOUND, UNSAFE, WORKSPACE, Unsafe

QUOTA = (WORKSPACE, "/tmp", "/home/sandbox", "/dev/shm")
#: How often memory and files are counted while anything runs, in seconds.
TICK = 0.2
MOST_DRAINS = 64
PR_SET_DUMPABLE = 4


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
        files = sum(usage.files(path) for path in QUOTA)
        too_many = files > max(self._limits["files"], self._files)
        # What was made while all was being killed is not held against whoever cleans up.
        self._files = sys.maxsize if too_many else files
        too_many = self._are_too_long() or too_many
        held = sum(map(usage.resident, pids))
        if too_many or (
            held > self._limits["memory"] and sum(map(usage.share, pids)) > self._limits["memory"]
        ):
            with contextlib.suppress(ProcessLookupError):
                os.kill(-1, signal.SIGKILL)

    def _are_too_long(self) -> bool:
        """Whether the files of the workspace are longer together than it is large, by holes or links.

        Takes a twentieth of the time at most.
        """
        began = time.monotonic()
        if began < self._measured:
            return False
        lengths = usage.lengths(WORKSPACE, max(self._limits["workspace"], self._lengths))
        too_long = lengths > max(self._limits["workspace"], self._lengths)
        self._lengths = sys.maxsize if too_long else lengths
        self._measured = began + 20 * (time.monotonic() - began)
        return too_long


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
