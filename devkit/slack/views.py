"""The views of the app: open forms, stacked, and everyone's Home."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from devkit.slack.block_rules import with_ids
from devkit.slack.forms import Values, first_values
from devkit.slack.rules import Refusal
from devkit.slack.triggers import Triggers
from devkit.slack.view_rules import check_view, invalid
from devkit.slack.workspace import APP_ID, BOT_ID, TEAM, Workspace

#: https://docs.slack.dev/surfaces/modals: how many forms one stack holds.
DEEPEST: Final = 3

Arguments = Mapping[str, Any]
Answer = dict[str, Any]


@dataclass(slots=True)
class View:
    """An open form or a Home; `values` is what its inputs hold, as Slack sends it."""

    id: str
    user: str
    body: dict[str, Any]
    values: Values = field(default_factory=dict[str, dict[str, dict[str, Any]]])

    @property
    def form(self) -> dict[str, Any]:
        """The view as payloads carry it."""
        return self.body | {"state": {"values": self.values}}


class Views:
    """Opens, changes, stacks, publishes and closes views."""

    def __init__(
        self, workspace: Workspace, triggers: Triggers, token: Callable[[], str], *, has_home: bool
    ) -> None:
        self._workspace = workspace
        self._triggers = triggers
        self._token = token
        self.has_home = has_home
        #: The open forms by id, the top of a stack last.
        self.open: dict[str, View] = {}
        #: The Home of each person who was given one.
        self.homes: dict[str, View] = {}
        self.by_name: Mapping[str, Callable[[Arguments], Answer]] = {
            "views.open": self._open,
            "views.push": self._push,
            "views.update": self._update,
            "views.publish": self._publish,
        }

    def _open(self, given: Arguments) -> Answer:
        view = check_view(given.get("view"), "modal")
        return {"view": self._show(self._triggers.take(str(given.get("trigger_id"))), view, None).form}

    def _push(self, given: Arguments) -> Answer:
        view = check_view(given.get("view"), "modal")
        user = self._triggers.take(str(given.get("trigger_id")))
        below = [one for one in self.open.values() if one.user == user]
        if not below:
            raise Refusal("not_found")
        return {"view": self._show(user, view, below[-1]).form}

    def _update(self, given: Arguments) -> Answer:
        named = [
            view
            for view in (*self.open.values(), *self.homes.values())
            if view.id == given.get("view_id")
            or (given.get("external_id") and view.body["external_id"] == given["external_id"])
        ]
        if not given.get("view_id") and not given.get("external_id"):
            raise invalid("missing required field: view_id", "")
        if not named:
            raise Refusal("not_found")
        self._check_hash(given, named[0])
        self._replace(named[0], check_view(given.get("view"), named[0].body["type"]))
        return {"view": named[0].form}

    def _publish(self, given: Arguments) -> Answer:
        user = str(given.get("user_id") or "")
        view = check_view(given.get("view"), "home")
        if not user:
            raise invalid("missing required field: user_id", "")
        if user not in self._workspace.people:
            raise Refusal("user_not_found")
        if not self.has_home:
            raise Refusal("not_enabled")
        self._check_hash(given, self.homes.get(user))
        home = self.homes.setdefault(user, View(f"V{self._token()}", user, {}))
        self._replace(home, view)
        return {"view": home.form}

    def answer(self, view: View, answer: Mapping[str, Any]) -> None:
        """Do what the app answered to a submission. Raises `Refusal` for what Slack would not do."""
        action = answer.get("response_action")
        if action is None:
            self.close(view.id)
        elif action == "clear":
            self.clear(view)
        elif action == "update":
            self._replace(view, check_view(answer.get("view"), "modal"))
        elif action == "push":
            self._show(view.user, check_view(answer.get("view"), "modal"), view)
        elif action == "errors":
            _check_errors(view, answer.get("errors"))
        else:
            raise invalid(f"unknown response_action {action}", "/response_action")

    def close(self, view_id: str) -> None:
        """Close a form; the one below it shows again."""
        view = self.open.pop(view_id, None)
        if view is not None:
            self._workspace.announce({"type": "view", "view": None, "view_id": view_id}, view.user)

    def clear(self, view: View) -> None:
        """Close every form of a view's stack."""
        root = view.body["root_view_id"]
        for one in [one for one in self.open.values() if one.body["root_view_id"] == root]:
            self.close(one.id)

    def _show(self, user: str, given: dict[str, Any], below: View | None) -> View:
        root = below.body["root_view_id"] if below else None
        if below and sum(one.body["root_view_id"] == root for one in self.open.values()) >= DEEPEST:
            raise Refusal("push_limit_reached")
        view = View(f"V{self._token()}", user, {})
        view.body = {"root_view_id": root or view.id, "previous_view_id": below.id if below else None}
        self._replace(view, given)
        return view

    def _replace(self, view: View, given: dict[str, Any]) -> None:
        self._check_external_id(view, given.get("external_id"))
        stack = {key: view.body.get(key) for key in ("root_view_id", "previous_view_id")}
        view.body = {
            "id": view.id,
            "team_id": TEAM,
            "state": {"values": {}},
            "hash": f"{self._workspace.clock():.0f}.{self._token()[:8]}",
            "title": None,
            "submit": None,
            "close": None,
            "private_metadata": "",
            "callback_id": "",
            "external_id": "",
            "clear_on_close": False,
            "notify_on_close": False,
            "app_id": APP_ID,
            "app_installed_team_id": TEAM,
            "bot_id": BOT_ID,
            **given,
            "root_view_id": stack["root_view_id"] or view.id,
            "previous_view_id": stack["previous_view_id"],
            "blocks": with_ids(given["blocks"]),
        }
        view.values = first_values(view.body["blocks"], view.values)
        self._announce(view)

    def _announce(self, view: View) -> None:
        if view.body["type"] == "home":
            self._workspace.announce({"type": "home", "view": view.form}, view.user)
            return
        self.open.setdefault(view.id, view)
        self._workspace.announce({"type": "view", "view": view.form, "view_id": view.id}, view.user)

    def _check_hash(self, given: Arguments, view: View | None) -> None:
        if given.get("hash") and (view is None or given["hash"] != view.body["hash"]):
            raise Refusal("hash_conflict")

    def _check_external_id(self, view: View, external_id: Any) -> None:
        others = [one for one in (*self.open.values(), *self.homes.values()) if one.id != view.id]
        if external_id and any(one.body["external_id"] == external_id for one in others):
            raise Refusal("duplicate_external_id")


def _check_errors(view: View, errors: Any) -> None:
    inputs = {block["block_id"] for block in view.body["blocks"] if block["type"] == "input"}
    if not isinstance(errors, dict) or not errors or set(errors) - inputs:
        raise invalid("errors must name input blocks of the view", "/errors")
    if not all(isinstance(error, str) and error for error in errors.values()):
        raise invalid("errors must be texts", "/errors")
