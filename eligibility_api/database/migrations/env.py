"""Alembic's entry: runs the migrations on the connection that `database.migrate` hands over."""

from typing import Any

from alembic import context
from alembic.runtime.migration import MigrationContext
from sqlalchemy import text

from eligibility_api.database.migrations.phases import serves_from

_RAISE_FLOOR = text("UPDATE schema_floor SET revision = :revision")


def raise_floor(ctx: MigrationContext, step: Any, heads: Any, run_args: Any) -> None:  # noqa: ARG001 - alembic's names
    """After a contract: programs of older schemas are not served any more. In the migration's transaction."""
    floor = serves_from(step.up_revision.module)
    if floor is not None:
        assert ctx.connection is not None
        ctx.connection.execute(_RAISE_FLOOR, {"revision": floor})


connection = context.config.attributes["connection"]
context.configure(connection=connection, transaction_per_migration=True, on_version_apply=raise_floor)
with context.begin_transaction():
    context.run_migrations()
