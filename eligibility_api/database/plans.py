"""How statements are planned: they find rows by keys, whatever the statistics say.

Statistics are unreliable exactly when it matters: on a first day, after a bulk load, in a new partition. A plan
that was made while a table was small lives as long as its connection, and scans the table once it has grown.
So every connection is opened with `SESSION_SETTINGS`. They also hold for what a statement executes inside
PostgreSQL: functions, triggers, and the checks of foreign keys.

A statement that relates all rows of one file to each other (in staging tables, never in tables that grow with
the population or with time) says so by `whole_file`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

SESSION_SETTINGS = {
    # A plan for each parameter set would cost more than it saves, and differ between parameters; and this is
    # the plan that the tests see.
    "plan_cache_mode": "force_generic_plan",
    "enable_seqscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
}
"""Session settings of every connection."""

WHOLE_FILE_SECONDS = 300.0
"""Timeout of a statement that reads a whole file: it has up to tens of millions of rows."""

_JOIN_AS_WRITTEN = text("""
SELECT set_config('join_collapse_limit', '1', true), set_config('enable_material', 'off', true)
""")

_BEGIN_WHOLE_FILE = text(f"""
SELECT set_config('statement_timeout', '{WHOLE_FILE_SECONDS * 1000:.0f}', true), set_config('enable_seqscan', 'on', true),
       set_config('enable_hashjoin', 'on', true), set_config('enable_mergejoin', 'on', true),
       set_config('plan_cache_mode', 'auto', true)
""")

# To the session's values: a foreign key's check that is first planned under others would keep that plan.
_END_WHOLE_FILE = text("""
SELECT set_config(name, reset_val, true) FROM pg_settings
WHERE name IN ('statement_timeout', 'enable_seqscan', 'enable_hashjoin', 'enable_mergejoin', 'plan_cache_mode')
""")


async def join_as_written(connection: AsyncConnection) -> None:
    """Let the statements of this transaction join in the order in which they are written.

    For statements over staging tables, about which the planner knows nothing.
    """
    await connection.execute(_JOIN_AS_WRITTEN)


@asynccontextmanager
async def whole_file(connection: AsyncConnection) -> AsyncIterator[None]:
    """Inside the context, statements may relate all rows of staging tables to each other, and take long.

    They must neither read tables that grow, except by keys, nor write tables with foreign keys.
    """
    await connection.execute(_BEGIN_WHOLE_FILE)
    yield
    # After an error the transaction is rolled back, and the settings with it.
    await connection.execute(_END_WHOLE_FILE)
