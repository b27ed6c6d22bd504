"""Receiving and checking a member file: its bytes, its rows, and their comparison with stored data."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from starlette.requests import ClientDisconnect

from tests.builders.fund import Fund
from tests.builders.fund_clients import OTHER_INSURER
from tests.builders.insurer_changes import new_insurer
from tests.builders.member_files import (
    csv_file,
    files_with_parts,
    get,
    member,
    run_jobs,
    upload,
    upload_and_process,
)

pytestmark = pytest.mark.anyio


def holding_findings(answer: dict[str, Any]) -> list[tuple[str, str | None]]:
    return [(f["code"], f["column"]) for f in answer["report"]["findings"] if f["holds"]]


def faults_of(answer: dict[str, Any]) -> dict[str, int]:
    return {finding["code"]: finding["count"] for finding in answer["report"]["findings"]}


def many(fund: Fund, count: int, **cells: str) -> list[dict[str, str]]:
    """Members who are known to the register."""
    return [member(fund.person(), **cells) for _ in range(count)]


@pytest.mark.parametrize("body", ["utf-8", "utf-8-sig", "cp932"])
async def test_utf_8_with_or_without_bom_and_cp932_are_detected_by_their_bytes(fund: Fund, body: str) -> None:
    own = await new_insurer(fund)
    [row] = many(fund, 1, insurer_number=own.insurer_number or "")
    answer = await upload_and_process(fund, csv_file([row]).decode().encode(body), own)
    assert (answer["state"], answer["report"]["good_rows"], answer["report"]["unmatched"]) == (
        "published",
        1,
        0,
    )


async def test_the_same_file_again_is_a_duplicate_and_changes_nothing(fund: Fund) -> None:
    body = csv_file(many(fund, 1))
    first = await upload_and_process(fund, body)
    again = await upload(fund, body)
    assert again.status_code == 200
    assert (again.json()["upload_id"], again.json()["duplicate_of"]) == (
        first["upload_id"],
        first["upload_id"],
    )


async def test_the_same_bytes_after_a_refusal_are_a_new_file(fund: Fund) -> None:
    body = csv_file(many(fund, 1, sex="9"))
    first = await upload_and_process(fund, body)
    again = await upload(fund, body)
    assert (first["state"], again.status_code) == ("refused", 202)
    await run_jobs(fund)


async def test_another_insurer_does_not_see_an_upload(fund: Fund) -> None:
    mine = await upload_and_process(fund, csv_file(many(fund, 1)))
    other = await fund.admit_insurer(OTHER_INSURER)
    headers = {"Authorization": f"Bearer {await fund.token(other)}"}
    for path in ("", "/faults", "/correction-list"):
        response = await fund.http.get(f"/v1/uploads/{mine['upload_id']}{path}", headers=headers)
        assert response.json()["code"] == "not-found"


async def test_a_clinic_cannot_upload(fund: Fund) -> None:
    assert (await upload(fund, b"x\n", fund.clinic)).json()["code"] == "right-missing"


async def test_a_broken_connection_leaves_nothing_behind(fund: Fund) -> None:
    async def body() -> AsyncIterator[bytes]:
        yield csv_file(many(fund, 1)) * 2_000
        raise ClientDisconnect

    before = await files_with_parts(fund)
    assert (await upload(fund, body())).json()["code"] == "file-truncated"
    await run_jobs(fund)
    assert await files_with_parts(fund) <= before


async def test_rows_that_contradict_each_other_about_a_member_and_day_are_all_rejected(fund: Fund) -> None:
    [row, good] = many(fund, 2)
    answer = await upload_and_process(fund, csv_file([row, row | {"acquired_on": "2025-01-01"}, good]))
    assert faults_of(answer)["rows-overlap"] == 2
    assert (answer["report"]["good_rows"], answer["report"]["bad_rows"]) == (1, 2)


async def test_two_members_with_the_same_branch_on_the_same_day_are_both_rejected(fund: Fund) -> None:
    [one, other, good] = many(fund, 3)
    other |= {"number": one["number"], "birth_date": "1990-01-01"}
    answer = await upload_and_process(fund, csv_file([one, other, good]))
    assert faults_of(answer)["branch-conflict"] == 2


async def test_without_branches_a_family_may_share_its_number(fund: Fund) -> None:
    [one, other] = many(fund, 2, branch="")
    answer = await upload_and_process(
        fund, csv_file([one, other | {"number": one["number"], "birth_date": "1990-01-01"}])
    )
    assert answer["report"]["bad_rows"] == 0


async def test_consecutive_periods_are_both_accepted_and_a_gap_is_reported(fund: Fund) -> None:
    [row] = many(fund, 1)
    ended = row | {"acquired_on": "2020-04-01", "lost_on": "2021-04-01", "reason_of_loss": "03"}
    answer = await upload_and_process(fund, csv_file([ended, row]))
    assert (answer["report"]["new"], faults_of(answer)["gaps"]) == (2, 1)


async def test_a_column_that_is_no_longer_filled_holds_the_file(fund: Fund) -> None:
    rows = many(fund, 25, postal_code="000-0010")
    await upload_and_process(fund, csv_file(rows), scope="changes")
    answer = await upload_and_process(
        fund, csv_file([row | {"postal_code": ""} for row in rows]), scope="changes"
    )
    assert answer["state"] == "held"
    assert set(holding_findings(answer)) == {("fill-dropped", "postal_code"), ("changed", None)}
    await fund.post(f"/v1/uploads/{answer['upload_id']}/reject", {"reason": "誤り"}, fund.insurer)


async def test_a_full_file_that_lacks_many_members_is_held_and_ends_no_enrolment(fund: Fund) -> None:
    rows = many(fund, 40)
    await upload_and_process(fund, csv_file(rows))
    answer = await upload_and_process(fund, csv_file(rows[:20]))
    assert answer["report"]["absent"] >= 20
    assert ("absent", None) in holding_findings(answer)
    assert (await upload_and_process(fund, csv_file(rows[:10]), scope="changes"))["report"]["absent"] == 0


async def test_members_unknown_to_the_register_hold_the_file_and_are_never_guessed(
    fund: Fund,
) -> None:
    rows = [row | {"name": "不在　見本"} for row in many(fund, 25)]
    answer = await upload_and_process(fund, csv_file(rows), scope="changes")
    assert (answer["state"], answer["report"]["unmatched"]) == ("held", 25)
    assert ("unmatched", None) in holding_findings(answer)


async def test_members_with_new_numbers_hold_the_file(fund: Fund) -> None:
    rows = many(fund, 25)
    await upload_and_process(fund, csv_file(rows), scope="changes")
    answer = await upload_and_process(
        fund, csv_file([row | {"number": f"9{row['number']}"} for row in rows]), scope="changes"
    )
    assert ("renumbered", None) in holding_findings(answer)


async def test_json_lines_are_equivalent_to_csv(fund: Fund) -> None:
    rows = many(fund, 2)
    await upload_and_process(fund, csv_file(rows), scope="changes")
    body = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()
    answer = await upload_and_process(fund, body, scope="changes", format="jsonl")
    assert (answer["report"]["unchanged"], answer["report"]["changed"]) == (2, 0)


async def test_faults_are_paged_and_counted_beyond_the_stored_ones(fund: Fund) -> None:
    [row] = many(fund, 1)
    answer = await upload_and_process(fund, csv_file([*([row | {"sex": "9"}] * 1_500), row]), scope="changes")
    first = await get(fund, f"/v1/uploads/{answer['upload_id']}/faults")
    rest = await get(fund, f"/v1/uploads/{answer['upload_id']}/faults?after={first['next']}")
    assert (len(first["faults"]), len(rest["faults"]), rest["next"]) == (1_000, 500, None)
    assert faults_of(answer)["code"] == 1_500
