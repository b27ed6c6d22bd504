"""The mark of a database that was created as a sandbox: a fund in production refuses it, and a sandbox any other."""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from eligibility_api.platform.errors import OperatorError

_HAS_TABLE = text("SELECT to_regclass('sandbox_mark') IS NOT NULL")
_IS_MARKED = text("SELECT EXISTS (SELECT FROM sandbox_mark)")


async def check_kind(connection: AsyncConnection, *, sandbox: bool) -> None:
    """Refuse a database of the other kind than the setting `FUND_SANDBOX`. Raises OperatorError.

    A database that is not migrated so far has no mark yet, and is accepted: its migration decides.
    """
    if (await connection.execute(_HAS_TABLE)).scalar_one():
        marked = (await connection.execute(_IS_MARKED)).scalar_one()
        if marked and not sandbox:
            raise OperatorError(
                "This database was created as a sandbox, and only a sandbox serves it: use a new database, or set"
                " FUND_SANDBOX=1 for tests."
            )
        if sandbox and not marked:
            raise OperatorError(
                "FUND_SANDBOX is set, but this database was not created as a sandbox: use a new database, or unset it."
            )
