"""The settings of the support team."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator

from countersign import TeamSettings

_HERE = frozenset({"127.0.0.1", "localhost", "::1"})


class SupportSettings(TeamSettings):
    """Where the billing service is, and above which amounts people are asked."""

    billing_base_url: str = Field(
        description="the https:// address of the billing service that refunds go to"
    )
    billing_api_key: SecretStr = Field(description="the key that the billing service takes")
    refund_approval_over: Decimal = Field(default=Decimal("20.00"), ge=0, allow_inf_nan=False)
    refund_two_over: Decimal = Field(default=Decimal("10000.00"), ge=0, allow_inf_nan=False)
    refund_invoice_over: Decimal = Field(default=Decimal("100.00"), ge=0, allow_inf_nan=False)
    refund_count_over: int = Field(default=20, ge=0)
    refund_rates: dict[str, Annotated[Decimal, Field(gt=0, allow_inf_nan=False)]] = Field(
        default_factory=dict
    )

    @field_validator("billing_base_url")
    @classmethod
    def _is_safe(cls, value: str) -> str:
        url = urlsplit(value)
        if url.scheme == "https" and url.hostname or url.scheme == "http" and url.hostname in _HERE:
            return value
        raise ValueError(
            "must begin with https:// (http:// is taken on this machine only): its key goes there"
        )

    @field_validator("billing_api_key")
    @classmethod
    def _goes_in_a_header(cls, value: SecretStr) -> SecretStr:
        if re.fullmatch("[!-~]*", value.get_secret_value()):
            return value
        raise ValueError("has a blank in it, or a character that no key has: copy it once more")
