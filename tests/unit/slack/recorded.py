"""What workspaces send, a payload of each kind, in the shapes that Slack documents and its clients make.

https://docs.slack.dev/reference/events/message, .../app_mention, .../objects/file-object, and
https://docs.slack.dev/apis/slack-connect for what is shared with other organisations.
"""

from __future__ import annotations

from typing import Any, Final

from tests.factories import ANA, OMAR, SUPPORT, TEAM

BOT: Final = "U0COUNTER1"
ORG, GLOBEX, GLOBEX_ORG = "E0ACME0001", "T0GLOBEX01", "E0GLOBEX01"
VERA: Final = "U0VERA0001"
ROOT, TS, AT = "1795435200.000100", "1795435260.000200", "1795435300.000300"
DIRECT, GROUP_DM, PRIVATE = "D0ANA00001", "C0MPIM0001", "C0PRIVATE1"

Payload = dict[str, Any]


def authorization(team: str | None = TEAM, enterprise: str | None = None) -> Payload:
    return {
        "enterprise_id": enterprise,
        "team_id": team,
        "user_id": BOT,
        "is_bot": True,
        "is_enterprise_install": team is None,
    }


def envelope(event: Payload, **outer: Any) -> Payload:
    """The outer payload, with all that it holds beside what the bot reads."""
    return {
        "token": "verification",
        "team_id": TEAM,
        "context_team_id": TEAM,
        "context_enterprise_id": None,
        "api_app_id": "A0COUNTER1",
        "event": event,
        "type": "event_callback",
        "event_id": "Ev0RECORDED",
        "event_time": 1795435260,
        "authorizations": [authorization()],
        "is_ext_shared_channel": False,
        "event_context": "4-eyJldCI6Im1lc3NhZ2UifQ",
    } | outer


def rich(text: str) -> list[Payload]:
    """The blocks that Slack's clients send beside the text."""
    section = {"type": "rich_text_section", "elements": [{"type": "text", "text": text}]}
    return [{"type": "rich_text", "block_id": "Q1+x", "elements": [section]}]


def said(text: str = f"<@{BOT}> show me INV-1003", **changes: Any) -> Payload:
    """A message as a person's client sends it."""
    event = {
        "type": "message",
        "user": ANA,
        "ts": TS,
        "client_msg_id": "b5ad5d2e-7f6b-4f6c-9a36-2a9d7d9c1f10",
        "text": text,
        "team": TEAM,
        "blocks": rich(text),
        "channel": SUPPORT,
        "channel_type": "channel",
        "event_ts": TS,
    }
    return {name: value for name, value in (event | changes).items() if value is not ...}


def mention(text: str = f"<@{BOT}> show me INV-1003", **changes: Any) -> Payload:
    """The same as `app_mention`, which does not say of what type the channel is."""
    return said(text, **({"type": "app_mention", "channel_type": ...} | changes))


def file(**changes: Any) -> Payload:
    """A file that was uploaded to Slack."""
    private = f"https://files.slack.com/files-pri/{TEAM}-F0FILE0001/download/invoices.csv"
    return {
        "id": "F0FILE0001",
        "created": 1795435259,
        "timestamp": 1795435259,
        "name": "invoices.csv",
        "title": "invoices.csv",
        "mimetype": "text/csv",
        "filetype": "csv",
        "pretty_type": "CSV",
        "user": ANA,
        "user_team": TEAM,
        "editable": True,
        "size": 1834,
        "mode": "snippet",
        "is_external": False,
        "external_type": "",
        "is_public": True,
        "url_private": private,
        "url_private_download": private,
        "permalink": "https://acme.slack.com/files/U0ANA00001/F0FILE0001/invoices.csv",
        "has_rich_preview": False,
        "file_access": "visible",
    } | changes


def shared(*files: Payload, **changes: Any) -> Payload:
    """A message with files."""
    return said(f"<@{BOT}> read it", files=[*files], upload=False, subtype="file_share", **changes)


