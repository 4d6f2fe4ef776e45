"""What is wrong with a query of a dashboard or an alert, by what a page of metrics shows; a real parser reads both."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import promql_parser as promql
from prometheus_client.parser import text_string_to_metric_families as families

#: What Prometheus itself says of each target, and the labels that it adds: https://prometheus.io/docs/concepts/jobs_instances
UP: Final = "up"
OF_TARGET: Final = frozenset({"job", "instance"})
#: Functions of what only rises.
RISING: Final = frozenset({"rate", "irate", "increase", "resets"})
COUNTED: Final = ("_total", "_bucket", "_sum", "_count")


@dataclass(slots=True)
class Series:
    """What a sample's name stands for: the kind of its family, its labels with their values."""

    kind: str
    labels: dict[str, set[str]] = field(default_factory=dict[str, set[str]])

    @property
    def rises(self) -> bool:
        return self.kind in {"counter", "histogram"}


def page(text: str) -> dict[str, Series]:
    """Read a page in Prometheus' text form, by the names of its samples."""
    found: dict[str, Series] = {UP: Series("gauge")}
    for family in families(text):
        for sample in family.samples:
            series = found.setdefault(sample.name, Series(family.type))
            for label, value in sample.labels.items():
                series.labels.setdefault(label, set()).add(value)
    return found


def names(query: str) -> set[str]:
    """The metrics that a query names."""
    return {one.name or "" for one, _ in _selectors(promql.parse(query), ())}


def problems(query: str, known: Mapping[str, Series]) -> list[str]:
    """What would make it say nothing, or something else than is meant; raises `ValueError` for what is no query."""
    wrong: list[str] = []
    for one, around in _selectors(promql.parse(query), ()):
        name, series = one.name or "", known.get(one.name or "")
        if series is None:
            wrong.append(f"{name} does not exist")
            continue
        wrong += _labels(name, one, series)
        wrong += _functions(name, series, around)
    return wrong


def _labels(name: str, one: Any, series: Series) -> Iterator[str]:
    for matcher in one.matchers.matchers:
        values = series.labels.get(matcher.name)
        if matcher.name not in OF_TARGET and values is None:
            yield f"{name} has no label {matcher.name}"
        elif values is not None and matcher.op == promql.MatchOp.Equal and matcher.value not in values:
            yield f"{matcher.name} of {name} is never {matcher.value}"


def _functions(name: str, series: Series, around: tuple[Any, ...]) -> Iterator[str]:
    """Look at what stands around a selector, the outermost first."""
    calls = [node.func.name for node in around if isinstance(node, promql.Call)]
    if RISING & set(calls) and not series.rises:
        yield f"{name} is a {series.kind}, which has no rate"
    if series.rises and name.endswith(COUNTED) and not RISING & set(calls):
        yield f"{name} only rises: it says nothing without a rate"
    kept = set(series.labels) | OF_TARGET
    for node in reversed(around):
        if isinstance(node, promql.AggregateExpr):
            by = node.modifier.labels if node.modifier else []
            yield from (f"{name} has no label {label} to be summed by" for label in by if label not in kept)
            without = node.modifier is not None and node.modifier.type == promql.AggModifierType.Without
            kept = kept - set(by) if without else set(by)
        elif isinstance(node, promql.Call) and node.func.name == "histogram_quantile":
            if not name.endswith("_bucket"):
                yield f"{name} is no bucket of a histogram"
            elif "le" not in kept:
                yield f"{name} has lost its bounds (le) before its quantile"


def _selectors(node: Any, around: tuple[Any, ...]) -> Iterator[tuple[Any, tuple[Any, ...]]]:
    """Every selector with what stands around it."""
    if isinstance(node, promql.VectorSelector):
        yield node, around
        return
    parts = ("lhs", "rhs", "expr", "vector_selector", "param")
    inner = [getattr(node, part, None) for part in parts]
    for one in [*inner, *getattr(node, "args", ())]:
        if isinstance(one, promql.Expr):
            yield from _selectors(one, (*around, node))
