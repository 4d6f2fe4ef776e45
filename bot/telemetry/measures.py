"""Every metric of a replica: its name, what it counts, by which labels. `docs/monitoring/metrics.md` has the same table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from bot.domain.approvals.approval import ApprovalStatus
from bot.domain.audit import Deed
from bot.domain.backlog import AGES, OLDER
from bot.domain.events import Lane
from bot.domain.rank import Band

#: What stands for a value that is none of a label's: no metric grows with what people or models write.
OTHER: Final = "other"


class Kind(StrEnum):
    """Prometheus' kinds: https://prometheus.io/docs/concepts/metric_types."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


class Loop(StrEnum):
    """What a replica does again and again in the background, by its name in log and metrics."""

    WORKER = "worker"
    LONG_WAITS = "long_waits"
    SOCKETS = "sockets"
    BACKFILL = "backfill"
    TOKEN = "token"
    ROSTER = "roster"
    STARVATION = "starvation"
    REDIS_CLOCK = "redis_clock"
    SLACK_CLOCK = "slack_clock"
    AUDIT_CHAIN = "audit_chain"
    AUDIT_ANCHOR = "audit_anchor"
    SANDBOXES = "sandboxes"
    STRANDED = "stranded"
    REMOVED_TOOLS = "removed_tools"
    LISTS = "lists"


@dataclass(frozen=True, slots=True, eq=False)
class Measure:
    """One metric, and there is each but once. The names of times are in seconds, those of counters end in `_total`."""

    name: str
    kind: Kind
    says: str
    labels: tuple[str, ...] = ()
    #: The upper bounds of a histogram.
    bounds: tuple[float, ...] = ()


_QUICK: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 3.0, 5.0)
_ANSWER: Final = (0.25, 0.5, 1.0, 2.0, 3.0, 5.0, 8.0, 15.0, 30.0, 60.0, 120.0, 300.0)
_PEOPLE: Final = (10.0, 60.0, 300.0, 900.0, 3_600.0, 14_400.0, 28_800.0, 86_400.0, 259_200.0, 604_800.0)
_OF_MODEL: Final = ("agent", "model")

ACK: Final = Measure(
    "countersign_ack_seconds",
    Kind.HISTOGRAM,
    "From an envelope of Slack's to its ack; Slack waits three seconds",
    ("envelope",),
    _QUICK,
)
UNACKED: Final = Measure(
    "countersign_unacked_total",
    Kind.COUNTER,
    "Envelopes that got no ack; Slack sends events again",
    ("envelope",),
)
FIRST_TEXT: Final = Measure(
    "countersign_first_text_seconds",
    Kind.HISTOGRAM,
    "From a message, by Slack's time of it, to the first words of its answer",
    (),
    _ANSWER,
)
EVENT: Final = Measure(
    "countersign_event_seconds",
    Kind.HISTOGRAM,
    "Work on one event of a thread, from its claim to its end, waits for Slack's rates and for models included",
    ("lane",),
    (0.05, *_ANSWER, 900.0),
)
FAILURES: Final = Measure(
    "countersign_event_failures_total",
    Kind.COUNTER,
    "Tries of an event that ended in an error of the bot's own",
)
ROUNDS: Final = Measure(
    "countersign_round_failures_total",
    Kind.COUNTER,
    "Rounds of what runs in the background that ended in an error of the bot's own; the next round comes all the same",
    ("loop",),
)
OUTCOMES: Final = Measure(
    "countersign_outcomes_total",
    Kind.COUNTER,
    "How messages, and what people decided, were answered",
    ("outcome",),
)
TURN: Final = Measure(
    "countersign_turn_seconds",
    Kind.HISTOGRAM,
    "One request of a model, from when it is sent to its last word",
    _OF_MODEL,
    _ANSWER,
)
REQUESTS: Final = Measure("countersign_model_requests_total", Kind.COUNTER, "Requests of models", _OF_MODEL)
UNTOLD: Final = Measure(
    "countersign_untold_requests_total",
    Kind.COUNTER,
    "Requests that ended before their server said what they used",
    _OF_MODEL,
)
INPUT: Final = Measure("countersign_input_tokens_total", Kind.COUNTER, "Tokens read by models", _OF_MODEL)
CACHED: Final = Measure(
    "countersign_cached_tokens_total",
    Kind.COUNTER,
    "Of these, the ones that came from a cached prompt",
    _OF_MODEL,
)
OUTPUT: Final = Measure(
    "countersign_output_tokens_total", Kind.COUNTER, "Tokens written by models", _OF_MODEL
)
REASONING: Final = Measure(
    "countersign_reasoning_tokens_total", Kind.COUNTER, "Of these, the ones that were reasoning", _OF_MODEL
)
COST: Final = Measure(
    "countersign_cost_dollars_total",
    Kind.COUNTER,
    "What requests cost, as far as a price is known",
    _OF_MODEL,
)
GUARD: Final = Measure(
    "countersign_guard_verdicts_total",
    Kind.COUNTER,
    "What the check of a message before any agent reads it came to, and why",
    ("verdict", "reason"),
)
SLACK_CALLS: Final = Measure(
    "countersign_slack_calls_total",
    Kind.COUNTER,
    "Calls of Slack's Web API by what came of them; edits are `chat.update`, a 429 is `rate_limited`",
    ("method", "result"),
)
RECORD: Final = Measure(
    "countersign_record_entries_total",
    Kind.COUNTER,
    "What went on record, of approvals and resets",
    ("deed",),
)
DECISION: Final = Measure(
    "countersign_decision_seconds",
    Kind.HISTOGRAM,
    "From an approval's request to its end, by what it ended as",
    ("status",),
    _PEOPLE,
)
SANDBOX: Final = Measure(
    "countersign_sandbox_seconds_total",
    Kind.COUNTER,
    "For how long sandboxes were open that this replica ended",
)
LEASE_LOSSES: Final = Measure(
    "countersign_lease_losses_total",
    Kind.COUNTER,
    "Times that a worker had to let a thread go in the middle of work",
)
RECOVERIES: Final = Measure(
    "countersign_recoveries_total", Kind.COUNTER, "Claims of an event that somebody had begun and not ended"
)
BACKFILLS: Final = Measure(
    "countersign_backfills_total", Kind.COUNTER, "Readings of Slack's history behind a gap", ("history",)
)
BACKFILLED: Final = Measure(
    "countersign_backfilled_messages_total",
    Kind.COUNTER,
    "Messages that were found there and nobody had heard",
)

