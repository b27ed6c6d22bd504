"""A fund killed while it reads a claim file continues with it, or has lost it and shows nothing of it."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import asyncpg
import pytest

from eligibility_api.contract.claims import ClaimsAnswer, ClaimsState
from eligibility_api.contract.codes import Sex
from eligibility_api.contract.insurer_client import InsurerClient
from eligibility_api.contract.tokens import Credential
from eligibility_api.embedded_postgres.postmaster import wait_until
from eligibility_api.embedded_postgres.server import EmbeddedPostgres
from payer_mock.claims.claim import Institution, Member
from shikaku.stack import INSURER_NUMBER
from tests.builders.claim_files import claim_file, medical_claim
from tests.builders.stack import PopulatedStack
from tests.depth import DEEP

CLAIMS = 12_000 if DEEP else 6_000
CRASH_POINTS = [point * CLAIMS // 10 for point in range(1, 10)] if DEEP else [CLAIMS // 2]
"""Minimum number of claims that are stored when everything is killed."""

_EFFECTIVE = """
SELECT count(*) FROM claim JOIN claim_file USING (file_id) WHERE institution_code = $1 AND known_from <= now()
"""
_TAKEN = "SELECT stored FROM claim_file WHERE file_id = $1::text::uuid"


@pytest.mark.parametrize("taken", CRASH_POINTS)
def test_a_file_becomes_effective_completely_and_once_wherever_reading_is_killed(
    killed_stack: PopulatedStack, taken: int
) -> None:
    clinic = Institution(code=f"13101{taken:05d}", name="架空診療所")
    body = _file(clinic)
    with _client(killed_stack) as program:
        sent = program.send_claims([body])
        assert wait_until(lambda: _count(killed_stack, _TAKEN, sent.file_id) >= taken, 60)
    killed_stack.kill_fund()

    killed_stack.restart_fund()
    with _client(killed_stack) as program:
        ended = _ended(program, sent.file_id)
        assert ended.refusal in {None, "file-lost"}
        assert (ended.known_from is None) == (ended.state is ClaimsState.REFUSED)
        again = _ended(program, program.send_claims([body]).file_id)
        assert again.report is not None
        assert (again.state, again.report.accepted) == (ClaimsState.DONE, CLAIMS)
        assert wait_until(lambda: _count(killed_stack, _EFFECTIVE, clinic.code) == CLAIMS, 10)


def _file(clinic: Institution) -> bytes:
    def member(number: int) -> Member:
        return Member(
            insurer_number=INSURER_NUMBER,
            symbol="見本",
            number=f"{number:08d}",
            branch="00",
            birth_date=date(1950, 1, 1) + timedelta(days=number),
            name="試験　見本",
            sex=Sex.FEMALE,
        )

    return claim_file(medical_claim(member(number), institution=clinic) for number in range(CLAIMS))


def _client(stack: PopulatedStack) -> InsurerClient:
    credential = Credential.load(stack.home / f"payer-{INSURER_NUMBER}.json")
    url = stack.wiring["PAYER_FUND_URL"]
    return InsurerClient(url, credential, clock=lambda: datetime.now(UTC), timeout_seconds=60)


def _ended(program: InsurerClient, file_id: str) -> ClaimsAnswer:
    ends = {ClaimsState.DONE, ClaimsState.REFUSED}
    assert wait_until(lambda: program.claims_status(file_id).state in ends, 120)
    return program.claims_status(file_id)


def _count(stack: PopulatedStack, statement: str, about: str) -> int:
    async def fetch() -> int:
        dsn = EmbeddedPostgres.attach(Path(stack.wiring["FUND_HOME"]) / "postgres").dsn("owner")
        connection = await asyncpg.connect(dsn)
        try:
            found: int = await connection.fetchval(statement, about)
            return found
        finally:
            await connection.close()

    return asyncio.run(fetch())
