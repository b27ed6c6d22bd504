"""Which database a process uses, and as whom."""

from __future__ import annotations

from eligibility_api.platform.cluster import Role
from eligibility_api.platform.embedded import EmbeddedPostgres
from eligibility_api.platform.settings import Settings


def is_embedded(settings: Settings) -> bool:
    """Whether the embedded PostgreSQL serves: no `DATABASE_URL` is set."""
    return settings.database_url is None


def dsn(settings: Settings, role: Role) -> str:
    """The connection string of `role`. An outside database's roles have a setting each; unset, the API's serves.

    Raises EmbeddedDatabaseError where the embedded server was never started.
    """
    if settings.database_url is None:
        return EmbeddedPostgres.attach(settings.home / "postgres").dsn(role)
    outside = {
        "owner": settings.database_owner_url,
        "batch": settings.database_batch_url,
        "sequencer": settings.database_sequencer_url,
    }
    return outside.get(role) or settings.database_url
