"""What requests of models used: on the books as the model's server tells it, and shown to those whom it concerns."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from bot.domain.usage import Dimension, Tokens, Usage, day_of, total
from bot.store import client
from bot.store.usage import UsageBook
from bot.wiring.app import real_sources
from devkit.model.script import Calls, HttpError, Text
from devkit.model.tokens import Served
from tests.scenarios.test_command import countersign
from tests.world import ANA, MEI, OMAR, SUPPORT, THEO, World


def of_ledger(served: Sequence[Served]) -> Tokens:
    counts = [one.count for one in served]
    return sum((Tokens(c.input, c.cached, c.output, c.reasoning) for c in counts), Tokens())


async def on_the_books(world: World, what: Dimension) -> dict[str, Usage]:
    today = day_of(real_sources().now())
    async with client.connect(world.redis_url) as redis:
        return await UsageBook(redis, world.keys).lines(what, range(today - 1, today + 2))


async def test_a_conversation_is_on_the_books_as_the_server_tells_it_to_the_token(
    world: World, tmp_path: Path
) -> None:
    call = {"invoice_id": "INV-1003", "amount": "29.00", "currency": "USD", "reason": "asked for"}
    roles = json.loads(world.variables()["APPROVERS"]) | {"operator": [MEI]}
    async with world.bot(APPROVERS=json.dumps(roles)):
        world.model.script(HttpError(500), Calls([("transfer_to_billing", {})]))
        thread = await world.asks("refund $29 on INV-1003")
        world.model.script(Calls([("get_invoice", {"invoice_id": "INV-1003"})]))
        world.model.script(Calls([("issue_refund", {**call, "amount": "no amount"})]))  # is refused
        world.model.script(Calls([("issue_refund", call)]))
        card = await world.card(thread)
        await world.asks("is it urgent?", user=THEO, thread=thread)  # joins the run that waits
        world.model.script(Text("The refund was made, and it is not urgent."))
        await world.approves(OMAR, card)
        await world.hears(thread, "it is not urgent")
        other = await world.asks("hello", user=THEO)
        await world.hears(other, "Here is what you can try")
        await _reads(world, thread)

    lines = await on_the_books(world, Dimension.KIND)
    guarded = [one for one in world.model.served if one.is_guard]
    answered = [one for one in world.model.served if not one.is_guard]
    assert lines["guard"].tokens == of_ledger(guarded)
    assert lines["answer"].tokens == of_ledger(answered)
    assert (lines["guard"].requests, lines["answer"].requests) == (len(guarded), len(answered))
    assert all(one.untold == one.unpriced == 0 and one.cost > 0 for one in lines.values())
    assert lines["answer"].tokens.cached + lines["guard"].tokens.cached > 0
    whole = total(lines.values())
    for what in Dimension:
        assert total((await on_the_books(world, what)).values()) == whole
    people = await on_the_books(world, Dimension.PERSON)
    assert set(people) == {ANA, THEO}
    await _counted_by_the_command(world, tmp_path, whole)


async def _reads(world: World, thread: str) -> None:
    """Ana asks what she used, and of her thread; Omar did not write in it, and sees neither."""
    link = f"{world.slack.url}/archives/{SUPPORT}/p{thread.replace('.', '')}"
    await world.slack.command(ANA, SUPPORT, "/usage")
    await world.slack.command(ANA, SUPPORT, "/usage", link)
    everything, of_thread = (message.shown for message in world.slack.ephemerals(ANA)[-2:])
    for shown in (everything, of_thread):
        assert "You, today: " in shown
        assert "refund $29 on INV-1003" in shown
        assert "tokens read" in shown
    await world.slack.command(OMAR, SUPPORT, "/usage", link)
    await world.slack.command(OMAR, SUPPORT, "/usage")
    refused, nothing = (message.shown for message in world.slack.ephemerals(OMAR)[-2:])
    assert "That link is not to a thread you and I wrote in." in refused
    assert "You, today: nothing yet." in nothing
    assert "INV-1003" not in nothing
    for person in (MEI, OMAR):
        await world.slack.opens_home(person)
    await world.home(MEI, "The last 30 days: ")
    await world.home(OMAR, "My threads")
    assert "What models cost" not in world.slack.home_text(OMAR)


async def _counted_by_the_command(world: World, folder: Path, whole: Usage) -> None:
    """It needs Redis and the prefix alone."""
    needs = {"REDIS_URL", "REDIS_PREFIX", "REDIS_SHARDS"}
    settings = {name: value for name, value in world.variables().items() if name in needs}

    code, table = await countersign("usage --by model", settings, folder)
    assert (code, table.splitlines()[0].split()[:3]) == (0, ["model", "requests", "input"]), table
    last = table.splitlines()[-1].split()
    assert last[:4] == ["all", f"{whole.requests:,}", f"{whole.tokens.input:,}", f"{whole.tokens.cached:,}"]

    code, lines = await countersign("usage --by person --format csv", settings, folder)
    assert (code, lines.splitlines()[0].split(",")[0]) == (0, "person"), lines
    assert {line.split(",")[0] for line in lines.splitlines()[1:]} == {ANA, THEO}

    code, none = await countersign("usage --by day --since 2020-01-01 --until 2020-02-01", settings, folder)
    assert (code, "No requests" in none) == (0, True), none


async def test_a_link_into_a_running_conversation_is_to_a_thread_of_the_person(world: World) -> None:
    direct = world.slack.workspace.direct(ANA).id
    async with world.bot():
        first = await world.slack.says(ANA, direct, "show me INV-1003")
        await world.hears(first, "Hazel & Co", channel=direct)
        link = f"{world.slack.url}/archives/{direct}/p{first.replace('.', '')}"
        await world.slack.command(ANA, SUPPORT, "/usage", link)
        await world.slack.command(THEO, SUPPORT, "/usage", link)

    assert "show me INV-1003" in world.slack.ephemerals(ANA)[-1].shown
    assert "That link is not to a thread you and I wrote in." in world.slack.ephemerals(THEO)[-1].shown
