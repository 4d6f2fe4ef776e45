"""State at rest: what opens, and what is refused."""

from __future__ import annotations

import json
import zlib

import pytest
from cryptography.fernet import Fernet

from bot.domain.approvals.approval import Approval
from bot.domain.approvals.preview import UNREAD, Fact, Preview, PreviewChange, bounded
from bot.domain.errors import KeyMissing, UnknownSchema
from bot.domain.events import Event, MessageReceived
from bot.store import sealer as sealing
from bot.store.records import APPROVAL, EVENT, STATE
from bot.store.sealer import Sealer, key_names, sealed_with
from tests.factories import NOON, a_decision, an_approval

HERE, THERE = "cs:{s00}:here\n", "cs:{s00}:there\n"
OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()


def test_a_new_first_key_still_opens_what_the_old_one_sealed() -> None:
    sealed = Sealer([OLD]).seal("item", {"content": "hi"}, HERE)

    assert Sealer([NEW, OLD]).open("item", sealed, HERE) == {"content": "hi"}


def test_the_first_key_seals_so_that_the_old_one_can_be_retired() -> None:
    sealed = Sealer([NEW, OLD]).seal("item", {"content": "hi"}, HERE)

    assert Sealer([NEW]).open("item", sealed, HERE) == {"content": "hi"}
    with pytest.raises(UnknownSchema):
        Sealer([OLD]).open("item", sealed, HERE)


@pytest.mark.parametrize(
    "sealed",
    [b"", b"garbage", "gar\u00e9bage", Fernet(OLD).encrypt(b"not compressed")],
    ids=["nothing", "garbage", "not ASCII", "not compressed"],
)
def test_what_was_not_sealed_by_us_is_refused(sealed: bytes | str) -> None:
    with pytest.raises(UnknownSchema):
        Sealer([OLD]).open("item", sealed, HERE)


def test_one_changed_byte_is_refused() -> None:
    sealed = bytearray(Sealer([OLD]).seal("item", "hi", HERE))
    sealed[20] ^= 1

    with pytest.raises(UnknownSchema):
        Sealer([OLD]).open("item", bytes(sealed), HERE)


def test_one_kind_cannot_be_passed_off_as_another() -> None:
    with pytest.raises(UnknownSchema):
        Sealer([OLD]).open("run", Sealer([OLD]).seal("journal", "{}", HERE), HERE)


def test_a_version_from_the_future_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as future:
        future.setitem(sealing.SCHEMAS, "state", {2: "now", 3: "next year"})
        sealed = Sealer([OLD]).seal("state", {}, HERE)

    with pytest.raises(UnknownSchema):
        Sealer([OLD]).open("state", sealed, HERE)


def test_a_body_that_does_not_fit_its_type_is_refused() -> None:
    sealed = Sealer([OLD]).seal("state", {"generation": "many"}, HERE)

    with pytest.raises(UnknownSchema):
        STATE.load(Sealer([OLD]), sealed, HERE)


@pytest.mark.parametrize("text", ["", "\x00", "\ud83d", "naïve 👩\u200d🚀"])
def test_any_text_comes_back_as_it_was(text: str) -> None:
    event: Event = MessageReceived(ts="1.000001", user="U1", text=text)

    assert EVENT.load(Sealer([OLD]), EVENT.dump(Sealer([OLD]), event, HERE), HERE) == event


def test_numbers_that_json_does_not_know_come_back() -> None:
    sealed = Sealer([OLD]).seal("item", [1e400, -1e400, 10**30], HERE)

    assert Sealer([OLD]).open("item", sealed, HERE) == [1e400, -1e400, 10**30]


def test_an_approval_comes_back_whole() -> None:
    approval: Approval = an_approval(decisions=(a_decision(reason="fine"),))

    loaded = APPROVAL.load(Sealer([OLD]), APPROVAL.dump(Sealer([OLD]), approval, HERE), HERE)
    assert loaded == approval
    assert loaded.digest == approval.digest


