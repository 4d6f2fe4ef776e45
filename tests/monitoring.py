"""The dashboard, the alerts and the table of `docs/monitoring`, as tests read them."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import yaml

from bot.telemetry.measures import MEASURES, VALUES, Kind
from bot.telemetry.metrics import Metrics
from tests.promql import UP, Series, families

FOLDER: Final = Path(__file__).parents[1] / "docs/monitoring"
TABLE: Final = FOLDER / "metrics.md"
ALERTS: Final = FOLDER / "alerts.yml"
SCRAPED: Final = FOLDER / "prometheus.yml"
DASHBOARD: Final = FOLDER / "grafana.json"


def totals(metrics: Metrics) -> dict[str, float]:
    """What each metric has counted, whatever its labels; of a histogram how many. Those of zero are left out."""
    found: defaultdict[str, float] = defaultdict(float)
    for family in families(metrics.page("", {})[0].decode()):
        for sample in family.samples:
            if not sample.name.endswith(("_bucket", "_sum")):
                found[sample.name.removeprefix("countersign_")] += sample.value
    return {name: value for name, value in found.items() if value}


def alerts() -> list[dict[str, Any]]:
    """Every rule."""
    groups = yaml.safe_load(ALERTS.read_text(encoding="utf-8"))["groups"]
    return [rule for group in groups for rule in group["rules"]]


def queries() -> Iterator[tuple[str, str]]:
    """Every query, with where it stands; what Grafana puts in at the time is put in."""
    for rule in alerts():
        yield rule["alert"], rule["expr"]
    for panel in json.loads(DASHBOARD.read_text(encoding="utf-8"))["panels"]:
        for target in panel.get("targets", ()):
            yield f"{panel['title']} {target['refId']}", target["expr"].replace("$__rate_interval", "5m")


def possible() -> dict[str, Series]:
    """What a replica could ever show, by the code's own table."""
    found = {UP: Series("gauge")}
    for one in MEASURES:
        labels = {label: set(VALUES[label]) for label in one.labels}
        parts = ("_bucket", "_sum", "_count") if one.kind is Kind.HISTOGRAM else ("",)
        for part in parts:
            more: dict[str, set[str]] = {"le": set()} if part == "_bucket" else {}
            found[one.name + part] = Series(one.kind.value, labels | more)
    return found


def with_values(shown: Mapping[str, Series]) -> dict[str, Series]:
    """What a page shows, with the values that labels may have and have not had yet."""
    for series in shown.values():
        for label, values in series.labels.items():
            values.update(VALUES.get(label, ()))
    return dict(shown)
