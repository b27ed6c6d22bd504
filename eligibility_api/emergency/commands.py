"""`eligibility-api disaster`: switch disaster mode on for some prefectures and a period."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Annotated, Any

import typer
from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from eligibility_api.cli_support import check_text, in_transaction
from eligibility_api.emergency import disasters
from eligibility_api.emergency.disasters import Opening
from eligibility_api.platform.settings import Settings

_PREFECTURES = [f"{number:02d}" for number in range(1, 48)]
"""都道府県番号, as institution codes begin."""

app = typer.Typer(help="Disaster mode (災害時医療情報閲覧).", no_args_is_help=True)

Number = Annotated[int, typer.Argument(help="The disaster's number.")]
Authoriser = Annotated[str, typer.Option(help="Who authorised it; recorded.", callback=check_text)]
Days = Annotated[int, typer.Option(min=1, max=31, help="Number of days after which it closes by itself.")]


@app.command("open")
def open_(
    *,
    prefectures: Annotated[
        str, typer.Option(help="Prefecture numbers (都道府県番号, two digits), comma-separated.")
    ],
    reason: Annotated[str, typer.Option(help="The disaster; recorded.", callback=check_text)],
    opened_by: Authoriser,
    days: Days = 7,
) -> None:
    """Let the facilities of some prefectures find persons and access their histories without a card."""
    numbers = [number.strip() for number in prefectures.split(",")]
    if not set(numbers) <= set(_PREFECTURES) or len(set(numbers)) < len(numbers):
        raise typer.BadParameter("numbers from 01 to 47, none twice", param_hint="--prefectures")
    opening = Opening(numbers, days, reason)
    _print(lambda connection: disasters.open_disaster(connection, opening, opened_by))


@app.command("extend")
def extend(
    number: Number,
    *,
    days: Days = 7,
    extended_by: Authoriser,
) -> None:
    """Extend an open disaster by a number of days."""
    _print(lambda connection: disasters.extend(connection, number, days, extended_by))


@app.command("close")
def close(number: Number, *, closed_by: Authoriser) -> None:
    """Close an open disaster at once; its permits no longer grant access."""
    _print(lambda connection: disasters.close(connection, number, closed_by))


@app.command("list")
def list_() -> None:
    """List all disasters, open and closed: one JSON object a line."""

    async def read(connection: AsyncConnection) -> list[str]:
        return [_line(row) for row in await disasters.all_disasters(connection)]

    for line in in_transaction(Settings(), "owner", read):
        typer.echo(line)


def _print(work: Callable[[AsyncConnection], Awaitable[Row[Any]]]) -> None:
    async def line(connection: AsyncConnection) -> str:
        return _line(await work(connection))

    typer.echo(in_transaction(Settings(), "owner", line))


def _line(row: Row[Any]) -> str:
    return json.dumps(dict(row._mapping), ensure_ascii=False, default=str)
