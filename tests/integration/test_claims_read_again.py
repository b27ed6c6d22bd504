"""A claim file that comes again and is read by a newer version of the reader replaces the former reading (H17)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from tests.builders.claim_files import claim_file, medical_claim, member, run_jobs, send, upload_and_process
from tests.builders.claims import (
    enrolled_patient,
    fetch_history,
    grant_permit,
    pharmacy_with_history_rights,
)
from tests.builders.fund import Fund
from tests.builders.sent_claims import unknown_members

pytestmark = pytest.mark.anyio

_FILES = """
SELECT file_id, known_from, replaced_from FROM claim_file WHERE file_id = ANY ($1) ORDER BY received_at
"""
_OF_OLDER_VERSION = "UPDATE claim_file SET reader_version = reader_version - 1 WHERE file_id = $1"
_OTHER_IDENTITIES = "UPDATE claim SET identity = sha256(identity) WHERE file_id = $1"


async def read_again(fund: Fund, body: bytes) -> tuple[str, str]:
    """Send a file twice; an older version read it first, and gave its claims other identities."""
    first: str = (await upload_and_process(fund, body))["file_id"]
    for statement in (_OF_OLDER_VERSION, _OTHER_IDENTITIES):
        await fund.owner.fetch(statement, (UUID(first),))
    again = await send(fund, body)
    assert again.status_code == 202
    return first, again.json()["file_id"]


async def files(fund: Fund, *ids: str) -> list[Any]:
    return list(await fund.owner.fetch(_FILES, ([UUID(each) for each in ids],)))


async def test_the_former_reading_counts_until_the_new_one_does(fund: Fund) -> None:
    ids = await read_again(fund, claim_file([medical_claim(who) for who in unknown_members(fund, 2)]))
    assert [row["replaced_from"] for row in await files(fund, *ids)] == [None, None]
    await run_jobs(fund)
    former, newer = await files(fund, *ids)
    assert newer["known_from"] is not None
    assert (former["replaced_from"], newer["replaced_from"]) == (newer["known_from"], None)


async def test_other_files_are_not_replaced(fund: Fund) -> None:
    other = await upload_and_process(
        fund, claim_file([medical_claim(who) for who in unknown_members(fund, 1)])
    )
    ids = await read_again(fund, claim_file([medical_claim(who) for who in unknown_members(fund, 1)]))
    await run_jobs(fund)
    [row] = await files(fund, other["file_id"])
    assert row["replaced_from"] is None
    assert len(await files(fund, *ids)) == 2


async def test_a_history_shows_one_reading_and_before_the_new_one_the_former(fund: Fund) -> None:
    terminal = await pharmacy_with_history_rights(fund)
    person = await enrolled_patient(fund)
    ids = await read_again(fund, claim_file([medical_claim(member(person))]))
    await run_jobs(fund)
    former, newer = await files(fund, *ids)
    await fund.set_clock_offset(timedelta(seconds=10))
    try:
        permit = await grant_permit(fund, person, terminal)
        for instant, of in (
            (None, newer),
            (newer["known_from"], newer),
            (newer["known_from"] - timedelta(microseconds=1), former),
        ):
            at: dict[str, Any] = {} if instant is None else {"known_at": instant}
            answer = await fetch_history(fund, permit, terminal, **at)
            [medicine] = answer["medicines"]
            assert datetime.fromisoformat(medicine["known_from"]) == of["known_from"]
    finally:
        await fund.set_clock_offset(timedelta())