def test_a_preview_comes_back_as_it_was_shown() -> None:
    facts = (Fact("Left to refund", "29.00 USD"), Fact("Customer", "naïve \u202e 👩\u200d🚀"))
    preview = bounded(Preview("Refund \ud83d", facts, "Only this much."))
    change = PreviewChange("U0OMAR0001", NOON, UNREAD, preview)
    approval: Approval = an_approval(preview=preview, preview_changes=(change,))

    loaded = APPROVAL.load(Sealer([OLD]), APPROVAL.dump(Sealer([OLD]), approval, HERE), HERE)
    assert loaded == approval
    assert loaded.shown == approval.shown != approval.digest


@pytest.mark.parametrize("kind", sealing.SCHEMAS)
def test_what_was_sealed_for_another_place_is_refused(kind: str) -> None:
    with pytest.raises(UnknownSchema):
        Sealer([OLD], read_unbound=True).open(kind, Sealer([OLD]).seal(kind, "", HERE), THERE)


def unbound(kind: str, body: object) -> bytes:
    """Seal as releases before 0.2 did."""
    envelope = {"kind": kind, "schema": sealing.current(kind), "body": body}
    return Fernet(OLD).encrypt(zlib.compress(json.dumps(envelope).encode()))


def test_what_names_no_place_is_read_where_that_is_allowed_and_not_otherwise() -> None:
    sealed = unbound("item", "hi")

    assert Sealer([OLD], read_unbound=True).open("item", sealed, HERE) == "hi"
    with pytest.raises(UnknownSchema):
        Sealer([OLD]).open("item", sealed, HERE)


@pytest.mark.parametrize("length", [1, 700, 2_000])
def test_a_message_of_any_length_opens_in_earlier_releases(length: int) -> None:
    event: Event = MessageReceived(ts="1.000001", user="U1", text="a" * length)
    sealed = EVENT.dump(Sealer([OLD]), event, HERE)

    assert json.loads(zlib.decompress(Fernet(OLD).decrypt(sealed)))["body"]["text"] == event.text
    assert (len(sealed) > 1.3 * length) == (length <= 700), "what is long is compressed"
    assert EVENT.load(Sealer([OLD]), sealed, HERE) == event


def test_a_key_of_another_replica_is_told_from_damage() -> None:
    names = key_names([OLD, NEW])
    sealed = Sealer([NEW]).seal("item", "hi", HERE)
    here = Sealer([OLD], elsewhere=names)

    assert sealed_with(sealed) == names[1]
    assert here.may_lack_keys
    assert not Sealer([NEW, OLD], elsewhere=names).may_lack_keys
    with pytest.raises(KeyMissing):
        here.open("item", sealed, HERE)
    altered = sealed[:60] + (b"B" if sealed[60:61] == b"A" else b"A") + sealed[61:]
    for other in (Sealer([OLD]), Sealer([NEW], elsewhere=names)):  # a key nobody ever had; our own key
        with pytest.raises(UnknownSchema) as damaged:
            other.open("item", altered, HERE)
        assert not isinstance(damaged.value, KeyMissing)


def test_what_names_its_key_opens_in_earlier_releases_and_theirs_opens_here() -> None:
    sealed = Sealer([NEW]).seal("item", "hï", HERE)
    opened = json.loads(zlib.decompress(Fernet(NEW).decrypt(sealed)))
    assert opened["body"] == "hï"

    theirs = Fernet(NEW).encrypt(zlib.compress(json.dumps(opened).encode()))
    assert sealed_with(theirs) == ""
    assert Sealer([NEW], elsewhere=key_names([OLD])).open("item", theirs, HERE) == "hï"


@pytest.mark.parametrize(
    "sealed", [b"", b"garbage", "gar\u00e9bage", b"gMVc", b"gMVc+++++++++"], ids=range(5)
)
def test_what_is_no_token_names_no_key(sealed: bytes | str) -> None:
    assert sealed_with(sealed) == ""
