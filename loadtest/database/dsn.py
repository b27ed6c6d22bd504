"""The way to the fund's database as an operator, who may see statistics. The one module that knows where it is."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from eligibility_api.platform.embedded import EmbeddedDatabaseError, EmbeddedPostgres


class DatabaseUnreachable(Exception):
    """Nobody tells where the database is, or it is not there now; the text says which."""


def outside(environment: Mapping[str, str]) -> str | None:
    """The address of a database that is not the embedded one: its owner's if it is told, else the API's."""
    names = ("FUND_DATABASE_OWNER_URL", "FUND_DATABASE_URL", "DATABASE_URL")
    return next((environment[name] for name in names if environment.get(name)), None)


def dsn(environment: Mapping[str, str]) -> str:
    """Its address, asked for anew before each connection: the embedded server's changes when it comes back.

    Raises NoWayError.
    """
    if told := outside(environment):
        return told
    try:
        return EmbeddedPostgres.attach(Path(environment["FUND_HOME"]) / "postgres").dsn("owner")
    except (EmbeddedDatabaseError, KeyError, OSError) as error:
        raise DatabaseUnreachable(f"no way to the database: {error}") from error
