"""A package that is deferred: what is below it can be imported, and its own names come when they are asked for."""

from __future__ import annotations

import importlib
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.agents import deferred_packages
from bot.agents.deferred_packages import defer

NAME = "countersign_parcel"
INIT = """
from countersign_parcel import below
from countersign_parcel.below import DEEP
WHOLE = DEEP + 1
"""


@pytest.fixture
def parcel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A package, as it would be installed."""
    monkeypatch.syspath_prepend(tmp_path)
    folder = tmp_path / NAME
    folder.mkdir()
    (folder / "below.py").write_text("DEEP = 1\n")
    (folder / "__init__.py").write_text(INIT)
    yield folder
    for name in [one for one in sys.modules if one.partition(".")[0] == NAME]:
        del sys.modules[name]


def test_what_is_below_a_deferred_package_is_imported_without_it(parcel: Path) -> None:
    (parcel / "__init__.py").write_text("raise RuntimeError('nobody asked for it')")
    defer(NAME)

    assert importlib.import_module(f"{NAME}.below").DEEP == 1
    with pytest.raises(RuntimeError, match="nobody asked"):
        _ = importlib.import_module(NAME).anything


@pytest.mark.usefixtures("parcel")
def test_its_own_names_come_when_they_are_asked_for_and_stay_the_same_module_s() -> None:
    defer(NAME)
    before = importlib.import_module(NAME)
    below = importlib.import_module(f"{NAME}.below")

    assert before.WHOLE == 2
    assert before is sys.modules[NAME]
    assert before.below is below
    with pytest.raises(AttributeError):
        _ = before.nothing


@pytest.mark.usefixtures("parcel")
def test_what_is_loaded_already_and_what_is_not_there_is_left_alone() -> None:
    loaded = importlib.import_module(NAME)

    defer(NAME)
    defer("countersign_nowhere")

    assert sys.modules[NAME] is loaded
    assert "countersign_nowhere" not in sys.modules


def test_a_thread_that_asks_meanwhile_gets_the_whole_package(parcel: Path) -> None:
    (parcel / "__init__.py").write_text("begun()\nWHOLE = 2\n")
    defer(NAME)
    package = importlib.import_module(NAME)
    got: list[int] = []
    other = threading.Thread(target=lambda: got.append(package.WHOLE))

    def begun() -> None:
        other.start()
        while other.is_alive() and not _asks(other):
            pass

    vars(package)["begun"] = begun

    assert package.WHOLE == 2
    other.join()
    assert got == [2]


def _asks(thread: threading.Thread) -> bool:
    frame = sys._current_frames().get(thread.ident or 0)
    return frame is not None and frame.f_code.co_filename == deferred_packages.__file__
