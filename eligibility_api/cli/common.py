"""Shared by the commands: a transaction with J-LIS's client, records of what is read, and writing credentials."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import httpx2
import typer
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from eligibility_api.audit_log.acts import operating_user
from eligibility_api.cli_support import in_transaction
from eligibility_api.contract.tokens import Credential
from eligibility_api.embedded_postgres.cluster import Role
from eligibility_api.jlis.client import Jlis
from eligibility_api.platform.clock import system_clock
from eligibility_api.platform.key_files import KeyFiles
from eligibility_api.platform.keys import load_keys
from eligibility_api.platform.settings import Settings

T = TypeVar("T")

_RECORD_READING = text("SELECT record_reading(:command, :os_user)")


def run_with_jlis(settings: Settings, role: Role, work: Callable[[AsyncConnection, Jlis], Awaitable[T]]) -> T:
    """Run `work` in one transaction as `role`, with a client of J-LIS.

    Raises OperatorError for every expected error.
    """

    async def run(connection: AsyncConnection) -> T:
        async with httpx2.AsyncClient(base_url=settings.jlis_url) as http:
            jlis = Jlis(http, load_keys(KeyFiles.of(settings), create=False).jlis_client, system_clock)
            return await work(connection, jlis)

    return in_transaction(settings, role, run)


def record_reading(settings: Settings, command: str) -> None:
    """Append the record of a command that shows what is recorded about persons, before it reads anything.

    In a transaction of its own: a reading that is broken off has happened. Raises OperatorError.
    """

    async def run(connection: AsyncConnection) -> None:
        await connection.execute(_RECORD_READING, {"command": command, "os_user": operating_user()})

    in_transaction(settings, "auditor", run)


def save_credential(credential: Credential, out: Path) -> str:
    """Write a credential before its admission is committed, and return the client's id.

    An admission whose key was lost is useless, so a failed write rolls the admission back.
    """
    try:
        credential.save(out)
    except OSError as error:
        raise typer.BadParameter(f"cannot be written: {error.strerror}", param_hint="--out") from error
    return credential.client_id


def are_absent(*options: object) -> bool:
    """Whether none of these options was given: no option is accepted without effect."""
    return all(option is None for option in options)
