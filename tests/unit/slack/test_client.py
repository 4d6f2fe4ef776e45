from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import aiohttp
import pytest

from bot.domain.errors import LeaseLost, SlackRejected, SlackUnauthorized, SlackUnavailable
from bot.domain.lease import PRESENT, Lease
from bot.slack import calls, history, shown_name
from bot.slack.api_errors import LONGEST_PAUSE
from bot.slack.client import Slack
from bot.slack.limiter import Limiter
from bot.slack.web_client import web_client
from tests.factories import ANA, OMAR, TEAM
from tests.unit.slack.clock import Clock
from tests.unit.slack.workspace import ME, Fault, Workspace

CHANNEL, ROOT = "C0SUPPORT1", "1795435200.000100"
MARKER = {"event_type": "countersign_card", "event_payload": {"approval_id": "03-k7"}}


async def test_a_message_is_posted_so_that_nothing_unfurls(slack: Slack, workspace: Workspace) -> None:
    ts = await slack.post(CHANNEL, thread_ts=ROOT, text="https://acme.test", metadata=MARKER)

    (call,) = workspace.made("chat.postMessage")
    assert call.arguments == {
        "channel": CHANNEL,
        "thread_ts": ROOT,
        "text": "https://acme.test",
        "unfurl_links": False,
        "unfurl_media": False,
        "metadata": MARKER,
    }
    assert list(workspace.messages) == [ts]


async def test_a_refusal_names_its_code(slack: Slack, workspace: Workspace) -> None:
    workspace.fail("chat.postMessage", Fault(error="is_archived"))

    with pytest.raises(SlackRejected) as error:
        await slack.post(CHANNEL, thread_ts=ROOT, text="hi")
    assert (error.value.method, error.value.code) == ("chat.postMessage", "is_archived")


@pytest.mark.parametrize(
    ("fault", "seconds"),
    [
        (Fault(status=429, error="ratelimited", retry_after="30"), 30),
        (Fault(status=429, retry_after="soon"), 1),
        (Fault(status=429, retry_after="nan"), 1),
        (Fault(status=429, retry_after="inf"), LONGEST_PAUSE),
        (Fault(status=429, retry_after="999999999"), LONGEST_PAUSE),
        (Fault(error="rate_limited"), 1),
        (Fault(status=503), 1),
        (Fault(error="internal_error"), 1),
        (Fault(raises=TimeoutError()), 1),
        (Fault(raises=aiohttp.ServerDisconnectedError()), 1),
        (Fault(raises=ConnectionResetError()), 1),
    ],
    ids=str,
)
async def test_a_failure_that_passes_says_when_to_try_again(
    slack: Slack, workspace: Workspace, fault: Fault, seconds: float
) -> None:
    workspace.fail("chat.postMessage", fault)

    with pytest.raises(SlackUnavailable) as error:
        await slack.post(CHANNEL, thread_ts=ROOT, text="hi")
    assert error.value.retry_after == seconds
    assert len(workspace.made("chat.postMessage")) == 1, "a second copy might be the third"


@pytest.mark.parametrize("code", sorted(SlackUnauthorized.CODES))
async def test_a_token_that_is_not_taken_is_a_failure_that_passes_and_is_not_tried_again_at_once(
    slack: Slack, workspace: Workspace, code: str
) -> None:
    workspace.fail("users.info", Fault(error=code))

    with pytest.raises(SlackUnauthorized) as error:
        await slack.person(ANA)
    assert error.value.code == code
    assert len(workspace.made("users.info")) == 1


async def test_a_post_is_not_made_again_by_itself(slack: Slack, workspace: Workspace, clock: Clock) -> None:
    workspace.fail("chat.postMessage", Fault(status=500, applied=True))

    with pytest.raises(SlackUnavailable):
        await clock.run(slack.post(CHANNEL, thread_ts=ROOT, text="hi"))
    assert len(workspace.messages) == 1


async def test_an_edit_is_made_again_after_a_short_pause(
    slack: Slack, workspace: Workspace, clock: Clock
) -> None:
    ts = workspace.add(text="old")
    workspace.fail("chat.update", Fault(status=429, retry_after="2"), times=2)
    began = clock.now
    await clock.run(slack.update(CHANNEL, ts, text="new"))

    assert workspace.messages[ts]["text"] == "new"
    assert clock.now - began == pytest.approx(4)


async def test_an_edit_is_not_tried_for_ever(slack: Slack, workspace: Workspace, clock: Clock) -> None:
    workspace.fail("chat.update", Fault(status=500), times=99)

    with pytest.raises(SlackUnavailable):
        await clock.run(slack.update(CHANNEL, workspace.add(), text="new"))
    assert len(workspace.made("chat.update")) == calls.TRIES


