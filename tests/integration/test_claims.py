"""Receipt files at the fund: taken in, read, counted; what breaks off goes on, and what shows, shows whole."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from starlette.requests import ClientDisconnect

from eligibility_api.claims import queue, storing
from eligibility_api.claims.found import Found
from eligibility_api.claims.reading.block import Block
from eligibility_api.claims.reading.reader import Reader
from eligibility_api.contract.claims import CLAIMS_PATH
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.facilities.store import close_client
from eligibility_api.uploads import parts
from tests.builders.claim_files import (
    claim_file,
    medical_claim,
    member,
    pharmacy_claim,
    run_jobs,
    send,
    upload_and_process,
)
from tests.builders.fund import OTHER_INSURER, Fund

pytestmark = pytest.mark.anyio

SMALL_PART = 1_000
"""Bytes: some receipts each."""


async def enrolled(fund: Fund, count: int) -> list[Any]:
    """So many people, enrolled, as members."""
    people = [fund.person() for _ in range(count)]
    for person in people:
        assert (await fund.enrol(person)).status_code == 201
    return [member(person) for person in people]


def strangers(fund: Fund, count: int) -> list[Any]:
    """So many people of whom no insurer has told, as members."""
    return [member(fund.person()) for _ in range(count)]


async def stored(fund: Fund, answer: dict[str, Any]) -> list[dict[str, Any]]:
    """The receipts of a file as they are stored."""
    statement = "SELECT * FROM receipt WHERE file_id = $1 ORDER BY receipt"
    return [dict(row) for row in await fund.owner.fetch(statement, (UUID(answer["file_id"]),))]


async def kept_faults(fund: Fund, answer: dict[str, Any]) -> int:
    statement = "SELECT count(*) FROM claim_fault WHERE file_id = $1"
    [row] = await fund.owner.fetch(statement, (UUID(answer["file_id"]),))
    return int(row[0])


async def test_a_file_is_taken_read_and_counted(fund: Fund) -> None:
    [one, other] = await enrolled(fund, 2)
    [stranger] = strangers(fund, 1)
    body = claim_file(
        [medical_claim(one), medical_claim(other), medical_claim(stranger), pharmacy_claim(one)]
    )
    response = await send(fund, body)
    assert (response.status_code, response.json()["state"]) == (202, "received")
    answer = await upload_and_process(fund, body)
    assert answer["report"] == {
        "sections": 2,
        "receipts": 4,
        "good": 4,
        "unmatched": 1,
        "replacing": 0,
        "by_kind": {"medical": 3, "pharmacy": 1},
        "faults": {},
    }
    assert (answer["state"], answer["refusal"], answer["size"]) == ("done", None, len(body))


async def test_a_receipt_is_stored_as_it_is_told_and_due_on_the_eleventh(fund: Fund) -> None:
    [who] = strangers(fund, 1)
    [receipt] = await stored(fund, await upload_and_process(fund, claim_file([medical_claim(who)])))
    assert (receipt["insurer_number"], receipt["symbol_key"], receipt["branch_key"]) == (
        who.insurer_number,
        "見本",
        "00",
    )
    assert receipt["number_key"] == who.number.replace("-", "")
    assert receipt["treatment_month"] == date(2026, 4, 1)
    assert receipt["due_at"] == datetime(2026, 5, 10, 15, tzinfo=UTC)


async def test_the_same_file_again_is_the_first_and_changes_nothing(fund: Fund) -> None:
    body = claim_file([medical_claim(who) for who in strangers(fund, 1)])
    first = await upload_and_process(fund, body)
    again = await send(fund, body)
    assert again.status_code == 200
    assert (again.json()["file_id"], again.json()["duplicate_of"]) == (first["file_id"], first["file_id"])
    await run_jobs(fund)
    assert len(await stored(fund, first)) == 1


async def test_a_receipt_that_comes_again_is_told_of_as_replacing(fund: Fund) -> None:
    [who] = strangers(fund, 1)
    await upload_and_process(fund, claim_file([medical_claim(who)]))
    again = await upload_and_process(fund, claim_file([medical_claim(who, diseases=()), pharmacy_claim(who)]))
    assert (again["report"]["good"], again["report"]["replacing"]) == (2, 1)


async def test_receipts_of_a_file_that_does_not_count_are_not_replaced(fund: Fund) -> None:
    [who] = strangers(fund, 1)
    first = await upload_and_process(fund, claim_file([medical_claim(who)]))
    await fund.owner.fetch(
        "UPDATE claim_file SET known_from = NULL, state = 'refused' WHERE file_id = $1",
        (UUID(first["file_id"]),),
    )
    again = await upload_and_process(fund, claim_file([medical_claim(who)]))
    assert (again["file_id"] != first["file_id"], again["report"]["replacing"]) == (True, 0)


@pytest.mark.parametrize(
    ("acquired_on", "lost_on", "unmatched"),
    [
        ("2026-04-30", None, 0),
        ("2026-05-01", None, 1),
        ("2024-04-01", "2026-04-02", 0),
        ("2024-04-01", "2026-04-01", 1),
    ],
)
async def test_a_member_is_matched_by_any_day_of_the_month(
    fund: Fund, acquired_on: str, lost_on: str | None, unmatched: int
) -> None:
    person = fund.person()
    more: dict[str, Any] = {"lost_on": lost_on, "reason_of_loss": "03"} if lost_on else {}
    assert (await fund.enrol(person, acquired_on=acquired_on, **more)).status_code == 201
    answer = await upload_and_process(fund, claim_file([medical_claim(member(person))]))
    assert answer["report"]["unmatched"] == unmatched


@pytest.mark.parametrize(("branch", "unmatched"), [("00", 0), (None, 0), ("01", 1)])
async def test_a_branch_that_is_not_told_fits_any(fund: Fund, branch: str | None, unmatched: int) -> None:
    person = fund.person()
    await fund.enrol(person)
    answer = await upload_and_process(fund, claim_file([medical_claim(member(person, branch=branch))]))
    assert answer["report"]["unmatched"] == unmatched


async def test_a_line_that_breaks_leaves_nothing_behind(fund: Fund) -> None:
    async def body() -> AsyncIterator[bytes]:
        yield claim_file([medical_claim(who) for who in strangers(fund, 1)]) * 4_000
        raise ClientDisconnect

    assert (await send(fund, body())).json()["code"] == "file-truncated"
    await run_jobs(fund)
    [left] = await fund.owner.fetch("SELECT count(*) FROM upload_part", [])
    assert left[0] == 0


async def test_a_file_that_was_given_up_on_its_way_is_not_acknowledged(fund: Fund) -> None:
    whole = claim_file([medical_claim(who) for who in strangers(fund, 1)])

    async def body() -> AsyncIterator[bytes]:
        yield whole[:100]
        await fund.owner.fetch("UPDATE claim_file SET received_at = now() - interval '7 hours'", ())
        await run_jobs(fund)
        yield whole[100:]

    assert (await send(fund, body())).json()["code"] == "file-truncated"
    assert (await upload_and_process(fund, whole))["state"] == "done"


async def test_what_is_no_receipt_file_is_refused_by_name(fund: Fund) -> None:
    answer = await upload_and_process(fund, b"x,y\r\n" * 3)
    assert (answer["state"], answer["refusal"], answer["known_from"]) == (
        "refused",
        "claims-unreadable",
        None,
    )


async def test_the_same_bytes_after_a_refusal_are_a_file_of_their_own(fund: Fund) -> None:
    first = await upload_and_process(fund, b"z\r\n")
    again = await upload_and_process(fund, b"z\r\n")
    assert again["file_id"] != first["file_id"]


async def test_another_insurer_does_not_see_a_file(fund: Fund) -> None:
    mine = await upload_and_process(fund, claim_file([medical_claim(who) for who in strangers(fund, 1)]))
    other = await fund.admit_insurer(OTHER_INSURER)
    for path in ("", "/faults"):
        response = await fund.get(f"{CLAIMS_PATH}/{mine['file_id']}{path}", other)
        assert response.json()["code"] == "not-found"


async def test_a_clinic_sends_none_and_sees_none(fund: Fund) -> None:
    mine = await upload_and_process(fund, claim_file([medical_claim(who) for who in strangers(fund, 1)]))
    assert (await send(fund, b"IR\r\n", fund.clinic)).json()["code"] == "right-missing"
    response = await fund.get(f"{CLAIMS_PATH}/{mine['file_id']}", fund.clinic)
    assert response.json()["code"] == "right-missing"


async def test_a_closed_program_sends_none_although_its_token_still_lives(fund: Fund) -> None:
    program = await fund.admit_insurer("06130017")
    await fund.token(program)
    async with fund.owner.transaction() as connection:
        await close_client(connection, UUID(program.client_id))
    assert (await send(fund, b"IR\r\n", program)).json()["code"] == "client-closed"


async def test_who_has_the_answer_is_sent_nothing(fund: Fund) -> None:
    mine = await upload_and_process(fund, claim_file([medical_claim(who) for who in strangers(fund, 1)]))
    path = f"{CLAIMS_PATH}/{mine['file_id']}"
    etag = (await fund.get(path)).headers["ETag"]
    assert (await fund.get(path, etag=etag)).status_code == 304


async def test_receipts_of_another_insurer_are_faults_and_the_others_are_taken(fund: Fund) -> None:
    [mine] = strangers(fund, 1)
    foreign = member(fund.person(), OTHER_INSURER)
    answer = await upload_and_process(fund, claim_file([medical_claim(mine), medical_claim(foreign)]))
    assert (answer["report"]["receipts"], answer["report"]["good"]) == (2, 1)
    assert answer["report"]["faults"] == {"other-insurer": 1}


async def test_faults_are_paged_by_place_and_counted_beyond_what_is_kept(
    fund: Fund, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("eligibility_api.claims.taking.MOST_FAULTS", 1_200)
    foreign = member(fund.person(), OTHER_INSURER)
    months = [date(2022 + place // 12, 1 + place % 12, 1) for place in range(36)]
    clinics = [f"131{place:06d}4" for place in range(40)]
    receipts = [
        medical_claim(
            foreign,
            month=month,
            institution=medical_claim(foreign).institution.__class__(code=code, name="架空"),
        )
        for code in clinics
        for month in months
    ]
    answer = await upload_and_process(fund, claim_file(receipts))
    first = (await fund.get(f"{CLAIMS_PATH}/{answer['file_id']}/faults")).json()
    rest = (await fund.get(f"{CLAIMS_PATH}/{answer['file_id']}/faults", after=first["next"])).json()
    assert (len(first["faults"]), len(rest["faults"]), rest["next"]) == (1_000, 200, None)
    assert answer["report"]["faults"] == {"other-insurer": 40 * 36}
    assert first["faults"][0].keys() == {"line", "record", "field", "name", "receipt", "code", "shape"}


async def broken_off(fund: Fund, monkeypatch: pytest.MonkeyPatch, body: bytes, chunks: int) -> dict[str, Any]:
    """A file whose reading the worker's death ended after so many chunks."""
    kept = 0

    async def keep(*chunk: Any) -> None:
        nonlocal kept
        if kept == chunks:
            raise asyncio.CancelledError
        kept += 1
        await real(*chunk)

    real = storing.keep
    with monkeypatch.context() as broken:
        broken.setattr(parts, "PART_BYTES", SMALL_PART)
        answer: dict[str, Any] = (await send(fund, body)).json()
        broken.setattr(storing, "keep", keep)
        with pytest.raises(asyncio.CancelledError):
            await run_jobs(fund)
    return answer


