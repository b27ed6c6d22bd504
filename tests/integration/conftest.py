"""Every statement that the fund sends in an integration test finds its rows by keys, whatever the statistics are."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence

import pytest

from eligibility_api.embedded_postgres.server import EmbeddedPostgres
from tests.builders.database import Database, create_database
from tests.builders.grown import Statistics, create_grown, stop_autovacuum
from tests.builders.statements import Planner, Recorder, Statement

Grown = dict[Statistics, Database]
PlanAll = Callable[[Sequence[Statement]], set[str]]

BY_COMMAND = {
    "facilities/operators.py::list_operators": "lists the operators of all facilities",
    "insurer_ops/twins.py::join": "finds an insurer's clients, of which a country has few beside its terminals",
}
"""Statements of operators' commands that read a table as a whole, and why. Nothing else is exempt."""


@pytest.fixture(scope="session")
def grown(postgres: EmbeddedPostgres, migrated: Database) -> Grown:
    """Databases with grown tables, by their statistics."""

    async def create_all() -> Grown:
        empty = await create_database(postgres, migrated)
        await stop_autovacuum(empty)
        return await create_grown(postgres, empty)

    return asyncio.run(create_all())


@pytest.fixture(scope="session")
def plan_all(grown: Grown) -> Iterator[PlanAll]:
    """Plans statements in every grown database, and returns the faults of their plans."""
    planners = {statistics: Planner(database) for statistics, database in grown.items()}

    async def faults(statements: Sequence[Statement]) -> set[str]:
        return {
            f"{fault} with {statistics}"
            for statistics, planner in planners.items()
            for fault in await planner.faults(statements)
        }

    async def close() -> None:
        for planner in planners.values():
            await planner.close()

    with asyncio.Runner() as runner:  # one loop for all modules, to which the planners' sessions belong
        yield lambda statements: runner.run(faults(statements))
        runner.run(close())


@pytest.fixture(scope="session")
def recorder() -> Recorder:
    """Records the statements of all tests."""
    recording = Recorder()
    recording.install()
    return recording


_checked: set[Statement] = set()


@pytest.fixture(scope="module", autouse=True)
def statements_find_by_keys(recorder: Recorder, plan_all: PlanAll) -> Iterator[None]:
    """After a module, the statements that it was the first to send have the right plans in every grown database."""
    yield
    new = [s for s in recorder.statements if s not in _checked and s.place not in BY_COMMAND]
    _checked.update(new)
    faults = plan_all(new)
    assert not faults, "\n".join(sorted(faults))