async def test_after_a_long_retry_after_nothing_is_sent_until_it_is_over(
    slack: Slack, workspace: Workspace, clock: Clock
) -> None:
    ts = workspace.add(text="old")
    workspace.fail("chat.update", Fault(status=429, retry_after="30"))
    for _ in range(3):
        with pytest.raises(SlackUnavailable):
            await slack.update(CHANNEL, ts, text="new")
    assert len(workspace.made("chat.update")) == 1

    await clock.advance(30)
    await slack.update(CHANNEL, ts, text="new")
    assert workspace.messages[ts]["text"] == "new"


async def test_deleting_what_is_gone_is_fine(slack: Slack, workspace: Workspace) -> None:
    ts = workspace.add()
    await slack.delete(CHANNEL, ts)
    await slack.delete(CHANNEL, ts)

    assert workspace.messages == {}


async def test_what_may_not_be_deleted_is_said(slack: Slack, workspace: Workspace) -> None:
    workspace.fail("chat.delete", Fault(error="cant_delete_message"))

    with pytest.raises(SlackRejected):
        await slack.delete(CHANNEL, "1.0")


async def test_a_private_message_goes_to_one_person(slack: Slack, workspace: Workspace) -> None:
    await slack.ephemeral(CHANNEL, ANA, text="no", thread_ts=ROOT)

    (call,) = workspace.made("chat.postEphemeral")
    assert call.arguments == {"channel": CHANNEL, "user": ANA, "text": "no", "thread_ts": ROOT}


@pytest.mark.parametrize("thread_ts", [ROOT, None])
async def test_a_message_is_found_by_its_metadata_on_a_later_page(
    slack: Slack, workspace: Workspace, thread_ts: str | None
) -> None:
    workspace.page_size = 2
    workspace.add(user=OMAR, metadata=MARKER)
    for _ in range(4):
        workspace.add(text="other")
    ts = workspace.add(metadata=MARKER)

    assert await slack.history.find(CHANNEL, thread_ts, is_marked) == ts
    assert len(workspace.calls) == 3


async def test_somebody_elses_message_with_our_metadata_is_not_ours(
    slack: Slack, workspace: Workspace
) -> None:
    workspace.add(user=OMAR, metadata=MARKER)

    assert await slack.history.find(CHANNEL, ROOT, is_marked) is None


async def test_only_the_latest_of_a_channel_is_searched(slack: Slack, workspace: Workspace) -> None:
    workspace.page_size = 1
    for _ in range(20):
        workspace.add()

    assert await slack.history.find(CHANNEL, None, is_marked) is None
    assert len(workspace.calls) == history.CHANNEL_PAGES


async def test_a_person_is_named_on_one_visible_line(slack: Slack, workspace: Workspace) -> None:
    workspace.people[OMAR] = {
        "id": OMAR,
        "team_id": TEAM,
        "profile": {"display_name": "Omar\nH\u202e" + "x" * 99},
    }

    name = await slack.name_of(OMAR)

    assert name == ("Omar H" + "x" * 99)[: shown_name.LONGEST]


@pytest.mark.parametrize("fault", [Fault(error="user_not_found"), Fault(status=429, retry_after="60")])
async def test_a_person_slack_does_not_name_has_no_name(
    slack: Slack, workspace: Workspace, fault: Fault
) -> None:
    workspace.fail("users.info", fault)

    assert await slack.name_of(OMAR) is None


async def test_the_real_client_does_not_repeat_calls_by_itself() -> None:
    async with aiohttp.ClientSession() as session:
        web = web_client("xoxb-1", base_url="http://127.0.0.1:1/api", session=session)
        slack = Slack(web, limiter_of_this_loop(), me=ME)

        assert web.base_url == "http://127.0.0.1:1/api/"
        assert web.retry_handlers == []
        with pytest.raises(SlackUnavailable):
            await slack.post(CHANNEL, thread_ts=ROOT, text="hi")


def limiter_of_this_loop() -> Limiter:
    clock = Clock()
    return Limiter(clock=clock, sleep=clock.wait)


async def test_a_worker_whose_lease_may_have_lapsed_says_nothing(
    slack: Slack, workspace: Workspace, clock: Clock
) -> None:
    ts = workspace.add(text="what another worker wrote")
    held = Lease(timedelta(seconds=3), clock)
    held.granted(held.ask())
    PRESENT.set(held)
    await slack.update(CHANNEL, ts, text="while it holds")
    await clock.advance(3)
    made = len(workspace.calls)

    for call in (
        slack.post(CHANNEL, thread_ts=ROOT, text="late"),
        slack.update(CHANNEL, ts, text="late", live=True),
        slack.update(CHANNEL, ts, text="late"),
        slack.delete(CHANNEL, ts),
        slack.ephemeral(CHANNEL, ANA, text="late"),
    ):
        with pytest.raises(LeaseLost):
            await call
    assert len(workspace.calls) == made
    assert workspace.messages[ts]["text"] == "while it holds"


def is_marked(message: Mapping[str, Any]) -> bool:
    return message.get("metadata") == MARKER
