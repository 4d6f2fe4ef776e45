"""The pace of reconnections, with a clock that stands still until it is moved."""

from __future__ import annotations

from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.socket_mode import CALM, LONGEST_PAUSE, Pace, SteadyClient
from bot.slack.token_access import Token
from bot.telemetry.metrics import Metrics
from tests.monitoring import totals


class Clock:
    """Seconds that only a test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def pauses(pace: Pace, clock: Clock, times: int) -> list[float]:
    """Try so many times, each as soon as the pace allows."""
    taken: list[float] = []
    for _ in range(times):
        taken.append(pace.pause())
        clock.now += taken[-1]
    return taken


def test_the_first_attempt_is_made_at_once_and_the_next_ones_ever_later() -> None:
    clock = Clock()

    assert pauses(Pace(clock, lambda: 1.0), clock, 8) == [0, 1, 2, 4, 8, 16, LONGEST_PAUSE, LONGEST_PAUSE]


def test_half_of_each_pause_is_left_to_chance() -> None:
    clock = Clock()

    assert pauses(Pace(clock, lambda: 0.0), clock, 4) == [0, 0.5, 1, 2]


def test_a_socket_that_lasted_is_replaced_at_once() -> None:
    clock = Clock()
    pace = Pace(clock, lambda: 1.0)
    pauses(pace, clock, 5)
    clock.now += CALM + 1

    assert pace.pause() == 0


def test_the_latest_attempt_is_the_one_that_is_still_to_come() -> None:
    clock = Clock()
    pace = Pace(clock, lambda: 1.0)
    pace.pause()
    pace.pause()

    assert pace.latest == clock.now + 1


class Silent(SteadyClient):
    """One whose socket takes everything and leads nowhere."""

    async def send_message(self, message: str) -> None:
        del message


async def test_each_envelope_counts_once_with_its_ack_or_without() -> None:
    clock, metrics = Clock(), Metrics()
    token = Token("SLACK_APP_TOKEN")
    client = Silent("xapp-1", AsyncWebClient(), Pace(clock, lambda: 0.0), clock, token, metrics)
    first, second = (SocketModeRequest("events_api", name, {}) for name in ("e1", "e2"))
    with client.handling(first), client.handling(second):
        clock.now += 1.5
        await client.send_socket_mode_response(SocketModeResponse("e1"))
        await client.send_socket_mode_response(SocketModeResponse("e1"))
        await client.send_socket_mode_response(SocketModeResponse("e3"))
    await client.close()

    assert totals(metrics) == {"ack_seconds_count": 1, "unacked_total": 1}
    assert 'ack_seconds_sum{envelope="events_api"} 1.5' in metrics.page("", {})[0].decode()
