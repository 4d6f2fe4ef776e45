"""What is raised where budgets leave no room for a request of a model."""

from __future__ import annotations

from decimal import Decimal

from bot.domain.budget import Standing
from bot.domain.errors import BotError


class BudgetError(BotError):
    """A request of a model may not be sent, or nobody can say whether it may."""


class BudgetUnread(BudgetError):
    """Redis did not say whether there is room in a budget."""


class BudgetReached(BudgetError):
    """There is no room in these budgets for a request that may cost `most`; `is_check`: one that checks a message."""

    user_message = "A budget is used up, so I cannot read this now. Please write it again once somebody lets me go on, or tomorrow."

    def __init__(self, short: tuple[Standing, ...], most: Decimal, *, is_check: bool = False) -> None:
        super().__init__()
        self.short = short
        self.most = most
        self.is_check = is_check
