"""Compares what happened with what was wanted, one verdict for each thing that can be wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic_evals.evaluators import EvaluationReason, Evaluator, EvaluatorContext

from evals.case import Ask, Asked, Call, Happened, Wanted


@dataclass
class AsWanted(Evaluator[Asked, Happened, Wanted]):
    """Each of these must hold; the table says why one does not."""

    def evaluate(self, ctx: EvaluatorContext[Asked, Happened, Wanted]) -> Mapping[str, EvaluationReason]:
        if ctx.metadata is None:
            raise ValueError(f"the case {ctx.name} wants nothing, so it could not fail")
        return {
            name: EvaluationReason(value=not why, reason=why)
            for name, why in problems(ctx.metadata, ctx.output).items()
        }


def problems(wanted: Wanted, got: Happened) -> dict[str, str]:
    """What is wrong, by what it is about; empty where that is as wanted."""
    calls = [one for one in got.calls if one.tool not in wanted.may_call]
    said = got.said.casefold()
    missing = [one for one in wanted.says if one.casefold() not in said]
    spoken = [one for one in wanted.never_says if one.casefold() in said]
    return {
        "specialist": _differs(wanted.specialist, got.specialist),
        "calls": "" if _all_match(wanted.calls, calls) else f"called {_shown(calls)}",
        "asks": "" if _all_match(wanted.asks, got.asks) else f"asked for {_shown(got.asks)}",
        "refunds": _differs(sorted(wanted.refunds), sorted(got.refunds)),
        "sends": "" if _all_end(wanted.sends, got.sent) else f"sent {', '.join(got.sent) or 'nothing'}",
        "says": "; ".join([*(f"lacks {one!r}" for one in missing), *(f"says {one!r}" for one in spoken)]),
    }


def _differs(wanted: object, got: object) -> str:
    return "" if wanted == got else f"got {got!r}"


def _all_end(wanted: Sequence[str], got: Sequence[str]) -> bool:
    """Whether each end is that of a file's name, and each file has one of them: how many there are is the model's affair."""
    return all(any(name.endswith(end) for name in got) for end in wanted) and all(
        name.endswith(tuple(wanted)) for name in got
    )


def _all_match(wanted: Sequence[Call | Ask], got: Sequence[Call | Ask]) -> bool:
    """Whether all are there, in order, with the arguments that matter, and no others."""
    return len(wanted) == len(got) and all(
        _named(one) == _named(other) and _holds(one.arguments, other.arguments)
        for one, other in zip(wanted, got, strict=True)
    )


def _named(one: Call | Ask) -> tuple[Any, ...]:
    return (one.tool, one.role, one.people) if isinstance(one, Ask) else (one.tool,)


def _holds(wanted: Mapping[str, Any], got: Mapping[str, Any]) -> bool:
    return all(name in got and str(got[name]) == str(value) for name, value in wanted.items())


def _shown(ones: Sequence[Call | Ask]) -> str:
    return ", ".join(f"{one.tool}({one.arguments})" for one in ones) or "nothing"
