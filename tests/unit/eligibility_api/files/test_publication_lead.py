"""How far ahead of its commit a file is published (decision 004)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from eligibility_api.files.store import lead_of


@pytest.mark.parametrize(("took", "lead"), [(0.0, 1.0), (0.3, 1.0), (0.4, 1.2), (1.2, 3.6), (60.0, 4.0)])
def test_a_transaction_that_took_long_has_as_long_for_its_commit(
    monkeypatch: pytest.MonkeyPatch, took: float, lead: float
) -> None:
    monkeypatch.setattr("time.monotonic", lambda: 100.0 + took)
    assert lead_of(timedelta(seconds=1), 100.0).total_seconds() == pytest.approx(lead)
