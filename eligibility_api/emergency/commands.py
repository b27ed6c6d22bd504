"""`eligibility-api disaster`: disaster mode, switched on per region and period at the authorities' word."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Annotated, Any

import typer
from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from eligibility_api.cli_support import in_transaction
from eligibility_api.emergency import disasters
from eligibility_api.emergency.disasters import Opening
from eligibility_api.platform.settings import Settings

_PREFECTURES = [f"{number:02d}" for number in range(1, 48)]
"""都道府県番号, as institution codes begin."""

app = typer.Typer(help="Disaster mode (災害時医療情報閲覧).", no_args_is_help=True)

Number = Annotated[int, typer.Argument(help="The disaster's number.")]
Days = Annotated[int, typer.Option(min=1, max=31, help="It closes by itself after so many.")]


@app.command("open")
def open_(
    *,
    prefectures: Annotated[str, typer.Option(help="都道府県番号 of two digits, comma-separated.")],
    reason: Annotated[str, typer.Option(help="The disaster; on record.")],
    opened_by: Annotated[str, typer.Option(help="Who says so; on record.")],
    days: Days = 7,
) -> None:
    """Let the facilities of some prefectures search for persons and look without a card."""
    named = [word.strip() for word in prefectures.split(",")]
    if not set(named) <= set(_PREFECTURES) or len(set(named)) < len(named):
        raise typer.BadParameter("numbers from 01 to 47, none twice", param_hint="--prefectures")
    opening = Opening(named, days, reason)
    _tell(lambda connection: disasters.open_disaster(connection, opening, opened_by))


@app.command("extend")
def extend(
    number: Number,
    *,
    days: Days = 7,
    extended_by: Annotated[str, typer.Option(help="Who says so; on record.")],
) -> None:
    """Let an open one last so many days longer."""
    _tell(lambda connection: disasters.extend(connection, number, days, extended_by))


@app.command("close")
def close(number: Number, *, closed_by: Annotated[str, typer.Option(help="Who says so; on record.")]) -> None:
    """Switch an open one off at once; nobody looks by it any more."""
    _tell(lambda connection: disasters.close(connection, number, closed_by))


@app.command("list")
def listed() -> None:
    """All that ever was: one JSON object a line."""

    async def read(connection: AsyncConnection) -> list[str]:
        return [_line(row) for row in await disasters.everything(connection)]

    for line in in_transaction(Settings(), "owner", read):
        typer.echo(line)


def _tell(work: Callable[[AsyncConnection], Awaitable[Row[Any]]]) -> None:
    async def line(connection: AsyncConnection) -> str:
        return _line(await work(connection))

    typer.echo(in_transaction(Settings(), "owner", line))


def _line(row: Row[Any]) -> str:
    return json.dumps(dict(row._mapping), ensure_ascii=False, default=str)
