"""Agents that share a name are ordered as the SDK orders them, and others are not looked at for it."""

from __future__ import annotations

import importlib.util
import random
from types import ModuleType

import pytest
from agents import Agent, ModelSettings
from agents import _run_state_agent_identity as identities

from bot.agents import quick_identities, snapshot

assert snapshot  # it is what has the SDK use the quick way


def own() -> ModuleType:
    """The SDK's module as it comes."""
    spec = importlib.util.find_spec(identities.__name__)
    assert spec is not None
    assert spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


def team(names: str, seed: int = 0) -> Agent[None]:
    """A root and agents of these names, some of them alike to the letter, in some order."""
    others = [
        Agent[None](
            name=name, instructions=f"You are {at % 3}.", model_settings=ModelSettings(temperature=at % 2)
        )
        for at, name in enumerate(names)
    ]
    random.Random(seed).shuffle(others)
    root = Agent[None](name=names[0], instructions="You choose.")
    root.handoffs.extend(others)
    for one in others:
        one.handoffs.append(root)
    return root


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("names", ["aaaaaaaa", "ababababab", "abc", "aabbccddaabb"])
def test_they_are_told_apart_as_the_sdk_does_it(names: str, seed: int) -> None:
    root, sdk = team(names, seed), own()

    assert identities._agent_identity_sort_key is quick_identities._sort_key
    found = identities._build_agent_identity_map(root)
    expected = sdk._build_agent_identity_map(root)
    assert {name: id(one) for name, one in found.items()} == {name: id(one) for name, one in expected.items()}
    assert identities._get_ambiguous_agent_ids(root) == sdk._get_ambiguous_agent_ids(root)


def test_nothing_is_written_down_of_agents_whose_names_are_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[str] = []

    def signature(agent: Agent[None]) -> str:
        looked.append(agent.name)
        return agent.name

    monkeypatch.setattr(identities, "_agent_identity_signature", signature)
    root = team("bcd")
    root.name = "a"
    identities._build_agent_identity_map(root)
    identities._get_ambiguous_agent_ids(root)

    assert looked == []
    identities._build_agent_identity_map(team("bb"))
    assert looked
