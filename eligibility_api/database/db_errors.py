"""Translates database outages into errors of the published family. All other errors are bugs and pass unchanged.

Used for both kinds of connections, so that a client gets the same error whichever failed.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import asyncpg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from eligibility_api.contract.errors import ShikakuError

RETRY_AFTER_SECONDS = 5
"""Seconds to wait before a retry, sent to clients while the database cannot serve them."""

_CLASSES = frozenset({"08", "53", "57", "58"})
"""SQLSTATE classes (PostgreSQL, appendix A): connection, resources, intervention (timeouts included), system."""

_STATES = frozenset({"25006", "40001", "40P01", "55P03"})
"""Read-only server (after a fail-over), serialization failure, deadlock, lock timeout."""

_LOST = (OSError, asyncpg.InterfaceError, asyncpg.InternalClientError)
_CHECK_VIOLATION = "23514"


@contextmanager
def translate_db_errors() -> Iterator[None]:
    """Raise outages inside the block as `database-unavailable` or `overloaded`."""
    try:
        yield
    except Exception as error:
        code = _code(error)
        if code is None:
            raise
        raise ShikakuError(code, retry_after=RETRY_AFTER_SECONDS) from error


def _code(error: Exception) -> str | None:
    """Return the error code of an outage; None for any other error."""
    if isinstance(error, PoolTimeout):
        return "overloaded"
    told = error.driver_exception if isinstance(error, DBAPIError) else error
    return "database-unavailable" if _is_lost(told) or _is_undecided(told) else None


def _is_lost(error: BaseException | None) -> bool:
    """Whether the connection failed. The driver's InterfaceError is also a ValueError if a parameter is wrong."""
    return isinstance(error, _LOST) and not isinstance(error, ValueError)


def _is_undecided(error: BaseException | None) -> bool:
    if not isinstance(error, asyncpg.PostgresError):
        return False
    state = error.sqlstate or ""
    # A row without a partition is reported as a check violation without a constraint name.
    without_partition = state == _CHECK_VIOLATION and error.constraint_name is None
    return state[:2] in _CLASSES or state in _STATES or without_partition
