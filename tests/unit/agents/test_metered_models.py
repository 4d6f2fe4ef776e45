"""What requests of models use, over every protocol, equals what the server says that it served."""

from __future__ import annotations

import json
import sys
import weakref
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import suppress
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from agents import Agent, AgentsException, RunConfig, Runner
from openai import OpenAIError

from bot.agents.bad_end import BadEnd
from bot.agents.metered_models import tokens_of
from bot.agents.models import Models, ModelSpec, Provider, settings
from bot.agents.prices import Prices
from bot.domain.meter import PRESENT, Meter
from bot.domain.sources import Sources
from bot.domain.usage import Kind, OwnPrice, Spent, Tokens
from devkit.model.script import Calls, CutShort, CutStream, Fail, HttpError, Stall, Step, Text
from devkit.model.server import ModelServer
from devkit.model.tokens import Count
from tests.factories import NOON

SPECS = ["openai:gpt-5", "chat:gpt-oss", "deepseek:deepseek-chat"]
ids = iter(range(10**6))


@pytest.fixture
def meter() -> Generator[Meter]:
    made = Meter(Sources(lambda: NOON, lambda: f"r{next(ids)}", lambda: 0.0))
    PRESENT.set(made)
    yield made
    PRESENT.set(None)


@pytest.fixture
async def server() -> AsyncGenerator[ModelServer]:
    made = ModelServer()
    await made.start()
    yield made
    await made.stop()


async def ask(
    server: ModelServer, spec: str, *steps: Step, streamed: bool = True, text: str = "hello"
) -> str:
    """Ask once, as an agent with no tools; returns the answer, empty where none came."""
    server.script(*steps)
    parsed = ModelSpec.parse(spec)
    prices = Prices({"chat:gpt-oss": OwnPrice(Decimal("0.3"), Decimal("0.9"), Decimal("0.1"))})
    models = Models({parsed.provider: Provider(server.url, "devkit")}, silence=20, prices=prices)
    agent = Agent[Any](
        name="Billing",
        instructions="You move money. " * 400,
        model=models.model(parsed, "Billing"),
        model_settings=settings(parsed),
    )
    quiet = RunConfig(tracing_disabled=True)
    answer = ""
    with suppress(AgentsException, OpenAIError, BadEnd):
        if streamed:
            run = Runner.run_streamed(agent, text, run_config=quiet, max_turns=1)
            async for _ in run.stream_events():
                pass
            answer = run.final_output
        else:
            answer = (await Runner.run(agent, text, run_config=quiet, max_turns=1)).final_output
    await models.close()
    return answer


def ledger(server: ModelServer) -> list[tuple[str, Count]]:
    return sorted((one.id, one.count) for one in server.served if not one.is_guard)


def counted(spent: list[Spent]) -> list[tuple[str, Count]]:
    """What the meter has, in the words of the ledger."""
    told = [(one.id.partition(":")[2], one.tokens) for one in spent if one.tokens]
    return sorted((name, Count(t.input, t.cached, t.output, t.reasoning)) for name, t in told)


@pytest.mark.parametrize("spec", SPECS)
@pytest.mark.parametrize("streamed", [True, False])
async def test_every_request_counts_as_the_server_says(
    server: ModelServer, meter: Meter, spec: str, streamed: bool
) -> None:
    for text in ("hello", "hello again", "and again, at length " * 40):
        await ask(server, spec, Text(f"you said {text}"), streamed=streamed, text=text)

    spent = meter.due()
    assert counted(spent) == ledger(server)
    assert len(spent) == 3
    assert all(one.tokens and one.tokens.input and one.tokens.output for one in spent)
    assert spent[1].tokens is not None
    assert spent[1].tokens.cached > 0
    assert {(one.account.kind, one.account.agent, one.account.model) for one in spent} == {
        (Kind.ANSWER, "Billing", spec)
    }
    assert all(one.cost for one in spent)


@pytest.mark.parametrize("spec", SPECS)
async def test_each_try_counts_and_one_that_is_turned_down_does_not(
    server: ModelServer, meter: Meter, spec: str
) -> None:
    await ask(server, spec, HttpError(500), HttpError(429, 0), Text("at last"))
    await ask(server, spec, CutShort("half of it"))
    await ask(server, spec, Calls([("nobody", {"has": "it"})]), Text("so be it"))

    assert len(server.served) >= 3
    assert counted(meter.due()) == ledger(server)
    assert all(one.tokens for one in meter.due())


@pytest.mark.parametrize("spec", SPECS)
@pytest.mark.parametrize("step", [CutStream(), Fail("it fails")])
async def test_what_the_server_never_tells_is_counted_as_untold(
    server: ModelServer, meter: Meter, spec: str, step: Step
) -> None:
    await ask(server, spec, step)

    assert server.served == []
    assert [one.tokens for one in meter.rest()] == [None]


