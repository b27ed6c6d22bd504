"""`eligibility-api drug-master`: load a drug master, and tell how it stands."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy.ext.asyncio import AsyncConnection

from eligibility_api.cli_support import in_transaction
from eligibility_api.drug_master import store
from eligibility_api.drug_master.reader import MasterFaults
from eligibility_api.drug_master.store import MasterStatus
from eligibility_api.platform.errors import OperatorError
from eligibility_api.platform.settings import Settings

app = typer.Typer(help="The drug master (医薬品マスター), which names medicines.", no_args_is_help=True)


@app.command("load")
def load(
    file: Annotated[
        Path | None, typer.Argument(help="A master in the real column order; without it the synthetic one.")
    ] = None,
) -> None:
    """Load a master in place of what it names. The API's processes take it up by themselves."""
    content = _read(file) if file is not None else store.shipped()

    async def work(connection: AsyncConnection) -> int:
        return await store.load(connection, content)

    try:
        typer.echo(in_transaction(Settings(), "owner", work))
    except MasterFaults as error:
        for line, rule in error.faults:
            typer.echo(f"line {line}: {rule}", err=True)
        raise OperatorError("The drug master has faults; nothing of it was loaded.") from error


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise typer.BadParameter(f"cannot be read: {error.strerror}", param_hint="FILE") from error


@app.command("status")
def status() -> None:
    """When the last master was loaded, how many drugs it named, its SHA-256, and how many drugs are known."""

    async def work(connection: AsyncConnection) -> MasterStatus | None:
        return await store.status(connection)

    found = in_transaction(Settings(), "owner", work)
    if found is None:
        raise OperatorError("No drug master was ever loaded.")
    typer.echo(
        f"{found.loaded_at.isoformat()} {found.drugs} drugs, {found.known} known, sha256 {found.sha256.hex()}"
    )
