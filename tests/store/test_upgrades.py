"""What earlier versions have stored is read by this one; the files were written by their code."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet

from bot.approval import ApprovalStatus, authorize, decide
from bot.run import Interrupted
from bot.store import sealer as sealing
from bot.store.records import APPROVAL, STATE
from bot.store.sealer import Sealer
from tests.factories import MEI, OMAR, a_decision, seated

STORED = Path(__file__).parent / "stored"
SEALER = Sealer([Fernet.generate_key().decode()])


def sealed(kind: str, schema: int, monkeypatch: Any) -> bytes:
    """Seal a stored body as the version that wrote it did."""
    body = json.loads((STORED / f"{kind}-{schema}.json").read_text(encoding="utf-8"))
    with monkeypatch.context() as past:
        past.setitem(sealing.SCHEMAS, kind, {schema: "then"})
        return SEALER.seal(kind, body)


def test_an_approval_of_before_waits_on_and_its_decisions_still_count(monkeypatch: Any) -> None:
    approval = APPROVAL.load(SEALER, sealed("approval", 1, monkeypatch))

    assert (approval.status, approval.missing) == (ApprovalStatus.PENDING, {"finance": 1})
    assert [d.holder for d in approval.decisions] == [OMAR]
    approved = decide(approval, a_decision(MEI), seats=seated(MEI))
    authorize(approved, approval.digest)
    assert APPROVAL.load(SEALER, APPROVAL.dump(SEALER, approved)) == approved


def test_a_threads_state_of_before_is_read(monkeypatch: Any) -> None:
    state = STATE.load(SEALER, sealed("state", 1, monkeypatch))
    outcome = state.replies[0].outcome

    assert isinstance(outcome, Interrupted)
    assert [[one.quorum for one in call.requirements] for call in outcome.calls] == [[2], []]
    assert STATE.load(SEALER, STATE.dump(SEALER, state)) == state
