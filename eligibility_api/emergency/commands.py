"""`eligibility-api disaster`: switch disaster mode on for some areas and a period."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Annotated, Any

import typer
from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from eligibility_api.cli_support import check_text, in_transaction
from eligibility_api.domain.areas import is_facility, is_municipality, is_prefecture
from eligibility_api.emergency import disasters
from eligibility_api.emergency.disasters import Opening
from eligibility_api.platform.settings import Settings

app = typer.Typer(help="災害時医療情報閲覧 / Disaster mode.", no_args_is_help=True)

Number = Annotated[int, typer.Argument(help="災害の番号 / The disaster's number.")]
Authoriser = Annotated[
    str, typer.Option(help="許可した人（記録される） / Who authorised it; recorded.", callback=check_text)
]
Days = Annotated[
    int,
    typer.Option(
        min=0, max=31, help="自動で終わるまでの日数 / Number of days after which it closes by itself."
    ),
]
Hours = Annotated[
    int, typer.Option(min=0, max=744, help="日数に加える時間 / Number of hours, in addition to the days.")
]


@app.command("open")
def open_(
    *,
    prefectures: Annotated[
        str | None, typer.Option(help="都道府県番号 / Prefecture numbers, two digits, comma-separated.")
    ] = None,
    municipalities: Annotated[
        str | None,
        typer.Option(
            help="郡市区 / Municipalities: prefecture number and the two digits of the institution codes, such as 1301;"
            " comma-separated."
        ),
    ] = None,
    facilities: Annotated[
        str | None,
        typer.Option(
            help="個別の施設の医療機関等コード / Institution codes of single facilities, comma-separated."
        ),
    ] = None,
    reason: Annotated[
        str, typer.Option(help="災害の内容（記録される） / The disaster; recorded.", callback=check_text)
    ],
    opened_by: Authoriser,
    days: Days = 7,
    hours: Hours = 0,
) -> None:
    """災害時の閲覧を、地域の医療機関・薬局に認めます。

    Let the facilities of some areas find persons and access their histories without a card.
    """
    areas = [
        *_areas(prefectures, is_prefecture, "--prefectures", "numbers from 01 to 47, none twice"),
        *_areas(municipalities, is_municipality, "--municipalities", "four digits each, none twice"),
        *_areas(facilities, is_facility, "--facilities", "institution codes, none twice"),
    ]
    if not areas:
        raise typer.BadParameter("give --prefectures, --municipalities or --facilities")
    opening = Opening(areas, _time(days, hours), reason)
    _print(lambda connection: disasters.open_disaster(connection, opening, opened_by))


@app.command("extend")
def extend(
    number: Number,
    *,
    days: Days = 0,
    hours: Hours = 0,
    extended_by: Authoriser,
) -> None:
    """災害の期間を延長します。

    Extend an open disaster by a number of days and hours.
    """
    by_time = _time(days, hours)
    _print(lambda connection: disasters.extend(connection, number, by_time, extended_by))


@app.command("close")
def close(number: Number, *, closed_by: Authoriser) -> None:
    """災害時の閲覧をすぐに終えます。

    Close an open disaster at once; its permits no longer grant access.
    """
    _print(lambda connection: disasters.close(connection, number, closed_by))


@app.command("list")
def list_() -> None:
    """すべての災害を一覧にします。

    List all disasters, open and closed: one JSON object a line.
    """

    async def read(connection: AsyncConnection) -> list[str]:
        return [_line(row) for row in await disasters.all_disasters(connection)]

    for line in in_transaction(Settings(), "owner", read):
        typer.echo(line)


def _areas(given: str | None, is_area: Callable[[str], bool], option: str, rule: str) -> list[str]:
    areas = [area.strip() for area in given.split(",")] if given is not None else []
    if not all(map(is_area, areas)) or len(set(areas)) < len(areas):
        raise typer.BadParameter(rule, param_hint=option)
    return areas


def _time(days: int, hours: int) -> timedelta:
    time = timedelta(days=days, hours=hours)
    if not time:
        raise typer.BadParameter("give --days or --hours")
    return time


def _print(work: Callable[[AsyncConnection], Awaitable[Row[Any]]]) -> None:
    async def line(connection: AsyncConnection) -> str:
        return _line(await work(connection))

    typer.echo(in_transaction(Settings(), "owner", line))


def _line(row: Row[Any]) -> str:
    return json.dumps(dict(row._mapping), ensure_ascii=False, default=str)
