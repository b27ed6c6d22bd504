"""Whose the members are: the resident register is asked about who is new, and about whose identity items changed."""

from __future__ import annotations

from eligibility_api.domain.membership import IDENTITY
from eligibility_api.jlis.client import MAX_PERSONS_PER_CALL
from eligibility_api.uploads.queue import Bench, Task
from eligibility_api.uploads.staging import by_index

_ITEMS = ", ".join(f"'{name}', n.{name}" for name in IDENTITY)

# The question as J-LIS takes it, made where the rows are.
_NEXT = f"""
SELECT array_agg(n.row ORDER BY n.row) AS numbers, json_agg(json_build_object({_ITEMS}) ORDER BY n.row)::text AS people
FROM (SELECT r.* FROM {{plan}} p JOIN {{rows}} r ON r.row = p.row
      WHERE p.matching AND p.row > :after
      ORDER BY p.row LIMIT {MAX_PERSONS_PER_CALL}) n
"""  # noqa: S608 - names and a number of ours

_COLUMNS = ("row", "register_match", "person_key")


async def match(bench: Bench, task: Task) -> None:
    """Keep the register's word on every row that needs it. Raises `register-unavailable`."""
    after = 0
    while True:
        async with bench.database.transaction() as connection:
            await by_index(connection)
            asked = (await task.staging.execute(connection, _NEXT, {"after": after})).one()
        if asked.numbers is None:
            return
        found = await bench.jlis.match_many(asked.people, len(asked.numbers))
        after = asked.numbers[-1]
        records = ((row, *word) for row, word in zip(asked.numbers, found, strict=True))
        async with bench.database.transaction() as connection:
            await task.staging.copy(connection, "matches", _COLUMNS, records)
