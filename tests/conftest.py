"""What holds for every test: no network but this machine, no settings of its user, no skips."""

from __future__ import annotations

import gc
import logging
import sys
from collections.abc import Generator, Iterator

import pytest
from hypothesis import settings as hypothesis_settings

from bot.settings.config import Settings
from tests.certificates import trust_one_authority
from tests.spread import spread

LOCAL_HOSTS = ("127.", "localhost", "::1", "0.0.0.0")

hypothesis_settings.register_profile("countersign", deadline=None, derandomize=True)
hypothesis_settings.load_profile("countersign")


def _refuse_network(event: str, arguments: tuple[object, ...]) -> None:
    """Stop a connection or a look-up that would leave this machine."""
    if event == "socket.connect" and isinstance(address := arguments[1], tuple):
        host: object = address[0]  # pyright: ignore[reportUnknownVariableType]
    elif event == "socket.getaddrinfo":
        host = arguments[0]
    else:
        return
    if host and not str(host).startswith(LOCAL_HOSTS):  # pyright: ignore[reportUnknownArgumentType]
        raise ConnectionRefusedError(f"a test tried to reach {host!r}")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--pictures", help="keep the pictures of the page tests in this folder (see `make pictures`)"
    )


def pytest_configure() -> None:
    sys.addaudithook(_refuse_network)
    gc.disable()
    trust_one_authority()


def pytest_collection_finish() -> None:
    """What was imported and collected stays: it is not looked through for garbage again and again (a tenth of the time)."""
    gc.freeze()
    gc.enable()


#: Folders whose tests take longest, each by itself.
LONG = ("hard", "recovery", "fuzz")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Have each worker begin with its share of the long tests, so that none of them is begun last, when the others are done.

    Each gets an equal part of the list at first: https://pytest-xdist.readthedocs.io/en/stable/distribution.html
    """
    workers = int(getattr(config, "workerinput", {}).get("workercount", 1))
    if workers > 1:
        items[:] = spread(items, workers, lambda item: item.path.parent.name in LONG)


def _forbid_skip(report: pytest.TestReport | pytest.CollectReport) -> None:
    if report.outcome == "skipped" and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped, and no test may be: {report.longrepr}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    _forbid_skip(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    _forbid_skip(report)
    return report


@pytest.fixture(autouse=True)
def no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the settings of whoever runs the tests out of them."""
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)


class _AsyncioErrors(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.messages.append(self.format(record))


@pytest.fixture(autouse=True)
def no_lost_tasks() -> Iterator[None]:
    """Fail a test that leaves a task behind or loses the exception of one."""
    handler = _AsyncioErrors()
    logger = logging.getLogger("asyncio")
    logger.addHandler(handler)
    yield
    logger.removeHandler(handler)

    assert handler.messages == []
