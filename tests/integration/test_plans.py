"""How the hot path's statements find what they ask for: by keys, also while the tables are small."""

from __future__ import annotations

import re

import pytest

from eligibility_api.consent import giving
from eligibility_api.consent.gate import CONSENTED
from eligibility_api.contract.consent import Basis
from eligibility_api.contract.history import HistoryResource
from eligibility_api.eligibility.by_number import INSTANT_STATEMENT, NUMBER_STATEMENT
from eligibility_api.eligibility.store import CARD_STATEMENT, VISUAL_STATEMENT
from eligibility_api.history.store import statement
from tests.builders.fund import Fund

pytestmark = pytest.mark.anyio

_GROWING = (
    "enrolment", "entitlement", "revision", "binding", "revoked", "client", "facility", "permit", "permit_end",
    "receipt", "claim_file", "health_checkup", "prescription_entry", "audit_record", "reference_number", r"spent_\d+",
)  # fmt: skip
"""Tables that grow with the nation, or with its days."""

_WHOLE = re.compile(rf"Seq Scan on ({'|'.join(_GROWING)})\b")

STATEMENTS = {
    "card": CARD_STATEMENT,
    "visual check": VISUAL_STATEMENT,
    "number": NUMBER_STATEMENT,
    "number, then": INSTANT_STATEMENT,
    "consent": giving.GIVE[Basis.PIN],
    "consent by visual check": giving.GIVE[Basis.VISUAL_CHECK],
    "consent challenge": giving.BEFORE,
    **{
        f"{look_up} by {sorted(bases)}{', then' if then else ''}": statement(look_up, bases, then=then)
        for look_up in HistoryResource
        for bases in (CONSENTED, frozenset({Basis.EMERGENCY}), frozenset({Basis.DISASTER}))
        for then in (False, True)
    },
}


@pytest.fixture(scope="module", autouse=True)
async def small(fund: Fund) -> None:
    """The database knows that every table is small: what tempts it most to read one whole."""
    await fund.insured()
    await fund.owner.fetch("VACUUM ANALYZE", ())


@pytest.mark.parametrize("asked", STATEMENTS)
async def test_no_table_is_read_whole(fund: Fund, asked: str) -> None:
    text = STATEMENTS[asked]
    parameters = max(int(number) for number in re.findall(r"\$(\d+)", text))
    # Three statements of one session, whatever connection serves it: the pool has lent none else so far.
    await fund.state.database.fetch(f"PREPARE looked AS {text}", ())
    try:
        nothing = ", ".join(["NULL"] * parameters)
        rows = await fund.state.database.fetch(f"EXPLAIN EXECUTE looked ({nothing})", ())
    finally:
        await fund.state.database.fetch("DEALLOCATE looked", ())
    plan = "\n".join(row[0] for row in rows)
    assert "Index Scan using client_pkey" in plan
    assert _WHOLE.findall(plan) == []
