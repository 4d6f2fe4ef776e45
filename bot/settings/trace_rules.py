"""What is wrong with where traces are to go, and the form of what says so."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from bot.domain.web_address import read_url
from bot.settings.config import Settings

FORMS: Final = {
    "otel_exporter_otlp_protocol": "http/protobuf, which is all that is spoken here",
    "otel_service_name": "a name of up to 80 characters",
    "otel_sdk_disabled": "true or false",
    "trace_text": "true or false",
}
#: https://opentelemetry.io/docs/specs/otel/protocol/exporter/#specifying-headers-via-environment-variables
_HEADER: Final = re.compile(r"\s*[\w!#$%&'*+.^`|~-]+\s*=[ !-+\--~]*")


def problems(settings: Settings) -> Iterator[tuple[str, str]]:
    """Say what is wrong, a field and a sentence each; never a value."""
    for name in ("otel_exporter_otlp_endpoint", "otel_exporter_otlp_traces_endpoint"):
        if (url := getattr(settings, name)) and not _is_web(url):
            yield name, f"{name.upper()} must be an address that begins with https:// or http://."
    headers = settings.otel_exporter_otlp_headers.get_secret_value()
    if not all(_HEADER.fullmatch(part) for part in headers.split(",") if part.strip()):
        yield (
            "otel_exporter_otlp_headers",
            "OTEL_EXPORTER_OTLP_HEADERS must be name=value, with commas between several.",
        )


def _is_web(url: str) -> bool:
    try:
        read = read_url(url)
    except ValueError:
        return False
    return read.scheme in {"http", "https"} and bool(read.raw_host)
