"""A clinic's batch is answered while insurers' hostile files, which never end, are being read."""

from __future__ import annotations

import asyncio

import pytest

from tests.builders.fund import Fund
from tests.builders.fund_clients import OTHER_INSURER
from tests.builders.hostile_files import MEMBER_PARTS, hostile_files, seconds_of_batch
from tests.builders.member_files import upload

pytestmark = pytest.mark.anyio

PATIENCE_SECONDS = 60
"""How long the test waits. `tests/benchmarks/batch_during_files.py` measures how long the batch really takes."""


@pytest.mark.parametrize("kind", MEMBER_PARTS)
async def test_a_batch_of_three_rows_is_answered_before_the_file_ends(fund: Fund, kind: str) -> None:
    async with hostile_files(fund, [fund.insurer], MEMBER_PARTS[kind]()) as files:
        before = files.read_parts
        async with asyncio.timeout(PATIENCE_SECONDS):
            await seconds_of_batch(fund)
            while files.read_parts == before:  # the files are still being read
                await asyncio.sleep(0.05)


async def test_another_insurers_small_file_is_processed_before_the_hostile_ones_end(fund: Fund) -> None:
    other = await fund.admit_insurer(OTHER_INSURER)
    kind = MEMBER_PARTS["rows of combining marks"]
    async with hostile_files(fund, [fund.insurer], kind()) as files:
        before = files.read_parts
        response = await upload(fund, b"no member file\n", other)
        found = f"/v1/uploads/{response.json()['upload_id']}"
        headers = {"Authorization": f"Bearer {await fund.token(other)}"}
        async with asyncio.timeout(PATIENCE_SECONDS):
            while (await fund.http.get(found, headers=headers)).json()["state"] != "refused":
                await asyncio.sleep(0.05)
        assert files.read_parts >= before
