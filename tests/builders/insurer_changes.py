"""An insurer's changes of its members."""

from __future__ import annotations

from itertools import count
from typing import Any

from eligibility_api.contract.insurer_ops import Changes
from eligibility_api.contract.numbers import check_digit
from eligibility_api.contract.tokens import Credential
from tests.builders.fund import Fund

_NUMBERS = count(1)


LEAVES: dict[str, Any] = {"lost_on": "2026-04-01", "reason_of_loss": "03"}


async def new_insurer(fund: Fund) -> Credential:
    """A new insurer, so that its data does not depend on other tests."""
    number = f"0613{next(_NUMBERS):03d}"
    return await fund.admit_insurer(f"{number}{check_digit(number)}")


def of(insurer: Credential) -> dict[str, Any]:
    """The insurer's item of a call about a member."""
    return {"credential": insurer, "insurer_number": insurer.insurer_number}


async def changes(fund: Fund, own: Credential, after: str | None = None, limit: int = 1_000) -> Changes:
    """One page of the feed."""
    query: dict[str, Any] = {"limit": limit} | ({"after": after} if after is not None else {})
    response = await fund.get("/v1/changes", own, **query)
    assert response.status_code == 200, response.text
    return Changes.model_validate_json(response.content)
