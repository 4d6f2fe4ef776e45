"""Attempts to get out of a sandbox, or to hurt others from within; every one of them fails."""

from __future__ import annotations

import asyncio
import contextlib
import os
import tarfile
import tempfile
from collections.abc import AsyncIterator, Generator
from pathlib import Path

import pytest

from devkit.bridge import packages, seccomp
from devkit.bridge.limits import MIB, Limits
from devkit.bridge.server import BridgeServer
from tests.sandbox.caller import Caller, Said, member, new_sandbox, tar_of
from tests.sandbox.conftest import Backend
from tests.sandbox.host import marked

SECRET = "planted-secret-7351"
SYSCALL = "import ctypes, os; c = ctypes.CDLL(None, use_errno=True); "
#: Connects to where a program was told, and says what it heard.
REACH = (
    "import socket, sys\n"
    "s = socket.socket(socket.AF_INET6 if ':' in sys.argv[1] else socket.AF_INET)\n"
    "s.settimeout(2)\n"
    "s.connect((sys.argv[1], int(sys.argv[2])))\n"
    "print('connected', s.recv(100))\n"
)


@pytest.fixture
async def bridge(tmp_path: Path) -> AsyncIterator[BridgeServer]:
    limits = Limits(memory=192 * MIB, workspace=32 * MIB, scratch=16 * MIB, processes=64, files=4000)
    made = BridgeServer(tmp_path / "bridge", limits)
    await made.start()
    yield made
    await made.stop()


@pytest.fixture
async def inside(local: Caller, bridge: BridgeServer) -> AsyncIterator[Caller]:
    """The sandbox to try from; afterwards it, its bridge and a new neighbour still work."""
    yield local
    neighbour = await new_sandbox(local.http, bridge.url)
    assert (await local.sh("echo well")).stdout == "well\n"
    assert (await neighbour.sh("echo well")).stdout == "well\n"


@contextlib.contextmanager
def planted(folder: str) -> Generator[Path]:
    with tempfile.TemporaryDirectory(dir=folder, prefix="probe-") as made:
        path = Path(made, "secret.txt")
        path.write_text(SECRET, encoding="utf-8")
        Path(made).chmod(0o755)
        yield path


def failed(said: Said) -> bool:
    return said.code not in (0, None) and SECRET not in said.stdout + said.stderr


# Reading what is the host's


@pytest.mark.parametrize("folder", ["/root", "/home", "/tmp", "/var/tmp", "/opt", "/srv"])
async def test_files_of_the_host_are_not_there(inside: Caller, folder: str) -> None:
    if not os.access(folder, os.W_OK):
        folder = tempfile.gettempdir()
    with planted(folder) as path:
        for way in ("", "/proc/1/root", "/proc/self/root", "/proc/self/cwd/../..", "/workspace/.."):
            assert failed(await inside.sh(f"cat {way}{path}"))
        found = await inside.sh(f"grep -rs {SECRET} / --exclude-dir=proc --exclude-dir=usr; true")

    assert SECRET not in found.stdout


@pytest.mark.parametrize(
    "path", ["/etc/shadow", "/etc/ssh", "/var/run/docker.sock", "/run/systemd", "/sys/kernel"]
)
async def test_the_hosts_system_is_not_there(inside: Caller, path: str) -> None:
    assert failed(await inside.sh(f"ls {path}"))