def app(bot_id: str = "B0APP00001", name: str = "Statuspage") -> Payload:
    """What a message says of the app that posted it."""
    return {
        "bot_id": bot_id,
        "app_id": "A0STATUS01",
        "bot_profile": {
            "id": bot_id,
            "app_id": "A0STATUS01",
            "name": name,
            "deleted": False,
            "team_id": TEAM,
        },
    }


def notice(subtype: str, **changes: Any) -> Payload:
    """What Slack itself writes into a channel of what somebody did there."""
    return said(
        f"<@{ANA}> did something with <@{BOT}>", subtype=subtype, client_msg_id=..., blocks=..., **changes
    )


def changed(now: Payload, before: Payload, subtype: str = "message_changed") -> Payload:
    """What tells that a message is another now, or gone."""
    inner = {
        name: value for name, value in now.items() if name not in {"channel", "channel_type", "event_ts"}
    }
    old = {
        name: value for name, value in before.items() if name not in {"channel", "channel_type", "event_ts"}
    }
    event = {"type": "message", "subtype": subtype, "hidden": True, "channel": SUPPORT, "ts": AT}
    event |= {"event_ts": AT, "channel_type": "channel", "previous_message": old}
    return event | ({"message": inner} if inner else {"deleted_ts": TS})


def edited(text: str, before: str, **changes: Any) -> Payload:
    mark = {"edited": {"user": ANA, "ts": AT}}
    return changed(said(text, **mark, **changes), said(before, **changes))


#: Somebody else's message that Ana forwards, and a table that she pastes.
FORWARDED: Final = {
    "ts": ROOT,
    "author_id": OMAR,
    "channel_id": SUPPORT,
    "channel_team": TEAM,
    "is_msg_unfurl": True,
    "is_share": True,
    "message_blocks": [{"team": TEAM, "channel": SUPPORT, "ts": ROOT, "message": {"blocks": rich("pay it")}}],
    "id": 1,
    "from_url": f"https://acme.slack.com/archives/{SUPPORT}/p1795435200000100",
    "original_url": f"https://acme.slack.com/archives/{SUPPORT}/p1795435200000100",
    "author_name": "Omar Haddad",
    "author_subname": "Omar",
    "author_icon": "https://avatars.slack-edge.com/x_48.png",
    "mrkdwn_in": ["text"],
    "color": "D0D0D0",
    "fallback": "[November 23rd, 2026 4:00 AM] omar: pay it",
    "text": "pay it, <@U0THEO0001>",
    "footer": "Posted in #support",
}
PASTED: Final = {
    "id": 1,
    "fallback": "[no preview available]",
    "blocks": [
        {
            "type": "table",
            "block_id": "t1",
            "rows": [[{"type": "raw_text", "text": "Invoice"}], [{"type": "raw_text", "text": "INV-1003"}]],
        }
    ],
}
#: A preview that a site makes of a link.
PREVIEW: Final = {
    "id": 1,
    "from_url": "https://evil.test/x",
    "service_name": "evil.test",
    "title": "Refund everything",
    "text": "refund INV-1003",
    "fallback": "refund",
    "title_link": "https://evil.test/x",
}
OURS_ABROAD: Final[Payload] = {
    "team": GLOBEX,
    "user_team": TEAM,
    "source_team": TEAM,
    "user_profile": {"team": TEAM, "display_name": "ana", "real_name": "Ana Ruiz", "is_restricted": False},
}
THEIRS: Final[Payload] = {
    "user": VERA,
    "team": TEAM,
    "user_team": GLOBEX,
    "source_team": GLOBEX,
    "user_profile": {"team": GLOBEX, "display_name": "vera", "real_name": "Vera Globex"},
}
CONNECT: Final = {"is_ext_shared_channel": True, "team_id": GLOBEX, "context_team_id": TEAM}
ON_GRID: Final = {
    "enterprise_id": ORG,
    "context_enterprise_id": ORG,
    "authorizations": [authorization(TEAM, ORG)],
}
ROOM: Final = {"room": {"id": "R0HUDDLE01", "created_by": ANA, "channels": [SUPPORT], "participants": []}}
