"""The DSN of the fund's database for an operator, who may read its statistics.

The only module that knows its location.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from eligibility_api.embedded_postgres.server import EmbeddedDatabaseError, EmbeddedPostgres


class DatabaseUnreachable(Exception):
    """The database's location is unknown, or it is not running; the text says which."""


def external_dsn(environment: Mapping[str, str]) -> str | None:
    """The DSN of a database other than the embedded one: the owner's if it is set, else the API's.

    As for the fund, files of `FUND_SECRETS_DIR` give what the environment does not.
    """
    names = ("FUND_DATABASE_OWNER_URL", "FUND_DATABASE_URL", "DATABASE_URL")
    return next(filter(None, (_value(environment, name) for name in names)), None)


def _value(environment: Mapping[str, str], name: str) -> str | None:
    folder = environment.get("FUND_SECRETS_DIR")
    if environment.get(name) or not folder:
        return environment.get(name)
    with suppress(OSError):
        return (Path(folder) / name).read_text(encoding="utf-8").strip()
    return None


def operator_dsn(environment: Mapping[str, str]) -> str:
    """The DSN, to be called before each connection: the embedded server's changes when it restarts.

    Raises DatabaseUnreachable.
    """
    if external := external_dsn(environment):
        return external
    try:
        return EmbeddedPostgres.attach(Path(environment["FUND_HOME"]) / "postgres").dsn("owner")
    except (EmbeddedDatabaseError, KeyError, OSError) as error:
        raise DatabaseUnreachable(f"cannot reach the database: {error}") from error
