"""Outages of the database are translated for both kinds of connections; other errors are not."""

from __future__ import annotations

import ssl

import asyncpg
import pytest
from sqlalchemy.dialects.postgresql.asyncpg import AsyncAdapt_asyncpg_dbapi
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from eligibility_api.contract.errors import ShikakuError
from eligibility_api.database.db_errors import translate_db_errors

UNDECIDED: list[Exception] = [
    ConnectionRefusedError(),
    FileNotFoundError(),
    TimeoutError(),
    ssl.SSLCertVerificationError("expired"),
    asyncpg.InterfaceError("connection is closed"),
    asyncpg.InternalClientError("unexpected state"),
    asyncpg.ConnectionDoesNotExistError("gone"),
    asyncpg.CannotConnectNowError("starting up"),
    asyncpg.AdminShutdownError("shutting down"),
    asyncpg.QueryCanceledError("statement timeout"),
    asyncpg.TooManyConnectionsError("too many clients"),
    asyncpg.DiskFullError("disk full"),
    asyncpg.LockNotAvailableError("lock timeout"),
    asyncpg.ReadOnlySQLTransactionError("after a fail-over"),
    asyncpg.SerializationError("could not serialize"),
    asyncpg.DeadlockDetectedError("deadlock"),
    asyncpg.exceptions.PostgresIOError("input/output error"),
    asyncpg.CheckViolationError("no partition of relation"),
]


def _violated(check: str) -> asyncpg.CheckViolationError:
    error = asyncpg.CheckViolationError("violates a check")
    error.constraint_name = check
    return error


FAULTS: list[Exception] = [
    ValueError("a fault"),
    asyncpg.DataError("invalid input for query argument"),
    asyncpg.UndefinedTableError("no such table"),
    asyncpg.InsufficientPrivilegeError("not allowed"),
    asyncpg.UniqueViolationError("twice"),
    asyncpg.CharacterNotInRepertoireError("NUL"),
    asyncpg.InternalServerError("a fault of the server"),
    _violated("enrolment_check"),
]


def _through_sqlalchemy(error: Exception) -> DBAPIError:
    """`error` as SQLAlchemy raises it: wrapped in its own exception and its adapter's."""
    adapted = AsyncAdapt_asyncpg_dbapi.Error(str(error), error)  # type: ignore[no-untyped-call]
    adapted.__cause__ = error
    return DBAPIError("SELECT 1", None, adapted)


def _passed_on(error: Exception) -> Exception:
    try:
        with translate_db_errors():
            raise error
    except Exception as passed:
        return passed


@pytest.mark.parametrize("error", UNDECIDED, ids=lambda error: type(error).__name__)
def test_an_outage_is_a_technical_failure(error: Exception) -> None:
    for way in (error, _through_sqlalchemy(error)):
        raised = _passed_on(way)
        assert isinstance(raised, ShikakuError)
        assert (raised.code, raised.entry.kind) == ("database-unavailable", "technical")
        assert raised.retry_after


@pytest.mark.parametrize("error", FAULTS, ids=lambda error: type(error).__name__)
def test_a_bug_is_not_translated(error: Exception) -> None:
    through = _through_sqlalchemy(error)
    assert _passed_on(error) is error
    assert _passed_on(through) is through


def test_a_pool_that_stays_full_is_overloaded() -> None:
    translated = _passed_on(PoolTimeout("QueuePool limit"))
    assert isinstance(translated, ShikakuError)
    assert translated.code == "overloaded"


def test_a_refusal_passes_unchanged() -> None:
    refusal = ShikakuError("assertion-used")
    assert _passed_on(refusal) is refusal
