"""`payer-mock population`, `next-month`, `claims-files`, `checkups-files`, `write-claims`: synthetic data."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

import typer
from pydantic import TypeAdapter, ValidationError

from payer_mock import clock
from payer_mock.claims.checkups import write_checkup_files
from payer_mock.claims.description import DescriptionError, read_description, write_description
from payer_mock.claims.monthly_files import write_claim_files
from payer_mock.cli.common import JsonOption, echo_json, usage
from payer_mock.population.files import Month, PopulationError
from payer_mock.population.generate import generate_population
from payer_mock.population.month import advance_month
from payer_mock.population.residents import ResidentsError
from payer_mock.screens.terms import POPULATION_EVENTS

_Folder = Annotated[
    Path,
    typer.Argument(
        metavar="POPULATION_FOLDER",
        help="合成データのフォルダー / a population's folder",
        exists=True,
        file_okay=False,
        readable=True,
    ),
]
_MONTH = TypeAdapter(Month)
_Out = Annotated[Path, typer.Option(metavar="DIR", help="出力先フォルダー / folder to write to")]


def _month_of(value: str | None) -> str | None:
    """Callback of an option with a month. Raises BadParameter for any other text."""
    try:
        return None if value is None else _MONTH.validate_python(value)
    except ValidationError as error:
        raise typer.BadParameter("YYYY-MM（2000～2100年） / YYYY-MM, years 2000 to 2100") from error


def add_to(app: typer.Typer) -> None:
    """Add these commands to the application."""
    for command in (population, next_month, claims_files, checkups_files, write_claims):
        app.command()(command)


def population(
    residents: Annotated[
        Path,
        typer.Option(
            exists=True, dir_okay=False, help="住民のファイル / JSON lines from `jpki-mock residents`"
        ),
    ],
    out: Annotated[Path, typer.Option(help="合成データのフォルダー / folder of the population")],
    *,
    seed: Annotated[int, typer.Option(min=0, help="乱数の種 / the same seed gives the same data")] = 1,
    month: Annotated[
        str | None,
        typer.Option(
            metavar="YYYY-MM",
            callback=_month_of,
            help="基準月（省略時は当月） / files as of its first day; default: this month",
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """全国規模の合成データ（保険者と加入者ファイル）を作成します。

    Generate a synthetic population: insurers.csv, and a member file per insurer under its month.
    """
    try:
        made = generate_population(residents, out, seed=seed, month=month or clock.this_month())
    except (ResidentsError, PopulationError, ValueError, OSError) as error:
        raise usage(f"作成できません。\nCannot generate the population: {error}") from error
    if as_json:
        echo_json({"people": made.people, "month": made.month})
    else:
        typer.echo(f"住民 {made.people}人（{made.month} 現在）：{out / made.month}")


def next_month(
    folder: Annotated[
        Path,
        typer.Option(
            "--population",
            exists=True,
            file_okay=False,
            help="合成データのフォルダー / folder of the population",
        ),
    ],
    *,
    as_json: JsonOption = False,
) -> None:
    """合成データの翌月の加入者ファイルを作成します（加入者の約5%が変わります）。

    Simulate the population's next month: new member files, with about one member in twenty changed.
    """
    try:
        result = advance_month(folder)
    except (PopulationError, OSError) as error:
        raise usage(f"作成できません。\nCannot simulate the month: {error}") from error
    month = result.population.month
    if as_json:
        echo_json({"month": month, "events": {event.value: count for event, count in result.events.items()}})
        return
    typer.echo(f"{month} 現在：{folder / month}")
    for event, count in result.events.most_common():
        typer.echo(f"  {POPULATION_EVENTS[event]} {count}件 / {event}")


def claims_files(
    folder: _Folder,
    *,
    month: Annotated[
        str,
        typer.Option(
            metavar="YYYY-MM",
            callback=_month_of,
            help="請求月（診療月は主にその前月） / claim month, mostly treated before",
        ),
    ],
    out: _Out,
    as_json: JsonOption = False,
) -> None:
    """合成データの1請求月のレセプトファイルを、保険者ごとに作成します。

    Write the claim files of a population's claim month, one per insurer.
    """
    try:
        made = write_claim_files(folder, date.fromisoformat(f"{month}-01"), out)
    except (PopulationError, ValueError, OSError) as error:
        raise usage(f"作成できません。\nCannot write claim files: {error}") from error
    if as_json:
        echo_json({"files": len(made.files), "claims": made.claims})
    else:
        typer.echo(f"{len(made.files)}ファイル、レセプト {made.claims}件：{out}")


def checkups_files(
    folder: _Folder,
    *,
    year: Annotated[int, typer.Option(min=2000, max=2100, help="健診の実施年 / year of the check-ups")],
    out: _Out,
    as_json: JsonOption = False,
) -> None:
    """合成データの1年分の健診結果を、保険者ごとに作成します。

    Write the health check-ups of a population's year, JSON lines, one file per insurer.
    """
    try:
        made = write_checkup_files(folder, year, out)
    except (PopulationError, OSError) as error:
        raise usage(f"作成できません。\nCannot write check-ups: {error}") from error
    if as_json:
        echo_json({"files": len(made.files), "checkups": made.checkups})
    else:
        typer.echo(f"{len(made.files)}ファイル、健診結果 {made.checkups}件：{out}")


def write_claims(
    description: Annotated[
        Path,
        typer.Argument(
            metavar="DESCRIPTION.json",
            help="レセプトの内容 / what the claims contain",
            exists=True,
            dir_okay=False,
            readable=True,
        ),
    ],
    *,
    out: Annotated[
        Path, typer.Option(metavar="FILE", help="レセプトファイル（例：RECEIPTC.UKE） / the claim file")
    ],
    as_json: JsonOption = False,
) -> None:
    """JSON で記述したレセプトから、レセプトファイルを作成します。

    Write a claim file of claims that are described in JSON.

    The description is one object: `claim_month` (YYYY-MM), `medical` and `pharmacy`, lists of claims. Every
    claim has `institution` and `member` (`insurer_number`, `number`, `birth_date`, `name`, `sex`; `symbol`,
    `branch`, `relationship`, `public_expense`; a welfare office's number stands for medical aid), and a
    `treatment_month`. A medical one: `diseases` (`name`, `began_on`, `main`) and `units` (`act`, `days` as
    {day: times}, `acts`, `drugs`, `materials` as {code, quantity}, `points`), `admitted_on` of an inpatient.
    A pharmacy's: `prescriber`, and `prescriptions` (`form`, `usage`, `instruction`, `drugs`, `supplies` as
    {prescribed_on, dispensed_on, times}). `payer_mock/claims/description.py` has an example.
    """
    try:
        claims = write_description(read_description(description.read_bytes()), out)
    except (DescriptionError, OSError) as error:
        raise usage(f"作成できません。\nCannot write the claim file: {error}") from error
    if as_json:
        echo_json({"claims": claims})
    else:
        typer.echo(f"レセプト {claims}件：{out}")
