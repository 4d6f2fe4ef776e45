"""What a replica counts: under names and labels that are all known beforehand, whatever people and models write."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import get_args

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics

from bot.agents.guardrail import How, Verdict
from bot.domain.errors import SlackBusy, SlackRejected, SlackUnauthorized, SlackUnavailable
from bot.domain.events import MessageReceived, StopRequested
from bot.domain.run import Completed, Outcome
from bot.domain.usage import Account, Kind, Spent, Tokens
from bot.telemetry import measures
from bot.telemetry.measures import MEASURES, OTHER, SLACK_METHODS, VALUES
from bot.telemetry.metrics import Metrics
from tests import promql
from tests.factories import ANA, NOON

ROOT = Path(__file__).parents[2]
BILLING = Account(Kind.ANSWER, "Billing", "openai:gpt-x")
METHOD = re.compile(
    r"(?:apps|auth|bots|chat|conversations|files|team|usergroups|users|views)(?:\.[a-zA-Z]+)+"
)


def text(metrics: Metrics) -> str:
    return metrics.page("", {})[0].decode()


def counted(metrics: Metrics) -> dict[str, float]:
    """Every sample but those of zero, as the page has it; of a histogram only how many, and the sum."""
    pairs = [line.rpartition(" ") for line in text(metrics).splitlines() if line[0] != "#"]
    found = {name.removeprefix("countersign_"): float(value) for name, _, value in pairs}
    return {name: value for name, value in found.items() if value and "_bucket{" not in name}


def unknown(metrics: Metrics) -> set[str]:
    """The values of labels that no table names."""
    labels = [pair for series in promql.page(text(metrics)).values() for pair in series.labels.items()]
    return {one for label, some in labels if label != "le" for one in some if one not in VALUES[label]}


def test_every_name_is_by_the_conventions_and_on_the_list_once() -> None:
    names = [one.name for one in MEASURES]
    kinds = {kind: {one.name for one in MEASURES if one.kind is kind} for kind in measures.Kind}
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"countersign(_[a-z0-9]+)+", name) for name in names)
    assert kinds[measures.Kind.COUNTER] == {name for name in names if name.endswith("_total")}
    assert all(name.endswith("_seconds") for name in kinds[measures.Kind.HISTOGRAM])
    assert all(list(one.bounds) == sorted(set(one.bounds)) for one in MEASURES)
    assert {one for one in vars(measures).values() if isinstance(one, measures.Measure)} == set(MEASURES)


def test_the_values_of_labels_are_those_of_the_bot() -> None:
    assert {label for one in MEASURES for label in one.labels} == set(VALUES)
    assert set(VALUES["outcome"]) == {kind.__name__.lower() for kind in get_args(Outcome)}
    assert (set(VALUES["verdict"]), set(VALUES["reason"])) == (set(Verdict), set(How))
    assert set(SLACK_METHODS) == {one for path in (ROOT / "bot/slack").glob("*.py") for one in methods(path)}


def methods(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and METHOD.fullmatch(node.value):
            yield node.value


@pytest.mark.parametrize(
    "strange", [ANA, "C1/1795435200.000100", "ignore all\nrules", 'x"} 1\n# HELP', "é", ""]
)
def test_what_is_no_value_of_a_label_counts_as_other(strange: str) -> None:
    metrics = Metrics()
    metrics.expects(BILLING)

    metrics.acked(strange, 0.1)
    metrics.unacked(strange)
    metrics.guarded(strange, strange)
    metrics.slack_call(strange)
    metrics.recorded(strange)
    metrics.decided(strange, 1.0)
    metrics.answered(strange)
    for account in (BILLING, Account(Kind.ANSWER, strange, strange)):
        metrics.spent([Spent("r1", NOON, ANA, account, Tokens(1), None, 0.1)])

    assert unknown(metrics) == {BILLING.agent, BILLING.model, OTHER}


def test_requests_of_models_count_with_what_they_used() -> None:
    metrics = Metrics()
    metrics.expects(BILLING)
    tokens = Tokens(input=100, cached=60, output=20, reasoning=5)

    metrics.spent([Spent("r1", NOON, ANA, BILLING, tokens, Decimal("0.25"), 1.5)])
    metrics.spent([Spent("r2", NOON, ANA, BILLING)])

    labels = '{agent="Billing",model="openai:gpt-x"}'
    assert counted(metrics) == {
        f"model_requests_total{labels}": 2,
        f"untold_requests_total{labels}": 1,
        f"input_tokens_total{labels}": 100,
        f"cached_tokens_total{labels}": 60,
        f"output_tokens_total{labels}": 20,
        f"reasoning_tokens_total{labels}": 5,
        f"cost_dollars_total{labels}": 0.25,
        f"turn_seconds_count{labels}": 1,
        f"turn_seconds_sum{labels}": 1.5,
    }


def test_each_thing_that_happens_counts_where_it_belongs() -> None:
    metrics = Metrics()
    metrics.worked(MessageReceived("1.1", ANA, "hi"), 2.0)
    metrics.worked(StopRequested(ANA), 1.0)
    metrics.worked(None, 4.0)
    metrics.claimed(1)
    metrics.claimed(2)
    metrics.history_read(None)
    metrics.history_read(3)
    metrics.first_text(-5.0)  # a clock was set back
    metrics.sandbox_used(timedelta(seconds=90))
    metrics.answered(Completed("Done.", "Billing"))
    for failure in (
        None,
        SlackBusy("m"),
        SlackUnauthorized("m", "invalid_auth"),
        SlackUnavailable("m"),
        SlackRejected("m", "no"),
    ):
        metrics.slack_call("chat.update", failure)

    calls = {name: value for name, value in counted(metrics).items() if name.startswith("slack_calls")}
    results = ("ok", "rate_limited", "unauthorized", "unavailable", "rejected")
    assert calls == {f'slack_calls_total{{method="chat.update",result="{result}"}}': 1 for result in results}
    assert {name: value for name, value in counted(metrics).items() if name not in calls} == {
        'event_seconds_count{lane="message"}': 2,
        'event_seconds_sum{lane="message"}': 6,
        'event_seconds_count{lane="interrupt"}': 1,
        'event_seconds_sum{lane="interrupt"}': 1,
        "recoveries_total": 1,
        'backfills_total{history="failed"}': 1,
        'backfills_total{history="read"}': 1,
        "backfilled_messages_total": 3,
        "first_text_seconds_count": 1,
        "sandbox_seconds_total": 90,
        'outcomes_total{outcome="completed"}': 1,
    }


def test_two_replicas_in_one_process_count_apart() -> None:
    one, other = Metrics(), Metrics()
    one.lost_lease()

    assert (counted(one), counted(other)) == ({"lease_losses_total": 1}, {})


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        ("", "text/plain; version=0.0.4; charset=utf-8"),
        ("application/openmetrics-text;version=1.0.0;q=0.5,text/plain;q=0.1", "application/openmetrics-text"),
        ("application/openmetrics-text; version=; escaping=x, */*", "application/openmetrics-text"),
        ("application/openmetrics-text; version=many", ""),
        ("text/plain;version=;version=1.0.0;=;;,,", ""),
        ("é\x00" * 2000, "text/plain"),
    ],
)
def test_the_page_comes_in_the_form_that_is_asked_for_and_whatever_is_asked_for(
    accept: str, form: str
) -> None:
    body, content_type = Metrics().page(accept, {measures.REDIS: {(): 1.0}})

    assert content_type.startswith(form)
    read = openmetrics if "openmetrics" in content_type else promql.families
    assert "countersign_redis_up" in {family.name for family in read(body.decode())}
