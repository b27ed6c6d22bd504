"""Asks the register again about members whom an insurer confirmed while the register found nobody (rule R10).

Until migration 0025 the register compared no variants, so that such members wait in no queue. One whom it proposes
now joins the queue and still waits for the insurer's word; by number she is answered meanwhile as before.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from eligibility_api.contract.enrolment import Difference, RegisterMatch
from eligibility_api.database.plans import join_as_written
from eligibility_api.domain.membership import IDENTITY
from eligibility_api.enrolment import store
from eligibility_api.enrolment.contests import contest
from eligibility_api.enrolment.decision import CurrentVersion, Decision, NewVersion
from eligibility_api.enrolment.known import KNOWN_NOW, NOT_SUPERSEDED
from eligibility_api.enrolment.linking import RegisterAnswer, link_after_confirmation
from eligibility_api.enrolment.single import write
from eligibility_api.jlis.client import MAX_PERSONS_PER_CALL, Jlis, Matched
from eligibility_api.platform.errors import OperatorError

_INSURERS = text("SELECT insurer_number FROM insurer ORDER BY insurer_number")

_NAME = text("SELECT name FROM insurer WHERE insurer_number = :insurer")

# By the key of the insurer's entitlements, then of each one's versions. A rejected proposal (`other`) is no such
# member, nor one who is proposed already.
_PAGE = text(f"""
WITH page AS MATERIALIZED (
    SELECT entitlement, enrolment_id FROM entitlement
    WHERE insurer_number = :insurer AND entitlement > :after ORDER BY entitlement LIMIT {MAX_PERSONS_PER_CALL}
)
SELECT e.*, page.enrolment_id, o.client_id
FROM page
CROSS JOIN LATERAL (SELECT * FROM enrolment x WHERE x.entitlement = page.entitlement OFFSET 0) e
{KNOWN_NOW}
WHERE {NOT_SUPERSEDED} AND e.mismatch = 'confirmed' AND e.person_key IS NULL
  AND e.register_match IN ('none', 'ambiguous')
ORDER BY e.version
""")  # noqa: S608 - constants of the store, no values

_LAST = text(f"""
SELECT max(entitlement) FROM (SELECT entitlement FROM entitlement WHERE insurer_number = :insurer AND entitlement > :after
                              ORDER BY entitlement LIMIT {MAX_PERSONS_PER_CALL}) page
""")  # noqa: S608


@dataclass(slots=True)
class MatchedAgain:
    """Of how many of an insurer's periods the register was asked; whom it now proposes, or finds spelled equally."""

    insurer_number: str
    asked: int = 0
    proposed: int = 0
    linked: int = 0


async def insurers(connection: AsyncConnection) -> list[str]:
    """The numbers of all insurers."""
    return list((await connection.execute(_INSURERS)).scalars())


async def match_again(connection: AsyncConnection, jlis: Jlis, insurer_number: str) -> MatchedAgain:
    """Ask the register again about an insurer's members; what it now finds is one revision and a record each.

    Raises OperatorError for an unknown insurer, and `register-unavailable`.
    """
    name = (await connection.execute(_NAME, {"insurer": insurer_number})).scalar_one_or_none()
    if name is None:
        raise OperatorError("No such insurer is admitted.")
    again = MatchedAgain(insurer_number)
    await store.lock_insurer(connection, insurer_number, alone=True)
    async for rows in _pages(connection, insurer_number):
        answers = await _ask(jlis, rows)
        again.asked += len(rows)
        for row, found in zip(rows, answers, strict=True):
            await _link(connection, again, name, row, found)
    return again


async def _pages(connection: AsyncConnection, insurer_number: str) -> AsyncIterator[Sequence[Row[Any]]]:
    """The versions to be asked about, in pages that the register answers at once."""
    after: int | None = 0
    await join_as_written(connection)
    while after is not None:
        page = {"insurer": insurer_number, "after": after}
        rows = (await connection.execute(_PAGE, page)).all()
        after = (await connection.execute(_LAST, page)).scalar_one()
        for first in range(0, len(rows), MAX_PERSONS_PER_CALL):
            yield rows[first : first + MAX_PERSONS_PER_CALL]


async def _ask(jlis: Jlis, rows: Sequence[Row[Any]]) -> list[RegisterAnswer]:
    people = [{item: getattr(row, item) for item in IDENTITY} for row in rows]
    return [_answer(found) for found in await jlis.match_many(json.dumps(people, default=str), len(people))]


def _answer(found: Matched) -> RegisterAnswer:
    differences = tuple(map(Difference.model_validate, found.differences))
    return RegisterAnswer(RegisterMatch(found.match), found.person_key, differences)


async def _link(
    connection: AsyncConnection,
    again: MatchedAgain,
    name: str,
    row: Row[Any],
    found: RegisterAnswer,
) -> None:
    """Replace a version by one that is proposed or linked, if the register found somebody.

    The revision is of the client by whom the version became known: no client of the insurer does this.
    """
    if found.person_key is None:
        return
    version = CurrentVersion.of(row)
    new = NewVersion(version.entitlement, version.content, link_after_confirmation(version.link, found))
    wanted = Decision(enrolment_id=row.enrolment_id, reported=new, close=[version], open=[new])
    revision = await store.prepare_revision(connection, again.insurer_number, row.client_id)
    decision = await contest(connection, again.insurer_number, wanted, revision)
    await write(connection, decision, revision, name)
    await _record(connection, again, wanted, revision)
    await store.publish(connection, revision)
    linked = decision.reported.link.person_key is not None
    again.linked, again.proposed = again.linked + linked, again.proposed + (not linked)


async def _record(
    connection: AsyncConnection, again: MatchedAgain, decision: Decision, revision: int
) -> None:
    values = {
        "kind": "enrolment.matched-again",
        "outcome": "done",
        "insurer_number": again.insurer_number,
        "person_key": decision.reported.link.person_key,
        "detail": {"revision": revision},
    }
    await store.record(connection, values)
