"""Load test of claims: the newest claim month, and the rates of the report."""

from __future__ import annotations

import os
from collections import Counter
from datetime import UTC, datetime

import pytest

from payer_mock.clock import month_before
from payer_mock.load import run
from payer_mock.load.processes import fund_cpu_seconds
from payer_mock.load.report import ClaimsLoadReport


@pytest.mark.parametrize(
    ("instant", "month"),
    [
        (datetime(2026, 11, 10, 14, 59, tzinfo=UTC), "2026-10"),
        (datetime(2026, 11, 10, 15, 0, tzinfo=UTC), "2026-11"),
        (datetime(2026, 1, 1, tzinfo=UTC), "2025-12"),
    ],
)
def test_claims_of_a_claim_month_are_visible_from_its_11th_in_japan(
    monkeypatch: pytest.MonkeyPatch, instant: datetime, month: str
) -> None:
    monkeypatch.setattr(run, "now", lambda: instant)
    assert run._newest_due() == month


def test_the_month_before_january_is_december() -> None:
    assert [month_before("2026-01"), month_before("2026-03")] == ["2025-12", "2026-02"]


def test_rates_are_computed_from_the_claims_in_the_files() -> None:
    report = ClaimsLoadReport(10, claims=600, good=600, stored_after=2.0, cpu_seconds=1.5)
    printed = report.as_json()
    assert (printed["claims_per_s"], printed["claims_per_core_s"], report.clean) == (300, 400, True)


@pytest.mark.parametrize("changes", [{"good": 599}, {"faults": Counter(code=1)}])
def test_a_rejected_claim_makes_the_report_not_clean(changes: dict[str, int]) -> None:
    assert not ClaimsLoadReport(10, **({"claims": 600, "good": 600, "stored_after": 2.0} | changes)).clean  # type: ignore[arg-type]


def test_cpu_time_of_a_fund_that_we_did_not_start_is_not_measured() -> None:
    assert ClaimsLoadReport(10, claims=600, stored_after=2.0).as_json()["claims_per_core_s"] is None
    assert fund_cpu_seconds(os.getpid()) >= 0
