"""What the fund exports, and what the files of `deploy/` name of it."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from eligibility_api.platform.telemetry import METRICS

DEPLOY = Path(__file__).parents[2] / "deploy"
PROMTOOL = os.environ.get("PROMTOOL") or shutil.which("promtool")
"""Prometheus' own checker, where it is installed (Debian: package `prometheus`)."""

_METRIC = re.compile(r"\bshikaku_\w+")
_MATCHER = re.compile(r'(\w+)(=~|!=|=)"([^"]*)"')
_SAMPLES = {
    "counter": ("_total",),
    "gauge": ("",),
    "histogram": ("_bucket", "_sum", "_count"),
}


def exported() -> dict[str, frozenset[str]]:
    """The samples of each metric that the fund's processes export."""
    found = {
        family.name: frozenset(family.name + end for end in _SAMPLES[family.type])
        for family in METRICS.collect()
    }
    assert found
    return found


def named(expression: str) -> set[str]:
    """The samples that an expression names."""
    return set(_METRIC.findall(expression))


def matched(expression: str, label: str) -> Iterator[str]:
    """The values of a label that an expression selects one by one."""
    for name, operator, value in _MATCHER.findall(expression):
        if name == label and value and not (operator == "=~" and re.search(r"[.*+]", value)):
            yield from value.split("|")


def alerts() -> Mapping[str, Any]:
    """The rules of the alerts, by name."""
    groups = yaml.safe_load((DEPLOY / "prometheus" / "alerts.yml").read_text(encoding="utf-8"))["groups"]
    rules = {rule["alert"]: rule for group in groups for rule in group["rules"]}
    assert rules
    assert len(rules) == sum(len(group["rules"]) for group in groups)
    return rules
