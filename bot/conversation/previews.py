"""What calls would do, asked of their tools."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from bot.agents.approved_tools import ApprovedTools
from bot.domain.approvals.approval import Approval
from bot.domain.approvals.preview import Preview


class Previews:
    """Asks tools for their previews, with the services of their team."""

    def __init__(self, tools: ApprovedTools, services: Any) -> None:
        self._tools = tools
        self._services = services

    async def of(self, approval: Approval) -> Preview | None:
        """What its call would do now; None for a tool without a preview."""
        return await self._tools.preview(self._services, approval)

    async def into(self, approvals: Sequence[Approval]) -> list[Approval]:
        """Put into each approval that is pending what its call would do; all are asked for at once."""
        found = await asyncio.gather(*(self._seen(approval) for approval in approvals))
        return [
            replace(approval, preview=preview) for approval, preview in zip(approvals, found, strict=True)
        ]

    async def _seen(self, approval: Approval) -> Preview | None:
        return None if approval.is_final else await self.of(approval)
