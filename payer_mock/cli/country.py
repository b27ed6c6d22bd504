"""`payer-mock country` and `month`: member files of a synthetic country."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from payer_mock import clock
from payer_mock.cli.common import AsJson, echo_json, usage
from payer_mock.country.files import CountryError
from payer_mock.country.make import make_country
from payer_mock.country.month import play_month
from payer_mock.country.people import ResidentsError


def add_to(app: typer.Typer) -> None:
    """Add these commands to the application."""
    for command in (country, month):
        app.command()(command)


def country(
    residents: Annotated[Path, typer.Option(exists=True, dir_okay=False, help="JSON lines, from jpki-mock.")],
    out: Annotated[Path, typer.Option(help="The country's folder.")],
    *,
    seed: Annotated[int, typer.Option(min=0, help="The same seed makes the same country.")] = 1,
    month: Annotated[
        str | None,
        typer.Option(metavar="YYYY-MM", help="The files show its first day; the present one if left out."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """架空の国 / Make a country: insurers.csv, and a member file an insurer under its month."""
    try:
        made = make_country(residents, out, seed=seed, month=month or clock.this_month())
    except (ResidentsError, CountryError, ValueError, OSError) as error:
        raise usage(f"作成できません / No country was made: {error}") from error
    if as_json:
        echo_json({"people": made.people, "month": made.month})
    else:
        typer.echo(f"住民 {made.people}人、{made.month} 現在 / {made.people} residents: {out / made.month}")


def month(
    country: Annotated[Path, typer.Option(exists=True, file_okay=False, help="The country's folder.")],
    *,
    as_json: AsJson = False,
) -> None:
    """翌月 / Play the country's next month: new member files, about one member in twenty changed."""
    try:
        played = play_month(country)
    except (CountryError, OSError) as error:
        raise usage(f"作成できません / No month was played: {error}") from error
    if as_json:
        echo_json(
            {
                "month": played.country.month,
                "events": {event.value: count for event, count in played.events.items()},
            }
        )
        return
    typer.echo(f"{played.country.month} 現在 / as of: {country / played.country.month}")
    for event, count in played.events.most_common():
        typer.echo(f"  {event}: {count}")
