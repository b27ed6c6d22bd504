"""Claim files at the fund: received, read, counted, and visible to their insurer."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from starlette.requests import ClientDisconnect
from structlog.testing import capture_logs

from eligibility_api.contract.claims import CLAIMS_PATH
from eligibility_api.contract.identifiers import membership_key
from eligibility_api.domain.claims import READER_VERSION
from eligibility_api.facilities.store import close_client
from tests.builders.claim_files import (
    claim_file,
    medical_claim,
    member,
    pharmacy_claim,
    run_jobs,
    send,
    upload_and_process,
)
from tests.builders.fund import Fund
from tests.builders.fund_clients import OTHER_INSURER
from tests.builders.member_files import files_with_parts
from tests.builders.sent_claims import enrolled_members, stored_claims, unknown_members

pytestmark = pytest.mark.anyio


async def test_a_file_is_accepted_read_and_counted(fund: Fund) -> None:
    [one, other] = await enrolled_members(fund, 2)
    [stranger] = unknown_members(fund, 1)
    body = claim_file(
        [medical_claim(one), medical_claim(other), medical_claim(stranger), pharmacy_claim(one)]
    )
    response = await send(fund, body)
    assert (response.status_code, response.json()["state"]) == (202, "received")
    answer = await upload_and_process(fund, body)
    assert answer["report"] == {
        "sections": 2,
        "claims": 4,
        "accepted": 4,
        "unmatched": 1,
        "replacing": 0,
        "by_kind": {"medical": 3, "pharmacy": 1},
        "faults": {},
        "passed": {"JD": 1, "MF": 1, "KI": 1},
    }
    assert (answer["state"], answer["refusal"], answer["size"]) == ("done", None, len(body))


async def test_a_claim_is_stored_unchanged_and_due_on_the_eleventh(fund: Fund) -> None:
    [who] = unknown_members(fund, 1)
    [stored] = await stored_claims(fund, await upload_and_process(fund, claim_file([medical_claim(who)])))
    assert (stored["insurer_number"], stored["symbol_key"], stored["branch_key"]) == (
        who.insurer_number,
        "見本",
        "00",
    )
    assert stored["number_key"] == membership_key(who.number)
    assert stored["treatment_month"] == date(2026, 4, 1)
    assert stored["due_at"] == datetime(2026, 5, 10, 15, tzinfo=UTC)


async def test_the_same_file_again_is_a_duplicate_and_changes_nothing(fund: Fund) -> None:
    body = claim_file([medical_claim(who) for who in unknown_members(fund, 1)])
    first = await upload_and_process(fund, body)
    again = await send(fund, body)
    assert again.status_code == 200
    assert (again.json()["file_id"], again.json()["duplicate_of"]) == (first["file_id"], first["file_id"])
    await run_jobs(fund)
    assert len(await stored_claims(fund, first)) == 1


async def test_a_file_that_an_older_reader_read_is_accepted_and_read_again(fund: Fund) -> None:
    """Rule H18."""
    body = claim_file([medical_claim(who) for who in unknown_members(fund, 1)])
    first = await upload_and_process(fund, body)
    await fund.owner.fetch(
        "UPDATE claim_file SET reader_version = reader_version - 1 WHERE file_id = $1",
        (UUID(first["file_id"]),),
    )
    second = await send(fund, body)
    assert (second.status_code, second.json()["duplicate_of"]) == (202, None)
    waiting = await send(fund, body)
    assert waiting.json()["duplicate_of"] == second.json()["file_id"]
    await run_jobs(fund)
    versions = await fund.owner.fetch(
        "SELECT reader_version FROM claim_file WHERE file_id = ANY ($1) ORDER BY received_at",
        ([UUID(first["file_id"]), UUID(second.json()["file_id"])],),
    )
    assert [row["reader_version"] for row in versions] == [READER_VERSION - 1, READER_VERSION]
    again = await send(fund, body)
    assert again.json()["duplicate_of"] == second.json()["file_id"]


async def test_a_refused_or_unread_file_has_no_outdated_reader(fund: Fund) -> None:
    """Rule H18: a file that waits is read by the present reader, whatever the column says."""
    body = claim_file([medical_claim(who) for who in unknown_members(fund, 1)])
    first = (await send(fund, body)).json()
    assert (await send(fund, body)).json()["duplicate_of"] == first["file_id"]
    await run_jobs(fund)


async def test_a_claim_that_is_sent_again_is_counted_as_replacing(fund: Fund) -> None:
    [who] = unknown_members(fund, 1)
    await upload_and_process(fund, claim_file([medical_claim(who)]))
    again = await upload_and_process(fund, claim_file([medical_claim(who, diseases=()), pharmacy_claim(who)]))
    assert (again["report"]["accepted"], again["report"]["replacing"]) == (2, 1)


async def test_claims_of_a_file_that_is_not_effective_are_not_replaced(fund: Fund) -> None:
    [who] = unknown_members(fund, 1)
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
async def test_a_missing_branch_matches_any(fund: Fund, branch: str | None, unmatched: int) -> None:
    person = fund.person()
    await fund.enrol(person)
    answer = await upload_and_process(fund, claim_file([medical_claim(member(person, branch=branch))]))
    assert answer["report"]["unmatched"] == unmatched


async def test_a_broken_connection_leaves_nothing_behind(fund: Fund) -> None:
    async def body() -> AsyncIterator[bytes]:
        yield claim_file([medical_claim(who) for who in unknown_members(fund, 1)]) * 4_000
        raise ClientDisconnect

    before = await files_with_parts(fund)
    assert (await send(fund, body())).json()["code"] == "file-truncated"
    await run_jobs(fund)
    assert await files_with_parts(fund) <= before


async def test_a_file_that_was_abandoned_during_its_upload_is_not_acknowledged(fund: Fund) -> None:
    whole = claim_file([medical_claim(who) for who in unknown_members(fund, 1)])

    async def body() -> AsyncIterator[bytes]:
        yield whole[:100]
        await fund.owner.fetch("UPDATE claim_file SET received_at = now() - interval '7 hours'", ())
        await run_jobs(fund)
        yield whole[100:]

    assert (await send(fund, body())).json()["code"] == "file-truncated"
    assert (await upload_and_process(fund, whole))["state"] == "done"


async def test_a_file_of_another_kind_is_refused_with_its_own_code(fund: Fund) -> None:
    answer = await upload_and_process(fund, b"x,y\r\n" * 3)
    assert (answer["state"], answer["refusal"], answer["known_from"]) == (
        "refused",
        "claims-unreadable",
        None,
    )


async def test_the_same_bytes_after_a_refusal_are_a_new_file(fund: Fund) -> None:
    first = await upload_and_process(fund, b"z\r\n")
    again = await upload_and_process(fund, b"z\r\n")
    assert again["file_id"] != first["file_id"]


async def test_another_insurer_does_not_see_a_file(fund: Fund) -> None:
    mine = await upload_and_process(
        fund, claim_file([medical_claim(who) for who in unknown_members(fund, 1)])
    )
    other = await fund.admit_insurer(OTHER_INSURER)
    for path in ("", "/faults"):
        response = await fund.get(f"{CLAIMS_PATH}/{mine['file_id']}{path}", other)
        assert response.json()["code"] == "not-found"


async def test_a_clinic_can_neither_send_nor_read_claims(fund: Fund) -> None:
    mine = await upload_and_process(
        fund, claim_file([medical_claim(who) for who in unknown_members(fund, 1)])
    )
    assert (await send(fund, b"IR\r\n", fund.clinic)).json()["code"] == "right-missing"
    response = await fund.get(f"{CLAIMS_PATH}/{mine['file_id']}", fund.clinic)
    assert response.json()["code"] == "right-missing"


async def test_a_closed_client_cannot_send_claims_with_a_token_that_is_still_valid(fund: Fund) -> None:
    program = await fund.admit_insurer("06130017")
    await fund.token(program)
    async with fund.owner.transaction() as connection:
        await close_client(connection, UUID(program.client_id))
    assert (await send(fund, b"IR\r\n", program)).json()["code"] == "client-closed"


async def test_an_unchanged_answer_is_not_sent_again(fund: Fund) -> None:
    mine = await upload_and_process(
        fund, claim_file([medical_claim(who) for who in unknown_members(fund, 1)])
    )
    path = f"{CLAIMS_PATH}/{mine['file_id']}"
    etag = (await fund.get(path)).headers["ETag"]
    assert (await fund.get(path, etag=etag)).status_code == 304


async def test_claims_of_another_insurer_are_faults_and_the_others_are_accepted(fund: Fund) -> None:
    [mine] = unknown_members(fund, 1)
    foreign = member(fund.person(), OTHER_INSURER)
    answer = await upload_and_process(fund, claim_file([medical_claim(mine), medical_claim(foreign)]))
    assert (answer["report"]["claims"], answer["report"]["accepted"]) == (2, 1)
    assert answer["report"]["faults"] == {"other-insurer": 1}


async def test_faults_are_paged_by_place_and_counted_beyond_the_stored_ones(
    fund: Fund, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("eligibility_api.claims.ingest.MAX_FAULTS", 1_200)
    foreign = member(fund.person(), OTHER_INSURER)
    months = [date(2022 + place // 12, 1 + place % 12, 1) for place in range(36)]
    clinics = [f"131{place:06d}4" for place in range(40)]
    stored = [
        medical_claim(
            foreign,
            month=month,
            institution=medical_claim(foreign).institution.__class__(code=code, name="架空"),
        )
        for code in clinics
        for month in months
    ]
    answer = await upload_and_process(fund, claim_file(stored))
    first = (await fund.get(f"{CLAIMS_PATH}/{answer['file_id']}/faults")).json()
    rest = (await fund.get(f"{CLAIMS_PATH}/{answer['file_id']}/faults", after=first["next"])).json()
    assert (len(first["faults"]), len(rest["faults"]), rest["next"]) == (1_000, 200, None)
    assert answer["report"]["faults"] == {"other-insurer": 40 * 36}
    assert first["faults"][0].keys() == {"line", "record", "field", "name", "claim", "code", "shape"}


async def test_a_file_that_is_committed_after_its_instant_is_logged(
    fund: Fund, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("eligibility_api.claims.writer.lead_of", lambda *_: timedelta(microseconds=1))
    with capture_logs() as log:
        body = claim_file([medical_claim(who) for who in unknown_members(fund, 1)])
        assert (await upload_and_process(fund, body))["state"] == "done"
    assert "published_late" in [line["event"] for line in log]


async def test_known_from_follows_the_clock_of_windows(fund: Fund) -> None:
    await fund.set_clock_offset(timedelta(hours=2))
    try:
        answer = await upload_and_process(
            fund, claim_file([medical_claim(who) for who in unknown_members(fund, 1)])
        )
    finally:
        await fund.set_clock_offset(timedelta())
    ahead = datetime.fromisoformat(answer["known_from"]) - datetime.now(UTC)
    assert timedelta(hours=1, minutes=59) < ahead < timedelta(hours=2, minutes=1)


async def test_a_file_is_audited_without_any_person(fund: Fund) -> None:
    [who] = await enrolled_members(fund, 1)
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
