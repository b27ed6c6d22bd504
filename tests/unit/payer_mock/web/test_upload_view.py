"""How an upload is shown: reasons of a hold, faults by column with an example, fill rates in pairs."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from eligibility_api.contract.uploads import (
    Finding,
    RowFault,
    UploadAnswer,
    UploadFault,
    UploadReport,
    UploadState,
)
from payer_mock.web.upload_view import SHAPES, UploadView, faults_by_column, rate_pairs
from tests.unit.payer_mock.fake_uploads import REPORT


def finding(code: str, count: int = 1, column: str | None = None, **more: Any) -> Finding:
    return Finding(code=code, count=count, column=column, **({"holds": False} | more))


def report(*findings: Finding) -> UploadReport:
    return UploadReport.model_validate(REPORT | {"findings": findings})


def upload(state: UploadState, *findings: Finding, **more: Any) -> UploadView:
    answer = UploadAnswer(
        upload_id="x",
        state=state,
        received_at=datetime(2026, 11, 30, tzinfo=UTC),
        size=1,
        report=report(*findings),
        **more,
    )
    return UploadView(answer)


def test_every_state_has_a_shape_and_none_is_that_of_an_invalid_insurance() -> None:
    assert set(SHAPES) == set(UploadState)
    assert "invalid" not in {shape.kind for shape in SHAPES.values()}


def test_faults_come_first_and_the_most_frequent_of_them() -> None:
    rows = faults_by_column(
        report(
            finding("ratio-ended", 9, "burden_ratio"),
            finding("day", 2, "birth_date"),
            finding("required", 5, "number"),
            finding("bad-rows", 7),
            finding("unknown-column", 4, "x"),
        ),
        [
            UploadFault(row=8, column="birth_date", code=RowFault.DAY, shape="99/99"),
            UploadFault(row=4, column="birth_date", code=RowFault.DAY, shape="9"),
        ],
    )
    assert [(row.code, row.count, row.is_check, row.row, row.shape) for row in rows] == [
        ("required", 5, False, None, None),
        ("day", 2, False, 8, "99/99"),
        ("ratio-ended", 9, True, None, None),
    ]
    assert rows[1].column == ("生年月日", "birth date")
    assert all(row.fix[0] and row.meaning[1] for row in rows)


def test_reasons_of_a_hold_are_sentences_and_other_findings_are_notes() -> None:
    drop = finding("fill-dropped", column="burden_ratio", holds=True, detail={"before": 0.997, "now": 0.0})
    view = upload(
        UploadState.HELD, drop, finding("gaps", 3), finding("day", 2, "birth_date"), finding("ratio-ended", 4)
    )
    assert [ja for ja, _ in view.holds] == ["負担割合（burden_ratio）の記入率が低下：100% → 0%"]
    assert [en for _, en in view.notes] == ["Members with a gap between their periods"]
    assert view.checks == 4


def test_once_it_is_approved_the_reasons_of_a_hold_are_notes() -> None:
    view = upload(UploadState.PUBLISHED, finding("gaps", holds=True), finding("day", 2, "birth_date"))
    assert view.holds == []
    assert [en for _, en in view.notes] == ["Members with a gap between their periods"]


def test_while_an_undo_waits_its_own_findings_are_shown() -> None:
    undo = {"changed": 1, "removed": 40, "findings": [finding("removed", 40, holds=True)]}
    view = upload(UploadState.UNDO_HELD, finding("gaps", holds=True), undo_report=undo)
    assert [ja for ja, _ in view.holds] == ["登録がなくなる加入者がいます"]


@pytest.mark.parametrize(
    ("now", "former", "expected"),
    [
        ({"name": 1.0}, None, [("氏名", 1.0, None, False)]),
        (
            {"name": 1.0, "symbol": 0.0},
            {"name": 1.0, "symbol": 0.997},
            [("記号", 0.0, 0.997, True), ("氏名", 1.0, 1.0, False)],
        ),
        ({"symbol": 0.0}, {"symbol": 0.0}, []),
        ({"symbol": 0.5}, {}, [("記号", 0.5, None, False)]),
        ({"symbol": 0.9995}, {"symbol": 1.0}, [("記号", 0.9995, 1.0, False)]),
    ],
    ids=["no former file", "emptied", "never filled", "a new column", "less than a tenth of a percent"],
)
def test_fill_rates_stand_in_pairs_those_that_dropped_first(
    now: dict[str, float], former: dict[str, float] | None, expected: list[tuple[Any, ...]]
) -> None:
    pairs = rate_pairs(now, former)
    assert [(pair.column[0], pair.now, pair.former, pair.dropped) for pair in pairs] == expected
