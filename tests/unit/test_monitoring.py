"""The documents of monitoring: the table of all metrics, the dashboard, the alerts; and that a wrong query is found."""

from __future__ import annotations

import re

import pytest
import yaml

from bot.telemetry.measures import MEASURES
from tests.monitoring import ALERTS, SCRAPED, TABLE, alerts, possible, queries
from tests.promql import names, problems

ALL_NAMES = {one.name for one in MEASURES}


def test_the_table_of_the_documents_is_that_of_the_code() -> None:
    rows = re.findall(
        r"^\| `(countersign_\w+)` \| (\w+) \| (.*?) \| (.*?) \|$", TABLE.read_text("utf-8"), re.MULTILINE
    )

    assert rows == [
        (one.name, one.kind.value, ", ".join(f"`{label}`" for label in one.labels), one.says)
        for one in MEASURES
    ]


def test_every_query_of_the_dashboard_and_the_alerts_says_what_it_means() -> None:
    known = possible()

    assert {where: wrong for where, query in queries() if (wrong := problems(query, known))} == {}


def test_every_metric_is_shown_or_watched() -> None:
    named = {name for _, query in queries() for name in names(query)}

    assert {re.sub(r"_(bucket|sum|count)$", "", name) for name in named} - {"up"} == ALL_NAMES


def test_every_alert_says_what_is_wrong_by_labels_that_it_has_and_what_to_do_where_one_can() -> None:
    for alert in alerts():
        assert alert["labels"]["severity"] in {"page", "ticket"}, alert
        used = set(re.findall(r"\$labels\.(\w+)", str(alert["annotations"])))
        by = set(re.findall(r"by \(([\w, ]+)\)", alert["expr"]))
        assert used <= {"instance"} | {label.strip() for some in by for label in some.split(",")}, alert
        assert alert["annotations"]["summary"]
    assert len({alert["alert"] for alert in alerts()}) == len(alerts())
    assert ALERTS.read_text("utf-8").isascii()


def test_the_alerts_are_of_the_job_that_is_scraped_and_prometheus_reads_them() -> None:
    settings = yaml.safe_load(SCRAPED.read_text("utf-8"))
    jobs = {one["job_name"] for one in settings["scrape_configs"]}

    assert set(re.findall(r'job="(\w+)"', ALERTS.read_text("utf-8"))) == jobs
    assert settings["rule_files"] == [ALERTS.name]


@pytest.mark.parametrize(
    ("query", "wrong"),
    [
        ("countersign_acks_seconds", "countersign_acks_seconds does not exist"),
        ("up + countersign_nothing", "countersign_nothing does not exist"),
        ("rate(countersign_approvals[5m])", "is a gauge, which has no rate"),
        ("max(countersign_lease_losses_total) > 3", "says nothing without a rate"),
        ("histogram_quantile(0.9, rate(countersign_ack_seconds_sum[5m]))", "is no bucket of a histogram"),
        ("histogram_quantile(0.9, sum(rate(countersign_ack_seconds_bucket[5m])))", "has lost its bounds"),
        (
            "histogram_quantile(0.9, sum without (le) (rate(countersign_ack_seconds_bucket[5m])))",
            "has lost its bounds",
        ),
        ("countersign_approvals{status='pending'}", "has no label status"),
        ("countersign_approvals{state='rejected'}", "state of countersign_approvals is never rejected"),
        ("sum by (user) (countersign_approvals)", "has no label user to be summed by"),
        ("sum by (age) (sum by (state) (countersign_approvals))", "has no label age to be summed by"),
        ("rate(countersign_ack_seconds[5m])", "countersign_ack_seconds does not exist"),
        ("max_over_time(rate(countersign_queue_threads[1m])[1h:])", "is a gauge, which has no rate"),
    ],
)
def test_a_query_that_says_nothing_is_found(query: str, wrong: str) -> None:
    assert any(wrong in found for found in problems(query, possible())), problems(query, possible())


def test_what_is_no_query_is_refused() -> None:
    with pytest.raises(ValueError, match="expected"):
        problems("rate(countersign_acks_seconds_count)", possible())
