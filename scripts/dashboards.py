"""The Grafana dashboards of `deploy/grafana/`, built from `dashboards.toml`: two panels in a row, in the order given."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent.parent / "deploy" / "grafana"
DATA: dict[str, Any] = tomllib.loads((FOLDER / "dashboards.toml").read_text(encoding="utf-8"))

_WIDTH, _HEIGHT = 12, 8
"""Size of a panel in Grafana's grid, which is 24 wide."""

_SOURCE = {"type": "prometheus", "uid": "${source}"}
_SCHEMA_VERSION = 38


def _panel(number: int, panel: Mapping[str, Any]) -> dict[str, Any]:
    row, column = divmod(number, 24 // _WIDTH)
    return {
        "id": number + 1,
        "type": "timeseries",
        "title": panel["title"],
        "datasource": _SOURCE,
        "gridPos": {"x": column * _WIDTH, "y": row * _HEIGHT, "w": _WIDTH, "h": _HEIGHT},
        "fieldConfig": {"defaults": {"unit": panel["unit"], "min": 0}, "overrides": []},
        "targets": [
            {
                "refId": chr(ord("A") + place),
                "datasource": _SOURCE,
                "expr": expression,
                "legendFormat": legend,
            }
            for place, (legend, expression) in enumerate(panel["queries"])
        ],
    }


def dashboard(described: Mapping[str, Any]) -> str:
    """One dashboard as Grafana imports it; the reader chooses the data source."""
    document = {
        "uid": f"shikaku-{described['file']}",
        "title": described["title"],
        "tags": ["shikaku"],
        "schemaVersion": _SCHEMA_VERSION,
        "timezone": "browser",
        "refresh": "30s",
        "time": {"from": "now-6h", "to": "now"},
        "templating": {
            "list": [{"name": "source", "label": "Prometheus", "type": "datasource", "query": "prometheus"}]
        },
        "panels": [_panel(number, panel) for number, panel in enumerate(described["panel"])],
    }
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


FILES: dict[str, Callable[[], str]] = {
    f"{described['file']}.json": partial(dashboard, described) for described in DATA["dashboard"]
}
"""The files of the folder, each with its generator."""
