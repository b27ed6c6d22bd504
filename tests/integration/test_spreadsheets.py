"""A member file as a clerk's spreadsheet writes it, from its bytes to the answer, and what its check report says."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import pytest

from eligibility_api.contract.member_columns import COLUMN_TEXTS
from eligibility_api.files import store as file_store
from tests.builders.fund import Fund
from tests.builders.member_files import csv_file, get, member, upload_and_process

pytestmark = pytest.mark.anyio

DOCS = Path(__file__).parents[2] / "docs"


def sheet(rows: list[dict[str, str]], **more: str) -> bytes:
    """Rows under Japanese headings, in CP932, with an unknown column, trailing empty columns and lines."""
    output = io.StringIO()
    writer = csv.writer(output)
    columns = [*reversed(rows[0])]
    writer.writerow(["整理番号", *(COLUMN_TEXTS[column].ja for column in columns), "", ""])
    for number, row in enumerate(rows, start=1):
        writer.writerow([number, *((row | more)[column] for column in columns), "", ""])
    return (output.getvalue() + "," * (len(columns) + 2) + "\r\n\r\n").encode("cp932")


async def faults(fund: Fund, answer: dict[str, Any], after: str = "0") -> dict[str, Any]:
    page = await get(fund, f"/v1/uploads/{answer['upload_id']}/faults?after={after}")
    assert isinstance(page, dict)
    return page


def findings(answer: dict[str, Any]) -> dict[str, tuple[str | None, int]]:
    """Findings by code; members of other tests are absent from every file."""
    found = {each["code"]: (each["column"], each["count"]) for each in answer["report"]["findings"]}
    found.pop("absent", None)
    return found


async def test_a_spreadsheet_changes_nothing_that_a_program_s_file_has_published(fund: Fund) -> None:
    rows = [member(fund.person()) for _ in range(3)]
    first = await upload_and_process(fund, csv_file(rows))
    assert (first["state"], first["report"]["new"]) == ("published", 3)
    written = [
        row
        | {
            "insurer_number": row["insurer_number"].lstrip("0"),
            "sex": "男" if row["sex"] == "1" else "女",
            "branch": "0",
            "relationship": "本人",
            "acquired_on": "令和6年4月1日",
            "birth_date": row["birth_date"].replace("-0", "/").replace("-", "/"),
        }
        for row in rows
    ]
    answer = await upload_and_process(fund, sheet(written))
    assert (answer["state"], answer["report"]["rows"], answer["report"]["unchanged"]) == ("published", 3, 3)
    assert findings(answer) == {"unknown-column": ("整理番号", 3)}
    finding = answer["report"]["findings"][-1]
    assert (finding["detail"], finding["holds"]) == ({"letters": "A"}, False)


async def test_faults_of_every_kind_are_listed_by_row(fund: Fund, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_store, "FAULTS_PER_PAGE", 2)
    one, two = member(fund.person()), member(fund.person())
    rows = [
        one,
        two | {"sex": "9"},
        one,
        two | {"name": "", "branch": "x"},
        one | {"acquired_on": "2024-05-01"},
        two,
    ]
    answer = await upload_and_process(fund, csv_file(rows))
    listed: list[tuple[int, str]] = []
    page = await faults(fund, answer)
    while True:
        listed += [(fault["row"], fault["code"]) for fault in page["faults"]]
        if page["next"] is None:
            break
        page = await faults(fund, answer, page["next"])
    assert listed == [
        (2, "rows-overlap"),
        (3, "code"),
        (4, "duplicate"),
        (5, "form"),
        (5, "required"),
        (6, "rows-overlap"),
    ]


@pytest.mark.parametrize("after", ["1", "999999999", "9223372036854775807"])
async def test_behind_a_fault_of_another_file_there_is_nothing(fund: Fund, after: str) -> None:
    answer = await upload_and_process(fund, csv_file([member(fund.person()), member(fund.person(), sex="9")]))
    assert len((await faults(fund, answer))["faults"]) == 1
    assert (await faults(fund, answer, after))["faults"] == []


async def test_plausibility_findings_are_in_the_report_and_by_row_and_refuse_nothing(fund: Fund) -> None:
    """Rules F5 to F8."""
    limit = {
        "limit_kind": "01",
        "limit_class": "B09",
        "limit_valid_from": "2025-08-01",
        "limit_valid_to": "2026-07-31",
    }
    rows = [member(fund.person()), member(fund.person(), certificate_kind="03", burden_ratio="10", **limit)]
    answer = await upload_and_process(fund, csv_file(rows), bad_rows="reject-file")
    assert (answer["state"], answer["report"]["bad_rows"], answer["report"]["good_rows"]) == (
        "published",
        0,
        2,
    )
    assert findings(answer) == {
        "kind-ended": ("certificate_kind", 1),
        "ratio-not-expected": ("burden_ratio", 1),
        "limit-class-scheme": ("limit_class", 1),
    }
    found = (await faults(fund, answer))["faults"]
    assert [(fault["row"], fault["column"], fault["shape"]) for fault in found] == [
        (3, "certificate_kind", "99"),
        (3, "burden_ratio", "99"),
        (3, "limit_class", "a99"),
    ]


async def test_a_member_may_have_neither_reading_nor_address(fund: Fund) -> None:
    """Foreign residents, and protected persons: the register finds nobody by a part of the items."""
    row = member(fund.person(), name_kana="", address="")
    answer = await upload_and_process(fund, csv_file([row, member(fund.person())]))
    assert (answer["state"], answer["report"]["new"], answer["report"]["unmatched"]) == ("published", 2, 1)
    again = await upload_and_process(fund, csv_file([row | {"name_alias": "通称"}]), scope="changes")
    assert (again["report"]["changed"], again["report"]["unmatched"]) == (1, 0)


async def test_a_single_call_may_have_neither_reading_nor_address(fund: Fund) -> None:
    body = {key: value for key, value in member(fund.person()).items() if key not in {"name_kana", "address"}}
    response = await fund.post("/v1/enrolments", body, fund.insurer, key="spreadsheets-1")
    assert response.status_code == 201, response.text
    assert response.json()["match"] == "none"


async def test_the_documented_example_is_read_whole(fund: Fund) -> None:
    example = (DOCS / "member-file-example.csv").read_bytes()
    answer = await upload_and_process(fund, example)
    assert (answer["state"], answer["report"]["good_rows"], answer["report"]["bad_rows"]) == (
        "published",
        4,
        0,
    )
    assert findings(answer).keys() == {"unmatched"}


async def test_the_template_has_headings_and_no_rows(fund: Fund) -> None:
    answer = await upload_and_process(fund, (DOCS / "member-file-template.csv").read_bytes())
    assert (answer["report"]["rows"], findings(answer)) == (0, {})
