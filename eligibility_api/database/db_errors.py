"""Which errors of the database mean that nobody could decide. All others are faults of this program, and stay so.

Used on both ways to the database, so that it makes no difference to a client which of them failed.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import asyncpg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from eligibility_api.contract.errors import ShikakuError

RETRY_AFTER_SECONDS = 5
"""What a client is told to wait when the database cannot serve it."""

_CLASSES = frozenset({"08", "53", "57", "58"})
"""SQLSTATE classes (PostgreSQL, appendix A): connection, resources, intervention (a timeout too), system."""

_STATES = frozenset({"25006", "40001", "40P01", "55P03"})
"""A server that only reads (after a fail-over), a transaction that lost against another, a lock waited for too long."""

_LOST = (OSError, asyncpg.InterfaceError, asyncpg.InternalClientError)
_CHECK_VIOLATION = "23514"


@contextmanager
def translate_db_errors() -> Iterator[None]:
    """What the database leaves undecided inside the block leaves it as `database-unavailable` or `overloaded`."""
    try:
        yield
    except Exception as error:
        code = _code(error)
        if code is None:
            raise
        raise ShikakuError(code, retry_after=RETRY_AFTER_SECONDS) from error


def _code(error: Exception) -> str | None:
    """The family's code for an outage; None for whatever else it is."""
    if isinstance(error, PoolTimeout):
        return "overloaded"
    told = error.driver_exception if isinstance(error, DBAPIError) else error
    return "database-unavailable" if _is_lost(told) or _is_undecided(told) else None


def _is_lost(error: BaseException | None) -> bool:
    """No connection, or none any more. The driver also reports a wrong parameter as its interface's: a ValueError."""
    return isinstance(error, _LOST) and not isinstance(error, ValueError)


def _is_undecided(error: BaseException | None) -> bool:
    if not isinstance(error, asyncpg.PostgresError):
        return False
    state = error.sqlstate or ""
    # A row without a partition is reported like a check's violation, but no check has a name there.
    without_partition = state == _CHECK_VIOLATION and error.constraint_name is None
    return state[:2] in _CLASSES or state in _STATES or without_partition
