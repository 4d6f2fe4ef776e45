"""How a sandbox is cut off from its host: the command line of bubblewrap, and whether it works here."""

from __future__ import annotations

import json
import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Self

from devkit.bridge import packages, seccomp
from devkit.bridge.limits import Limits

#: Where a Python may be that is bound into the sandbox with the rest of /usr.
PYTHONS = ("/usr/bin/python3", "/usr/local/bin/python3")
TOOLS = "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"
#: Who the processes are on the host if the server is root: somebody who owns nothing, far away from the
#: ranges of people, services and containers. Root itself would not be held to a number of processes.
HOST_UID = 1_900_000_000
#: Before it, the limit on processes counts per user of the host, not per sandbox.
OLDEST_KERNEL = (5, 14)
HOME = "/home/sandbox"
#: The folder that Python runs in the sandbox, see `_agent_files`.
AGENT = "/run/agent"
SYSTEM_FOLDERS = ("bin", "sbin", "lib", "lib32", "lib64", "libx32")
ETC = (
    "alternatives",
    "ld.so.cache",
    "ld.so.conf",
    "ld.so.conf.d",
    "ssl/certs",
    "ssl/openssl.cnf",
    "mime.types",
)
MADE_UP = {
    "/etc/passwd": f"sandbox:x:1000:1000::{HOME}:/bin/bash\nnobody:x:65534:65534::/:/bin/false\n",
    "/etc/group": "sandbox:x:1000:\nnogroup:x:65534:\n",
    "/etc/hosts": "127.0.0.1 localhost sandbox\n::1 localhost\n",
    "/etc/nsswitch.conf": "passwd: files\ngroup: files\nhosts: files\n",
    "/etc/resolv.conf": "",
}
ENVIRONMENT = {
    "PATH": "/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin",
    "HOME": HOME,
    "LANG": "C.UTF-8",
    "TERM": "dumb",
    "USER": "sandbox",
    "TMPDIR": "/tmp",
}
#: curl and most libraries read these.
PROXY_VARIABLES = ("HTTPS_PROXY", "https_proxy")
INSIDE = Path(__file__).with_name("inside")


class CannotIsolate(Exception):
    """This host cannot run code apart from everything else; the message says why."""


