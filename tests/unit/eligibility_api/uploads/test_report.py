"""The check report: which share holds a file, from how many rows on, and what is reported without holding it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from functools import cache
from typing import Any, cast

import pytest

from eligibility_api.contract.member_reading.block import FaultCounts
from eligibility_api.contract.uploads import Finding, RowFault, UploadReport
from eligibility_api.platform.settings import Settings
from eligibility_api.uploads.queue import UploadContext, UploadTask
from eligibility_api.uploads.report import RowCounts, build_report
from tests.builders.scripted_database import CONNECTION, NOW

pytestmark = pytest.mark.anyio

NO_ROWS: dict[str, int] = dict.fromkeys(("rows", "new", "changed", "unchanged", "looked_up", "flags_lost"), 0)
NO_FAULTS: FaultCounts = Counter()
Rates = Mapping[str, tuple[float, int]]


@cache
def settings_with(**values: Any) -> Settings:
    """The settings with these values; the same for the same values."""
    return Settings(**{"hold_min_rows": 20} | values)


class Context:
    """The part of the job's context that a report needs."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self.settings = settings_with(**settings)

    def clock(self) -> Any:
        return NOW


async def reported(
    monkeypatch: pytest.MonkeyPatch,
    counts: dict[str, int],
    *,
    rows: int | None = None,
    faults: FaultCounts = NO_FAULTS,
    rates: Rates | None = None,
    earlier: Mapping[str, float] | None = None,
    settings: dict[str, float] | None = None,
) -> UploadReport:
    """The report of a file with these counts and fill rates."""

    async def measured(*_: object) -> Rates:
        return rates or {}

    async def of_last_file(*_: object) -> Mapping[str, float]:
        return earlier or {}

    monkeypatch.setattr("eligibility_api.uploads.fill_rates.measure", measured)
    monkeypatch.setattr("eligibility_api.uploads.fill_rates.of_last_file", of_last_file)
    context = cast(UploadContext, Context(settings or {}))
    task = cast(UploadTask, object())
    file_rows = counts.get("rows", 0) if rows is None else rows
    return await build_report(
        CONNECTION, context, task, faults, RowCounts(**NO_ROWS | counts | {"file_rows": file_rows})
    )


def holding(report: UploadReport) -> dict[str, bool]:
    """Whether each finding holds the file, by its code."""
    return {finding.code: finding.holds for finding in report.findings}


SHARES: list[tuple[str, str, dict[str, int], int | None, dict[str, int], int | None]] = [
    (
        "bad-rows", "hold_max_invalid_ratio",
        {"rows": 90}, 100,
        {"rows": 89}, 100,
    ),
    (
        "changed", "hold_max_changed_ratio",
        {"rows": 100, "changed": 10, "unchanged": 90}, None,
        {"rows": 100, "changed": 11, "unchanged": 89}, None,
    ),
    (
        "absent", "hold_max_absent_ratio",
        {"rows": 90, "absent": 10, "current": 100}, None,
        {"rows": 89, "absent": 11, "current": 100}, None,
    ),
    (
        "unmatched", "hold_max_unmatched_ratio",
        {"rows": 500, "unmatched": 10, "looked_up": 100}, None,
        {"rows": 500, "unmatched": 11, "looked_up": 100}, None,
    ),
    (
        "renumbered", "hold_max_renumbered_ratio",
        {"rows": 100, "renumbered": 10}, None,
        {"rows": 100, "renumbered": 11}, None,
    ),
]  # fmt: skip
"""Each share with its setting, and a file at the limit of a tenth and one beyond it: counts, and rows."""


@pytest.mark.parametrize("case", SHARES, ids=[case[0] for case in SHARES])
async def test_a_share_holds_a_file_only_above_its_limit(monkeypatch: pytest.MonkeyPatch, case: Any) -> None:
    code, setting, at_limit, rows, beyond, rows_beyond = case
    report = await reported(monkeypatch, at_limit, rows=rows, settings={setting: 0.1})
    assert holding(report) == {code: False}
    report = await reported(monkeypatch, beyond, rows=rows_beyond, settings={setting: 0.1})
    assert holding(report) == {code: True}
    [finding] = report.findings
    assert (finding.count, finding.detail) == (11, {"share": 0.11})


@pytest.mark.parametrize("case", SHARES, ids=[case[0] for case in SHARES])
async def test_with_the_limit_one_no_share_holds_a_file(monkeypatch: pytest.MonkeyPatch, case: Any) -> None:
    code, setting, _, _, beyond, rows = case
    assert holding(await reported(monkeypatch, beyond, rows=rows, settings={setting: 1.0})) == {code: False}


