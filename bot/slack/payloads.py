"""The shapes of what Slack delivers, checked at the door: behind it every listener can rely on them.

Only what some listener reads is described; Slack may add to anything. A payload that does not fit
could not be answered however often it came again.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Annotated, Any, Final, Literal, ParamSpec, TypeVar

from pydantic import BaseModel, ConfigDict, Field, JsonValue, TypeAdapter, ValidationError

from bot.domain.errors import NotUnderstood

P = ParamSpec("P")
T = TypeVar("T")
#: What reading something of a strange shape raises.
STRANGE: Final = (AttributeError, LookupError, TypeError, ValueError)

#: Ids and moments become parts of keys, so what else they could be is kept out here.
#: https://docs.slack.dev/reference/objects
Id = Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9]{1,30}$")]
Ts = Annotated[str, Field(pattern=r"^[0-9]{1,12}\.[0-9]{1,6}$")]
#: A workspace or an organisation; Slack leaves some empty.
Place = Annotated[str, Field(pattern=r"^([A-Z][A-Z0-9]{1,30})?$")]
#: Characters of an opaque name of Slack's, such as an event's id.
Name = Annotated[str, Field(min_length=1, max_length=255)]
#: Slack cuts messages at 40,000 characters, and one can be all entities.
#: https://docs.slack.dev/changelog/2018-truncating-really-long-messages
Text = Annotated[str, Field(max_length=250_000)]


class _Shape(BaseModel):
    model_config = ConfigDict(strict=True)


class _File(_Shape):
    """A file of a message; one that was deleted has little more than its mode."""

    id: str | None = Field(default=None, max_length=64)
    name: str | None = Field(default=None, max_length=1000)
    title: str | None = Field(default=None, max_length=5000)
    mimetype: str | None = Field(default=None, max_length=300)
    size: int | None = Field(default=None, ge=0)
    mode: str | None = None
    is_external: bool | None = None
    file_access: str | None = None
    url_private_download: str | None = Field(default=None, max_length=3000)


#: Ten in a message: https://docs.slack.dev/reference/events/message/file_share
_Files = Annotated[list[_File], Field(max_length=50)] | None


class _MaybeTable(_Shape):
    """A block below a person's message, of which tables are read."""

    type: str | None = None
    rows: list[list[JsonValue]] | None = None


class _Below(_Shape):
    """What hangs below a person's message: a forwarded one, a pasted table, a preview of a link."""

    is_share: bool | None = None
    is_msg_unfurl: bool | None = None
    author_id: str | None = None
    author_name: str | None = None
    text: Text | None = None
    blocks: list[_MaybeTable] | None = None
    files: _Files = None


class _Written(_Shape):
    """What is read of a message wherever Slack tells of one."""

    ts: Ts
    user: Id | None = None
    text: Text | None = None
    thread_ts: Ts | None = None
    subtype: str | None = None
    bot_id: str | None = None
    user_team: Place | None = None
    source_team: Place | None = None
    team: Place | None = None
    files: _Files = None
    attachments: list[_Below] | None = None
    blocks: list[_MaybeTable] | None = None


class _Message(_Written):
    """`message` of every subtype, and `app_mention`. Only a person's has to have everything.

    One that tells of a change has the message as it was, and as it is, inside.
    """

    type: Literal["message", "app_mention"]
    channel: Id
    channel_type: str | None = None
    message: _Written | None = None
    previous_message: _Written | None = None


class _HomeOpened(_Shape):
    type: Literal["app_home_opened"]
    user: Id
    tab: str


class _Authorization(_Shape):
    """An installation of the app: https://docs.slack.dev/apis/events-api#authorizations."""

    team_id: Place | None = None
    enterprise_id: Place | None = None


class _OtherCallback(_Shape):
    """The envelope of any event: where it comes from is read of those too that nobody answers."""

    type: Literal["event_callback"]
    team_id: Place | None = None
    enterprise_id: Place | None = None
    authorizations: Annotated[list[_Authorization], Field(max_length=50)] | None = None


