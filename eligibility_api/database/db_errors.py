"""Classifies database errors: outages become `database-unavailable` or `overloaded`.

All other errors are defects of this program and are not converted. Both kinds of connections use this module,
so that clients get the same error from either.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import asyncpg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from eligibility_api.contract.errors import ShikakuError

RETRY_AFTER_SECONDS = 5
"""`Retry-After` of an answer when the database is unavailable."""

_OUTAGE_CLASSES = frozenset({"08", "53", "57", "58"})
"""SQLSTATE classes (PostgreSQL, appendix A): connection, resources, intervention (also timeouts), system."""

_OUTAGE_STATES = frozenset({"25006", "40001", "40P01", "55P03"})
"""SQLSTATEs: a read-only server (after a fail-over), serialisation failure, deadlock, lock timeout."""

_CONNECTION_LOST = (OSError, asyncpg.InterfaceError, asyncpg.InternalClientError)
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


def is_outage(error: Exception) -> bool:
    """Whether an error is an outage, which ends without a change of the program or its settings."""
    return _code(error) is not None


_INTERRUPTED = frozenset({"57014", "55P03"})
"""SQLSTATEs: a statement that took too long, by itself or for a lock."""


def is_rolled_back(error: BaseException) -> bool:
    """Whether a statement certainly left nothing behind, and may succeed for some of those that it was for.

    The server itself reported it. Not so for a lost connection; and what took too long, or found no server to do
    it, is not tried again.
    """
    if isinstance(error, ShikakuError):
        error = error.__cause__ or error
    if isinstance(error, (asyncpg.InterfaceError, asyncpg.InternalClientError)):
        return isinstance(error, ValueError)  # a parameter that cannot be sent
    if not isinstance(error, asyncpg.PostgresError):
        return isinstance(error, ValueError)
    state = error.sqlstate or ""
    return state[:2] not in _OUTAGE_CLASSES and state not in _INTERRUPTED


def _code(error: Exception) -> str | None:
    """The error code of an outage; None for any other error."""
    if isinstance(error, PoolTimeout):
        return "overloaded"
    driver_error = error.driver_exception if isinstance(error, DBAPIError) else error
    return "database-unavailable" if _is_connection_lost(driver_error) or _is_outage(driver_error) else None


def _is_connection_lost(error: BaseException | None) -> bool:
    """Whether the connection failed or was lost.

    A ValueError is excluded: the driver also reports an invalid parameter as an interface error.
    """
    return isinstance(error, _CONNECTION_LOST) and not isinstance(error, ValueError)


def _is_outage(error: BaseException | None) -> bool:
    if not isinstance(error, asyncpg.PostgresError):
        return False
    state = error.sqlstate or ""
    # A row without a partition is reported as a check violation, but without the name of a constraint.
    without_partition = state == _CHECK_VIOLATION and error.constraint_name is None
    return state[:2] in _OUTAGE_CLASSES or state in _OUTAGE_STATES or without_partition
