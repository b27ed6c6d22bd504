"""The drug master in a process: read once for a load, again for a newer one, and empty while there is none."""

from __future__ import annotations

from typing import Any, cast

import pytest

from eligibility_api.database.connections import Database
from eligibility_api.drug_master.cache import DrugEntry, DrugMasterCache
from tests.builders.scripted_database import ScriptedDatabase

pytestmark = pytest.mark.anyio


def rows(load: int, *drugs: tuple[str, str]) -> list[dict[str, Any]]:
    """The rows of a load; without drugs, the one row of the outer join."""
    return [
        {
            "drug_code": code,
            "name": name,
            "unit": "錠",
            "generic": False,
            "ingredient_code": "1234567",
            "load": load,
        }
        for code, name in drugs
    ] or [dict.fromkeys(("drug_code", "name", "unit", "generic", "ingredient_code")) | {"load": load}]


def database(*loads: list[dict[str, Any]]) -> ScriptedDatabase:
    """A database whose rows are tuples in the order of their columns, as the driver's."""
    return ScriptedDatabase([_records(load) for load in loads])


class Record(tuple[Any, ...]):
    """A row that is read by place and by name."""

    def __getitem__(self, place: Any) -> Any:
        return super().__getitem__(-1 if place == "load" else place)


def _records(load: list[dict[str, Any]]) -> list[Record]:
    return [Record(row.values()) for row in load]


async def test_without_a_load_no_drug_is_known_and_nothing_is_read() -> None:
    asked, cache = database(), DrugMasterCache()
    master = await cache.for_load(cast(Database, asked), None)
    assert (master.entry("990000101"), master.ingredient("990000101")) == (DrugEntry(), None)
    assert asked.asked == []


async def test_a_load_is_read_once() -> None:
    asked, cache = database(rows(3, ("990000101", "見本錠"))), DrugMasterCache()
    masters = [await cache.for_load(cast(Database, asked), 3) for _ in range(3)]
    assert len(asked.asked) == 1
    assert {master.entry("990000101") for master in masters} == {DrugEntry("見本錠", "錠", False, "1234567")}


async def test_a_newer_load_is_read_and_replaces_the_whole_master() -> None:
    asked = database(rows(3, ("990000101", "旧名")), rows(4, ("990000102", "新薬")))
    cache = DrugMasterCache()
    await cache.for_load(cast(Database, asked), 3)
    master = await cache.for_load(cast(Database, asked), 4)
    assert (master.entry("990000101").name, master.entry("990000102").name) == (None, "新薬")


async def test_a_load_that_came_between_statement_and_reading_is_not_read_again() -> None:
    asked, cache = database(rows(5, ("990000101", "見本錠"))), DrugMasterCache()
    await cache.for_load(cast(Database, asked), 4)
    await cache.for_load(cast(Database, asked), 5)
    assert len(asked.asked) == 1


@pytest.mark.parametrize("later", [None, 1, 3])
async def test_a_request_of_an_older_load_gets_the_newest_master(later: int | None) -> None:
    asked, cache = database(rows(3, ("990000101", "見本錠"))), DrugMasterCache()
    await cache.for_load(cast(Database, asked), 3)
    master = await cache.for_load(cast(Database, asked), later)
    assert master.entry("990000101").name == "見本錠"


async def test_a_load_of_no_drugs_is_an_empty_master() -> None:
    asked, cache = database(rows(1)), DrugMasterCache()
    master = await cache.for_load(cast(Database, asked), 1)
    assert master.entry("990000101") == DrugEntry()
    assert await cache.for_load(cast(Database, asked), 1) is master
