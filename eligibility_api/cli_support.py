"""Runs commands: in one transaction, and with expected errors as one sentence for the operator."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

from sqlalchemy.ext.asyncio import AsyncConnection

from eligibility_api.contract.errors import ShikakuError
from eligibility_api.database.connections import Database
from eligibility_api.database.dsn import dsn
from eligibility_api.embedded_postgres.cluster import Role
from eligibility_api.platform.errors import OperatorError
from eligibility_api.platform.settings import Settings

T = TypeVar("T")


def in_transaction(settings: Settings, role: Role, work: Callable[[AsyncConnection], Awaitable[T]]) -> T:
    """Run `work` in one transaction as `role`.

    Raises OperatorError for every expected error.
    """

    async def run() -> T:
        database = Database(dsn(settings, role))
        try:
            async with database.transaction() as connection:
                return await work(connection)
        finally:
            await database.close()

    return run_reporting_errors(run())


def run_reporting_errors(work: Coroutine[Any, Any, T]) -> T:
    """Run `work` and return its result. Raises OperatorError for every expected error."""
    try:
        return asyncio.run(work)
    except ShikakuError as error:
        details = "".join(f" {name}: {value}." for name, value in error.details.items())
        raise OperatorError(f"{error.code}: {error.entry.engineer}{details}") from error
