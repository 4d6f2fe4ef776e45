"""The rules of CONTRIBUTING.md that a machine can check."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = sorted(path for part in ("bot", "devkit", "tests", "bench") for path in (ROOT / part).rglob("*.py"))
BOT = [path for path in SOURCES if path.is_relative_to(ROOT / "bot")]
TESTS = [path for path in SOURCES if path.is_relative_to(ROOT / "tests")]
MOST_LINES = {"bot": 400, "devkit": 400, "bench": 400, "tests": 500}
VAGUE_NAMES = {"utils", "util", "helpers", "common", "services", "manager", "misc"}
#: The two places that end whatever was raised, the receiver that hands it to another thread,
#: and the engine, its guard, its saved states and its tools, which turn what others raise into an outcome.
CATCH_ALL = {
    *("bot/worker.py", "bot/receiver.py", "bot/policy.py"),
    *("bot/agents/engine.py", "bot/agents/snapshot.py"),
    *("bot/agents/guardrail.py", "bot/agents/tools/approval.py"),
}
#: Hands its own environment on to the processes it starts.
HANDS_ON = "devkit/processes.py"
MOST_STATEMENTS_OF_A_HANDLER = 12


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def strings(module: ast.Module) -> Iterator[str]:
    docstrings = {
        id(body[0].value)
        for node in ast.walk(module)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and (body := node.body)
        and isinstance(body[0], ast.Expr)
    }
    for node in ast.walk(module):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            yield node.value


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_no_file_is_too_long(path: Path) -> None:
    most = MOST_LINES[path.relative_to(ROOT).parts[0]]

    assert len(path.read_text(encoding="utf-8").splitlines()) <= most


@pytest.mark.parametrize("path", sorted((ROOT / "bot").rglob("*.lua")), ids=name)
def test_a_script_stays_small_enough_to_be_checked_by_eye(path: Path) -> None:
    code = [
        line
        for line in path.read_text(encoding="utf-8").splitlines()
        if line.strip() and not line.startswith("--")
    ]

    assert len(code) <= 40


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_a_file_is_named_after_what_it_holds(path: Path) -> None:
    assert path.stem not in VAGUE_NAMES


@pytest.mark.parametrize("path", BOT, ids=name)
def test_every_module_of_the_bot_says_what_it_is(path: Path) -> None:
    empty = not path.read_text(encoding="utf-8").strip()

    assert empty or ast.get_docstring(tree(path))


@pytest.mark.parametrize("path", [path for path in BOT if name(path) not in CATCH_ALL], ids=name)
def test_nothing_catches_every_exception(path: Path) -> None:
    caught = [
        handler.lineno
        for handler in ast.walk(tree(path))
        if isinstance(handler, ast.ExceptHandler)
        and (
            handler.type is None
            or (isinstance(handler.type, ast.Name) and handler.type.id in {"Exception", "BaseException"})
        )
    ]

    assert caught == []


@pytest.mark.parametrize("path", [path for path in BOT if name(path) != "bot/store/keys.py"], ids=name)
def test_keys_of_redis_are_built_in_one_file(path: Path) -> None:
    keys = [text for text in strings(tree(path)) if text.startswith("cs:") or "{s" in text]

    assert keys == []


@pytest.mark.parametrize("path", [path for path in SOURCES if name(path) != HANDS_ON], ids=name)
def test_the_environment_is_read_by_the_settings_alone(path: Path) -> None:
    reads = [
        node.attr
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "os"
    ]

    assert "getenv" not in reads
    assert "environ" not in reads


@pytest.mark.parametrize("path", sorted((ROOT / "bot/handlers").glob("*.py")), ids=name)
def test_a_handler_parses_makes_one_call_and_returns(path: Path) -> None:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.AsyncFunctionDef):
            inner = list(ast.walk(node))[1:]
            assert not any(isinstance(part, ast.Try) for part in inner), node.name
            assert sum(isinstance(part, ast.stmt) for part in inner) <= MOST_STATEMENTS_OF_A_HANDLER, (
                node.name
            )


# The chaos harness lives in real time: it decides when to do harm.
@pytest.mark.parametrize("path", [path for path in TESTS if path.parent.name != "chaos"], ids=name)
def test_tests_neither_sleep_nor_skip_nor_patch(path: Path) -> None:
    banned = {"sleep", "skip", "skipif", "importorskip", "MagicMock", "xfail"}
    used = {
        node.attr if isinstance(node, ast.Attribute) else node.id
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Attribute | ast.Name)
    }

    assert used & banned == set()


@pytest.mark.parametrize(
    ("file", "most"), [("README.md", 170), ("ARCHITECTURE.md", 170), ("AGENTS.md", 40), ("Makefile", 50)]
)
def test_documents_stay_short(file: str, most: int) -> None:
    assert len((ROOT / file).read_text(encoding="utf-8").splitlines()) <= most