@pytest.mark.parametrize("chunks", [0, 1, 4])
async def test_a_reading_that_broke_off_goes_on_where_it_stopped(
    fund: Fund, monkeypatch: pytest.MonkeyPatch, chunks: int
) -> None:
    members = [*await enrolled(fund, 3), *strangers(fund, 17)]
    foreign = [member(fund.person(), OTHER_INSURER) for _ in range(5)]
    body = claim_file([medical_claim(who) for who in members[:10] + foreign + members[10:]])
    broken = await broken_off(fund, monkeypatch, body, chunks)
    assert (await stored(fund, broken) != []) == (chunks > 0)
    assert (await fund.get(f"{CLAIMS_PATH}/{broken['file_id']}")).json()["state"] == "reading"

    answer = await upload_and_process(fund, body)

    report = answer["report"]
    assert (answer["file_id"], answer["state"], report["good"]) == (broken["file_id"], "done", 20)
    assert [row["number_key"] for row in await stored(fund, answer)] == [
        who.number.replace("-", "") for who in members
    ]
    assert (report["unmatched"], report["faults"]) == (17, {"other-insurer": 5})
    assert await kept_faults(fund, answer) == 5


async def test_nothing_counts_before_everything_is_stored_and_then_all_of_it(
    fund: Fund, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = claim_file([medical_claim(who) for who in strangers(fund, 20)])
    broken = await broken_off(fund, monkeypatch, body, 2)
    assert (await fund.get(f"{CLAIMS_PATH}/{broken['file_id']}")).json()["known_from"] is None
    before = datetime.now(UTC)
    answer = await upload_and_process(fund, body)
    known_from = datetime.fromisoformat(answer["known_from"])
    assert before < known_from < datetime.now(UTC) + timedelta(seconds=2)


async def test_a_lane_that_comes_late_changes_nothing_of_a_file_at_its_end(
    fund: Fund, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = claim_file([medical_claim(who) for who in strangers(fund, 2)])
    broken = await broken_off(fund, monkeypatch, body, 0)
    async with fund.batch.transaction() as guard:
        late = await queue.next_task(guard)
    assert late is not None
    done = await upload_and_process(fund, body)
    for step in (
        lambda: storing.begin(fund.batch, late),
        lambda: storing.conclude(fund.batch, late, Found()),
        lambda: storing.refuse(fund.batch, late, "internal"),
    ):
        with pytest.raises(ShikakuError, match="database-unavailable"):
            await step()
    assert (await fund.get(f"{CLAIMS_PATH}/{broken['file_id']}")).json() == done | {"duplicate_of": None}


async def test_known_from_follows_the_clock_of_windows(fund: Fund) -> None:
    await fund.turn(timedelta(hours=2))
    try:
        answer = await upload_and_process(
            fund, claim_file([medical_claim(who) for who in strangers(fund, 1)])
        )
    finally:
        await fund.turn(timedelta())
    ahead = datetime.fromisoformat(answer["known_from"]) - datetime.now(UTC)
    assert timedelta(hours=1, minutes=59) < ahead < timedelta(hours=2, minutes=1)


async def test_a_file_whose_bytes_a_crash_took_is_refused_and_can_be_sent_again(
    fund: Fund, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = claim_file([medical_claim(who) for who in strangers(fund, 20)])
    broken = await broken_off(fund, monkeypatch, body, 2)
    await fund.owner.fetch("TRUNCATE upload_part", ())
    await run_jobs(fund)
    refused = (await fund.get(f"{CLAIMS_PATH}/{broken['file_id']}")).json()
    assert (refused["state"], refused["refusal"], refused["known_from"]) == ("refused", "file-lost", None)
    again = await upload_and_process(fund, body)
    assert (again["state"], again["report"]["good"], again["report"]["replacing"]) == ("done", 20, 0)


async def test_a_fault_of_the_program_is_tried_once_more_and_holds_up_no_other_file(
    fund: Fund, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(self: Reader, part: bytes) -> Block:
        raise ZeroDivisionError

    with monkeypatch.context() as broken:
        broken.setattr(Reader, "feed", fail)
        bad = (await send(fund, claim_file([medical_claim(who) for who in strangers(fund, 1)]))).json()
        await run_jobs(fund)
    good = await upload_and_process(fund, claim_file([medical_claim(who) for who in strangers(fund, 1)]))
    assert good["state"] == "done"
    assert (await fund.get(f"{CLAIMS_PATH}/{bad['file_id']}")).json()["state"] == "reading"

    with monkeypatch.context() as broken:
        broken.setattr(Reader, "feed", fail)
        await fund.owner.fetch("UPDATE claim_file SET retry_at = now() WHERE retry_at IS NOT NULL", ())
        await run_jobs(fund)
    refused = (await fund.get(f"{CLAIMS_PATH}/{bad['file_id']}")).json()
    assert (refused["state"], refused["refusal"]) == ("refused", "internal")


async def test_what_was_done_with_a_file_is_on_record_without_anybody_in_it(fund: Fund) -> None:
    [who] = await enrolled(fund, 1)
    done = await upload_and_process(fund, claim_file([medical_claim(who)]))
    refused = await upload_and_process(fund, b"IR?\r\n")
    records = [
        (record["kind"], record["outcome"], record["insurer_number"], record["person_key"])
        for answer in (done, refused)
        for record in await fund.records("detail @> jsonb_build_object('file', $1::text)", answer["file_id"])
    ]
    assert records == [
        ("claims.accept", "done", fund.insurer.insurer_number, None),
        ("claims.file", "done", fund.insurer.insurer_number, None),
        ("claims.accept", "done", fund.insurer.insurer_number, None),
        ("claims.file", "claims-unreadable", fund.insurer.insurer_number, None),
    ]


async def test_at_its_end_a_file_has_no_parts_left(fund: Fund) -> None:
    answer = await upload_and_process(fund, claim_file([medical_claim(who) for who in strangers(fund, 2)]))
    statement = """SELECT swept, (SELECT count(*) FROM upload_part WHERE upload_id = file_id) AS parts
                   FROM claim_file WHERE file_id = $1"""
    [row] = await fund.owner.fetch(statement, (UUID(answer["file_id"]),))
    assert (row["swept"], row["parts"]) == (True, 0)
