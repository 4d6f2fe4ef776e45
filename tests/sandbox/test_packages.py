"""What programs in a sandbox of this machine find beside the system's own."""

from __future__ import annotations

import sys
from pathlib import Path

from devkit.bridge import isolation, packages
from devkit.bridge.server import BridgeServer
from tests.sandbox.caller import new_sandbox
from tests.sandbox.conftest import Backend

OURS = f"/usr/bin/python{sys.version_info[0]}.{sys.version_info[1]}"
USED = """
import importlib.util
for name in WANTED:
    if importlib.util.find_spec(name):
        print(name)
import openpyxl
if importlib.util.find_spec("pandas"):
    import pandas  # with numpy, which takes most memory
print({line.split()[5].split(",")[0] for line in open("/proc/self/mountinfo") if " /opt/python/" in line})
"""


def names(python: str) -> set[str]:
    return {path.name for path in packages.folders(python)}


def test_a_python_of_the_same_version_gets_them_with_all_that_they_require() -> None:
    assert names(OURS) >= {"openpyxl", "et_xmlfile", "pandas", "numpy", "numpy.libs", "matplotlib", "PIL"}


def test_a_python_of_another_version_gets_only_what_is_not_compiled() -> None:
    assert names("/usr/bin/python3.2") == {"openpyxl", "et_xmlfile"}


def test_what_is_not_installed_is_not_there() -> None:
    assert packages.folders(OURS, ("no-such-package",)) == ()


def test_what_others_may_not_read_is_not_given_to_them(tmp_path: Path) -> None:
    (closed := tmp_path / "closed").mkdir()
    (inner := closed / "package").mkdir()
    assert packages.is_open(inner) == packages.is_open(tmp_path)
    closed.chmod(0o700)

    assert not packages.is_open(inner)


async def test_they_are_used_within_the_limits_and_cannot_be_changed(bridge: BridgeServer) -> None:
    there = packages.readable(packages.folders(isolation.system_python()))
    expected = [name for name in packages.WANTED if name in {path.name for path in there}]
    async with Backend(bridge.url, bridge.api_key).http() as http:
        sandbox = await new_sandbox(http, bridge.url)
        said = await sandbox.run(
            "python3", "-c", USED.replace("WANTED", str(packages.WANTED)), timeout_ms=100_000
        )

    assert said.stdout.split("\n") == [*expected, "{'ro'}", ""], said.stderr
