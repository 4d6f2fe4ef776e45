"""The rules of CONTRIBUTING.md that a machine can check."""

from __future__ import annotations

import ast
import functools
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = sorted(
    path
    for part in ("bot", "countersign", "devkit", "tests", "bench", "evals")
    for path in (ROOT / part).rglob("*.py")
)
BOT = [path for path in SOURCES if path.is_relative_to(ROOT / "bot")]
TESTS = [path for path in SOURCES if path.is_relative_to(ROOT / "tests")]
MOST_LINES = {"bot": 300, "countersign": 300, "devkit": 300, "bench": 400, "evals": 300, "tests": 500}
VAGUE_NAMES = {"utils", "util", "helpers", "common", "services", "manager", "misc"}
#: The places that end whatever was raised, an event's and a round's in the background, the receiver that hands it to another thread,
#: and the engine, its guard, its saved states and its tools, which turn what others raise into an outcome.
CATCH_ALL = {
    *("bot/background/worker.py", "bot/connection/receiver.py", "bot/domain/approvals/policy.py"),
    *("bot/agents/run_in_progress.py", "bot/agents/checkpoints.py", "bot/agents/snapshot.py"),
    *(
        "bot/agents/mcp/connection.py",
        "bot/agents/tools/preview.py",
        "bot/agents/tools/made_under.py",
        "bot/telemetry/rounds.py",
    ),
    *("bot/agents/guardrail.py", "bot/agents/addressee.py", "bot/agents/tools/guarded_call.py"),
}
#: Hands its own environment on to the processes it starts.
HANDS_ON = "devkit/processes.py"
MOST_STATEMENTS_OF_A_HANDLER = 12

MOST_LINES_OF_A_SCRIPT = 40

HANDLERS = sorted((ROOT / "bot/handlers").glob("*.py"))
SCRIPTS = sorted((ROOT / "bot").rglob("*.lua"))


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


@functools.cache
def text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


@functools.cache
def tree(path: Path) -> ast.Module:
    return ast.parse(text(path))


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


def offences(paths: Iterable[Path], find: Callable[[Path], Iterable[object] | object]) -> dict[str, object]:
    """What `find` objects to, by file; one test for a rule, since one for each file of it takes too long."""
    return {name(path): found for path in paths if (found := find(path))}


def test_there_are_files_of_each_kind() -> None:
    assert all(len(kind) > 10 for kind in (BOT, TESTS, HANDLERS, SCRIPTS))


def test_no_file_is_too_long() -> None:
    def lines_beyond(path: Path) -> int:
        most = MOST_LINES[path.relative_to(ROOT).parts[0]]
        return max(0, len(text(path).splitlines()) - most)

    assert offences(SOURCES, lines_beyond) == {}


def test_a_script_stays_small_enough_to_be_checked_by_eye() -> None:
    def lines_beyond(path: Path) -> int:
        code = [line for line in text(path).splitlines() if line.strip() and not line.startswith("--")]
        return max(0, len(code) - MOST_LINES_OF_A_SCRIPT)

    assert offences(SCRIPTS, lines_beyond) == {}


def test_a_file_is_named_after_what_it_holds() -> None:
    assert offences(SOURCES, lambda path: path.stem in VAGUE_NAMES) == {}


def test_every_module_of_the_bot_says_what_it_is() -> None:
    assert offences(BOT, lambda path: text(path).strip() and not ast.get_docstring(tree(path))) == {}


def test_nothing_catches_every_exception() -> None:
    def catches(path: Path) -> list[int]:
        handlers = [node for node in ast.walk(tree(path)) if isinstance(node, ast.ExceptHandler)]
        return [one.lineno for one in handlers if _is_everything(one.type)]

    assert offences((path for path in BOT if name(path) not in CATCH_ALL), catches) == {}


def _is_everything(caught: ast.expr | None) -> bool:
    return caught is None or (isinstance(caught, ast.Name) and caught.id in {"Exception", "BaseException"})


def test_keys_of_redis_are_built_in_one_file() -> None:
    def keys(path: Path) -> list[str]:
        return [one for one in strings(tree(path)) if one.startswith("cs:") or "{s" in one]

    assert offences((path for path in BOT if name(path) != "bot/store/keys.py"), keys) == {}


def test_the_environment_is_read_by_the_settings_alone() -> None:
    def reads(path: Path) -> set[str]:
        of_os = {
            node.attr
            for node in ast.walk(tree(path))
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "os"
        }
        return of_os & {"getenv", "environ"}

    assert offences((path for path in SOURCES if name(path) != HANDS_ON), reads) == {}


def test_a_handler_parses_makes_one_call_and_returns() -> None:
    def too_much(path: Path) -> list[str]:
        functions = (node for node in ast.walk(tree(path)) if isinstance(node, ast.AsyncFunctionDef))
        return [one.name for one in functions if _does_more(list(ast.walk(one))[1:])]

    assert offences((path for path in HANDLERS if path.name != "intake.py"), too_much) == {}


def _does_more(inner: Sequence[ast.AST]) -> bool:
    statements = sum(isinstance(part, ast.stmt) for part in inner)
    return statements > MOST_STATEMENTS_OF_A_HANDLER or any(isinstance(part, ast.Try) for part in inner)


def test_tests_neither_sleep_nor_skip_nor_patch() -> None:
    banned = {"sleep", "skip", "skipif", "importorskip", "MagicMock", "xfail"}

    def used(path: Path) -> set[str]:
        nodes = (node for node in ast.walk(tree(path)) if isinstance(node, ast.Attribute | ast.Name))
        return banned & {node.attr if isinstance(node, ast.Attribute) else node.id for node in nodes}

    # The chaos harness lives in real time: it decides when to do harm.
    assert offences((path for path in TESTS if path.parent.name != "chaos"), used) == {}


@pytest.mark.parametrize(
    ("file", "most"), [("README.md", 170), ("ARCHITECTURE.md", 170), ("AGENTS.md", 40), ("Makefile", 50)]
)
def test_documents_stay_short(file: str, most: int) -> None:
    assert len((ROOT / file).read_text(encoding="utf-8").splitlines()) <= most
