"""What an operator has to mend when a command cannot use the database, in one sentence for each cause."""

from __future__ import annotations

import ssl

import asyncpg
from sqlalchemy.exc import DBAPIError

_SENTENCES: tuple[tuple[type[Exception], str], ...] = (
    (
        asyncpg.exceptions.TargetServerAttributeNotMatched,
        "No server of the address accepts writing: it is a standby, or read-only.",
    ),
    (
        asyncpg.ReadOnlySQLTransactionError,
        "The server does not accept writing: it is a standby, or read-only.",
    ),
    (asyncpg.InvalidPasswordError, "The server does not accept the password of this role."),
    (
        asyncpg.InvalidAuthorizationSpecificationError,
        "The server has no such role, or does not let it connect from here (pg_hba.conf).",
    ),
    (
        asyncpg.InvalidCatalogNameError,
        "The server has no database of that name: run eligibility-api database prepare.",
    ),
    (asyncpg.UndefinedTableError, "The database is not migrated: run eligibility-api migrate."),
    (
        asyncpg.UndefinedFunctionError,
        "The database has another schema than this program: run eligibility-api migrate.",
    ),
    (
        asyncpg.UndefinedColumnError,
        "The database has another schema than this program: run eligibility-api migrate.",
    ),
    (
        asyncpg.InsufficientPrivilegeError,
        "The role lacks a right: run eligibility-api database prepare and migrate, and look whether each address has its own role.",
    ),
    (
        asyncpg.LockNotAvailableError,
        "A table was in use by another transaction for too long: try again, and look for long transactions.",
    ),
    (asyncpg.CannotConnectNowError, "The server is starting or stopping: try again shortly."),
    (
        asyncpg.TooManyConnectionsError,
        "The server has no connection left: raise max_connections (eligibility-api db-connections).",
    ),
    (asyncpg.exceptions.ClientConfigurationError, "The address has parameters that the driver cannot read."),
    (
        ssl.SSLError,
        "The TLS connection to the server failed: look at sslmode, sslrootcert and its certificate.",
    ),
    (TimeoutError, "No server of the address answers in time."),
    (OSError, "No server of the address can be reached."),
)
"""The first kind that an error has decides. No text of the server or driver is repeated: it may hold a person's data."""

REPORTED = (asyncpg.PostgresError, asyncpg.InternalClientError, asyncpg.InterfaceError, DBAPIError)
"""Errors of the database only: an OSError of these would also be one of a file."""


def sentence(error: BaseException | None) -> str | None:
    """The sentence for an error of driver or SQLAlchemy; None if it is no mistake of an operator."""
    if isinstance(error, DBAPIError):
        error = error.driver_exception
    return next((text for kind, text in _SENTENCES if isinstance(error, kind)), None)
