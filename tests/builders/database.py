"""A database for a test, on the session's server."""

from __future__ import annotations

from dataclasses import dataclass

from eligibility_api.embedded_postgres.server import EmbeddedPostgres, Role


@dataclass(frozen=True, slots=True)
class Database:
    """A database of the session's server, empty until a test or a fixture migrates it."""

    server: EmbeddedPostgres
    name: str

    def dsn(self, role: Role) -> str:
        """Its address for `role`."""
        return self.server.dsn(role, self.name)