def available() -> str | None:
    """Why code cannot be isolated on this host, as a sentence for people; None if it can."""
    missing = _missing()
    if missing is not None:
        return missing
    with DataFiles() as files:
        command = [*wall(Limits(), files.add), "--", system_python(), "-I", "-S", "-c", ""]
        try:
            done = subprocess.run(
                command, pass_fds=files.fds, env={}, capture_output=True, timeout=20, check=False
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            return f"Code cannot be isolated: bubblewrap did not run ({error})."
    if done.returncode == 0:
        return None
    reason = done.stderr.decode(errors="replace").strip().splitlines()[-1:] or ["no message"]
    return (
        f"Code cannot be isolated: bubblewrap failed with “{reason[0]}”. Are user namespaces allowed here, "
        "for this program too (kernel.apparmor_restrict_unprivileged_userns, container settings)?"
    )


def _missing() -> str | None:
    if sys.platform != "linux":
        return "Code can be isolated on Linux only."
    release = tuple(map(int, re.findall(r"\d+", platform.release())[:2]))
    checks = (
        (release >= OLDEST_KERNEL, "this needs Linux 5.14 or newer"),
        (seccomp.supported(), f"system calls of {platform.machine()} are not known here"),
        (_tool("bwrap"), "bubblewrap is not installed (package bubblewrap)"),
        (os.geteuid() != 0 or _tool("setpriv"), "setpriv is not installed (package util-linux)"),
        (system_python(), f"there is no system Python ({' or '.join(PYTHONS)})"),
    )
    return next((f"Code cannot be isolated: {what}." for fine, what in checks if not fine), None)


def system_python() -> str:
    """A Python under /usr; empty if there is none."""
    return next((path for path in PYTHONS if _under_usr(path)), "")


def _under_usr(path: str) -> bool:
    return os.access(path, os.X_OK) and os.path.realpath(path).startswith("/usr/")


def _tool(name: str) -> str:
    return shutil.which(name, path=TOOLS) or ""


class DataFiles:
    """Contents that are handed to bubblewrap as descriptors; closed at the end of the block."""

    def __init__(self) -> None:
        self.fds: list[int] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for fd in self.fds:
            os.close(fd)

    def add(self, content: bytes) -> int:
        """A descriptor from which `content` can be read once."""
        fd = memory_file(content)
        self.fds.append(fd)
        return fd


def memory_file(content: bytes) -> int:
    """A descriptor of a file in memory, at its start."""
    fd = os.memfd_create("data", os.MFD_CLOEXEC)
    try:
        with open(fd, "wb", closefd=False) as file:
            file.write(content)
        os.lseek(fd, 0, os.SEEK_SET)
    except BaseException:
        os.close(fd)
        raise
    return fd


def agent(
    limits: Limits, data: Callable[[bytes], int], *, control: int, info: int, gate: int = 0
) -> list[str]:
    """The command that runs `inside/agent.py` as the first process of a new sandbox.

    `gate` is the port on which a proxy is to be found in it; 0 for none.
    """
    names = ("memory", "cpu", "processes", "file", "files", "workspace", "archive")
    numbers = {name: getattr(limits, name) for name in names}
    numbers |= {"open_files": limits.open_files, "gate": gate}
    proxy = {name: f"http://127.0.0.1:{gate}" for name in PROXY_VARIABLES} if gate else {}
    return [
        *wall(limits, data, ENVIRONMENT | proxy),
        *("--info-fd", str(info), "--", system_python(), "-I", "-S", AGENT),
        *(str(control), json.dumps(numbers)),
    ]


def wall(
    limits: Limits, data: Callable[[bytes], int], environment: Mapping[str, str] = ENVIRONMENT
) -> list[str]:
    """Bubblewrap with everything that closes; `data` turns contents into descriptors."""
    nobody = ["--reuid", str(HOST_UID), "--regid", str(HOST_UID), "--clear-groups", "--inh-caps", "-all"]
    command = [_tool("setpriv"), *nobody, "--"] if os.geteuid() == 0 else []
    command += [_tool("bwrap"), "--unshare-all", "--unshare-user", "--disable-userns"]
    command += ["--uid", "1000", "--gid", "1000", "--cap-drop", "ALL", "--hostname", "sandbox"]
    command += ["--die-with-parent", "--new-session", "--as-pid-1", "--clearenv"]
    folders = packages.readable(packages.folders(system_python()))
    for name, value in {**environment, **(packages.ENVIRONMENT if folders else {})}.items():
        command += ["--setenv", name, value]
    command += ["--seccomp", str(data(seccomp.program()))]
    command += [*_system(), "--proc", "/proc", "--dev", "/dev"]
    for path in folders:
        command += ["--ro-bind", str(path), f"{packages.PLACE}/{path.name}"]
    for path, text in MADE_UP.items():
        command += ["--perms", "0444", "--file", str(data(text.encode())), path]
    for path, content in _agent_files().items():
        command += ["--perms", "0444", "--file", str(data(content)), f"{AGENT}/{path}"]
    for path, size, mode in (
        ("/workspace", limits.workspace, "0755"),
        (HOME, limits.scratch, "0700"),
        ("/tmp", limits.scratch, "1777"),
        ("/dev/shm", limits.scratch, "1777"),
        ("/data", 1 << 20, "0755"),
    ):
        command += ["--perms", mode, "--size", str(size), "--tmpfs", path]
    return [*command, "--remount-ro", "/dev", "--remount-ro", "/", "--chdir", "/workspace"]


def _agent_files() -> dict[str, bytes]:
    """A folder that Python runs: a main program, and the package that it imports, by its name here."""
    package = f"{__name__.rpartition('.')[0]}.{INSIDE.name}"
    main = f"from {package}.agent import main\nmain()\n"
    folder = package.replace(".", "/")
    modules = {f"{folder}/{path.name}": path.read_bytes() for path in INSIDE.glob("*.py")}
    return {"__main__.py": main.encode(), **modules}


def _system() -> list[str]:
    binds = ["--ro-bind", "/usr", "/usr"]
    for name in SYSTEM_FOLDERS:
        path = Path("/", name)
        if path.is_symlink():
            binds += ["--symlink", str(path.readlink()), str(path)]
        elif path.is_dir():
            binds += ["--ro-bind", str(path), str(path)]
    for name in ETC:
        binds += ["--ro-bind-try", f"/etc/{name}", f"/etc/{name}"]
    return binds
