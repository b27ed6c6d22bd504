"""In-process cache of the drug master, refreshed after a newer load."""

from __future__ import annotations

from typing import NamedTuple

from eligibility_api.database.connections import Database
from eligibility_api.domain.overlaps import INGREDIENT_LENGTH

_READ = f"""
SELECT d.drug_code, d.name, d.unit, d.generic, left(d.price_list_code, {INGREDIENT_LENGTH}) AS ingredient_code, l.load
FROM (SELECT max(load) AS load FROM drug_load) l
LEFT JOIN drug d ON true
"""  # noqa: S608 - a number, no values


class DrugEntry(NamedTuple):
    """A drug's values in the master; all None for a drug that it does not contain."""

    name: str | None = None
    unit: str | None = None
    generic: bool | None = None
    ingredient_code: str | None = None


NO_ENTRY = DrugEntry()


class DrugMaster:
    """One load of the master."""

    def __init__(self, entries: dict[str, DrugEntry]) -> None:
        self._entries = entries

    def entry(self, code: str) -> DrugEntry:
        """A drug's entry."""
        return self._entries.get(code, NO_ENTRY)

    def ingredient(self, code: str) -> str | None:
        """A drug's ingredient code."""
        return self.entry(code).ingredient_code


class DrugMasterCache:
    """Holds the last load that was read."""

    def __init__(self) -> None:
        self._load: int | None = None
        self._master = DrugMaster({})

    async def for_load(self, database: Database, load: int | None) -> DrugMaster:
        """The master as of `load` (None: there is none) or later."""
        if load is not None and (self._load is None or self._load < load):
            rows = await database.fetch(_READ, ())
            self._load = rows[0]["load"]
            self._master = DrugMaster(
                {
                    code: DrugEntry(*entry)
                    for code, *entry, _ in (tuple(row) for row in rows)
                    if code is not None
                }
            )
        return self._master
