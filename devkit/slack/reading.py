"""What the app may look up: conversations.*, users.*, usergroups.*"""

from __future__ import annotations

from devkit.slack import seed
from devkit.slack.shapes import Json, Message, Refusal
from devkit.slack.workspace import Workspace, api_message

MOST_ITEMS = 999


class Reading:
    """Answers from the workspace."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def replies(self, arguments: Json) -> Json:
        channel = self._workspace.channel(str(arguments.get("channel", ""))).id
        thread = self._workspace.thread(channel, str(arguments.get("ts", "")))
        if not thread:
            raise Refusal("thread_not_found")
        return _page(_between(thread, arguments), arguments)

    def history(self, arguments: Json) -> Json:
        channel = self._workspace.channel(str(arguments.get("channel", ""))).id
        roots = [one for one in self._workspace.in_order(channel) if one.thread_ts in (None, one.ts)]
        return _page(list(reversed(_between(roots, arguments))), arguments)

    def info(self, arguments: Json) -> Json:
        channel = self._workspace.channel(str(arguments.get("channel", "")))
        more = {"user": channel.members[0]} if channel.is_im else {"name": channel.name, "is_member": True}
        return {"channel": {"id": channel.id, "is_im": channel.is_im, "is_channel": not channel.is_im} | more}

    def open(self, arguments: Json) -> Json:
        user = str(arguments.get("users", ""))
        if user not in self._workspace.people:
            raise Refusal("user_not_found")
        return {"channel": {"id": self._workspace.channel(user).id}}

    def members(self, arguments: Json) -> Json:
        return {"members": list(self._workspace.channel(str(arguments.get("channel", ""))).members)}

    def user(self, arguments: Json) -> Json:
        person = self._workspace.people.get(str(arguments.get("user", "")))
        if person is None:
            raise Refusal("user_not_found")
        profile = {"real_name": person.real_name, "display_name": person.name, "title": person.title}
        user = {
            "id": person.id,
            "team_id": seed.TEAM_ID,
            "name": person.name,
            "real_name": person.real_name,
            "profile": profile,
            "deleted": person.deleted,
            "is_bot": person.is_bot,
            "is_restricted": person.is_restricted,
            "is_ultra_restricted": False,
            "is_stranger": False,
        }
        return {"user": user}

    def usergroups(self, arguments: Json) -> Json:
        groups = [
            {"id": group, "team_id": seed.TEAM_ID, "handle": handle, "name": handle, "date_delete": 0}
            | ({"users": list(users)} if arguments.get("include_users") else {})
            for group, (handle, users) in self._workspace.usergroups.items()
        ]
        return {"usergroups": groups}

    def usergroup_users(self, arguments: Json) -> Json:
        group = self._workspace.usergroups.get(str(arguments.get("usergroup", "")))
        if group is None:
            raise Refusal("no_such_subteam")
        return {"users": list(group[1])}


def _between(messages: list[Message], arguments: Json) -> list[Message]:
    oldest, latest = str(arguments.get("oldest") or "0"), str(arguments.get("latest") or "9" * 12)
    inclusive = arguments.get("inclusive") in (True, "1", "true")
    low, high, edges = float(oldest), float(latest), (oldest, latest) if inclusive else ()
    return [one for one in messages if low < float(one.ts) < high or one.ts in edges]


def _page(messages: list[Message], arguments: Json) -> Json:
    limit = min(int(arguments.get("limit") or 100), MOST_ITEMS)
    start = int(arguments.get("cursor") or 0)
    shown = messages[start : start + limit]
    with_metadata = arguments.get("include_all_metadata") in (True, "1", "true", "True")
    more = start + limit < len(messages)
    return {
        "messages": [api_message(one, with_metadata=with_metadata) for one in shown],
        "has_more": more,
        "response_metadata": {"next_cursor": str(start + limit) if more else ""},
    }
