"""The connection string of a process: embedded or external database, by role."""

from __future__ import annotations

from eligibility_api.database.servers import split
from eligibility_api.embedded_postgres.cluster import Role, role_name
from eligibility_api.embedded_postgres.server import EmbeddedPostgres
from eligibility_api.platform.errors import OperatorError
from eligibility_api.platform.settings import Settings


def is_embedded(settings: Settings) -> bool:
    """Whether the embedded PostgreSQL is used: no `DATABASE_URL` is set."""
    return settings.database_url is None


def dsn(settings: Settings, role: Role) -> str:
    """The connection string of `role`. Each role of an external database has its own setting.

    It may name several servers (`servers.py`). Raises OperatorError if it is missing or cannot be read, EmbeddedDatabaseError if the embedded server was never started.
    """
    if settings.database_url is None:
        return EmbeddedPostgres.attach(settings.home / "postgres").dsn(role)
    outside = {
        "owner": settings.database_owner_url,
        "api": settings.database_url,
        "jobs": settings.database_jobs_url,
        "auditor": settings.database_auditor_url,
        "sequencer": settings.database_sequencer_url,
    }[role]
    if outside is None:
        raise OperatorError(
            f"DATABASE_URL is only the API's address; set FUND_DATABASE_{role.upper()}_URL for the role"
            f" {role_name(role)}."
        )
    try:
        split(outside)
    except OperatorError as error:
        setting = "DATABASE_URL" if role == "api" else f"FUND_DATABASE_{role.upper()}_URL"
        raise OperatorError(f"{setting}: {error}") from error
    return outside
