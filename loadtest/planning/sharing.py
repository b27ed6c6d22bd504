"""Tables that several kinds of request write to: how their growth is shared out between the kinds.

Each session fills a page of its own, so that in a short stretch a table grows by some pages more or less than its rows
take. Of all stretches together that is little: their growth is shared out by how wide each kind's rows are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from eligibility_api.contract.history import HistoryResource
from loadtest.planning.costs import STORED, Costs, Taken
from loadtest.planning.demand import BATCH_ROW, CARD, CONSENT, DISPENSING, NUMBER, PRESCRIPTION, TOKEN

RECORDS, SPENT = "audit_record", "used_nonce"

REQUESTS = {
    "eligibility.card": CARD,
    "eligibility.number": NUMBER,
    "eligibility.batch": BATCH_ROW,
    "eligibility.consent-pin": CONSENT,
    "prescription.recorded": PRESCRIPTION,
    "dispensing.recorded": DISPENSING,
    **{f"history.{look_up}": look_up.value for look_up in HistoryResource},
}
"""By kind of record, which request leaves it."""

SPENDING = {TOKEN: 1.0, CARD: 1.0, CONSENT: 1.0}
"""What leaves a row among spent things: all are of the same width."""

NEWEST = "SELECT record_id::text AS newest FROM audit_record ORDER BY record_id DESC LIMIT 1"
WIDTHS = """
SELECT kind, avg(pg_column_size(r.*))::float8 AS width FROM audit_record r
WHERE record_id > coalesce($1, '00000000-0000-0000-0000-000000000000')::uuid GROUP BY kind
"""
"""Of each kind of record how wide its rows are, of those after the one whose id is the parameter."""


def share_out(costs: Costs, table: str, widths: Mapping[str, float], stretches: Iterable[Taken]) -> Costs:
    """The costs, a table's growth in all stretches shared out anew by the widths of the rows that kinds leave in it."""
    name, grown, rows = f"{STORED}{table}", 0.0, 0.0
    for taken in stretches:
        grown += taken.amounts.get(name, 0.0)
        rows += sum(count * widths.get(kind, 0.0) for kind, count in taken.requests.items())
    if not rows:
        return costs
    of = {kind: {**amounts, name: grown / rows * widths.get(kind, 0.0)} for kind, amounts in costs.of.items()}
    return Costs(of, costs.idle)
