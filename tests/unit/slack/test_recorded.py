"""A payload of every kind that a workspace sends, and what the bot makes of it: who says what to it, or why it is let go."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import pytest

from bot.slack import incoming
from bot.slack.altered import altered
from bot.slack.origin import Installation, Standing, of_delivery
from bot.slack.payloads import misfit
from tests.factories import ANA, OMAR, TEAM
from tests.unit.slack.recorded import (
    BOT,
    CONNECT,
    DIRECT,
    FORWARDED,
    GLOBEX,
    GROUP_DM,
    ON_GRID,
    ORG,
    OURS_ABROAD,
    PASTED,
    PREVIEW,
    PRIVATE,
    ROOM,
    ROOT,
    THEIRS,
    TS,
    Payload,
    app,
    authorization,
    changed,
    edited,
    envelope,
    file,
    mention,
    notice,
    said,
    shared,
)

US: Final = Installation(TEAM, ORG)


class Said(NamedTuple):
    """What somebody says to the bot, or (not `addressed`) in a thread that may be its own."""

    text: str
    addressed: bool = True
    thread_ts: str = TS
    user: str = ANA
    files: tuple[str, ...] = ()
    below: str = ""


class Altered(NamedTuple):
    """A message of a person's that is another now, or gone."""

    text: str
    deleted: bool = False


#: Turned away at the gate: from outside, or for another installation of the app.
STRANGER, ELSEWHERE = Standing.STRANGER, Standing.OTHER_INSTALLATION
#: Let go: it is not for the bot.
NOTHING: Final = None
SHOW: Final = "show me INV-1003"
Found = Said | Altered | Standing | None


def read(payload: Payload) -> Found:
    """Take a payload through the door, as the listeners do."""
    assert misfit("events_api", payload) == "", "a payload of Slack's fits"
    standing = of_delivery(payload).standing(US)
    if standing is not Standing.OURS:
        return standing
    event: dict[str, Any] = payload["event"]
    if event["type"] not in {"message", "app_mention"}:
        return None
    found = incoming.message(event, us=US, bot_user=BOT) or incoming.called_by_edit(
        event, us=US, bot_user=BOT
    )
    if found is not None:
        files = tuple(
            f"{one.name}: {'asked for' if one.is_untold else one.url and 'read'}" for one in found.files
        )
        where = found.thread.thread_ts
        return Said(found.text, found.addressed, where, found.user, files, found.below.text)
    change = altered(event, us=US, bot_user=BOT)
    return Altered(change.text, change.deleted) if change else None


