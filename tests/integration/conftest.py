"""Every statement that the fund sends in an integration test finds its rows by keys, whatever the statistics are."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from uuid import uuid4

import pytest

from eligibility_api.embedded_postgres.server import EmbeddedPostgres
from tests.builders.database import Database
from tests.builders.grown import Statistics, create, grow
from tests.builders.statements import Recorder, Statement, plan_faults

Grown = dict[Statistics, Database]

BY_COMMAND = {
    "facilities/operators.py::list_operators": "lists the operators of all facilities",
    "insurer_ops/twins.py::join": "finds an insurer's clients, of which a country has few beside its terminals",
}
"""Statements of operators' commands that read a table as a whole, and why. Nothing else is exempt."""


@pytest.fixture(scope="session")
def grown(postgres: EmbeddedPostgres) -> Grown:
    """Databases with grown tables, by their statistics."""

    async def create_all() -> Grown:
        databases: Grown = {}
        empty = Database(postgres, f"empty_{uuid4().hex[:8]}")
        await create(postgres.dsn("owner"), empty)
        for statistics in Statistics:
            name = f"grown_{statistics.name.lower()}_{uuid4().hex[:8]}"
            databases[statistics] = Database(postgres, name)
            await create(postgres.dsn("owner"), databases[statistics], template=empty.name)
            await grow(databases[statistics], statistics)
        return databases

    return asyncio.run(create_all())


@pytest.fixture(scope="session")
def recorder() -> Recorder:
    """Records the statements of all tests."""
    recording = Recorder()
    recording.install()
    return recording


_checked: set[Statement] = set()


@pytest.fixture(scope="module", autouse=True)
def statements_find_by_keys(recorder: Recorder, grown: Grown) -> Iterator[None]:
    """After a module, the statements that it was the first to send have the right plans in every grown database."""
    yield
    new = [s for s in recorder.statements if s not in _checked and s.place not in BY_COMMAND]
    _checked.update(new)
    faults = {
        f"{fault} with {statistics}"
        for statistics, database in grown.items()
        for fault in asyncio.run(plan_faults(database, new))
    }
    assert not faults, "\n".join(sorted(faults))