@pytest.mark.parametrize(("of", "holds"), [(19, False), (20, True)])
async def test_few_rows_hold_no_file(monkeypatch: pytest.MonkeyPatch, of: int, holds: bool) -> None:
    counts = {"rows": of, "changed": of, "unchanged": 0}
    assert holding(await reported(monkeypatch, counts, settings={"hold_min_rows": 20})) == {"changed": holds}


async def test_the_share_of_new_members_holds_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    report = await reported(monkeypatch, {"rows": 1000, "new": 1000})
    assert (report.findings, report.new) == ([], 1000)


@pytest.mark.parametrize("rows", [1, 19, 1_000_000])
async def test_one_lost_protection_flag_holds_a_file_of_any_size(
    monkeypatch: pytest.MonkeyPatch, rows: int
) -> None:
    counts = {"rows": rows, "unchanged": rows, "flags_lost": 1}
    assert holding(await reported(monkeypatch, counts)) == {"protection-lost": True}


async def test_gaps_between_periods_are_reported_only(monkeypatch: pytest.MonkeyPatch) -> None:
    report = await reported(monkeypatch, {"rows": 100, "unchanged": 100, "gaps": 100})
    assert holding(report) == {"gaps": False}


@pytest.mark.parametrize(
    ("before", "now", "of", "holds"),
    [
        (0.9, 0.79, 20, True),
        (0.9, 0.79, 19, False),
        (1.0, 0.0, 1000, True),
    ],
)
async def test_a_column_that_is_emptied_holds_a_file_of_enough_rows(
    monkeypatch: pytest.MonkeyPatch, before: float, now: float, of: int, holds: bool
) -> None:
    report = await reported(monkeypatch, {}, rates={"symbol": (now, of)}, earlier={"symbol": before})
    assert report.findings == [
        Finding(
            code="fill-dropped", count=of, holds=holds, column="symbol", detail={"before": before, "now": now}
        )
    ]
    assert report.fill_rates == {"symbol": now}


@pytest.mark.parametrize(
    ("earlier", "now"), [({"symbol": 0.5}, 0.45), ({"symbol": 0.5}, 1.0), ({}, 0.0), ({"branch": 1.0}, 0.2)]
)
async def test_a_smaller_drop_and_a_new_column_are_no_finding(
    monkeypatch: pytest.MonkeyPatch, earlier: dict[str, float], now: float
) -> None:
    report = await reported(monkeypatch, {}, rates={"symbol": (now, 1000)}, earlier=earlier)
    assert report.findings == []


async def test_faults_are_reported_by_rule_and_column_the_most_frequent_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    faults: FaultCounts = Counter(
        {
            (RowFault.DUPLICATE, None): 2,
            (RowFault.ROWS_OVERLAP, None): 7,
            (RowFault.BRANCH_CONFLICT, "branch"): 1,
        }
    )
    report = await reported(
        monkeypatch, {"rows": 90}, rows=100, faults=faults, settings={"hold_max_invalid_ratio": 1.0}
    )
    listed = [(one.code, one.column, one.count, one.holds) for one in report.findings]
    assert listed == [
        (RowFault.ROWS_OVERLAP.value, None, 7, False),
        (RowFault.DUPLICATE.value, None, 2, False),
        (RowFault.BRANCH_CONFLICT.value, "branch", 1, False),
        ("bad-rows", None, 10, False),
    ]


@pytest.mark.parametrize("rows", [0, 20])
async def test_a_file_without_valid_rows_is_reported_without_a_division(
    monkeypatch: pytest.MonkeyPatch, rows: int
) -> None:
    report = await reported(monkeypatch, {}, rows=rows)
    assert (report.rows, report.good_rows, report.bad_rows) == (rows, 0, rows)
    assert holding(report) == ({"bad-rows": True} if rows else {})


async def test_exactly_the_limit_holds_no_file_whatever_its_binary_fraction(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for percent in range(1, 100):
        limit = percent / 100
        for changed, holds in ((10 * percent, False), (10 * percent + 1, True)):
            counts = {"rows": 1000, "changed": changed, "unchanged": 1000 - changed}
            assert holding(
                await reported(monkeypatch, counts, settings={"hold_max_changed_ratio": limit})
            ) == {"changed": holds}


async def test_exactly_the_largest_drop_holds_no_file_whatever_its_binary_fraction(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for before in range(10, 101):
        earlier = {"symbol": before / 100}
        found = []
        for now in ((before - 10) / 100, (100 * before - 1001) / 10_000):
            report = await reported(monkeypatch, {}, rates={"symbol": (now, 1000)}, earlier=earlier)
            found.append(holding(report))
        assert found == [{}, {"fill-dropped": True}]
