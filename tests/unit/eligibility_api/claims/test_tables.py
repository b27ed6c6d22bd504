"""A claim as a row: the numbers by which it is found, and from when it may be shown."""

from __future__ import annotations

from datetime import UTC, date, datetime
from uuid import UUID

import pytest

from eligibility_api.claims.tables import CLAIM_COLUMNS, claim_row, due_at
from eligibility_api.contract.claims import ClaimKind
from eligibility_api.contract.history import CareSetting
from eligibility_api.domain.claims import Claim, Content, Member, decode

CONTENT = Content("架空診療所", None, None, (), (), ())
CLAIM = Claim(
    kind=ClaimKind.MEDICAL,
    setting=CareSetting.OUTPATIENT,
    institution_code="1311111114",
    claim_month=date(2026, 5, 1),
    treatment_month=date(2026, 4, 1),
    member=Member(
        insurer_number="01130012",
        symbol="見本・１",
        number="００-１２",
        branch=None,
        birth_date=date(1980, 5, 17),
    ),
    content=CONTENT,
)


def test_a_row_holds_the_folded_numbers_for_comparison() -> None:
    values = dict(zip(CLAIM_COLUMNS, claim_row(UUID(int=1), CLAIM), strict=True))
    assert (values["symbol_key"], values["number_key"], values["branch_key"]) == ("見本・1", "0012", "")
    assert (values["kind"], values["setting"]) == ("medical", "outpatient")
    assert values["identity"] == CLAIM.identity
    assert decode(values["content"]) == CONTENT


@pytest.mark.parametrize(
    ("claim_month", "instant"),
    [
        (date(2026, 5, 1), datetime(2026, 5, 10, 15, tzinfo=UTC)),
        (date(2026, 1, 1), datetime(2026, 1, 10, 15, tzinfo=UTC)),
    ],
)
def test_claims_are_due_when_the_eleventh_of_their_claim_month_begins_in_japan(
    claim_month: date, instant: datetime
) -> None:
    assert due_at(claim_month) == instant