class _EventCallback(_OtherCallback):
    event_id: Name
    event: Annotated[_Message | _HomeOpened, Field(discriminator="type")]


class _WithId(_Shape):
    id: Id


class _Clicker(_WithId):
    team_id: Place | None = None


class _Team(_WithId):
    enterprise_id: Place | None = None


class _Interaction(_Shape):
    """What every interaction says of who and where: https://docs.slack.dev/reference/interaction-payloads."""

    user: _Clicker
    team: _Team | None = None
    enterprise: _WithId | None = None


class _Opened(_Shape):
    """A view, as far as it says where the app is installed."""

    app_installed_team_id: Place | None = None


class _ClickedMessage(_Shape):
    ts: Ts
    thread_ts: Ts | None = None


class _BlockText(_Shape):
    text: Text


class _Block(_Shape):
    """A block of the bot's own message: a card is drawn anew from them where nothing else is left of it.

    The text of a `markdown` block is a string: https://docs.slack.dev/reference/block-kit/blocks/markdown-block.
    """

    type: Name
    text: _BlockText | Text | None = None


class _OwnMessage(_ClickedMessage):
    blocks: list[_Block] | None = None


class _Container(_Shape):
    channel_id: Id | None = None
    message_ts: Ts | None = None
    thread_ts: Ts | None = None
    is_ephemeral: bool | None = None


class _Action(_Shape):
    action_id: Name
    action_ts: Ts
    value: str | None = None


class _BlockActions(_Interaction):
    type: Literal["block_actions"]
    trigger_id: Name
    actions: Annotated[list[_Action], Field(min_length=1)]
    channel: _WithId | None = None
    message: _OwnMessage | None = None
    container: _Container | None = None
    view: _Opened | None = None


class _MessageAction(_Interaction):
    type: Literal["message_action"]
    callback_id: Name
    action_ts: Ts
    channel: _WithId
    message: _ClickedMessage


class _State(_Shape):
    values: dict[str, dict[str, dict[str, JsonValue]]]


class _View(_Opened):
    id: Name
    callback_id: str
    private_metadata: str
    state: _State
    hash: str = ""


class _ViewSubmission(_Interaction):
    type: Literal["view_submission"]
    view: _View


class _ViewClosed(_Interaction):
    type: Literal["view_closed"]
    view: _Opened | None = None


class _Command(_Shape):
    command: Name
    user_id: Id
    channel_id: Id
    team_id: Place | None = None
    enterprise_id: Place | None = None
    text: Text | None = None


_Interactive = Annotated[
    _BlockActions | _MessageAction | _ViewSubmission | _ViewClosed, Field(discriminator="type")
]
_SHAPES: Final[dict[str, TypeAdapter[Any]]] = {
    "events_api": TypeAdapter(_EventCallback),
    "interactive": TypeAdapter(_Interactive),
    "slash_commands": TypeAdapter(_Command),
}
_OTHERS: Final = TypeAdapter(_OtherCallback)
#: Events that some listener reads. Others are acked and no more, whatever they hold.
_READ: Final = frozenset({"message", "app_mention", "app_home_opened"})


def reads(read: Callable[P, T]) -> Callable[P, T]:
    """Let a reader of forms and buttons raise `NotUnderstood` for whatever does not fit it."""

    @functools.wraps(read)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return read(*args, **kwargs)
        except STRANGE as error:
            raise NotUnderstood from error

    return guarded


def misfit(kind: str, payload: Any) -> str:
    """Tell where an envelope of this kind does not fit, as names of fields; "" where it does."""
    shape = _OTHERS if kind == "events_api" and _is_of_others(payload) else _SHAPES.get(kind)
    if shape is None:
        return ""
    try:
        shape.validate_python(payload)
    except ValidationError as error:
        places = {".".join(str(step) for step in one["loc"]) or "payload" for one in error.errors()}
        return ", ".join(sorted(places))[:300]
    return ""


def _is_of_others(payload: Any) -> bool:
    try:
        kind: Any = payload["event"]["type"]
    except STRANGE:
        return False
    return isinstance(kind, str) and kind not in _READ
