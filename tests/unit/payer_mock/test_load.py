"""What a load of receipts decides by itself: which claim month is the newest, and what its figures say."""

from __future__ import annotations

import os
from collections import Counter
from datetime import UTC, datetime

import pytest

from payer_mock.clock import month_before
from payer_mock.load import claims
from payer_mock.load.processes import fund_processor_seconds
from payer_mock.load.report import ClaimsLoad


@pytest.mark.parametrize(
    ("instant", "month"),
    [
        (datetime(2026, 11, 10, 14, 59, tzinfo=UTC), "2026-10"),
        (datetime(2026, 11, 10, 15, 0, tzinfo=UTC), "2026-11"),
        (datetime(2026, 1, 1, tzinfo=UTC), "2025-12"),
    ],
)
def test_receipts_of_a_claim_month_show_from_its_11th_in_japan(
    monkeypatch: pytest.MonkeyPatch, instant: datetime, month: str
) -> None:
    monkeypatch.setattr(claims, "now", lambda: instant)
    assert claims._newest_due() == month


def test_before_january_comes_december() -> None:
    assert [month_before("2026-01"), month_before("2026-03")] == ["2025-12", "2026-02"]


def test_rates_are_of_the_receipts_in_the_files() -> None:
    report = ClaimsLoad(10, receipts=600, good=600, stored_after=2.0, processor_seconds=1.5)
    told = report.as_json()
    assert (told["receipts_per_s"], told["receipts_per_core_s"], report.clean) == (300, 400, True)


@pytest.mark.parametrize("changes", [{"good": 599}, {"faults": Counter(code=1)}])
def test_a_receipt_that_was_not_taken_shows(changes: dict[str, int]) -> None:
    assert not ClaimsLoad(10, **({"receipts": 600, "good": 600, "stored_after": 2.0} | changes)).clean  # type: ignore[arg-type]


def test_where_the_fund_is_not_below_us_its_processor_is_not_measured() -> None:
    assert ClaimsLoad(10, receipts=600, stored_after=2.0).as_json()["receipts_per_core_s"] is None
    assert fund_processor_seconds(os.getpid()) >= 0
