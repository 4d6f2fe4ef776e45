"""What becomes of a run that ended otherwise than it should: an outcome for people, the details for the log."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Final

from agents import InputGuardrailTripwireTriggered

from bot.agents.bad_end import bad_end
from bot.agents.failures import kind_of
from bot.agents.guardrail import Verdict
from bot.domain.ends import ModelEnd
from bot.domain.run import Blocked, Failed, FailureKind, Outcome

log = logging.getLogger(__name__)

#: What kind of failure an answer that did not end whole is.
KINDS: Final = {
    ModelEnd.LENGTH: FailureKind.MODEL_GARBLED,
    ModelEnd.FILTER: FailureKind.MODEL_REFUSED,
    ModelEnd.BROKE_OFF: FailureKind.MODEL_UNREACHABLE,
    ModelEnd.SILENT: FailureKind.MODEL_UNREACHABLE,
    ModelEnd.TOO_LONG: FailureKind.MODEL_REFUSED,
}

#: What an operator has to look at, and so reads the whole of.
FOR_OPERATORS: Final = frozenset({FailureKind.INTERNAL, FailureKind.MODEL_CLOSED})


class FailedRuns:
    """Makes outcomes of what ended a run; `token` makes the reference that people and the log are given."""

    def __init__(self, token: Callable[[], str]) -> None:
        self._token = token

    def refused(self, verdict: Verdict) -> Outcome | None:
        """What a verdict on a message makes of it; None where nothing is wrong."""
        match verdict:
            case Verdict.OK | Verdict.DOUBT:
                return None
            case Verdict.INJECTION:
                return Blocked(reason=verdict.value)
            case Verdict.UNAVAILABLE:
                return Failed(FailureKind.MODEL_UNREACHABLE, self._token())

    def of(self, error: BaseException) -> Outcome:
        """Turn what ended a run into an outcome, and write the details to the log only."""
        if isinstance(error, InputGuardrailTripwireTriggered):
            verdict = Verdict(error.guardrail_result.output.output_info)
            refused = self.refused(verdict)
            if refused is not None:
                return refused
        end = bad_end(error)
        kind = KINDS[end.why] if end else kind_of(error)
        failure = Failed(kind, self._token(), end.text if end else "", end.why if end else None)
        log.error(
            "run failed",
            extra={
                "reference": failure.reference,
                "failure": failure.failure.value,
                "end": failure.end.value if failure.end else "",
                "error": type(error).__name__,
            },
            exc_info=error if failure.failure in FOR_OPERATORS else None,
        )
        return failure
