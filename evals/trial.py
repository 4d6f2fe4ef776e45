"""All cases, tried with one bot: a report of what was as wanted, and what each cost."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from pydantic_evals import Dataset
from pydantic_evals.reporting import EvaluationReport

from evals.case import Asked, Happened, Wanted
from evals.judge import AsWanted
from evals.stage import Stage

CASES: Final = Path(__file__).with_name("cases.yaml")
#: How many play at the same time.
AT_ONCE: Final = 5

Cases = Dataset[Asked, Happened, Wanted]
Report = EvaluationReport[Asked, Happened, Wanted]


def cases(only: str = "", *, with_sandbox: bool = True) -> Cases:
    """The cases whose name holds a text, if need be without those that take a sandbox. Raises `ValueError` for one that wants nothing: it could not fail."""
    found = Cases.from_file(CASES, custom_evaluator_types=[AsWanted])
    if idle := [str(one.name) for one in found.cases if one.metadata is None]:
        raise ValueError(f"these want nothing: {', '.join(idle)}")
    found.cases = [
        one for one in found.cases if only in str(one.name) and (with_sandbox or not one.inputs.sandbox)
    ]
    return found


async def tried(stage: Stage, dataset: Cases) -> Report:
    """Play them all."""
    return await dataset.evaluate(stage.play, max_concurrency=AT_ONCE, progress=False)


def wrong(report: Report) -> list[str]:
    """A line for everything that was not as wanted, and for every case that came to no end."""
    lines = [f"{one.name}: {one.error_message}" for one in report.failures]
    for case in report.cases:
        lines += [
            f"{case.name}: {one.name}: {one.reason}" for one in case.assertions.values() if not one.value
        ]
        lines += [f"{case.name}: not judged: {one.error_message}" for one in case.evaluator_failures]
    return lines
