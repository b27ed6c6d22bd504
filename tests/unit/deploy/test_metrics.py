"""The exported metrics follow Prometheus' conventions, and each of them is on a dashboard."""

from __future__ import annotations

import re
import subprocess
from typing import Any

import pytest

from eligibility_api.platform.service_metrics import exposition, own_figures
from eligibility_api.platform.telemetry import METRICS
from scripts import dashboards
from tests.builders.monitoring import DEPLOY, PROMTOOL, exported, named

FAMILIES = {family.name: family for family in METRICS.collect()}
FOLDER = DEPLOY / "grafana"
PANELS = [panel for dashboard in dashboards.DATA["dashboard"] for panel in dashboard["panel"]]
EXPRESSIONS = [expression for panel in PANELS for _, expression in panel["queries"]]
_NOT_BASE_UNITS = re.compile(r"_(ms|milliseconds|minutes|hours|days|kb|kilobytes|percent)(_|$)")


@pytest.mark.parametrize("name", FAMILIES)
def test_a_metric_is_named_as_prometheus_wants(name: str) -> None:
    family = FAMILIES[name]
    assert re.fullmatch(r"shikaku_[a-z]+(_[a-z]+)*", name)
    assert not _NOT_BASE_UNITS.search(name)
    assert family.documentation.endswith(".")
    assert family.type in {"counter", "gauge", "histogram"}
    assert not name.endswith(("_total", "_count", "_sum", "_bucket"))


@pytest.mark.skipif(PROMTOOL is None, reason="promtool is not installed")
def test_promtool_finds_nothing_wrong_with_the_metrics() -> None:
    assert PROMTOOL is not None
    done = subprocess.run(
        [PROMTOOL, "check", "metrics"], input=exposition(own_figures()), capture_output=True, check=False
    )
    assert (done.returncode, done.stdout + done.stderr) == (0, b"")


def test_every_metric_that_a_dashboard_names_is_exported() -> None:
    samples = {sample for found in exported().values() for sample in found}
    assert EXPRESSIONS
    assert all(named(expression) and named(expression) <= samples for expression in EXPRESSIONS)


def test_every_exported_metric_is_on_a_dashboard_or_named_as_not_shown() -> None:
    shown = {sample for expression in EXPRESSIONS for sample in named(expression)}
    not_shown = {name for name, samples in exported().items() if not samples & shown}
    assert not_shown == set(dashboards.DATA["not_shown"])


def test_the_files_are_those_that_the_data_describe() -> None:
    assert {path.name for path in FOLDER.glob("*.json")} == set(dashboards.FILES)
    for name, generate in dashboards.FILES.items():
        assert (FOLDER / name).read_text(encoding="utf-8") == generate(), (
            f"{name} is outdated: run `make docs`"
        )


@pytest.mark.parametrize("panel", PANELS, ids=[str(number) for number in range(len(PANELS))])
def test_a_panel_has_a_title_in_both_languages_and_a_legend_for_each_line(panel: dict[str, Any]) -> None:
    japanese, english = panel["title"].split("/ ")
    assert not japanese.isascii()
    assert english.isascii()
    assert all(legend for legend, _ in panel["queries"])
