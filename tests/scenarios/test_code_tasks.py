"""Code tasks: files in, commands in a real sandbox, files out; the workspace outlives bots and bridges."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import pytest

from bot.conversation.run_workspaces import RunWorkspaces
from bot.domain.errors import LeaseLost
from bot.domain.thread import ThreadRef
from bot.store import client
from bot.store.sandboxes import Sandboxes
from devkit.bridge.server import BridgeServer
from devkit.slack.workspace import TEAM
from tests.world import ANA, OMAR, SUPPORT, World, ids


async def test_a_command_runs_in_a_sandbox_that_is_gone_afterwards(world: World) -> None:
    async with world.sandboxes() as bridge, world.bot():
        thread = await world.asks("run `echo $((6 * 7)); id -u`")
        told = await world.hears(thread, "Done.")

        assert "42\n1000" in told.shown
        assert "✓" in told.shown
        await world.swept(bridge)


async def test_a_failed_command_is_said_to_have_failed_and_its_line_shows_no_secret(world: World) -> None:
    async with world.sandboxes(), world.bot():
        thread = await world.asks("run `echo password=Tr0ub4dor9x; exit 7`")
        told = await world.hears(thread, "That did not work")

        assert "Exit code: 7" in told.shown
        assert "$ echo password=••••••; exit 7" in told.shown
        assert "Tr0ub4dor9x" not in told.shown


async def test_the_workspace_is_there_for_another_bot_in_another_sandbox(world: World) -> None:
    async with world.sandboxes(), world.bot():
        thread = await world.asks("run `echo kept > note.txt`")
        await world.hears(thread, "Done.")
    async with world.sandboxes() as bridge, world.bot():
        await world.asks("run `cat note.txt`", thread=thread)
        await world.hears(thread, "kept")

        await world.swept(bridge)


async def test_a_command_that_uses_the_network_waits_and_runs_after_bot_and_bridge_were_restarted(
    world: World,
) -> None:
    """On DeepSeek, whose server wants the calls of the saved run back as it wrote them."""
    settings = {"OPENAI_API_KEY": ""}
    async with world.sandboxes(), world.bot(**settings):
        thread = await world.asks("run `echo before > note.txt`")
        await world.hears(thread, "Done.")
        await world.asks("run `curl -V | head -c 4; cat note.txt`", thread=thread)
        card = await world.card(thread)
        assert "curl -V | head -c 4; cat note.txt" in card.shown
        assert world.bridge is not None
        await world.swept(world.bridge)
    async with world.sandboxes() as bridge, world.bot(**settings):
        await world.approves(OMAR, card)
        await world.hears(thread, "before")

        await world.swept(bridge)
    developer = world.model.asked()[-1]
    assert developer.path == "/v1/chat/completions"


async def test_a_rejected_command_does_not_run(world: World) -> None:
    async with world.sandboxes(), world.bot():
        thread = await world.asks("run `curl -V; touch was-here`")
        await world.rejects(OMAR, await world.card(thread), "not now")
        await world.hears(thread, "not now")
        await world.asks("run `ls`", thread=thread)
        told = await world.hears(thread, "Done.")

        assert "was-here" not in told.shown


async def test_stop_ends_a_running_command_and_its_sandbox(world: World) -> None:
    async with world.sandboxes() as bridge, world.bot():
        thread = await world.asks("run `echo going; sleep 600`")
        await world.slack.until(lambda: any("going" in m.shown for m in world.replies(thread)))
        assert len(bridge.ledger()) == 1
        (running,) = world.replies(thread)
        await world.slack.clicks(ANA, running.channel, running.ts, "stop")
        await world.hears(thread, "Stopped.")

        await world.swept(bridge)


async def test_of_a_line_without_end_the_end_is_shown(world: World) -> None:
    async with world.sandboxes() as bridge, world.bot():
        thread = await world.asks(
            "run `head -c 60000000 /dev/zero | tr '\\0' x; echo; echo go''ing; sleep 600`"
        )
        await world.slack.until(lambda: any("going" in m.shown for m in world.replies(thread)))
        (running,) = world.replies(thread)
        await world.slack.clicks(ANA, running.channel, running.ts, "stop")
        await world.hears(thread, "Stopped.")

        await world.swept(bridge)


async def test_stop_ends_an_approved_command_too_and_what_it_made_is_kept(world: World) -> None:
    async with world.sandboxes() as bridge, world.bot():
        thread = await world.asks("run `curl -V >/dev/null; echo kept > made.txt; echo going; sleep 600`")
        await world.approves(OMAR, await world.card(thread))
        await world.slack.until(
            lambda: any("going" in m.shown and "stop" in ids(m) for m in world.replies(thread))
        )
        running = next(m for m in world.replies(thread) if "stop" in ids(m))
        await world.slack.clicks(ANA, running.channel, running.ts, "stop")
        await world.hears(thread, "Stopped.")
        await world.swept(bridge)
        await world.asks("run `cat made.txt`", thread=thread)
        await world.hears(thread, "kept")


async def test_a_bridge_that_is_away_is_said_plainly_and_tried_again_on_request(world: World) -> None:
    async with world.sandboxes() as bridge:
        port = int(bridge.url.rpartition(":")[2])
        async with world.bot():
            await bridge.stop()
            thread = await world.asks("run `echo back`")
            failed = await world.hears(thread, "The sandbox for code was not there")
            assert "retry" in ids(failed)
            await bridge.start(port)
            await world.slack.clicks(ANA, failed.channel, failed.ts, "retry")
            await world.hears(thread, "back")


async def test_a_sandbox_that_breaks_off_costs_no_finished_step(world: World) -> None:
    """The run goes on from its checkpoint, and so does its workspace."""
    async with world.sandboxes() as bridge, world.bot():
        thread = await world.asks("run `echo first > note.txt`")
        await world.hears(thread, "Done.")
        await world.asks("run `echo going; echo lost >> note.txt; sleep 600`", thread=thread)
        await world.slack.until(lambda: any("going" in m.shown for m in world.replies(thread)))
        (running,) = bridge.ledger()
        await end(bridge, running.id)
        await world.hears(thread, "The sandbox for code was not there")
        await world.asks("run `cat note.txt`", thread=thread)
        told = await world.hears(thread, "first")

        assert "lost" not in told.shown


async def test_a_workspace_that_is_too_large_is_not_kept_and_the_person_knows(world: World) -> None:
    async with world.sandboxes(), world.bot(WORKSPACE_MEGABYTES="1"):
        thread = await world.asks("run `echo small > note.txt`")
        await world.hears(thread, "Done.")
        await world.asks("run `head -c 3000000 /dev/urandom > large.bin`", thread=thread)
        told = await world.hears(thread, "too large to keep")
        assert "more than 1.0 MB" in told.shown
        await world.asks("run `ls`", thread=thread)
        kept = await world.hears(thread, "note.txt")

        assert "large.bin" not in kept.shown


async def test_a_reset_forgets_the_files_unless_it_is_asked_to_keep_them(world: World) -> None:
    async with world.sandboxes(), world.bot():
        thread = await world.asks("run `echo one > note.txt`")
        await world.hears(thread, "Done.")
        await world.asks("reset, but keep the files", thread=thread)
        await world.hears(thread, "Its files are still there.")
        await world.asks("run `cat note.txt`", thread=thread)
        await world.hears(thread, "one")
        await world.asks("reset", thread=thread)
        await world.hears(thread, "starts afresh.")
        await world.asks("run `cat note.txt`", thread=thread)
        await world.hears(thread, "No such file")


@pytest.mark.parametrize("part", ["now", "0"])
async def test_what_was_kept_and_cannot_be_read_is_said_and_the_task_is_done(world: World, part: str) -> None:
    async with world.sandboxes(), world.bot():
        thread = await world.asks("run `echo one > note.txt`")
        await world.hears(thread, "Done.")
        async with client.connect(world.redis_url) as redis:
            key = world.keys.files(ThreadRef(TEAM, SUPPORT, thread))
            found: Any = await redis.execute_command("HKEYS", key)
            fields = [field.decode() for field in found]
            (field,) = [each for each in fields if each.rpartition(":")[2] == part]
            await redis.execute_command("HSET", key, field, b"garbage")
        await world.asks("run `ls; echo empty`", thread=thread)
        await world.hears(thread, "can no longer be read")


async def test_sandboxes_that_nobody_ends_any_more_are_swept(world: World) -> None:
    async with world.sandboxes() as bridge, client.connect(world.redis_url) as redis:
        http = aiohttp.ClientSession()
        async with http.post(f"{bridge.url}/v1/sandbox", headers=bearer(bridge)) as made, http:
            left = (await made.json())["id"]
        ledger = Sandboxes(redis, world.keys)
        await ledger.note(left, "T1/C1/1.1", until=datetime.now(UTC) - timedelta(seconds=1))  # noqa: TID251
        async with world.bot():
            await world.slack.until(lambda: world.slack.sockets == 2)
            while bridge.ledger() or await ledger.listed():
                await asyncio.wait({asyncio.create_task(bridge.sweep())})

        assert await ledger.listed() == []


@pytest.mark.parametrize(
    "makes", ["ln -s /usr/bin/python3 py", "ln -s ../x l", "touch 'a\\b'", "mkfifo pipe"]
)
async def test_what_cannot_be_restored_is_left_out_and_the_workspace_lives_on(
    world: World, makes: str
) -> None:
    async with world.sandboxes(), world.bot():
        thread = await world.asks(f"run `echo one > note.txt; {makes}`")
        await world.hears(thread, "Done.")
        await world.asks("run `cat note.txt`", thread=thread)
        await world.hears(thread, "one")


async def test_a_command_that_was_approved_is_not_taken_for_done_without_its_files(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker dies right after the note that it is done: the next one has note and files, or neither."""
    async with world.sandboxes():
        async with world.bot():
            thread = await world.asks("run `curl -V >/dev/null; echo yes | tee made.txt`")
            card = await world.card(thread)
        with monkeypatch.context() as dying:
            dying.setattr(RunWorkspaces, "checkpoint", dies)
            async with world.bot():
                await world.approves(OMAR, card)
                await world.slack.until(lambda: DEATHS)
        async with world.bot():
            await world.hears(thread, "yes")
            await world.asks("run `cat made.txt`", thread=thread)
            await world.slack.until(lambda: len([m for m in world.done(thread) if "yes" in m.shown]) == 2)


