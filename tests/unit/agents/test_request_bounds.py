"""What a request may cost at most is held before it is sent, over every protocol, and is never passed."""

from __future__ import annotations

from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from agents import ModelSettings, function_tool
from hypothesis import given
from hypothesis import strategies as st

from bot.agents.metered_models import Counted
from bot.agents.models import Models, ModelSpec, Provider
from bot.agents.note_taker import NoteTaker
from bot.agents.prices import Prices
from bot.agents.request_bounds import PICTURE, at_most, with_bound
from bot.domain.budget import Payer, Scope, Standing
from bot.domain.budget_errors import BudgetError, BudgetReached, BudgetUnread
from bot.domain.meter import Meter, Request
from bot.domain.usage import Account, Kind, OwnPrice, Tokens
from devkit.model import tokens
from devkit.model.script import CutStream, HttpError, Text
from devkit.model.server import ModelServer
from tests.factories import ANA, SUPPORT, TEAM
from tests.unit.agents import test_metered_models as metering
from tests.unit.agents.test_metered_models import SPECS, ask

server = metering.server
meter = metering.meter
CENT = Decimal("0.01")
REACHED = BudgetReached((Standing(Scope.RUN, CENT, CENT, CENT),), CENT)


class Purse:
    """Keeps in lists what the real one keeps in Redis."""

    def __init__(self, error: BudgetError | None = None) -> None:
        self.error = error
        self.held: list[Decimal] = []
        self.settled: list[Decimal] = []

    async def hold(self, request: Request, payer: Payer, most: Decimal) -> None:
        if self.error is not None:
            raise self.error
        assert payer.person == ANA
        self.held.append(most)

    async def settle(self, request: Request, cost: Decimal) -> None:
        self.settled.append(cost)


def paid(meter: Meter, error: BudgetError | None = None) -> Purse:
    meter.purse = purse = Purse(error)
    meter.payer = lambda: Payer(TEAM, SUPPORT, ANA, "run")
    return purse


@pytest.mark.parametrize("spec", SPECS)
@pytest.mark.parametrize("streamed", [True, False])
async def test_more_is_held_than_a_request_costs_and_that_takes_its_place(
    meter: Meter, server: ModelServer, spec: str, streamed: bool
) -> None:
    purse = paid(meter)
    await ask(server, spec, Text("Hello, Ana."), streamed=streamed, text="こんにちは 🧾 hello")

    cost = sum((one.cost or Decimal(0) for one in meter.rest()), Decimal(0))
    assert 0 < cost <= purse.held[0]
    assert purse.settled[0] == cost


async def test_what_there_is_no_room_for_is_not_sent_and_is_no_request(
    meter: Meter, server: ModelServer
) -> None:
    paid(meter, REACHED)
    with pytest.raises(BudgetReached):
        await ask(server, SPECS[0], Text("never"))

    assert server.requests == []
    assert meter.rest() == []


async def test_a_model_without_a_price_is_not_asked_where_budgets_are_set(
    meter: Meter, server: ModelServer
) -> None:
    paid(meter)
    with pytest.raises(BudgetUnread):
        await ask(server, "chat:nobody-knows", Text("never"))
    assert server.requests == []


async def test_a_try_that_is_turned_down_costs_nothing_and_one_that_broke_off_stays_held(
    meter: Meter, server: ModelServer
) -> None:
    purse = paid(meter)
    await ask(server, SPECS[0], HttpError(500), CutStream(after=1))

    assert len(purse.held) >= 2
    assert purse.settled[0] == 0
    assert len(purse.settled) < len(purse.held)


async def test_a_whole_answer_whose_server_does_not_tell_counts_at_its_most(meter: Meter) -> None:
    purse, request = paid(meter), meter.begin(Account(Kind.ANSWER, "Billing", "openai:gpt-5"))
    request.most = CENT
    counted = Counted(request, lambda tokens, at: Decimal(tokens.input), meter)
    await counted.over(is_whole=False)
    assert purse.settled == []
    counted.told(SimpleNamespace(input_tokens=None, output_tokens=None), "resp_1")
    await counted.over(is_whole=True)
    assert purse.settled == [CENT]
    assert meter.due()[0].tokens is None

    for read, written in ((3, 1), (0, 0)):  # the last word that is one
        counted.told(SimpleNamespace(input_tokens=read, output_tokens=written), "resp_1")
    await counted.over(is_whole=True)
    assert purse.settled == [CENT, Decimal(3)]


@pytest.mark.parametrize("spec", SPECS)
@pytest.mark.parametrize("streamed", [True, False])
async def test_a_server_that_nobody_reaches_costs_nothing_and_keeps_no_room_in_budgets(
    meter: Meter, spec: str, streamed: bool
) -> None:
    purse, gone = paid(meter), ModelServer()
    await gone.start()
    await gone.stop()
    await ask(gone, spec, streamed=streamed)

    assert purse.held
    assert purse.settled == [Decimal(0)] * len(purse.held)
    assert meter.rest() == []


