"""Whether a replica claims: one gate, which several things may shut."""

from __future__ import annotations

import asyncio

import pytest

from bot.domain.duty import Duty, Why
from bot.slack.token_access import Access


async def test_the_last_reason_to_go_lets_it_claim_again() -> None:
    duty = Duty()
    duty.keep_off(Why.TOKEN, "the token")
    duty.keep_off(Why.STARVED, "no files")
    duty.let_on(Why.TOKEN)

    with pytest.raises(TimeoutError):
        await asyncio.wait_for(duty.resumed(), 0.01)
    assert duty.reasons == ["no files"]
    duty.let_on(Why.STARVED)
    await duty.resumed()
    assert not duty.is_off


@pytest.mark.parametrize("why", [Why.LEAVING, Why.POLICIES, Why.STARVED])
def test_what_another_replica_can_do_is_handed_over_even_where_the_reason_goes_soon(why: Why) -> None:
    duty = Duty()
    under_way = duty.handing_over
    duty.keep_off(why, "so it is")
    duty.let_on(why)

    assert under_way.is_set()
    assert not duty.handing_over.is_set()  # what begins now stays


def test_what_is_under_way_waits_here_for_a_token_that_no_other_replica_has_either() -> None:
    duty = Duty()
    access = Access(lambda: 0.0, duty)
    access.turned_away("token_revoked")

    assert duty.reasons == ["Slack refuses SLACK_BOT_TOKEN (token_revoked)"]
    assert not duty.handing_over.is_set()


def test_two_reasons_to_hand_over_both_have_to_go() -> None:
    duty = Duty()
    duty.keep_off(Why.POLICIES, "others count")
    duty.keep_off(Why.STARVED, "no files")
    duty.let_on(Why.STARVED)

    assert duty.handing_over.is_set()
