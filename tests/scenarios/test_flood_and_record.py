"""Limits on how much may wait, and the record of everything that happened."""

from __future__ import annotations

import asyncio
import csv
import json
import sys

import pytest

from bot.domain.audit import Deed
from bot.store import client
from bot.store.keys import place
from bot.store.records import LINK
from bot.store.sealer import Sealer
from devkit.model.script import Calls, Text
from devkit.slack.workspace import TEAM
from tests.tools import gift, give_money, gives, scripted
from tests.world import ANA, MEI, OMAR, THEO, World


async def test_more_than_a_run_may_ask_for_is_refused_and_the_model_is_told(world: World) -> None:
    scripted(
        world, Calls([gift(f"{amount}.00", "INV-1005") for amount in (21, 22, 23)]), last="Two of three."
    )
    async with world.bot(give_money(), PENDING_PER_RUN="2"):
        thread = await world.asks("give them money")
        await world.slack.until(lambda: len(world.cards(thread)) == 2)
        for card in world.cards(thread):
            await world.approves(OMAR, card)
        await world.hears(thread, "Two of three.")

    assert len(world.refunds) == 2
    assert "nobody was asked: 2 approvals of one run wait already" in str(world.model.asked()[-1])
    assert (await world.deeds()).count("refused") == 1


@pytest.mark.parametrize(
    ("limit", "words"),
    [
        ("PENDING_PER_REQUESTER", "1 approvals of one requester wait already"),
        ("PENDING_PER_ROLE", "1 approvals wait for finance already"),
    ],
    ids=["requester", "role"],
)
async def test_what_waits_elsewhere_counts_too_until_it_is_decided(
    world: World, limit: str, words: str
) -> None:
    scripted(world, gives("21.00"))
    async with world.bot(give_money(), **{limit: "1"}):
        first = await world.asks("give them money")
        card = await world.card(first)
        world.model.clear()
        scripted(world, gives("22.00"), last="They have too much to do.")
        second = await world.asks("give them more")
        await world.hears(second, "They have too much to do.")
        assert words in str(world.model.asked()[-1])
        world.model.clear()
        world.model.script(Text("Then not."))
        await world.rejects(OMAR, card, "no")
        await world.hears(first, "Then not.")
        scripted(world, gives("23.00"))
        await world.card(await world.asks("and now?"))

    assert world.refunds == []


async def test_everything_that_happens_to_an_approval_is_on_record(world: World) -> None:
    async with world.bot():
        thread = await world.asks("refund $29 on INV-1003")
        card = await world.card(thread)
        await world.approves(THEO, card)
        await world.told(THEO, "not one of the approvers")
        await world.edits(OMAR, card, amount="25.00")
        await world.slack.until(lambda: "*Changed* by" in card.shown)
        await world.approves(MEI, card)
        await world.hears(thread, "Done: I refunded")
    links = await world.records()
    entries = [link.entry for link in links if link.entry.approval]

    assert [entry.deed for entry in entries] == [
        Deed.REQUESTED,
        Deed.CARD_DELIVERED,
        Deed.CARD_DELIVERED,
        Deed.CLICK_REFUSED,
        Deed.EDITED,
        Deed.DECIDED,
        Deed.STARTED,
        Deed.EXECUTED,
    ]
    refused, edited, decided, executed = entries[3], entries[4], entries[5], entries[7]
    assert (refused.person, refused.details["why"]) == (THEO, "NotAnApprover")
    assert json.loads(edited.details["after"])["amount"] == "25.00"
    assert (decided.person, decided.details["status"]) == (MEI, "approved")
    assert executed.details["ending"] == "done"
    assert [link.seq for link in links] == list(range(1, len(links) + 1))


#: What a command about the record may need: where it is, and the key that it is sealed with.
OF_RECORD = ("REDIS_URL", "REDIS_PREFIX", "STATE_KEYS")


async def run(world: World, *words: str) -> tuple[int, str]:
    """Run the command in a process of its own, with nothing in its environment that it does not use."""
    given = world.variables()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", *words),
        env={name: given[name] for name in OF_RECORD} if words[0] == "audit" else given,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    out, _ = await process.communicate()
    return process.returncode or 0, out.decode()


async def a_short_life(world: World) -> None:
    async with world.bot():
        thread = await world.asks("refund $29 on INV-1003")
        await world.rejects(OMAR, await world.card(thread), "not this month")
        await world.hears(thread, "Rejected by Omar Haddad")
    await world.records()