async def test_what_is_held_is_enough_where_what_is_cached_is_the_dearest(
    meter: Meter, server: ModelServer
) -> None:
    purse, spec = paid(meter), ModelSpec.parse("chat:gpt-oss")
    for cached in (Decimal(1), Decimal(50)):
        price = {str(spec): OwnPrice(Decimal(1), Decimal(0), cached)}
        models = Models({"chat": Provider(server.url, "devkit")}, prices=Prices(price), longest=600)
        server.script_notes(Text("noted"))
        await NoteTaker(models.model(spec, "Notes", kind=Kind.SUMMARY), spec).write("", "hello")
        await models.close()
    assert purse.held[1] == 50 * purse.held[0] > 0


async def test_with_a_budget_an_answer_is_bounded_and_notes_are_put_off_where_there_is_no_money(
    meter: Meter, server: ModelServer
) -> None:
    purse = paid(meter)
    spec, price = ModelSpec.parse("chat:gpt-oss"), {"chat:gpt-oss": OwnPrice(Decimal(1), Decimal(2))}
    models = Models({"chat": Provider(server.url, "devkit")}, prices=Prices(price), longest=600)
    notes = NoteTaker(models.model(spec, "Notes", kind=Kind.SUMMARY), spec)
    server.script_notes(Text("noted"))
    await notes.write("", "hello")
    assert server.requests[0].body["max_tokens"] == 600
    assert purse.held[0] >= 600 * Decimal("0.000002")

    purse.error = REACHED
    assert await notes.write("", "hello") is None
    assert len(server.requests) == 1
    await models.close()


def request(items: Any, **more: Any) -> list[Any]:
    given = {"system": None, "items": items, "settings": ModelSettings(max_tokens=500)}
    given |= {"tools": [], "schema": None, "handoffs": []} | more
    return [*given.values()]


@given(text=st.text(), depth=st.integers(0, 3))
def test_no_text_is_counted_below_its_bytes_wherever_it_stands(text: str, depth: int) -> None:
    part: Any = text
    for _ in range(depth):
        part = [{"type": "message", "content": part}]
    most = at_most(request(part if depth else [{"role": "user", "content": text}], system=text))
    assert most.input >= 2 * len(text.encode(errors="surrogatepass"))
    assert most.output == 500


def test_a_picture_counts_as_one_whatever_its_bytes_are() -> None:
    picture = {"type": "input_image", "image_url": "data:image/png;base64," + "A" * 5_000_000}
    most = at_most(request([{"role": "user", "content": [picture, {"type": "input_text", "text": "see"}]}]))
    assert PICTURE < most.input < 2 * PICTURE


def test_tools_count_and_the_narrower_bound_stays() -> None:
    @function_tool
    def look_up(invoice_id: str) -> str:
        """Look an invoice up, which takes many words to say.

        Args:
            invoice_id: The number as it stands on it.
        """
        return invoice_id

    hosted = SimpleNamespace(name="web_search")
    bare = at_most(request("hi")).input
    assert at_most(request("hi", tools=[look_up])).input > bare + 100
    assert at_most(request("hi", tools=[hosted])).input > bare + 1000
    assert with_bound(request("hi"), 8000)[2].max_tokens == 500
    assert with_bound(request("hi"), 100)[2].max_tokens == 100
    assert at_most(with_bound(request("hi"), 100)) == Tokens(input=bare, output=100)


@pytest.mark.parametrize("streamed", [True, False])
@pytest.mark.parametrize(
    ("told", "is_known"),
    [
        ("a lot", False),
        (["much"], False),
        (7, False),
        ({"prompt_tokens": "nine", "completion_tokens": "two", "total_tokens": "eleven"}, False),
        ({"prompt_tokens": [9], "completion_tokens": {}, "total_tokens": None}, False),
        ({"prompt_tokens": 9, "completion_tokens": 2, "total_tokens": "eleven"}, True),
        (
            {
                "prompt_tokens": 9,
                "completion_tokens": 2,
                "total_tokens": 11,
                "prompt_tokens_details": "none",
                "completion_tokens_details": [3],
            },
            True,
        ),
    ],
    ids=repr,
)
async def test_whatever_a_chat_server_calls_its_usage_the_answer_comes_and_is_no_gift(
    meter: Meter,
    server: ModelServer,
    monkeypatch: pytest.MonkeyPatch,
    told: Any,
    is_known: bool,
    streamed: bool,
) -> None:
    monkeypatch.setattr(tokens, "of_chat", lambda count, model: told)
    purse = paid(meter)

    assert await ask(server, "chat:gpt-oss", Text("Hello, Ana."), streamed=streamed) == "Hello, Ana."

    [spent] = meter.rest()
    assert spent.tokens == (Tokens(9, 0, 2, 0) if is_known else None)
    assert purse.settled[-1] == (spent.cost if is_known else purse.held[0])
    assert purse.settled[-1] > 0
