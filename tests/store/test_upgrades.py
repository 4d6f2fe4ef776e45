"""What earlier versions have stored is read by this one; the files were written by their code."""

from __future__ import annotations

import json
import secrets
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from pydantic import TypeAdapter

from bot.domain.approvals.approval import Approval, ApprovalStatus
from bot.domain.approvals.requirement import LARGEST_QUORUM
from bot.domain.approvals.transitions import authorize, decide
from bot.domain.errors import UnknownSchema
from bot.domain.run import Interrupted
from bot.store import client
from bot.store import sealer as sealing
from bot.store.epoch import Epoch
from bot.store.hearing import Hearing
from bot.store.keys import Keys
from bot.store.records import APPROVAL, STATE
from bot.store.sealer import Sealer
from tests.factories import MEI, NOON, OMAR, a_decision, an_approval, seated
from tests.redis_server import RedisServer

STORED = Path(__file__).parent / "stored"
SEALER = Sealer([Fernet.generate_key().decode()])
HERE = "cs:somewhere\n"


def sealed(kind: str, schema: int, monkeypatch: Any) -> bytes:
    """Seal a stored body as the version that wrote it did."""
    body = json.loads((STORED / f"{kind}-{schema}.json").read_text(encoding="utf-8"))
    with monkeypatch.context() as past:
        past.setitem(sealing.SCHEMAS, kind, {schema: "then"})
        return SEALER.seal(kind, body, HERE)


def test_an_approval_of_before_waits_on_and_its_decisions_still_count(monkeypatch: Any) -> None:
    approval = APPROVAL.load(SEALER, sealed("approval", 1, monkeypatch), HERE)

    assert (approval.status, approval.missing) == (ApprovalStatus.PENDING, {"finance": 1})
    assert [d.holder for d in approval.decisions] == [OMAR]
    approved = decide(approval, a_decision(MEI), seats=seated(MEI))
    authorize(approved, approval.digest)
    assert APPROVAL.load(SEALER, APPROVAL.dump(SEALER, approved, HERE), HERE) == approved


def test_a_threads_state_of_before_is_read(monkeypatch: Any) -> None:
    state = STATE.load(SEALER, sealed("state", 1, monkeypatch), HERE)
    outcome = state.replies[0].outcome

    assert isinstance(outcome, Interrupted)
    assert [[one.quorum for one in call.requirements] for call in outcome.calls] == [[2], []]
    assert STATE.load(SEALER, STATE.dump(SEALER, state, HERE), HERE) == state


@pytest.mark.parametrize("quorum", [0, -1, LARGEST_QUORUM + 1, 10**12, 2**63, None, 1.5, "many"])
def test_a_quorum_that_is_none_makes_an_approval_unreadable(quorum: object) -> None:
    body = json.loads(json.dumps(TypeAdapter(Approval).dump_python(an_approval(), mode="json")))
    body["requirements"][0]["quorum"] = quorum
    with pytest.raises(UnknownSchema):
        APPROVAL.load(SEALER, SEALER.seal("approval", body, HERE), HERE)


async def test_a_redis_that_the_release_before_has_used_was_not_emptied(redis_server: RedisServer) -> None:
    async with client.connect(redis_server.url) as redis:
        keys = Keys(f"t{secrets.token_hex(4)}", 4)
        epoch = Epoch(redis, keys)
        assert not await epoch.is_known()
        await Hearing(redis, keys).mark(NOON)  # it knew of no epoch

        assert await epoch.is_known()
