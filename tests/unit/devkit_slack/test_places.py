"""Where the bot may write in the stand-in: people's own messages, archived channels, and faults of one channel."""

from __future__ import annotations

from typing import Any

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from devkit.slack import workspace as seed
from devkit.slack.server import SlackStandIn
from devkit.slack.workspace import Person
from tests.unit.devkit_slack.pieces import error_of

SUPPORT, FINANCE = "C0SUPPORT1", "C0FINANCE1"
NEW = "U0NEW00001"


async def test_a_persons_id_is_an_address_of_their_direct_messages(
    slack: SlackStandIn, client: AsyncWebClient
) -> None:
    slack.workspace.people[NEW] = Person(NEW, "nia", "Nia New", "", "112233")

    known: Any = await client.chat_postMessage(channel=seed.ANA, text="hello")
    new: Any = await client.chat_postMessage(channel=NEW, text="hello")

    assert known["channel"] == "D0ANA00001"
    assert slack.workspace.channels[new["channel"]].members == (NEW, seed.BOT_USER)
    assert slack.thread(new["channel"], new["ts"])[0].text == "hello"
    await client.chat_update(channel=new["channel"], ts=new["ts"], text="bye")
    slack.workspace.people[NEW].deleted = True
    assert await error_of(client.chat_postMessage(channel=NEW, text="x")) == "channel_not_found"
    assert await error_of(client.chat_postMessage(channel="U0NOBODY", text="x")) == "channel_not_found"


async def test_what_people_become_is_what_slack_says_of_them(
    slack: SlackStandIn, client: AsyncWebClient
) -> None:
    slack.workspace.people[seed.MEI].deleted = True
    slack.workspace.people[seed.OMAR].is_restricted = True
    mei: Any = await client.users_info(user=seed.MEI)
    omar: Any = await client.users_info(user=seed.OMAR)
    group: Any = await client.usergroups_users_list(usergroup="S0FINANCE1")
    gone = client.chat_postEphemeral(channel=SUPPORT, user=seed.MEI, text="x")

    assert (mei["user"]["deleted"], omar["user"]["is_restricted"]) == (True, True)
    assert group["users"] == [seed.OMAR]
    assert await error_of(gone) == "user_not_in_channel"


async def test_a_group_that_was_switched_off_is_none_unless_it_is_asked_for(
    slack: SlackStandIn, client: AsyncWebClient
) -> None:
    slack.workspace.disabled.add("S0FINANCE1")
    refused = await error_of(client.usergroups_users_list(usergroup="S0FINANCE1"))
    asked: Any = await client.usergroups_users_list(usergroup="S0FINANCE1", include_disabled=True)
    listed: Any = await client.usergroups_list()
    all_of_them: Any = await client.usergroups_list(include_disabled=True)

    assert refused == "no_such_subteam"
    assert asked["users"] == [seed.OMAR, seed.MEI]
    assert listed["usergroups"] == []
    assert [group["id"] for group in all_of_them["usergroups"]] == ["S0FINANCE1"]


async def test_who_is_not_in_a_channel_is_shown_nothing_there(
    slack: SlackStandIn, client: AsyncWebClient
) -> None:
    call = client.chat_postEphemeral(channel=FINANCE, user=seed.GUS, text="x")

    assert await error_of(call) == "user_not_in_channel"
    assert slack.ephemerals(seed.GUS) == []


async def test_a_deleted_message_is_gone_but_its_thread_stays_behind_a_tombstone(
    slack: SlackStandIn, client: AsyncWebClient
) -> None:
    root = await slack.says(seed.ANA, SUPPORT, "hello")
    mine: Any = await client.chat_postMessage(channel=SUPPORT, thread_ts=root, text="a")
    await client.chat_postMessage(channel=SUPPORT, thread_ts=root, text="b")
    slack.deletes(SUPPORT, mine["ts"])
    slack.deletes(SUPPORT, root)

    assert await error_of(client.chat_update(channel=SUPPORT, ts=mine["ts"], text="c")) == "message_not_found"
    await client.chat_postMessage(channel=SUPPORT, thread_ts=root, text="d")
    assert [one.text for one in slack.thread(SUPPORT, root)] == ["This message was deleted.", "b", "d"]
    one, other = [one.payload["event"] for one in slack.deliveries if one.payload["event"].get("hidden")][-2:]
    assert (one["subtype"], one["deleted_ts"]) == ("message_deleted", mine["ts"])
    assert (other["subtype"], other["message"]["subtype"]) == ("message_changed", "tombstone")
    assert (other["previous_message"]["ts"], other["previous_message"]["text"]) == (root, "hello")


async def test_who_wrote_a_message_can_change_it_and_nobody_else(slack: SlackStandIn) -> None:
    ts = await slack.says(seed.ANA, SUPPORT, "hello")
    slack.edits(seed.ANA, SUPPORT, ts, "good evening")
    with pytest.raises(LookupError):
        slack.edits(seed.OMAR, SUPPORT, ts, "x")

    told = slack.deliveries[-1].payload["event"]
    assert (told["subtype"], told["message"]["text"]) == ("message_changed", "good evening")
    assert (told["message"]["edited"]["user"], told["previous_message"]["text"]) == (seed.ANA, "hello")


async def test_an_archived_channel_takes_nothing_more(slack: SlackStandIn, client: AsyncWebClient) -> None:
    mine: Any = await client.chat_postMessage(channel=SUPPORT, text="a")
    slack.archives(SUPPORT)

    assert await error_of(client.chat_postMessage(channel=SUPPORT, text="b")) == "is_archived"
    assert await error_of(client.chat_update(channel=SUPPORT, ts=mine["ts"], text="b")) == "is_archived"
    with pytest.raises(LookupError, match="archived"):
        await slack.says(seed.ANA, SUPPORT, "hello")
    await client.conversations_replies(channel=SUPPORT, ts=mine["ts"])


async def test_a_fault_of_one_channel_spares_the_others(slack: SlackStandIn, client: AsyncWebClient) -> None:
    here: Any = await client.chat_postMessage(channel=SUPPORT, text="a")
    there: Any = await client.chat_postMessage(channel=FINANCE, text="a")
    slack.fault("chat.update", error="message_not_found", channel=FINANCE, times=2)

    await client.chat_update(channel=SUPPORT, ts=here["ts"], text="b")
    for _ in range(2):
        late = client.chat_update(channel=FINANCE, ts=there["ts"], text="b")
        assert await error_of(late) == "message_not_found"
    await client.chat_update(channel=FINANCE, ts=there["ts"], text="b")
