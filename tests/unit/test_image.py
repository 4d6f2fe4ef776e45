"""What can be known of the image without building it: it is made from the lock, as nobody, and asks after itself."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]
LINES = re.sub(r"\\\n\s*", " ", (ROOT / "Dockerfile").read_text(encoding="utf-8")).splitlines()
BUILD, LAST = ("\n".join(LINES).partition("\n\n")[at].splitlines() for at in (0, 2))


def of(kind: str, lines: list[str] = LINES) -> list[str]:
    """The arguments of every instruction of a kind, in order."""
    return [line.removeprefix(f"{kind} ") for line in lines if line.startswith(f"{kind} ")]


def test_everything_is_installed_from_the_lock_and_nothing_beside_it() -> None:
    installs = [line for line in of("RUN", BUILD) if " sync" in line]

    assert len(installs) == 2
    assert all(line.startswith("uv sync --locked --no-default-groups ") for line in installs)
    assert not [line for line in of("RUN") if re.search(r"\bpip\b|\bcurl\b|\bwget\b|apt-get", line)]
    assert "pyproject.toml uv.lock ./" in of("COPY", BUILD)


def test_what_it_is_made_of_has_a_version_each_that_the_bot_works_with() -> None:
    bases = [line.split()[0] for line in of("FROM")]
    copied = [found[1] for line in of("COPY") if (found := re.match(r"--from=(\S+/\S+)", line))]

    assert all(re.fullmatch(r"[\w./-]+:\d+\.\d+[\w.-]*", one) for one in [*bases, *copied]), (bases, copied)
    assert len(set(bases)) == 1  # what was compiled for one Python would not load in another
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    least = tuple(map(int, project["project"]["requires-python"].removeprefix(">=").split(".")))
    python = re.search(r"python:(\d+)\.(\d+)", bases[0])
    assert python is not None
    assert (int(python[1]), int(python[2])) >= least
    assert tuple(map(int, copied[0].rpartition(":")[2].split("."))) >= (0, 9)  # as `tool.uv` asks for


def test_it_runs_as_nobody_and_without_what_built_it() -> None:
    assert of("USER", LAST) == ["countersign"]
    assert any(re.fullmatch(r"useradd .*--uid [1-9]\d{3,}.* countersign", line) for line in of("RUN", LAST))
    assert of("COPY", LAST) == ["--from=build /app/.venv /app/.venv"]
    order = [line.split()[0] for line in LAST]
    assert order.index("USER") < order.index("ENTRYPOINT")


def test_it_asks_after_itself_and_is_ended_as_serve_wants() -> None:
    compose = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))["services"]["bot"]

    assert of("ENTRYPOINT") == ['["countersign"]']
    assert of("CMD", LAST) == ['["serve"]']
    assert of("HEALTHCHECK")[0].endswith('CMD ["countersign", "health"]')
    assert any(re.fullmatch(r"HEALTH_PORT=[1-9]\d+", line) for line in of("ENV", LAST))
    assert of("STOPSIGNAL") == ["SIGTERM"]
    assert compose["build"] == "."


def test_what_goes_into_it_is_what_is_named() -> None:
    allowed = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    copied = [part for line in of("COPY", BUILD) if "--from" not in line for part in line.split()[:-1]]

    assert allowed[0] == "*"
    assert {line.removeprefix("!") for line in allowed if line.startswith("!")} == set(copied)
    assert all((ROOT / part).exists() for part in copied)
    assert "docker build -t countersign ." in (ROOT / "Makefile").read_text(encoding="utf-8")
