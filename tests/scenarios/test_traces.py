"""One trace tells of a refund from Slack's envelope to the ledger, and has no word of anybody in it."""

from __future__ import annotations

from collections.abc import Mapping

from bot.operations import thread_story
from devkit.trace_receiver import Received
from tests.collector import collector
from tests.world import OMAR, SUPPORT, World

WORDS = ("charged twice", "refund $29", "INV-1003", "29.00", "Omar", "Done")


async def test_a_refund_is_one_trace_from_the_envelope_to_the_ledger_though_another_bot_went_on(
    world: World,
) -> None:
    async with collector() as taken:
        async with world.bot(OTEL_EXPORTER_OTLP_ENDPOINT=taken.url):
            thread = await world.asks("refund $29 on INV-1003 because they were charged twice")
            card = await world.card(thread)
        async with world.bot(OTEL_EXPORTER_OTLP_ENDPOINT=taken.url):
            await world.approves(OMAR, card)
            await world.hears(thread, "Done: I refunded **29.00 USD** on INV-1003")
        await taken.passed_on.until("handle decision")
        spans, bodies = taken.passed_on.spans, taken.passed_on.bodies

    (paid,) = [one for one in spans if one.name == "POST /v1/refunds"]
    trace = {one.id: one for one in spans if one.trace == paid.trace}
    roots = [one for one in trace.values() if one.parent not in trace]
    assert [(one.name, one.parent) for one in roots] == [("slack message", "")]
    assert lineage(paid, trace) == [
        *("execute_tool issue_refund", "invoke_agent Billing", "handle decision", "slack decision"),
        *("handle message", "slack message"),
    ]
    assert str(roots[0].attributes["countersign.thread"]).endswith(f"/{SUPPORT}/{thread}")
    # A Slack that is busy says so to single calls, which are made again.
    assert [one.name for one in trace.values() if one.failed and not one.name.startswith("slack ")] == []
    of_model(trace)
    assert world.billing.traceparents[-1].startswith(f"00-{paid.trace}-{paid.id}-")
    story: list[str] = []
    await thread_story.tail(
        world.settings(), f"{SUPPORT}/{thread}", story.append, with_text=False, follow=False
    )
    assert sum(f"[trace {paid.trace}]" in line for line in story) >= 2
    for word in (*WORDS, world.slack.bot_token, world.billing.api_key):
        assert not any(word.encode() in body for body in bodies), word


def lineage(span: Received, trace: Mapping[str, Received]) -> list[str]:
    """The names of those above a span, from the nearest to the first."""
    above: list[str] = []
    while (found := trace.get(span.parent)) is not None:
        above.append(found.name)
        span = found
    return above


def of_model(trace: Mapping[str, Received]) -> None:
    """The requests of models are in it with what they used, the card, and the words of GenAI's conventions."""
    names = [one.name for one in trace.values()]
    asked = [one for one in trace.values() if one.attributes.get("gen_ai.operation.name") == "chat"]
    assert {one.attributes["countersign.usage.kind"] for one in asked} == {"guard", "answer"}
    assert all(int(one.attributes["gen_ai.usage.input_tokens"]) > 0 for one in asked)
    assert {"handle message", "card", "slack chat.postMessage", "invoke_workflow countersign"} <= {*names}
    assert "GET /v1/invoices/{}" in names
