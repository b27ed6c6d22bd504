"""Every alert is about what the fund exports, has its runbook, and fires: shown by promtool where it is installed."""

from __future__ import annotations

import re
import subprocess
from collections import Counter
from pathlib import Path

import pytest
import yaml

from eligibility_api import scheduler
from eligibility_api.contract.errors import CATALOGUE
from eligibility_api.web.server.limits import LIMITS
from loadtest.faults.catalogue import FAULTS
from loadtest.faults.fault import Window
from scripts.generate_docs import openapi
from tests.builders.monitoring import DEPLOY, PROMTOOL, alerts, exported, matched, named

FOLDER = DEPLOY / "prometheus"
DOCS = DEPLOY.parent / "docs"
ALERTS = alerts()
TESTS = yaml.safe_load((FOLDER / "alerts_test.yml").read_text(encoding="utf-8"))["tests"]
CASES = [case for test in TESTS for case in test["alert_rule_test"]]

needs_promtool = pytest.mark.skipif(PROMTOOL is None, reason="promtool is not installed")


def promtool(*arguments: str) -> None:
    assert PROMTOOL is not None
    done = subprocess.run([PROMTOOL, *arguments], cwd=FOLDER, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", ALERTS)
def test_an_alert_names_only_what_the_fund_exports(name: str) -> None:
    samples = {sample for found in exported().values() for sample in found}
    assert named(ALERTS[name]["expr"]) <= samples
    assert named(ALERTS[name]["expr"]) or "up{" in ALERTS[name]["expr"]


LABELS = {
    "code": set(CATALOGUE),
    "limit": {limit.name for limit in LIMITS},
    "outcome": {"done", "failed"},
    "task": set(re.findall(r'_attempt\("(\w+)"', Path(scheduler.__file__).read_text(encoding="utf-8"))),
}


def test_an_alert_selects_only_values_that_exist() -> None:
    used: Counter[str] = Counter()
    for name, rule in ALERTS.items():
        for label, values in LABELS.items():
            selected = set(matched(rule["expr"], label))
            assert selected <= values, name
            used[label] += len(selected)
    assert set(used) == set(LABELS)
    assert all(used.values()), "a label that no alert selects by"


@pytest.mark.slow
def test_an_alert_selects_only_routes_of_the_interface() -> None:
    routes = {route for rule in ALERTS.values() for route in matched(rule["expr"], "route")}
    assert routes
    assert all(f'"{route}"' in openapi() for route in routes)


@pytest.mark.parametrize("name", ALERTS)
def test_an_alert_states_what_happens_in_both_languages_and_how_urgent_it_is(name: str) -> None:
    rule = ALERTS[name]
    assert set(rule["annotations"]) == {"summary", "summary_ja", "runbook"}
    assert rule["annotations"]["summary"].isascii()
    assert not rule["annotations"]["summary_ja"].isascii()
    assert rule["labels"]["severity"] in {"page", "ticket"}


@pytest.mark.parametrize("page", ["runbooks.md", "runbooks.ja.md"])
def test_the_runbooks_are_those_of_the_alerts_in_their_order(page: str) -> None:
    text = (DOCS / page).read_text(encoding="utf-8")
    sections = re.findall(r"^## (\w+)\n\n`(\w+)`(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    assert [(name, severity) for name, severity, _ in sections] == [
        (name, rule["labels"]["severity"]) for name, rule in ALERTS.items()
    ]
    for name, _, section in sections:
        fault = ALERTS[name]["labels"].get("fault")
        assert re.findall(r"(?:Fault: |障害の名前：)`([\w-]+)`", section) == ([fault] if fault else []), name


@pytest.mark.parametrize("name", ALERTS)
def test_an_alert_refers_to_its_runbook(name: str) -> None:
    assert ALERTS[name]["annotations"]["runbook"] == f"docs/runbooks.md#{name.lower()}"


WITH_FAULT = [name for name, rule in ALERTS.items() if "fault" in rule["labels"]]


@pytest.mark.parametrize("name", WITH_FAULT)
def test_the_laboratory_has_the_fault_and_it_produces_the_error_that_the_alert_counts(name: str) -> None:
    fault = FAULTS[ALERTS[name]["labels"]["fault"]]
    expected = fault.expected(Window(100.0, 1000.0)).errors
    by_name = {limit.name: limit for limit in LIMITS}
    expression = ALERTS[name]["expr"]
    refusals = [by_name[limit].error for limit in matched(expression, "limit")]
    counted = {*matched(expression, "code"), *(error.code for error in refusals if error is not None)}
    assert counted <= expected
    assert counted or "shikaku_revocation_list" in expression


@pytest.mark.parametrize("name", ALERTS)
def test_an_alert_has_a_test_in_which_it_fires_and_one_in_which_it_does_not(name: str) -> None:
    fires = [bool(case["exp_alerts"]) for case in CASES if case["alertname"] == name]
    assert sorted(fires) == [False, True]


def test_the_tests_of_the_alerts_record_only_what_the_fund_exports() -> None:
    samples = {sample for found in exported().values() for sample in found}
    recorded = [series["series"] for test in TESTS for series in test["input_series"]]
    assert recorded
    assert {name for series in recorded for name in named(series)} <= samples


@needs_promtool
def test_prometheus_accepts_configuration_and_rules() -> None:
    promtool("check", "config", "prometheus.yml")


@pytest.mark.slow
@needs_promtool
def test_every_alert_fires_over_recorded_values_and_none_in_a_fund_in_order() -> None:
    promtool("test", "rules", "alerts_test.yml")
