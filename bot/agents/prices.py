"""What tokens cost: as the operator says, else as the providers' lists had it when this release was made."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from importlib.util import find_spec, module_from_spec
from typing import Final

from genai_prices import Usage
from genai_prices.data_snapshot import DataSnapshot

from bot.agents.metered_models import Price
from bot.domain.usage import OwnPrice, Tokens

log = logging.getLogger(__name__)

#: The providers whose lists hold wherever their models are reached; any other is known by its address.
_LISTED: Final = frozenset({"openai", "deepseek"})


class Prices:
    """Finds the price of a model once. `own` are the operator's, by `provider:NAME`; they win.

    The lists come with a package and are not fetched: https://github.com/pydantic/genai-prices. They are thousands of
    prices, of which a bot has use for a handful: whoever has asked for its models calls `let_go`.
    """

    def __init__(self, own: Mapping[str, OwnPrice] | None = None) -> None:
        self._own = own or {}
        self._lists: DataSnapshot | None = None

    def of(self, provider: str, name: str, base_url: str) -> Price:
        """What tells the price of a model's tokens, in dollars; None for a model without one."""
        if own := self._own.get(f"{provider}:{name}"):
            return lambda tokens, at: own.of(tokens)
        by = (provider, None) if provider in _LISTED else (None, base_url)
        try:
            self._lists = self._lists or _lists()
            listed, model = self._lists.find_provider_model(name, None, *by)
        except LookupError:
            log.warning("no price is known for a model", extra={"model": f"{provider}:{name}"})
            return lambda tokens, at: None
        listed = replace(listed, models=[model])  # which holds on to no other

        def price(tokens: Tokens, at: datetime) -> Decimal | None:
            used = Usage(
                input_tokens=tokens.input, cache_read_tokens=tokens.cached, output_tokens=tokens.output
            )
            try:
                return model.calc_price(used, listed, genai_request_timestamp=at).total_price
            except ValueError:  # priced by what the server does not tell
                return None

        return price

    def let_go(self) -> None:
        """Free the lists. What was found stays; to find another one they are read again."""
        self._lists = None


def _lists() -> DataSnapshot:
    """Read them into a module of which nobody else knows: the package itself would keep them for good."""
    spec = find_spec("genai_prices.data")
    if spec is None or spec.loader is None:
        raise ImportError("genai_prices has no lists")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return DataSnapshot(module.providers, from_auto_update=False)
