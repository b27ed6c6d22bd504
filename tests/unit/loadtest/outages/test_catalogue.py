"""The twelve outages: each breaks what broke in reality, at its level, and has its line in the documents."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from loadtest.faults.catalogue import FAULTS
from loadtest.faults.storm import STORM
from loadtest.outages.catalogue import OUTAGES, Outage
from loadtest.scenario.levels import LEVELS

DOCS = Path(__file__).parents[4] / "docs"

BROKEN = {
    "wrong-numbers": "wrong-numbers",
    "blank-burden": "blank-column",
    "reader-update": "reader-update",
    "uneven-load": "worker-imbalance",
    "restart-storm": "storm",
    "identity-provider-down": "token-endpoint-down",
    "access-line-down": "network-cut",
    "certificate-operator-down": "ocsp-down",
    "cloud-vendor-down": "cloud-vendor-down",
    "demand-spike": "demand-spike",
    "ocsp-overloaded": "ocsp-slow",
    "certificates-swapped": "certificates-swapped",
}
"""The fault of each outage."""


def test_the_twelve_and_their_faults() -> None:
    assert {name: outage.fault.name for name, outage in OUTAGES.items()} == BROKEN
    assert len(BROKEN) == 12


@pytest.mark.parametrize("outage", OUTAGES.values(), ids=OUTAGES)
def test_each_has_what_happened_in_both_languages(outage: Outage) -> None:
    assert outage.happened.en.isascii()
    assert not outage.happened.ja.isascii()
    assert outage.fault in (*FAULTS.values(), STORM)


def test_a_storm_has_its_own_level_and_time() -> None:
    assert {name for name, outage in OUTAGES.items() if outage.level is not LEVELS["L0"]} == {"restart-storm"}
    plan = OUTAGES["restart-storm"].plan(None, 0.5, 3)
    assert (plan.level, plan.seconds, plan.scale, plan.seed) == (LEVELS["storm"], 180.0, 0.5, 3)


@pytest.mark.parametrize(("minutes", "seconds"), [(None, 60.0), (0.1, 6.0), (10.0, 600.0)])
def test_the_time_is_a_minute_unless_another_is_given(minutes: float | None, seconds: float) -> None:
    assert OUTAGES["demand-spike"].plan(minutes, 1.0, 1).seconds == pytest.approx(seconds)


@pytest.mark.parametrize("page", ["load-laboratory.md"])
def test_the_document_has_every_outage_with_its_fault(page: str) -> None:
    text = (DOCS / page).read_text(encoding="utf-8")
    section = text.split("\n## The twelve outages\n")[1].split("\n## ")[0]
    rows = re.findall(r"^\| `([a-z-]+)` \|[^|]*\| `([a-z-]+)` \|", section, re.MULTILINE)
    assert rows == list(BROKEN.items())