QUEUE: Final = Measure(
    "countersign_queue_threads",
    Kind.GAUGE,
    "Threads that wait for a worker, by what comes first in them",
    ("band",),
)
QUEUE_AGE: Final = Measure(
    "countersign_queue_oldest_seconds", Kind.GAUGE, "For how long the first of them has waited", ("band",)
)
APPROVALS: Final = Measure(
    "countersign_approvals",
    Kind.GAUGE,
    "Approvals that wait for people (pending) or for their call to run (approved), by age",
    ("state", "age"),
)
APPROVALS_AGE: Final = Measure(
    "countersign_approvals_oldest_seconds",
    Kind.GAUGE,
    "For how long the oldest of them has waited",
    ("state",),
)
QUESTIONS: Final = Measure(
    "countersign_outcome_questions", Kind.GAUGE, "Calls of which nobody knows yet whether they happened"
)
REDIS: Final = Measure("countersign_redis_up", Kind.GAUGE, "1 where Redis answers within two seconds")
PERSISTS: Final = Measure(
    "countersign_redis_persists",
    Kind.GAUGE,
    "1 where Redis keeps an append-only file, and its last write went well",
)
RECOVERING: Final = Measure(
    "countersign_redis_recovering",
    Kind.GAUGE,
    "1 while what a new Redis may have forgotten is looked for in Slack",
)
READY: Final = Measure("countersign_ready", Kind.GAUGE, "1 where `/readyz` has no complaint")
CONNECTED: Final = Measure("countersign_slack_connected", Kind.GAUGE, "1 where a socket of Slack's is open")
REFUSED: Final = Measure(
    "countersign_slack_token_refused", Kind.GAUGE, "1 while Slack refuses a token", ("token",)
)
CLOCK: Final = Measure(
    "countersign_clock_off_seconds",
    Kind.GAUGE,
    "By how much a clock is ahead of the one of Redis",
    ("clock",),
)

#: All of them, as the documents list them.
MEASURES: Final = (
    *(ACK, UNACKED, FIRST_TEXT, EVENT, FAILURES, ROUNDS, OUTCOMES),
    *(RECOVERIES, LEASE_LOSSES, BACKFILLS, BACKFILLED),
    *(TURN, REQUESTS, UNTOLD, INPUT, CACHED, OUTPUT, REASONING, COST, GUARD, SANDBOX, SLACK_CALLS),
    *(RECORD, DECISION, APPROVALS, APPROVALS_AGE, QUESTIONS, QUEUE, QUEUE_AGE),
    *(READY, CONNECTED, REFUSED, REDIS, PERSISTS, RECOVERING, CLOCK),
)

#: Every method of Slack's that is counted by its name.
SLACK_METHODS: Final = (
    *("apps.connections.open", "auth.test", "chat.appendStream", "chat.delete", "chat.postEphemeral"),
    *("chat.postMessage", "chat.startStream", "chat.stopStream", "chat.update", "conversations.history"),
    *("conversations.info", "conversations.open", "conversations.replies", "files.completeUploadExternal"),
    *("files.info", "usergroups.list", "usergroups.users.list", "users.conversations", "users.info"),
    "views.publish",
)

#: What each label may say. Of agents and models there are as many as the settings name: `Metrics.expects`.
VALUES: Final[Mapping[str, tuple[str, ...]]] = {
    "envelope": ("events_api", "interactive", "slash_commands"),
    "loop": tuple(Loop),
    "lane": tuple(lane.name.lower() for lane in Lane),
    "outcome": ("completed", "notice", "interrupted", "unsure", "blocked", "stopped", "failed"),
    "verdict": ("ok", "unsure", "injection", "unavailable"),
    "reason": ("judged", "judged_again", "unreadable", "unanswered"),
    "method": SLACK_METHODS,
    "result": ("ok", "rate_limited", "unauthorized", "rejected", "unavailable"),
    "history": ("read", "failed"),
    "deed": tuple(Deed),
    "status": tuple(status for status in ApprovalStatus if status is not ApprovalStatus.PENDING),
    "band": tuple(band.name.lower() for band in Band),
    "state": ("pending", "approved"),
    "age": (*AGES, OLDER),
    "token": ("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN"),
    "clock": ("machine", "slack"),
    "agent": (),
    "model": (),
}