async def test_the_last_word_of_a_server_counts_that_tells_more_than_once(
    server: ModelServer, meter: Meter
) -> None:
    """As vLLM with `continuous_usage_stats`, and xAI: each chunk has what was used by then."""
    written = 0

    def tell(event: dict[str, Any]) -> bytes:
        nonlocal written
        if event.get("choices"):
            written += 1
            event = event | {"usage": {"prompt_tokens": 5, "completion_tokens": written, "total_tokens": 0}}
        return json.dumps(event).encode()

    server.garble = tell
    await ask(server, "chat:gpt-oss", Text("one two three"))

    assert counted(meter.due()) == ledger(server)


async def test_a_stream_under_way_is_not_due(server: ModelServer, meter: Meter) -> None:
    """A write that comes in the middle leaves it for later: else its tokens would never be counted."""
    server.script(Stall(60, "half of it"))
    models = Models({"openai": Provider(server.url, "devkit")}, silence=20)
    spec = ModelSpec.parse("openai:gpt-5")
    agent = Agent[Any](name="Billing", model=models.model(spec), model_settings=settings(spec))
    due: list[int] = []
    result = Runner.run_streamed(agent, "hello", run_config=RunConfig(tracing_disabled=True))
    async for event in result.stream_events():
        if event.type == "raw_response_event" and event.data.type == "response.output_text.delta":
            due.append(len(meter.due()))
            result.cancel()
    await models.close()

    assert due
    assert set(due) == {0}
    assert counted(meter.due()) == ledger(server)


async def test_outside_of_a_worker_nothing_is_counted(server: ModelServer) -> None:
    PRESENT.set(None)
    await ask(server, "openai:gpt-5", Text("hi"))
    assert len(server.served) == 1


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ({"prompt_tokens": 9, "completion_tokens": 2}, Tokens(9, 0, 2, 0)),
        ({"prompt_tokens": 9, "completion_tokens": 2, "prompt_cache_hit_tokens": 4}, Tokens(9, 4, 2, 0)),
        ({"prompt_tokens": 9, "completion_tokens": 2, "prompt_cache_hit_tokens": 40}, Tokens(9, 9, 2, 0)),
        ({"prompt_tokens": 10**30, "completion_tokens": 0}, Tokens(100_000_000)),
        # What is no figure tells nothing. It would be a request that was free.
        ({"prompt_tokens": "9", "completion_tokens": 2.5}, None),
        ({"prompt_tokens": True, "completion_tokens": 3}, None),
        ({"prompt_tokens": 9, "completion_tokens": -2}, None),
        ({"prompt_tokens": 9, "completion_tokens": None}, None),
        ({"input_tokens": 9}, None),
        ({"input_tokens": 0, "output_tokens": 0}, None),
        (
            {
                "input_tokens": 7,
                "output_tokens": 3,
                "input_tokens_details": None,
                "output_tokens_details": None,
            },
            Tokens(7, 0, 3),
        ),
        ({}, None),
    ],
)
def test_whatever_a_server_says_is_read(given: dict[str, Any], read: Tokens | None) -> None:
    assert tokens_of(SimpleNamespace(**given)) == read


@pytest.mark.parametrize(
    ("provider", "name", "base_url", "costs"),
    [
        ("openai", "gpt-5", "http://127.0.0.1:1/v1", True),
        ("deepseek", "deepseek-chat", "http://127.0.0.1:1", True),
        ("chat", "llama-3.3-70b-versatile", "https://api.groq.com/openai/v1", True),
        ("chat", "gpt-5", "http://10.0.0.1/v1", False),
        ("openai", "nobody-has-this", "https://api.openai.com/v1", False),
    ],
)
def test_prices_are_those_of_the_lists_or_none(provider: str, name: str, base_url: str, costs: bool) -> None:
    price = Prices().of(provider, name, base_url)(Tokens(1_000_000, 0, 1_000_000, 0), NOON)

    assert (price is not None) is costs
    assert price is None or (isinstance(price, Decimal) and price > 0)


def test_of_the_lists_only_what_was_found_is_kept_in_memory() -> None:
    prices, tokens = Prices(), Tokens(1_000_000, 0, 1_000_000, 0)
    price = prices.of("openai", "gpt-5", "")
    before = price(tokens, NOON)
    assert prices._lists is not None
    others = [
        weakref.ref(model)
        for provider in prices._lists.providers
        for model in provider.models
        if provider.id == "openai" and model.id != "gpt-5"
    ]
    assert others

    prices.let_go()

    assert [one for one in others if one()] == []
    assert "genai_prices.data" not in sys.modules
    assert price(tokens, NOON) == before
    assert prices.of("openai", "gpt-5-mini", "")(tokens, NOON) is not None


def test_an_operators_own_price_wins_and_is_exact() -> None:
    own = {"openai:gpt-5": OwnPrice(Decimal("0.1"), Decimal("0.7"), Decimal("0.01"))}
    of: Callable[..., Decimal | None] = Prices(own).of("openai", "gpt-5", "https://api.openai.com/v1")

    assert of(Tokens(3, 1, 1, 0), NOON) == Decimal("0.00000091")
    no_word_of_the_cache = OwnPrice(Decimal("0.1"), Decimal("0.7"))
    assert no_word_of_the_cache.of(Tokens(3, 1, 1, 0)) == Decimal("0.000001")
