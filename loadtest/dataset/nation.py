"""Which nation a stack holds: the run's own, none yet, or another one.

Every generated population has insurers of the same numbers. A second population, or one of another size, changes who is
insured by them: the reference model, which knows one of them only, would call right answers wrong.
"""

from __future__ import annotations

import asyncio

import asyncpg

from eligibility_api.contract.numbers import check_digit
from jpki_mock.jlis import Jlis
from jpki_mock.settings import Settings
from loadtest.clock import now
from loadtest.database.dsn import DatabaseUnreachable, operator_dsn
from loadtest.errors import LoadError
from loadtest.target import TargetEnvironment

SEED = "7001"
"""Seed of the residents: other people than those of any other command."""

_SCHOOLS = "3401000"
INSURER_OF_EVERY_POPULATION = f"{_SCHOOLS}{check_digit(_SCHOOLS)}"
"""The number of the private schools' mutual aid, which every generated population has, and no named test person."""

_ANOTHER_SIZE = (
    "this stack holds a nation of {found:,} uploaded people, and answers would be compared with one of {people:,}:"
    " use --people {found}, or a stack without a nation"
)
_ANOTHER_NATION = (
    "this stack holds another nation, whose insurers have the same numbers, and right answers would be called wrong:"
    " use a stack without a nation (without TERMINAL_FUND_URL one is started)"
)


def check_nation(target: TargetEnvironment, people: int) -> None:
    """Raise LoadError unless the stack holds no nation, or that of this many uploaded people."""
    with Jlis(Settings(home=target.jpki_home), now()) as jlis:
        found = jlis.register.count(f"R{SEED}-")
    if found and found != people:
        raise LoadError(_ANOTHER_SIZE.format(found=found, people=people))
    if not found and _has_population(target):
        raise LoadError(_ANOTHER_NATION)


def _has_population(target: TargetEnvironment) -> bool:
    try:
        return asyncio.run(has_population(operator_dsn(target.environment)))
    except DatabaseUnreachable as error:
        raise LoadError(str(error)) from error
    except asyncpg.PostgresError as error:
        raise LoadError(f"the stack's nation is unknown: {type(error).__name__}") from error


async def has_population(dsn: str) -> bool:
    """Whether the database of an owner's DSN has the insurers of a generated population."""
    connection = await asyncpg.connect(dsn)
    try:
        statement = "SELECT EXISTS (SELECT FROM insurer WHERE insurer_number = $1)"
        return bool(await connection.fetchval(statement, INSURER_OF_EVERY_POPULATION))
    finally:
        await connection.close()
