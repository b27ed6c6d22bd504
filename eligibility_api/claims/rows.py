"""A receipt as a row of the store."""

from __future__ import annotations

from datetime import date, datetime, time
from functools import lru_cache
from typing import Any
from uuid import UUID

from eligibility_api.domain.claims import Claim, encode
from eligibility_api.domain.dates import JAPAN
from eligibility_api.domain.membership import comparable

COLUMNS = (
    "file_id", "insurer_number", "symbol_key", "number_key", "branch_key", "birth_date", "kind", "setting",
    "institution_code", "treatment_month", "claim_month", "due_at", "identity", "content",
)  # fmt: skip

_DUE_DAY = 11


@lru_cache(maxsize=256)
def due_at(claim_month: date) -> datetime:
    """From when on receipts of a claim month may be seen: 00:00 in Japan on its 11th (OQS 7.3)."""
    return datetime.combine(claim_month.replace(day=_DUE_DAY), time(), JAPAN)


def row(file_id: UUID, receipt: Claim) -> tuple[Any, ...]:
    """The values of `COLUMNS`."""
    member = receipt.member
    return (
        file_id,
        member.insurer_number,
        *comparable(member.symbol, member.number, member.branch),
        member.birth_date,
        receipt.kind.value,
        receipt.setting.value,
        receipt.institution_code,
        receipt.treatment_month,
        receipt.claim_month,
        due_at(receipt.claim_month),
        receipt.identity,
        encode(receipt.content),
    )