async def test_the_environment_of_the_bridge_is_not_there(
    bridge: BridgeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROBE_TOKEN", SECRET)
    async with Backend(bridge.url, bridge.api_key).http() as http:
        sandbox = await new_sandbox(http, bridge.url)
        own = await sandbox.sh("env; cat /proc/*/environ /proc/*/cmdline 2>/dev/null; true")

    assert SECRET not in own.stdout
    assert bridge.api_key not in own.stdout
    assert {line.split("=")[0] for line in own.stdout.split("\0")[0].splitlines()} <= {
        *("PATH", "HOME", "LANG", "TERM", "USER", "TMPDIR", "PWD", "_", "OLDPWD", "SHLVL"),
        *packages.ENVIRONMENT,
    }


async def test_only_its_own_processes_are_seen(inside: Caller) -> None:
    said = await inside.sh("cat /proc/[0-9]*/comm")

    assert set(said.stdout.split()) <= {"python3", "sh", "cat"}


async def test_the_first_process_keeps_what_it_holds(inside: Caller) -> None:
    for path in ("environ", "fd/", "mem", "root/etc/passwd", "cwd/", "maps", "ns/"):
        assert failed(await inside.sh(f"ls -A /proc/1/{path} && cat /proc/1/{path}")), path
    held = await inside.sh("ls /proc/self/fd")

    assert set(held.stdout.split()) == {"0", "1", "2", "3"}


# The network


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "0.0.0.0"])
async def test_a_server_on_the_hosts_loopback_is_out_of_reach(inside: Caller, host: str) -> None:
    async def greet(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(SECRET.encode())
        writer.close()

    bound = "::1" if ":" in host else "127.0.0.1"
    server = await asyncio.start_server(greet, bound, 0)
    port = server.sockets[0].getsockname()[1]
    async with server:
        assert failed(await inside.run("python3", "-c", REACH, host, str(port)))


async def test_the_bridge_itself_is_out_of_reach(inside: Caller, bridge: BridgeServer) -> None:
    assert failed(await inside.run("python3", "-c", REACH, "127.0.0.1", bridge.url.rpartition(":")[2]))


@pytest.mark.parametrize("host", ["1.1.1.1", "169.254.169.254", "10.0.0.1", "192.168.0.1", "2606:4700::1111"])
async def test_no_other_machine_is_in_reach(inside: Caller, host: str) -> None:
    said = await inside.run("python3", "-c", REACH, host, "80")

    assert failed(said)
    assert "unreachable" in said.stderr


async def test_there_is_but_a_loopback(inside: Caller) -> None:
    said = await inside.sh("grep -c : /proc/net/dev; getent hosts example.com; cat /proc/net/route")

    assert said.stdout.splitlines()[0] == "1"
    assert "example.com" not in said.stdout


async def test_abstract_sockets_of_the_host_are_out_of_reach(inside: Caller) -> None:
    async def greet(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    server = await asyncio.start_unix_server(greet, "\0probe-abstract")
    program = "import socket; socket.socket(socket.AF_UNIX).connect('\\0probe-abstract'); print('in')"
    async with server:
        assert failed(await inside.python(program))


@pytest.mark.parametrize("family", [40, 17, 38, 16 + 5, 31, 44])
async def test_other_families_of_sockets_cannot_be_had(inside: Caller, family: int) -> None:
    """Above all AF_VSOCK (40), which leads out of a virtual machine past every network namespace."""
    said = await inside.python(f"import socket; socket.socket({family}, socket.SOCK_DGRAM)")

    assert failed(said)
    assert "Address family not supported" in said.stderr


# Other processes


async def test_processes_of_others_cannot_be_ended(inside: Caller, bridge: BridgeServer) -> None:
    neighbour = await new_sandbox(inside.http, bridge.url)
    await neighbour.sh(
        "setsid sleep 43'51' >/dev/null 2>&1 & until grep -qs sleep /proc/[0-9]*/comm; do :; done"
    )
    pids = [*marked("4351"), os.getpid()]
    tries = [await inside.sh(f"kill -9 {pid}") for pid in pids]
    await inside.sh("kill -9 -1; kill -9 1; kill -STOP 1")

    assert len(pids) == 2
    assert all(map(failed, tries))
    assert (await inside.sh("echo here")).stdout == "here\n"
    assert len(marked("4351")) == 1


@pytest.mark.parametrize("target", ["1", "os.getppid()"])
async def test_processes_cannot_be_traced(inside: Caller, target: str) -> None:
    program = f"{SYSCALL} r = c.ptrace(16, {target}, 0, 0); raise SystemExit(1 if r < 0 else 0)"

    assert failed(await inside.python(program))


async def test_a_fork_bomb_stays_inside(inside: Caller, bridge: BridgeServer) -> None:
    neighbour = await new_sandbox(inside.http, bridge.url)
    bomb = "import os\nwhile True:\n  try: os.fork()\n  except OSError: pass"
    exploding = asyncio.create_task(inside.python(bomb, timeout_ms=3000))
    said = [
        await neighbour.sh("for i in 1 2 3 4 5; do ls / >/dev/null || exit 1; done; echo fine")
        for _ in range(5)
    ]
    count = await neighbour.sh("ls -d /proc/[0-9]* | wc -l")
    after = await exploding

    assert {each.stdout for each in said} == {"fine\n"}
    assert int(count.stdout) < 10
    assert after.code == 124


# More than its share


async def test_one_process_cannot_hold_too_much(inside: Caller) -> None:
    said = await inside.python("x = bytearray(400 << 20); print(len(x))")

    assert failed(said)
    assert "MemoryError" in said.stderr


async def test_many_processes_cannot_hold_too_much_together(inside: Caller) -> None:
    program = (
        "import os, time\n"
        "for _ in range(6): os.fork() or (bytearray(os.urandom(1 << 20)) * 100, time.sleep(20), os._exit(0))\n"
        "for _ in range(6): os.wait()\n"
    ).replace("bytearray(os.urandom(1 << 20)) * 100, time", "globals().update(x=b'x' * (100 << 20)), time")
    said = await inside.python(program, timeout_ms=15_000)

    assert said.code == 137


async def test_shared_memory_cannot_hold_too_much(inside: Caller) -> None:
    program = "import mmap\nm = mmap.mmap(-1, 600 << 20)\nfor i in range(0, 600 << 20, 4096): m[i] = 1\nprint('all')"
    said = await inside.python(program + "\nimport time; time.sleep(20)", timeout_ms=15_000)

    assert said.code == 137


@pytest.mark.parametrize("name", ["memfd_create", "shmget", "msgget", "io_uring_setup", "userfaultfd"])
async def test_memory_that_nobody_counts_cannot_be_had(inside: Caller, name: str) -> None:
    number = seccomp.NUMBERS[os.uname().machine][name]
    program = f"{SYSCALL} r = c.syscall({number}, 0, 1 << 20, 0o1600); print(os.strerror(ctypes.get_errno()))"
    said = await inside.python(program)

    assert said.stdout in {"Function not implemented\n", "Operation not permitted\n"}


@pytest.mark.parametrize("folder", ["/workspace", "/tmp", "/home/sandbox", "/dev/shm", "/data"])
async def test_no_folder_can_be_filled_beyond_its_size(inside: Caller, folder: str) -> None:
    said = await inside.sh(f"dd if=/dev/zero of={folder}/x bs=1M count=100; c=$?; rm {folder}/x; exit $c")

    assert failed(said)
    assert "No space left" in said.stderr


async def test_there_cannot_be_too_many_files(inside: Caller) -> None:
    program = "import itertools\nfor i in itertools.count(): open(f'/tmp/{i}', 'w').close()"
    said = await inside.python(program, timeout_ms=15_000)
    cleaned = await inside.sh("rm -rf /tmp/*; find /tmp | wc -l")

    assert said.code == 137
    assert cleaned.stdout == "1\n"


async def test_a_full_workspace_is_told_and_can_be_emptied(inside: Caller) -> None:
    written = [await inside.put(name, bytes(20 * MIB)) for name in ("a", "b")]
    unpacked = await inside.call("POST", "/hydrate", data=tar_of((member("c"), bytes(20 * MIB))))
    await inside.sh("rm -rf /workspace/*")

    assert [each.status for each in written] == [200, 502]
    assert unpacked.status == 502
    assert (await inside.put("d", b"fits")).status == 200


# Files that lead elsewhere


@pytest.mark.parametrize(
    "target", ["{secret}", "/proc/1/root{secret}", "../../..{secret}", "/proc/1/environ"]
)
async def test_a_link_leads_nowhere(inside: Caller, target: str) -> None:
    with planted("/tmp") as path:
        await inside.sh(f"ln -s {target.format(secret=path)} link; ln -s {path.parent} folder")
        answers = [await inside.get("link"), await inside.get("folder/secret.txt")]
        await inside.put("link", b"overwritten")
        await inside.put("folder/secret.txt", b"overwritten")

        assert path.read_text(encoding="utf-8") == SECRET
    assert all(SECRET.encode() not in answer.body for answer in answers)


@pytest.mark.parametrize("make", ["mkfifo odd", "ln -s /dev/zero odd", "ln -s odd odd", "mknod odd c 1 5"])
async def test_what_is_no_file_holds_nobody_up(inside: Caller, make: str) -> None:
    await inside.sh(make)
    async with asyncio.timeout(5):
        assert (await inside.get("odd")).status >= 400


@pytest.mark.parametrize(
    "evil",
    [
        member("/workspace/../etc/x"),
        member("/tmp/escaped"),
        member("../escaped"),
        member("a/../../escaped"),
        member("link", tarfile.LNKTYPE, "../../etc/passwd"),
        member("link", tarfile.LNKTYPE, "/etc/passwd"),
        member("device", tarfile.CHRTYPE),
        member("device", tarfile.BLKTYPE),
        member("pipe", tarfile.FIFOTYPE),
    ],
    ids=lambda info: f"{info.name}-{info.type.decode()}-{info.linkname}",
)
async def test_an_archive_with_what_does_not_belong_is_refused_whole(
    inside: Caller, evil: tarfile.TarInfo
) -> None:
    answer = await inside.call("POST", "/hydrate", data=tar_of((member("fine"), b"x"), evil))

    assert (answer.status, answer.code) == (400, "invalid_request")
    assert (await inside.sh("ls -A /workspace /tmp | grep -c .")).stdout == "2\n"
    assert not Path("/tmp/escaped").exists()


async def test_an_archive_cannot_write_through_its_own_links(inside: Caller) -> None:
    with planted("/tmp") as path:
        archive = tar_of(
            member("out", tarfile.SYMTYPE, str(path.parent)), (member("out/secret.txt"), b"changed")
        )
        await inside.call("POST", "/hydrate", data=archive)

        assert path.read_text(encoding="utf-8") == SECRET


@pytest.mark.parametrize(
    "path", ["/usr/bin/x", "/etc/x", "/etc/passwd", "/x", "/dev/x", "/run/agent.py", "/lib/x"]
)
async def test_system_folders_cannot_be_written(inside: Caller, path: str) -> None:
    assert failed(await inside.sh(f"echo x >> {path}"))
    assert failed(await inside.sh(f"chmod 777 {path}"))


@pytest.mark.parametrize(("prefix", "bucket"), [("leads/out", "agent-data"), ("leads", "agent-data")])
async def test_a_link_in_a_bucket_leads_to_no_mount(
    inside: Caller, bridge: BridgeServer, prefix: str, bucket: str
) -> None:
    bridge.bucket(bucket)
    bridge.bucket("other-bucket")
    with planted("/tmp") as path:
        await inside.mount(bucket, "/data/b")
        await inside.sh(f"ln -s {path.parent} /data/b/leads; ln -s ../other-bucket /data/b/next")
        answers = [await inside.mount(bucket, "/data/c", prefix=each) for each in (prefix, "next")]

    assert [(each.status, each.code) for each in answers] == [(502, "mount_error")] * 2
    assert (await inside.mount(bucket, "/data/c", prefix="a/../../other-bucket")).status == 400
    assert (await inside.mount("..", "/data/c")).status == 400
    assert failed(await inside.sh(f"cat /data/b/leads/{path.name}"))


async def test_programs_of_a_bucket_run_as_nobody_else(inside: Caller, bridge: BridgeServer) -> None:
    bridge.bucket("agent-data")
    await inside.mount("agent-data", "/data/b", readOnly=True)
    said = await inside.sh("touch /data/b/x; grep /data/b /proc/mounts")

    assert "Read-only" in said.stderr
    assert {"ro", "nosuid", "nodev"} <= set(said.stdout.split()[3].split(","))


# More rights


async def test_it_has_no_rights_and_can_get_none(inside: Caller) -> None:
    said = await inside.sh("grep -E '^(Cap|NoNewPrivs|Seccomp:)' /proc/self/status; id -u")
    values = dict(line.split(":\t") for line in said.stdout.splitlines()[:-1])

    assert {values[name] for name in values if name.startswith("Cap")} == {"0" * 16}
    assert (values["NoNewPrivs"], values["Seccomp"]) == ("1", "2")
    assert said.stdout.splitlines()[-1] == "1000"


@pytest.mark.parametrize(
    "command",
    [
        "unshare -r id",
        "unshare -n id",
        "unshare -U id",
        "nsenter -t 1 -a id",
        "mount -t tmpfs tmpfs /workspace",
        "mount --bind /usr /workspace",
        "mount -o remount,rw /",
        "umount -l /usr",
        "chroot / id",
        "su -c id",
        "mount",
        "dmesg",
        "hostname probe",
        "sysctl -w kernel.hostname=probe",
        "echo c > /proc/sysrq-trigger",
        "echo x > /proc/sys/kernel/core_pattern",
        "nice -n -5 true && test $(nice) -lt 10",
        "bash -c 'ulimit -u 4096'",
        "bash -c 'ulimit -d unlimited'",
        "mknod /tmp/device b 254 0",
        "cat /dev/vda /dev/sda /dev/mem /proc/kcore | head -c 1 | grep -q .",
    ],
)
async def test_no_command_gives_more_rights(inside: Caller, command: str) -> None:
    said = await inside.sh(command)

    assert failed(said) or (command == "mount" and "upper" not in said.stdout), said


@pytest.mark.parametrize(
    "call",
    [
        "c.setuid(0)",
        "c.setgid(0)",
        "c.unshare(0x10000000)",
        "c.mount(b'x', b'/tmp', b'tmpfs', 0, None)",
        "c.syscall({add_key}, b'user', b'probe', b'x', 1, -3)",
        "c.syscall({keyctl}, 0, -3, 1)",
        "c.syscall({request_key}, b'user', b'probe', None, 0)",
        "c.syscall({bpf}, 0, None, 0)",
        "c.syscall({perf_event_open}, None, 0, -1, -1, 0)",
        "c.syscall({clone}, 0x10000000 | 17, 0, 0, 0, 0)",
        "c.syscall({clone3}, None, 0)",
        "c.syscall({open_by_handle_at}, 0, None, 0)",
        "c.syscall({process_vm_readv}, 1, None, 0, None, 0, 0)",
        "c.syscall({open_tree}, -100, b'/', 1)",
        "c.ioctl(0, 0x5412, b'x')",
        "c.ioctl(0, ctypes.c_ulong((1 << 32) | 0x5412), b'x')",
        "c.prctl(22, 0, 0, 0, 0)",
    ],
)
async def test_no_system_call_gives_more_rights(inside: Caller, call: str) -> None:
    call = call.format(**seccomp.NUMBERS[os.uname().machine])
    said = await inside.python(f"{SYSCALL} r = {call}; print(r, ctypes.get_errno())")

    assert said.stdout.split()[0] == "-1"
    assert said.stdout.split()[1] in {"1", "14", "22", "38"}


async def test_nobody_types_into_a_terminal(inside: Caller) -> None:
    """Even into one of its own making, which nothing but the filter forbids."""
    program = (
        "import fcntl, os, termios\n"
        "leader, follower = os.openpty()\n"
        "try: fcntl.ioctl(follower, termios.TIOCSTI, b'x')\n"
        "except PermissionError: raise SystemExit(1)\n"
    )

    assert failed(await inside.python(program))
    assert failed(await inside.sh("echo x > /dev/tty"))
