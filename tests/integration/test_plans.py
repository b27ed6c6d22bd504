"""The plans of the busiest statements: they use indexes, also while the tables are small."""

from __future__ import annotations

import re

import pytest

from eligibility_api.consent import grant
from eligibility_api.consent.access_check import CONSENT_BASES
from eligibility_api.contract.consent import Basis
from eligibility_api.contract.history import HistoryResource
from eligibility_api.eligibility.by_number import INSTANT_STATEMENT, NUMBER_STATEMENT
from eligibility_api.eligibility.store import CARD_STATEMENT, VISUAL_STATEMENT
from eligibility_api.history.store import statement
from tests.builders.fund import Fund

pytestmark = pytest.mark.anyio

_GROWING = (
    "enrolment", "entitlement", "revision", "binding", "revoked_certificate", "client", "facility", "permit", "permit_end",
    "claim", "claim_file", "health_checkup", "prescription_entry", "audit_record", "reference_number", r"used_nonce_\d+",
)  # fmt: skip
"""Tables that grow with the population or with time."""

_SEQ_SCAN = re.compile(rf"Seq Scan on ({'|'.join(_GROWING)})\b")

STATEMENTS = {
    "card": CARD_STATEMENT,
    "visual check": VISUAL_STATEMENT,
    "number": NUMBER_STATEMENT,
    "number, then": INSTANT_STATEMENT,
    "consent": grant.GRANT_STATEMENTS[Basis.PIN],
    "consent by visual check": grant.GRANT_STATEMENTS[Basis.VISUAL_CHECK],
    "consent challenge": grant.PRECHECK_STATEMENT,
    **{
        f"{look_up} by {sorted(bases)}{', then' if at_instant else ''}": statement(
            look_up, bases, at_instant=at_instant
        )
        for look_up in HistoryResource
        for bases in (CONSENT_BASES, frozenset({Basis.EMERGENCY}), frozenset({Basis.DISASTER}))
        for at_instant in (False, True)
    },
}


@pytest.fixture(scope="module", autouse=True)
async def small(fund: Fund) -> None:
    """The planner knows that every table is small, when sequential scans are most attractive."""
    await fund.insured()
    await fund.owner.fetch("VACUUM ANALYZE", ())


@pytest.mark.parametrize("asked", STATEMENTS)
async def test_no_growing_table_is_scanned_sequentially(fund: Fund, asked: str) -> None:
    text = STATEMENTS[asked]
    parameters = max(int(number) for number in re.findall(r"\$(\d+)", text))
    # All three statements run in one session: no other connection of the pool is in use yet.
    await fund.state.database.fetch(f"PREPARE planned AS {text}", ())
    try:
        nothing = ", ".join(["NULL"] * parameters)
        rows = await fund.state.database.fetch(f"EXPLAIN EXECUTE planned ({nothing})", ())
    finally:
        await fund.state.database.fetch("DEALLOCATE planned", ())
    plan = "\n".join(row[0] for row in rows)
    assert "Index Scan using client_pkey" in plan
    assert _SEQ_SCAN.findall(plan) == []
