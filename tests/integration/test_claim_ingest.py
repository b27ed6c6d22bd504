"""The job of claim files: interruptions, crashes, internal errors, and the final state."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from eligibility_api.claims import writer
from eligibility_api.claims.progress import Progress
from eligibility_api.claims.queue import QUEUE
from eligibility_api.claims.reading.block import Block
from eligibility_api.claims.reading.reader import Reader
from eligibility_api.contract.claims import CLAIMS_PATH
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.contract.identifiers import membership_key
from eligibility_api.files import parts
from tests.builders.claim_files import claim_file, medical_claim, member, run_jobs, send, upload_and_process
from tests.builders.fund import Fund
from tests.builders.fund_clients import OTHER_INSURER
from tests.builders.sent_claims import enrolled_members, stored_claims, stored_faults, unknown_members

pytestmark = pytest.mark.anyio

SMALL_PART = 1_000
"""Bytes: a few claims."""


async def interrupted(
    fund: Fund, monkeypatch: pytest.MonkeyPatch, body: bytes, chunks: int
) -> dict[str, Any]:
    """A file whose reading was interrupted after `chunks` chunks were stored."""
    stored = 0

    async def store(*chunk: Any) -> None:
        nonlocal stored
        if stored == chunks:
            raise asyncio.CancelledError
        stored += 1
        await real(*chunk)

    real = writer.store
    with monkeypatch.context() as patched:
        patched.setattr(parts, "PART_BYTES", SMALL_PART)
        answer: dict[str, Any] = (await send(fund, body)).json()
        patched.setattr(writer, "store", store)
        with pytest.raises(asyncio.CancelledError):
            await run_jobs(fund)
    return answer


@pytest.mark.parametrize("chunks", [0, 1, 4])
async def test_an_interrupted_reading_continues_where_it_stopped(
    fund: Fund, monkeypatch: pytest.MonkeyPatch, chunks: int
) -> None:
    members = [*await enrolled_members(fund, 3), *unknown_members(fund, 17)]
    foreign = [member(fund.person(), OTHER_INSURER) for _ in range(5)]
    body = claim_file([medical_claim(who) for who in members[:10] + foreign + members[10:]])
    broken = await interrupted(fund, monkeypatch, body, chunks)
    assert (await stored_claims(fund, broken) != []) == (chunks > 0)
    assert (await fund.get(f"{CLAIMS_PATH}/{broken['file_id']}")).json()["state"] == "reading"

    answer = await upload_and_process(fund, body)

    report = answer["report"]
    assert (answer["file_id"], answer["state"], report["accepted"]) == (broken["file_id"], "done", 20)
    assert [row["number_key"] for row in await stored_claims(fund, answer)] == [
        membership_key(who.number) for who in members
    ]
    assert (report["unmatched"], report["faults"]) == (17, {"other-insurer": 5})
    assert await stored_faults(fund, answer) == 5


async def test_a_file_becomes_effective_as_a_whole_once_everything_is_stored(
    fund: Fund, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = claim_file([medical_claim(who) for who in unknown_members(fund, 20)])
    broken = await interrupted(fund, monkeypatch, body, 2)
    assert (await fund.get(f"{CLAIMS_PATH}/{broken['file_id']}")).json()["known_from"] is None
    before = datetime.now(UTC)
    answer = await upload_and_process(fund, body)
    known_from = datetime.fromisoformat(answer["known_from"])
    assert before < known_from < datetime.now(UTC) + timedelta(seconds=2)


async def test_a_late_job_changes_nothing_of_a_file_in_its_final_state(
    fund: Fund, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = claim_file([medical_claim(who) for who in unknown_members(fund, 2)])
    broken = await interrupted(fund, monkeypatch, body, 0)
    async with fund.batch.transaction() as guard:
        late = await QUEUE.next_task(guard)
    assert late is not None
    done = await upload_and_process(fund, body)
    for step in (
        lambda: writer.begin(fund.batch, late),
        lambda: writer.conclude(fund.batch, late, Progress()),
        lambda: writer.refuse(fund.batch, late, "internal"),
    ):
        with pytest.raises(ShikakuError, match="database-unavailable"):
            await step()
    assert (await fund.get(f"{CLAIMS_PATH}/{broken['file_id']}")).json() == done | {"duplicate_of": None}


async def test_a_file_whose_bytes_were_lost_in_a_crash_is_refused_and_can_be_sent_again(
    fund: Fund, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = claim_file([medical_claim(who) for who in unknown_members(fund, 20)])
    broken = await interrupted(fund, monkeypatch, body, 2)
    await fund.owner.fetch("TRUNCATE upload_part", ())
    await run_jobs(fund)
    refused = (await fund.get(f"{CLAIMS_PATH}/{broken['file_id']}")).json()
    assert (refused["state"], refused["refusal"], refused["known_from"]) == ("refused", "file-lost", None)
    again = await upload_and_process(fund, body)
    assert (again["state"], again["report"]["accepted"], again["report"]["replacing"]) == ("done", 20, 0)


async def test_an_internal_error_is_retried_once_and_delays_no_other_file(
    fund: Fund, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(self: Reader, part: bytes) -> Block:
        raise ZeroDivisionError

    with monkeypatch.context() as patched:
        patched.setattr(Reader, "feed", fail)
        bad = (await send(fund, claim_file([medical_claim(who) for who in unknown_members(fund, 1)]))).json()
        await run_jobs(fund)
    good = await upload_and_process(
        fund, claim_file([medical_claim(who) for who in unknown_members(fund, 1)])
    )
    assert good["state"] == "done"
    assert (await fund.get(f"{CLAIMS_PATH}/{bad['file_id']}")).json()["state"] == "reading"

    with monkeypatch.context() as patched:
        patched.setattr(Reader, "feed", fail)
        await fund.owner.fetch("UPDATE claim_file SET retry_at = now() WHERE retry_at IS NOT NULL", ())
        await run_jobs(fund)
    refused = (await fund.get(f"{CLAIMS_PATH}/{bad['file_id']}")).json()
    assert (refused["state"], refused["refusal"]) == ("refused", "internal")


async def test_a_file_in_its_final_state_has_no_parts(fund: Fund) -> None:
    answer = await upload_and_process(
        fund, claim_file([medical_claim(who) for who in unknown_members(fund, 2)])
    )
    statement = """SELECT cleaned_up, (SELECT count(*) FROM upload_part WHERE upload_id = file_id) AS parts
                   FROM claim_file WHERE file_id = $1"""
    [row] = await fund.owner.fetch(statement, (UUID(answer["file_id"]),))
    assert (row["cleaned_up"], row["parts"]) == (True, 0)
