"""`eligibility-api drug-master`: load a drug master, and print its status."""

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

app = typer.Typer(help="医薬品マスター / The drug master: names of medicines.", no_args_is_help=True)


@app.command("load")
def load(
    file: Annotated[
        Path | None,
        typer.Argument(
            help="医薬品マスター（省略時は架空のもの） / A master in the real column order; default: the synthetic one."
        ),
    ] = None,
) -> None:
    """医薬品マスターを読み込みます。

    Load a master; it replaces the drugs that it names. Running API processes pick it up.
    """
    content = _read(file) if file is not None else store.shipped()

    async def work(connection: AsyncConnection) -> int:
        return await store.load(connection, content)

    try:
        typer.echo(in_transaction(Settings(), "owner", work))
    except MasterFaults as error:
        for line, rule in error.faults:
            typer.echo(f"line {line}: {rule}", err=True)
        raise OperatorError("The drug master has faults; nothing was loaded.") from error


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise typer.BadParameter(f"cannot be read: {error.strerror}", param_hint="FILE") from error


@app.command("status")
def status() -> None:
    """医薬品マスターの読み込み状況を表示します。

    Print instant, number of drugs and SHA-256 of the last load, and the number of known drugs.
    """

    async def work(connection: AsyncConnection) -> MasterStatus | None:
        return await store.status(connection)

    last = in_transaction(Settings(), "owner", work)
    if last is None:
        raise OperatorError("No drug master was loaded yet.")
    typer.echo(
        f"{last.loaded_at.isoformat()} {last.drugs} drugs, {last.known} known, sha256 {last.sha256.hex()}"
    )
