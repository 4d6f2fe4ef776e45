"""What a replica counts of itself, and what is read of it at `/metrics`: the one door to Prometheus' client."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from itertools import product
from typing import Any, Final, TypeVar, cast

from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import GaugeMetricFamily, Metric

from bot.domain.errors import SlackBusy, SlackRejected, SlackUnauthorized, SlackUnavailable
from bot.domain.events import LANES, Event, Lane
from bot.domain.usage import Account, Spent, Tokens
from bot.telemetry import measures
from bot.telemetry.measures import MEASURES, OTHER, VALUES, Kind, Loop, Measure

#: What is read when somebody asks: the values of a gauge by those of its labels.
Gauges = Mapping[Measure, Mapping[tuple[str, ...], float]]
Made = TypeVar("Made", Counter, Histogram)
#: Of a metric with so many values at most, each is there from the start, at zero: a rise from nothing is one then.
FROM_THE_START: Final = 32


class Metrics:
    """Counts, in this process alone and in a registry of its own. Callable from any thread; no call waits or raises."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        #: The names of agents and models that requests are put on: `expects`.
        self._names: dict[str, set[str]] = {"agent": set(), "model": set()}
        #: Series that were looked up already.
        self._known: dict[tuple[Measure, tuple[str, ...]], Any] = {}
        self._counters = {one: self._counter(one) for one in MEASURES if one.kind is Kind.COUNTER}
        self._histograms = {one: self._histogram(one) for one in MEASURES if one.kind is Kind.HISTOGRAM}
        for measure, made in (self._counters | self._histograms).items():
            for values in _from_the_start(measure):
                made.labels(*values)

    def expects(self, account: Account) -> None:
        """Let requests be counted by the names of an account, as code and settings give them."""
        self._names["agent"].add(account.agent)
        self._names["model"].add(account.model)

    def acked(self, envelope: str, seconds: float) -> None:
        """Count an envelope of Slack's that was acked after so long."""
        self._observe(measures.ACK, seconds, envelope)

    def unacked(self, envelope: str) -> None:
        """Count one that was not."""
        self._count(measures.UNACKED, envelope)

    def first_text(self, seconds: float) -> None:
        """Count the first words of an answer."""
        self._observe(measures.FIRST_TEXT, seconds)

    def worked(self, event: Event | None, seconds: float) -> None:
        """Count the work on an event, however it ended; one that cannot be read is a message's."""
        lane = LANES[type(event)] if event is not None else Lane.MESSAGE
        self._observe(measures.EVENT, seconds, lane.name.lower())

    def failed(self) -> None:
        """Count a try of an event that ended in an error of ours."""
        self._count(measures.FAILURES)

    def round_failed(self, loop: Loop) -> None:
        """Count a round in the background that ended in an error of ours."""
        self._count(measures.ROUNDS, loop)

    def answered(self, outcome: object) -> None:
        """Count an outcome by its kind."""
        self._count(measures.OUTCOMES, type(outcome).__name__.lower())

    def claimed(self, tries: int) -> None:
        """Count a claim as a recovery, where it is not the event's first."""
        self._count(measures.RECOVERIES, by=tries > 1)

    def lost_lease(self) -> None:
        """Count a lease that was lost in the middle of work."""
        self._count(measures.LEASE_LOSSES)

    def history_read(self, found: int | None) -> None:
        """Count a reading of Slack's history, with the messages that nobody had heard; None for one that failed."""
        self._count(measures.BACKFILLS, "failed" if found is None else "read")
        self._count(measures.BACKFILLED, by=found or 0)

    def spent(self, requests: Iterable[Spent]) -> None:
        """Count requests of models, with what they used."""
        for one in requests:
            names, tokens = (one.account.agent, one.account.model), one.tokens or Tokens()
            self._count(measures.REQUESTS, *names)
            self._count(measures.UNTOLD, *names, by=one.tokens is None)
            self._count(measures.INPUT, *names, by=tokens.input)
            self._count(measures.CACHED, *names, by=tokens.cached)
            self._count(measures.OUTPUT, *names, by=tokens.output)
            self._count(measures.REASONING, *names, by=tokens.reasoning)
            self._count(measures.COST, *names, by=float(one.cost or 0))
            if one.seconds is not None:
                self._observe(measures.TURN, one.seconds, *names)

    def guarded(self, verdict: str, reason: str) -> None:
        """Count a check of a message."""
        self._count(measures.GUARD, verdict, reason)

    def slack_call(self, method: str, failure: SlackRejected | SlackUnavailable | None = None) -> None:
        """Count a call of the Web API."""
        match failure:
            case None:
                result = "ok"
            case SlackBusy():
                result = "rate_limited"
            case SlackUnauthorized():
                result = "unauthorized"
            case SlackUnavailable():
                result = "unavailable"
            case SlackRejected():
                result = "rejected"
        self._count(measures.SLACK_CALLS, method, result)

    def recorded(self, deed: str) -> None:
        """Count an entry of the record."""
        self._count(measures.RECORD, deed)

    def decided(self, status: str, seconds: float) -> None:
        """Count the end of an approval that has waited for so long."""
        self._observe(measures.DECISION, seconds, status)

    def sandbox_used(self, time: timedelta) -> None:
        """Count a sandbox that was open for so long."""
        self._count(measures.SANDBOX, by=time.total_seconds())

    def page(self, accept: str, gauges: Gauges) -> tuple[bytes, str]:
        """Everything in the form that `accept` (the header) asks for, and the name of that form.

        Takes some milliseconds.
        """
        try:
            encode, content_type = choose_encoder(accept)
        except (TypeError, ValueError):  # it reads versions that are none
            encode, content_type = choose_encoder("")
        return encode(_Shown(self._registry, gauges)), content_type

    def _count(self, measure: Measure, *values: str, by: float = 1) -> None:
        self._of(self._counters[measure], measure, values).inc(max(by, 0))

    def _observe(self, measure: Measure, seconds: float, *values: str) -> None:
        # A clock that was set back makes no time negative.
        self._of(self._histograms[measure], measure, values).observe(max(seconds, 0.0))

    def _of(self, metric: Made, measure: Measure, values: tuple[str, ...]) -> Made:
        """The series of a metric that has these values."""
        if not values:
            return metric
        if (found := self._known.get((measure, values))) is None:
            bounded = self._bounded(measure, values)
            found: Any = metric.labels(*bounded)
            if tuple(bounded) == values:  # so that there are no more of them than may be
                self._known[measure, values] = found
        return cast("Made", found)

    def _bounded(self, measure: Measure, values: Sequence[str]) -> list[str]:
        """The values of labels, where they are among those that the label may have."""
        named = zip(measure.labels, values, strict=True)
        return [value if self._may_say(label, value) else OTHER for label, value in named]

    def _may_say(self, label: str, value: str) -> bool:
        return value in VALUES[label] or value in self._names.get(label, ())

    def _counter(self, one: Measure) -> Counter:
        return Counter(one.name.removesuffix("_total"), one.says, one.labels, registry=self._registry)

    def _histogram(self, one: Measure) -> Histogram:
        return Histogram(one.name, one.says, one.labels, buckets=one.bounds, registry=self._registry)


class _Shown(CollectorRegistry):
    """What was counted and what was read, but for the moments at which each series began: nobody asks for those."""

    def __init__(self, counted: CollectorRegistry, gauges: Gauges) -> None:
        super().__init__()
        self._counted = counted
        self._gauges = gauges

    def collect(self) -> Iterable[Metric]:
        """Hand out family by family."""
        for family in self._counted.collect():
            family.samples = [one for one in family.samples if not one.name.endswith("_created")]
            yield family
        for measure, values in self._gauges.items():
            family = GaugeMetricFamily(measure.name, measure.says, labels=measure.labels)
            for labels, value in values.items():
                family.add_metric(labels, value)
            yield family


def _from_the_start(measure: Measure) -> list[tuple[str, ...]]:
    values = list(product(*(VALUES[label] for label in measure.labels))) if measure.labels else []
    return values if len(values) <= FROM_THE_START else []
