"""Check-ups over the years: oldest first, nothing lost, lines for numbers alone."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from clinic_terminal.pages.history.checkups import checkup_table
from eligibility_api.contract.history import CheckupItem, HealthCheckup
from tests.builders.clinic import long_history
from tests.builders.clinic.histories import health_checkups

CODE = "3D046000001906202"


def examined(day: date, *values: str | None, **item: Any) -> HealthCheckup:
    items = [CheckupItem(item_code=CODE, item_name="架空値", value=value, **item) for value in values]
    return health_checkups().checkups[0].model_copy(update={"examined_on": day, "items": items})


def test_examinations_run_from_the_oldest_and_a_missing_item_is_a_gap() -> None:
    table = checkup_table(long_history.checkups().checkups)
    assert [one.examined_on.year for one in table.examinations] == [2021, 2022, 2023, 2024, 2025]
    by_name = {row.name: row for row in table.rows}
    assert by_name["ＨｂＡ１ｃ（ＮＧＳＰ値）"].values == ("5.6", "5.7", "6.0", "6.3", "6.4")
    assert by_name["収縮期血圧"].values == ("", "", "", "128", "128")
    assert by_name["尿蛋白"].values == ("－（1）",) * 5


@pytest.mark.parametrize(
    ("values", "points"),
    [
        (["5.6", "6.0"], ["5.6", "6.0"]),
        (["5.6", None, "6.0"], ["5.6", "6.0"]),
        (["5.6"], None),
        (["5.6", "測定不能"], None),
        (["5.6", "nan"], None),
        (["5.6", "inf"], None),
        (["5.6", ""], None),
        ([], None),
    ],
    ids=str,
)
def test_a_line_needs_two_numbers(values: list[str | None], points: list[str] | None) -> None:
    rows = checkup_table(
        [examined(date(2020 + place, 6, 1), value) for place, value in enumerate(values)]
    ).rows
    charts = [row.chart for row in rows if row.chart is not None]
    assert [[point.value for point in chart.points] for chart in charts] == ([points] if points else [])


def test_the_name_of_a_code_is_no_number() -> None:
    twice = [examined(date(year, 6, 1), "1", value_name="－") for year in (2024, 2025)]
    assert [row.chart for row in checkup_table(twice).rows] == [None]


def test_two_examinations_of_one_year_differ_by_the_month() -> None:
    chart = checkup_table([examined(date(2025, month, 1), "1.0") for month in (1, 6)]).rows[0].chart
    assert chart is not None
    assert [point.label for point in chart.points] == ["2025-01", "2025-06"]


def test_no_check_up_is_an_empty_table() -> None:
    assert checkup_table([]).rows == ()
