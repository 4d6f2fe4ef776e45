"""Forms behind buttons: one for each click, however often that is delivered."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import Any, Final

from slack_sdk.web.async_client import AsyncWebClient

#: So many clicks are remembered; one that is delivered twice comes twice within moments.
REMEMBERED: Final = 1_000


class OpenedForms:
    """Opens them. Of what comes over another replica's socket Slack itself takes each trigger once."""

    def __init__(self) -> None:
        self._triggers: deque[str] = deque(maxlen=REMEMBERED)

    async def open(self, client: AsyncWebClient, body: Mapping[str, Any], view: dict[str, Any]) -> None:
        """Open a form for the click of a payload, unless that has one already."""
        trigger = str(body["trigger_id"])
        if trigger in self._triggers:
            return
        self._triggers.append(trigger)
        await client.views_open(trigger_id=trigger, view=view)