async def test_the_record_is_verified_and_handed_out(world: World) -> None:
    await a_short_life(world)
    code, out = await run(world, "audit", "verify")
    assert (code, out.startswith(f"✓ {TEAM}: ")) == (0, True), out
    code, out = await run(world, "audit", "export", "--person", OMAR)
    (entry,) = [json.loads(line) for line in out.splitlines()]
    assert (code, entry["deed"], entry["details"]["reason"]) == (0, "decided", "not this month")
    code, out = await run(world, "audit", "export", "--format", "csv", "--since", "2000-01-01")
    assert out.splitlines()[0] == "seq,at,team,deed,thread,approval,tool,person,digest,hash,details"
    assert ANA in out
    code, out = await run(world, "audit", "export", "--until", "2000-01-01")
    assert (code, out) == (0, "")
    code, out = await run(world, "audit", "report", "--since", "2000-01-01", "--format", "csv")
    _, (team, person, tool, outcome, count, seconds) = csv.reader(out.splitlines())
    assert (team, person, tool, outcome, count) == (TEAM, OMAR, "issue_refund", "rejected", "1")
    assert seconds.isdigit()
    code, out = await run(world, "audit", "report", "--until", "2000-01-01")
    assert (code, out) == (0, "Nothing was decided, as far as the record goes.\n")


async def alter(world: World, log: str, links: list[bytes]) -> str:
    """Somebody with the key rewrites the third entry."""
    sealer = Sealer([world.key])
    body = sealer.open("link", links[2], place(log, 3))
    body["entry"]["person"] = MEI
    links[2] = sealer.seal("link", body, place(log, 3))
    return f"entry 3 ({body['entry']['id']}) was altered"


async def scribble(world: World, log: str, links: list[bytes]) -> str:
    """Somebody without the key writes over it."""
    links[2] = links[2][:-4] + b"AAAA"
    return "entry 3 cannot be opened"


async def remove(world: World, log: str, links: list[bytes]) -> str:
    del links[2]
    return "entry 3 cannot be opened"


async def cut(world: World, log: str, links: list[bytes]) -> str:
    del links[-1]
    return f"the log ends at entry {len(links)}, but {len(links) + 1} were written"


async def swap(world: World, log: str, links: list[bytes]) -> str:
    links[1], links[2] = links[2], links[1]
    return "entry 2 cannot be opened"


@pytest.mark.parametrize("tamper", [alter, scribble, remove, cut, swap])
async def test_tampering_with_one_entry_in_redis_makes_verify_fail_and_name_it(
    world: World, tamper: object
) -> None:
    await a_short_life(world)
    log = world.keys.audit(TEAM)
    async with client.connect(world.redis_url) as redis:
        links: list[bytes] = await redis.lrange(log, 0, -1)  # pyright: ignore[reportGeneralTypeIssues, reportUnknownVariableType, reportAssignmentType]
        assert LINK.load(Sealer([world.key]), links[0], place(log, 1)).seq == 1
        expected = await tamper(world, log, links)  # pyright: ignore[reportCallIssue, reportGeneralTypeIssues, reportUnknownVariableType]
        await redis.delete(log)
        await redis.rpush(log, *links)  # pyright: ignore[reportGeneralTypeIssues]
    code, out = await run(world, "audit", "verify")

    assert code == 1
    assert f"✗ {TEAM}: {expected}" in out


async def test_a_log_that_was_deleted_as_a_whole_is_missed(world: World) -> None:
    await a_short_life(world)
    async with client.connect(world.redis_url) as redis:
        await redis.delete(world.keys.audit(TEAM))
    code, out = await run(world, "audit", "verify")

    assert code == 1
    assert "the log ends at entry 0" in out


async def test_an_unreachable_redis_is_said_in_a_sentence(world: World) -> None:
    world.redis_url = "redis://127.0.0.1:1/0"
    code, out = await run(world, "audit", "verify")

    assert (code, out) == (1, "✗ Redis could not be reached at REDIS_URL.\n")


async def test_policies_are_listed_as_a_table(world: World) -> None:
    code, out = await run(world, "policies")

    assert code == 0
    assert out.splitlines()[0].split()[:3] == ["Tool", "When", "Who"]
    rows = [line.split() for line in out.splitlines()]
    assert [
        "issue_refund",
        "amount",
        "over",
        "20.00",
        "1",
        "of",
        "finance",
        "72",
        "h",
        "after",
        "4",
        "h",
    ] in [row[:12] for row in rows]
    assert "exec_command" in {row[0] for row in rows if row}
    assert "finance: S0FINANCE1" in out