DEATHS: list[str] = []


async def dies(*_: object) -> None:
    """End whatever comes after an approved command."""
    DEATHS.append("here")
    raise LeaseLost


async def end(bridge: BridgeServer, sandbox_id: str) -> None:
    """End a sandbox from outside."""
    async with aiohttp.ClientSession(headers=bearer(bridge)) as http:
        await http.delete(f"{bridge.url}/v1/sandbox/{sandbox_id}")


def bearer(bridge: BridgeServer) -> dict[str, str]:
    """The header that the bridge wants."""
    return {"Authorization": f"Bearer {bridge.api_key}"}


async def test_the_threads_part_of_the_bucket_lasts_and_is_its_own_and_documents_are_only_read(
    world: World,
) -> None:
    async with world.sandboxes() as bridge:
        async with world.bot(SANDBOX_BUCKET="agent-data"):
            (bridge.bucket("agent-data/docs") / "rules.md").write_text("No refunds on Sundays.")
            thread = await world.asks("run `echo mine > /data/thread/note.txt; cat /data/docs/rules.md`")
            await world.hears(thread, "No refunds on Sundays.")
            await world.asks("reset", thread=thread)
            await world.hears(thread, "starts afresh.")
            await world.asks("run `cat /data/thread/note.txt`", thread=thread)
            await world.hears(thread, "mine")
            other = await world.asks(
                "run `ls /data/thread | wc -l; touch /data/docs/x; cat /data/docs/../note.txt`"
            )
            told = await world.hears(other, "Read-only file system")

        assert "0\n" in told.shown
        assert "mine" not in told.shown
        await world.swept(bridge)
