"""What the billing service's answers mean: which say that it was made, which that it was not, which neither."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from countersign.teams.support.billing_answers import (
    BUSY,
    Refund,
    Reply,
    is_whole,
    retry_after,
    to_look_up,
    to_request,
)
from countersign.teams.support.keyed_request import Heard

ASKED = Refund("INV-1003", "29.00", "USD", "twice")
MADE = {"id": "rf_1", "invoice_id": "INV-1003", "amount": "29.00", "currency": "USD"}
NOON = "Sat, 07 Nov 2026 12:00:00 GMT"


def reply(status: int, body: Any = None, /, **headers: str) -> Reply:
    written = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
    return Reply(status, {name.replace("_", "-"): value for name, value in headers.items()}, written)


def error(code: str, message: str = "No.") -> Mapping[str, Any]:
    return {"error": {"code": code, "message": message}}


@pytest.mark.parametrize("status", [200, 201])
@pytest.mark.parametrize("amount", ["29.00", "29", 29, "29.000"], ids=repr)
def test_a_refund_as_it_was_asked_for_was_made(status: int, amount: object) -> None:
    assert to_request(reply(status, MADE | {"amount": amount}), ASKED).heard is Heard.MADE


@pytest.mark.parametrize(
    "change",
    [
        {"amount": "NaN"},
        {"amount": None},
        {"currency": "EUR"},
        {"invoice_id": "INV-1004"},
        {"invoice_id": ["INV-1003"]},
    ],
)
def test_another_refund_under_the_key_is_no_success(change: dict[str, Any]) -> None:
    assert to_request(reply(201, MADE | change), ASKED).heard is Heard.OTHER
    assert to_look_up(reply(200, MADE | change), ASKED).heard is Heard.OTHER


def test_another_amount_was_made_where_the_request_itself_is_answered_with_it() -> None:
    """Whoever asked compares the sums; of a key that was used before it would be another refund."""
    other = MADE | {"amount": "28.00"}

    assert to_request(reply(201, other), ASKED).heard is Heard.MADE
    assert to_request(reply(201, other, Idempotent_Replayed="true"), ASKED).heard is Heard.OTHER
    assert to_look_up(reply(200, other), ASKED).heard is Heard.OTHER


@pytest.mark.parametrize("missing", sorted(MADE))
def test_a_success_that_lacks_what_it_made_is_no_answer(missing: str) -> None:
    body = {name: value for name, value in MADE.items() if name != missing}

    assert to_request(reply(201, body), ASKED).heard is Heard.NOTHING
    assert to_look_up(reply(200, body), ASKED).heard is Heard.NOTHING


@pytest.mark.parametrize(
    "body", [None, b"", b"<html>", b'{"id": "rf_', b"\xff\xfe", b"[]", b"[" * 60_000, b"null"]
)
@pytest.mark.parametrize("status", [200, 201])
def test_a_success_that_cannot_be_read_is_no_answer(status: int, body: bytes | None) -> None:
    assert to_request(reply(status, body), ASKED).heard is Heard.NOTHING


@pytest.mark.parametrize(
    "said",
    [
        {"status": "failed"},
        {"status": "declined"},
        {"status": "pending"},
        {"status": "requires_action"},
        {"status": None},
        {"error": {"code": "card_expired", "message": "No."}},
        {"success": False},
        {"ok": False},
        {"id": " "},
        {"id": ["rf_1"]},
        {"id": {"ref": "rf_1"}},
        {"id": True, "status": "failed"},
    ],
    ids=str,
)
@pytest.mark.parametrize("status", [200, 201])
def test_a_success_whose_body_says_otherwise_is_no_answer(status: int, said: dict[str, Any]) -> None:
    """Money that nobody got back must not be told as refunded, nor one that is on its way as refused."""
    assert to_request(reply(status, MADE | said), ASKED).heard is Heard.NOTHING
    assert to_look_up(reply(200, MADE | said), ASKED).heard is Heard.NOTHING
    assert not is_whole(reply(200, MADE | said))


@pytest.mark.parametrize(
    "said", [{"status": "succeeded"}, {"status": " COMPLETED "}, {"error": None}, {"id": 7}]
)
def test_a_success_that_says_so_twice_is_one(said: dict[str, Any]) -> None:
    assert to_request(reply(200, MADE | said), ASKED).heard is Heard.MADE
    assert is_whole(reply(200, MADE | said))


@pytest.mark.parametrize("status", [202, 204, 302, 307, 408, 460, 499, 500, 502, 503, 504, 599])
def test_what_leaves_open_whether_it_was_carried_out_is_no_answer(status: int) -> None:
    assert to_request(reply(status, MADE), ASKED).heard is Heard.NOTHING
    assert to_look_up(reply(status, MADE), ASKED).heard is Heard.NOTHING


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 422])
def test_a_refusal_is_told_in_the_service_s_words(status: int) -> None:
    answer = to_request(reply(status, error("x", "Only 9.00.")), ASKED)

    assert (answer.heard, answer.why, answer.knows_key) == (Heard.REFUSED, "Only 9.00.", False)
    assert f"({status})" in to_request(reply(status, b"<html>"), ASKED).why


@pytest.mark.parametrize(("status", "code"), [(409, "key_in_work"), (409, "fault"), (422, "key_reused")])
def test_a_refusal_may_show_that_the_key_was_seen_before(status: int, code: str) -> None:
    assert to_request(reply(status, error(code)), ASKED).knows_key


@pytest.mark.parametrize(
    ("status", "code", "heard"),
    [
        (404, "key_unknown", Heard.NEVER_SEEN),
        (404, "not_found", Heard.REFUSED),
        (409, "key_in_work", Heard.IN_WORK),
        (409, "key_unknown", Heard.REFUSED),
        (410, "key_unknown", Heard.REFUSED),
        (401, "unauthorized", Heard.REFUSED),
        (429, "key_unknown", Heard.NOT_NOW),
    ],
)
def test_a_look_up_settles_by_status_and_code(status: int, code: str, heard: Heard) -> None:
    assert to_look_up(reply(status, error(code)), ASKED).heard is heard


def test_a_look_up_that_breaks_off_settles_nothing() -> None:
    assert [to_look_up(reply(status), ASKED).heard for status in (200, 404, 409)] == [Heard.NOTHING] * 3


def test_an_address_that_is_not_the_service_s_does_not_know_the_key() -> None:
    assert to_look_up(reply(404, b"<h1>404 Not Found</h1>"), ASKED).heard is Heard.REFUSED


@pytest.mark.parametrize(
    ("status", "headers", "wait"),
    [
        (429, {"Retry_After": "30"}, 30.0),
        (429, {}, None),
        (429, {"Retry_After": "soon"}, None),
        (429, {"Retry_After": "Sat, 07 Nov 99999999999999999999 12:00:20 GMT", "Date": NOON}, None),
        (503, {"Retry_After": "0"}, 0.0),
        (503, {"Retry_After": "Sat, 07 Nov 2026 12:00:20 GMT", "Date": NOON}, 20.0),
        (503, {"Retry_After": "Sat, 07 Nov 2026 11:00:00 GMT", "Date": NOON}, 0.0),
    ],
)
def test_a_busy_service_did_nothing_and_may_say_when_to_come_again(
    status: int, headers: dict[str, str], wait: float | None
) -> None:
    answer = to_request(reply(status, error("busy"), **headers), ASKED)

    assert (answer.heard, answer.why, answer.wait) == (Heard.NOT_NOW, BUSY, wait)


@pytest.mark.parametrize("told", ["", "soon", "-1", "1.5", "٣", "Sat, 07 Nov 2026", NOON])
def test_a_503_that_does_not_say_when_leaves_it_open(told: str) -> None:
    assert to_request(reply(503, error("x"), Retry_After=told), ASKED).heard is Heard.NOTHING


@given(st.text() | st.from_regex(r"\A[0-9]{1,9999}\Z"), st.text())
def test_whatever_the_header_says_it_is_a_time_or_none(told: str, date: str) -> None:
    wait = retry_after({"Retry-After": told, "Date": date})

    assert wait is None or 0 <= wait < 10**10
