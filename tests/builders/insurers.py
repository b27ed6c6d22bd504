"""Insurers with two keys, and their guesses of a person's attributes."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

from eligibility_api.contract.numbers import check_digit
from eligibility_api.contract.tokens import Credential
from eligibility_api.facilities import service as facilities
from tests.builders.fund import Fund
from tests.builders.member_files import csv_file, get, member, run_jobs, upload
from tests.builders.people import Person

_SOCIETIES = itertools.count(1)

NOWHERE = "架空県どこにもない町"
"""An address at which the register knows nobody."""


@dataclass(frozen=True, slots=True)
class Insurer:
    """An admitted insurer: the key of its program, and its approver's."""

    program: Credential
    approver: Credential

    @property
    def number(self) -> str:
        """The insurer number."""
        assert self.program.insurer_number is not None
        return self.program.insurer_number

    def row(self, person: Person, **cells: str) -> dict[str, str]:
        """A person as this insurer's member, in a file."""
        return member(person, self.number, **cells)

    def guess(self, person: Person, attempt: int) -> dict[str, str]:
        """A wrong guess of a person's address."""
        return self.row(person, address=f"{NOWHERE}{attempt}", number=f"{700_000 + attempt}")

    async def send(self, fund: Fund, *rows: dict[str, str], **query: str) -> str:
        """Send a file of changes; returns its upload's id."""
        response = await upload(fund, csv_file(rows), self.program, **{"scope": "changes"} | query)
        assert response.status_code == 202, response.text
        return str(response.json()["upload_id"])

    async def status(self, fund: Fund, upload_id: str) -> dict[str, Any]:
        """The upload, as its insurer sees it."""
        answer: dict[str, Any] = await get(fund, f"/v1/uploads/{upload_id}", self.program)
        return answer

    async def process(self, fund: Fund, *rows: dict[str, str], **query: str) -> dict[str, Any]:
        """Send a file of changes, process it, and return its state."""
        upload_id = await self.send(fund, *rows, **query)
        await run_jobs(fund)
        return await self.status(fund, upload_id)

    async def decide(
        self, fund: Fund, upload_id: str, decision: str, *, approver: bool = False, reason: str = "確認済み"
    ) -> Any:
        """Decide about an upload with one of the keys; returns the response once the job has nothing to do."""
        body = {} if decision == "publish" else {"reason": reason}
        key = self.approver if approver else self.program
        response = await fund.post(f"/v1/uploads/{upload_id}/{decision}", body, key)
        await run_jobs(fund)
        return response


async def admit(fund: Fund) -> Insurer:
    """Admit one more health insurance society."""
    digits = f"0613{next(_SOCIETIES):03}"
    keys: list[Credential] = []
    async with fund.owner.transaction() as connection:
        for is_approver in (False, True):
            keys.append(
                await facilities.admit_insurer(
                    connection,
                    audience=fund.state.settings.audience,
                    insurer_number=f"{digits}{check_digit(digits)}",
                    name="試験健康保険組合",
                    approver=is_approver,
                )
            )
    return Insurer(*keys)