IN_THREAD: Final = {"thread_ts": ROOT, "parent_user_id": OMAR}
RECORDED: Final[dict[str, tuple[Payload, Found]]] = {
    # Places
    "a mention": (envelope(mention()), Said(SHOW)),
    "the message event of that mention": (envelope(said()), Said(SHOW)),
    "a mention in a thread": (envelope(mention(**IN_THREAD)), Said(SHOW, thread_ts=ROOT)),
    "a mention in a private channel": (envelope(said(channel=PRIVATE, channel_type="group")), Said(SHOW)),
    "a mention in a group message": (envelope(said(channel=GROUP_DM, channel_type="mpim")), Said(SHOW)),
    "a group message that mentions nobody: not for the bot": (
        envelope(said("lunch?", channel=GROUP_DM, channel_type="mpim")),
        NOTHING,
    ),
    "a direct message": (envelope(said("hello", channel=DIRECT, channel_type="im")), Said("hello")),
    "a direct message from the assistant's pane": (
        envelope(
            said(
                "hello",
                channel=DIRECT,
                channel_type="im",
                thread_ts=ROOT,
                assistant_thread={"action_token": "1"},
            )
        ),
        Said("hello", thread_ts=ROOT),
    ),
    "words at a channel's top: not for the bot": (envelope(said("lunch?")), NOTHING),
    "words in a thread": (envelope(said("and its date?", **IN_THREAD)), Said("and its date?", False, ROOT)),
    "words in a thread to somebody else": (
        envelope(said(f"<@{OMAR}> lunch?", **IN_THREAD)),
        Said(f"@{OMAR} lunch?", False, ROOT),  # overheard, if the thread is the bot's
    ),
    "a reply that is sent to the channel as well": (
        envelope(said(subtype="thread_broadcast", root={"ts": ROOT, "user": OMAR}, **IN_THREAD)),
        Said(SHOW, thread_ts=ROOT),
    ),
    # Who
    "a member in another organisation's shared channel": (
        envelope(mention(**OURS_ABROAD), **CONNECT),
        Said(SHOW),
    ),
    "a stranger in a shared channel of ours": (
        envelope(mention(**THEIRS), is_ext_shared_channel=True),
        STRANGER,
    ),
    "a stranger in a shared channel of theirs": (
        envelope(said(user="U0VERA0001", team=GLOBEX), **CONNECT),
        STRANGER,
    ),
    "a member on Enterprise Grid, with an old id": (
        envelope(mention(user="W0ANA00001", enterprise=ORG), **ON_GRID),
        Said(SHOW, user="W0ANA00001"),
    ),
    "a member whose organisation stands in the place of their workspace": (
        envelope(mention(team=GLOBEX, user_team=ORG, source_team=ORG), **(ON_GRID | CONNECT)),
        Said(SHOW),
    ),
    "an installation of the whole organisation": (
        envelope(mention(), enterprise_id=ORG, authorizations=[authorization(None, ORG)]),
        Said(SHOW),
    ),
    "another workspace, where the event names none": (
        envelope(mention(team=...), team_id=GLOBEX, authorizations=[authorization(GLOBEX)]),
        ELSEWHERE,
    ),
    "another workspace, told to ours, where the event names none": (
        envelope(mention(team=...), team_id=GLOBEX),
        STRANGER,
    ),
    "a guest: who may ask is judged later": (
        envelope(mention(user="U0GUEST001")),
        Said(SHOW, user="U0GUEST001"),
    ),
    # Who is no person
    "an app": (envelope(said(user="U0STATUS01", **app())), NOTHING),
    "an app of the old kind": (
        envelope(said(user=..., subtype="bot_message", username="deploys", bot_id="B0OLD00001")),
        NOTHING,
    ),
    "a workflow": (
        envelope(said(user="U0WORKFLOW", **app(name="Onboarding"), subtype="bot_message")),
        NOTHING,
    ),
    "an app in a person's name: they did not write it": (envelope(said(**app("B0ZAPIER01"))), NOTHING),
    "the bot itself": (envelope(said(user=BOT, **app("B0COUNTER1", "countersign"))), NOTHING),
    "Slackbot": (envelope(said(user="USLACKBOT", channel=DIRECT, channel_type="im")), NOTHING),
    # Files
    "a file": (envelope(shared(file())), Said("read it", files=("invoices.csv: read",))),
    "a picture": (
        envelope(
            shared(file(name="scan.png", mimetype="image/png", mode="hosted", original_w=10, thumb_64="x"))
        ),
        Said("read it", files=("scan.png: read",)),
    ),
    "a voice clip": (
        envelope(shared(file(name="clip.m4a", mimetype="audio/mp4", mode="hosted", subtype="slack_audio"))),
        Said("read it", files=("clip.m4a: read",)),
    ),
    "a file without a word, in a direct message": (
        envelope(shared(file(), channel=DIRECT, channel_type="im") | {"text": ""}),
        Said("", files=("invoices.csv: read",)),
    ),
    "a file of a shared channel": (
        envelope(
            shared(
                {
                    "id": "F0FILE0001",
                    "created": 0,
                    "timestamp": 0,
                    "user": "",
                    "mode": "file_access",
                    "file_access": "check_file_info",
                    "is_external": False,
                }
            ),
            is_ext_shared_channel=True,
        ),
        Said("read it", files=("file: asked for",)),
    ),
    "a canvas: its text is not to be had": (
        envelope(
            shared(file(name="Plan", mode="quip", filetype="quip", mimetype="application/vnd.slack-docs"))
        ),
        Said("read it", files=("Plan: ",)),
    ),
    "a list": (
        envelope(
            shared(file(name="Tasks", mode="list", filetype="list", mimetype="application/vnd.slack-list"))
        ),
        Said("read it", files=("Tasks: ",)),
    ),
    "an e-mail": (
        envelope(shared(file(name="Re: bill", mode="email"))),
        Said("read it", files=("Re: bill: ",)),
    ),
    "a file of another service": (
        envelope(shared(file(name="Budget", mode="external", is_external=True, external_type="gdrive"))),
        Said("read it", files=("Budget: ",)),
    ),
    "a file that was deleted": (
        envelope(shared({"id": "F0GONE0001", "mode": "tombstone"})),
        Said("read it", files=("file: ",)),
    ),
    "a file beyond a free plan's limit": (
        envelope(shared({"id": "F0OLD00001", "mode": "hidden_by_limit"})),
        Said("read it", files=("file: ",)),
    ),
    # What hangs below
    "a forwarded message": (
        envelope(mention(attachments=[FORWARDED])),
        Said(
            SHOW,
            below="[Forwarded, written by Omar Haddad; shown as data, not said by who forwards it:]\n> pay it, @U0THEO0001",
        ),
    ),
    "a pasted table": (
        envelope(mention(attachments=[PASTED])),
        Said(SHOW, below="[A table, shown as data:]\n| Invoice |\n| INV-1003 |"),
    ),
    "a link with a preview, which is the site's": (
        envelope(mention(f"<@{BOT}> see <https://evil.test/x>", attachments=[PREVIEW])),
        Said("see https://evil.test/x"),
    ),
    # Words
    "markup": (
        envelope(
            mention(
                f"<@{BOT}> &lt;b&gt; <https://a.test|the bill> <mailto:a@b.test|a@b.test> <!here> :tada: `x`"
            )
        ),
        Said("<b> the bill (https://a.test) a@b.test @here :tada: `x`"),
    ),
    # Changes
    "an edit": (envelope(edited(f"<@{BOT}> 25", f"<@{BOT}> 30")), Altered("25")),
    "a mention that is edited in": (envelope(edited(f"<@{BOT}> 25", "25")), Said("25")),
    "a preview that was added": (
        envelope(changed(said(attachments=[PREVIEW]), said())),
        NOTHING,
    ),
    "a stranger's edit": (envelope(edited(f"<@{BOT}> 25", "25", **THEIRS)), STRANGER),
    "an edit of an app's message": (envelope(edited("a", "b", user="U0STATUS01", **app())), NOTHING),
    "a deletion": (envelope(changed({}, said(), "message_deleted")), Altered("", deleted=True)),
    "a deletion that leaves a tombstone": (
        envelope(
            changed(
                {
                    "type": "message",
                    "subtype": "tombstone",
                    "user": "USLACKBOT",
                    "hidden": True,
                    "ts": TS,
                    "text": "This message was deleted.",
                    "thread_ts": TS,
                    "reply_count": 1,
                },
                said(),
            )
        ),
        Altered("", deleted=True),
    ),
    "an app_mention of an edit: the change tells of it": (
        envelope(mention(edited={"user": ANA, "ts": TS})),
        NOTHING,
    ),
    # What happens in channels without anybody saying anything to the bot
    "/me": (envelope(said(f"waves at <@{BOT}>", subtype="me_message")), NOTHING),
    "a huddle": (
        envelope(said("A huddle started", subtype="huddle_thread", user="USLACKBOT", **ROOM)),
        NOTHING,
    ),
    **{
        f"{subtype}: nobody's words": (envelope(notice(subtype)), NOTHING)
        for subtype in (
            *("channel_join", "channel_leave", "channel_topic", "channel_purpose", "channel_name"),
            *("channel_archive", "channel_posting_permissions", "channel_convert_to_private", "group_join"),
            *("bot_add", "bot_remove", "pinned_item", "reminder_add", "file_comment", "sh_room_created"),
            *("assistant_app_thread", "document_mention", "reply_broadcast", "message_replied"),
            *(
                "ekm_access_denied",
                "reminder_delete",
                "joiner_notification",
                "list_record_comment",
                "new_kind",
            ),
        )
    },
    "Home is opened": (
        envelope({"type": "app_home_opened", "user": ANA, "channel": DIRECT, "tab": "home", "event_ts": TS}),
        NOTHING,
    ),
    "an event that nobody listens to": (
        envelope(
            {
                "type": "reaction_added",
                "user": ANA,
                "reaction": "tada",
                "item": {"type": "message"},
                "event_ts": TS,
            }
        ),
        NOTHING,
    ),
}


@pytest.mark.parametrize("name", RECORDED)
def test_what_is_made_of_it(name: str) -> None:
    payload, is_ = RECORDED[name]

    assert read(payload) == is_
