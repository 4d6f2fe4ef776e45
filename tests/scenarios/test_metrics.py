"""What Prometheus reads of a bot, after the first refund of the demo: by its own parsers, and never a name."""

from __future__ import annotations

from collections.abc import Mapping

import aiohttp
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics

from bot.telemetry.measures import MEASURES
from devkit.demo import free_ports
from tests.monitoring import queries, with_values
from tests.promql import families, page, problems
from tests.world import ANA, MEI, OMAR, SUPPORT, THEO, World

STRICT = "application/openmetrics-text; version=1.0.0"


async def scraped(port: int, accept: str = "text/plain;version=0.0.4") -> str:
    address = f"http://127.0.0.1:{port}/metrics"
    async with aiohttp.ClientSession() as http, http.get(address, headers={"Accept": accept}) as answer:
        assert answer.status == 200
        assert answer.headers["Content-Type"].startswith(accept.partition(";")[0])
        return await answer.text()


def values(text: str) -> dict[str, float]:
    """Each sample, without the bot's name in front."""
    pairs = [line.rpartition(" ") for line in text.splitlines() if line[0] != "#"]
    return {name.removeprefix("countersign_"): float(value) for name, _, value in pairs}


def summed(found: Mapping[str, float], name: str) -> float:
    """What all series of a name come to."""
    return sum(value for sample, value in found.items() if sample.partition("{")[0] == name)


async def test_the_first_refund_shows_on_the_page_by_the_names_that_dashboard_and_alerts_ask_for(
    world: World,
) -> None:
    (port,) = free_ports(1)
    async with world.bot(HEALTH_PORT=str(port)):
        thread = await world.asks("refund $29 on INV-1003")
        card = await world.card(thread)
        waiting = values(await scraped(port))
        await world.approves(OMAR, card)
        await world.hears(thread, "refunded")
        await world.recorded("executed")
        text, strict = await scraped(port), await scraped(port, STRICT)

    _is_the_refund(world, waiting, values(text))
    shown = {family.name: family.type for family in families(text)}
    assert {one.name.removesuffix("_total"): one.kind.value for one in MEASURES} == {
        name.removesuffix("_total"): kind for name, kind in shown.items()
    }
    assert {family.name for family in openmetrics(strict)} == {name.removesuffix("_total") for name in shown}
    known = with_values(page(text))
    assert {where: wrong for where, query in queries() if (wrong := problems(query, known))} == {}
    labels = {value for series in known.values() for some in series.labels.values() for value in some}
    assert "other" not in labels
    secret = (
        ANA,
        MEI,
        OMAR,
        THEO,
        SUPPORT,
        thread,
        thread.split(".")[0],
        "INV-1003",
        "issue_refund",
        world.prefix,
    )
    assert [word for word in secret if word in text + strict] == []


def _is_the_refund(world: World, waiting: Mapping[str, float], after: Mapping[str, float]) -> None:
    assert waiting['approvals{age="under_10m",state="pending"}'] == 1
    assert (
        waiting["redis_up"]
        == waiting["ready"]
        == waiting["slack_connected"]
        == waiting["redis_persists"]
        == 1
    )
    assert waiting["outcome_questions"] == waiting["redis_recovering"] == 0
    assert after['decision_seconds_count{status="approved"}'] == 1
    assert {
        after[f'record_entries_total{{deed="{deed}"}}'] for deed in ("requested", "decided", "executed")
    } == {1}
    guards = [one for one in world.model.served if one.is_guard]
    assert after['guard_verdicts_total{reason="judged",verdict="ok"}'] == len(guards) == 1
    assert summed(after, "input_tokens_total") == sum(one.count.input for one in world.model.served)
    assert summed(after, "output_tokens_total") == sum(one.count.output for one in world.model.served)
    assert (
        summed(after, "turn_seconds_count")
        == summed(after, "model_requests_total")
        == len(world.model.served)
    )
    assert summed(after, "cost_dollars_total") > 0
    assert after["first_text_seconds_count"] == 1
    assert after['ack_seconds_count{envelope="interactive"}'] == 1
    assert after['ack_seconds_count{envelope="events_api"}'] >= 1
    assert after['event_seconds_count{lane="message"}'] == 1
    assert after['outcomes_total{outcome="interrupted"}'] == after['outcomes_total{outcome="completed"}'] == 1
    assert after['slack_calls_total{method="chat.update",result="ok"}'] > 0
    assert summed(after, "unacked_total") == after["event_failures_total"] == after["lease_losses_total"] == 0
