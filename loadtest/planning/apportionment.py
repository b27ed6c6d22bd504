"""Apportions the growth of a table that several kinds of request write to.

Each session fills a page of its own, so that in a short period a table grows by some pages more or less than
its rows need. Over all periods together this error is small: their growth is apportioned by the width of each
kind's rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from eligibility_api.contract.history import HistoryResource
from loadtest.planning.costs import STORED, Consumption, Costs
from loadtest.planning.demand import BATCH_ROW, CARD, CONSENT, DISPENSING, NUMBER, PRESCRIPTION, TOKEN

RECORDS_TABLE, NONCES_TABLE = "audit_record", "used_nonce"

REQUEST_OF_RECORD = {
    "eligibility.card": CARD,
    "eligibility.number": NUMBER,
    "eligibility.batch": BATCH_ROW,
    "eligibility.consent-pin": CONSENT,
    "prescription.recorded": PRESCRIPTION,
    "dispensing.recorded": DISPENSING,
    **{f"history.{resource}": resource.value for resource in HistoryResource},
}
"""The kind of request that leaves each kind of audit record."""

NONCE_WIDTHS = {TOKEN: 1.0, CARD: 1.0, CONSENT: 1.0}
"""The requests that store a used nonce: all rows have the same width."""

NEWEST_RECORD = "SELECT record_id::text AS newest FROM audit_record ORDER BY record_id DESC LIMIT 1"
RECORD_WIDTHS = """
SELECT kind, avg(pg_column_size(r.*))::float8 AS width FROM audit_record r
WHERE record_id > coalesce($1, '00000000-0000-0000-0000-000000000000')::uuid GROUP BY kind
"""
"""The mean width of a record by kind, of the records after the one whose id is the parameter."""


def apportion(costs: Costs, table: str, widths: Mapping[str, float], periods: Iterable[Consumption]) -> Costs:
    """The costs, with a table's growth over all periods apportioned by each kind's row width."""
    name, growth, weight = f"{STORED}{table}", 0.0, 0.0
    for consumed in periods:
        growth += consumed.amounts.get(name, 0.0)
        weight += sum(count * widths.get(kind, 0.0) for kind, count in consumed.requests.items())
    if not weight:
        return costs
    of = {
        kind: {**amounts, name: growth / weight * widths.get(kind, 0.0)} for kind, amounts in costs.of.items()
    }
    return Costs(of, costs.idle)
