"""`payer-mock write-claims`, `claims-files`, `checkups-files`: files for the fund, by hand or of a synthetic country."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from payer_mock.claims.checkups import write_checkup_files
from payer_mock.claims.description import DescriptionError, read_description, write_description
from payer_mock.claims.nation import write_claims_files
from payer_mock.cli.common import AsJson, echo_json, usage
from payer_mock.country.files import CountryError

_Country = Annotated[
    Path, typer.Argument(metavar="COUNTRY_FOLDER", exists=True, file_okay=False, readable=True)
]
_Out = Annotated[Path, typer.Option(metavar="DIR", help="Where the files go.")]


def add_to(app: typer.Typer) -> None:
    """Add these commands to the application."""
    for command in (write_claims, claims_files, checkups_files):
        app.command()(command)


def write_claims(
    description: Annotated[
        Path, typer.Argument(metavar="DESCRIPTION.json", exists=True, dir_okay=False, readable=True)
    ],
    *,
    out: Annotated[Path, typer.Option(metavar="FILE", help="The receipt file, e.g. RECEIPTC.UKE.")],
    as_json: AsJson = False,
) -> None:
    """レセプト作成 / Write a receipt file of receipts that are described in JSON.

    The description is one object: `claim_month` (YYYY-MM), `medical` and `pharmacy`, lists of receipts. Every receipt
    has `institution` and `member` (`insurer_number`, `number`, `birth_date`, `name`, `sex`; `symbol`, `branch`,
    `relationship`, `public_expense`; a welfare office's number stands for medical aid), and a `treatment_month`.
    A medical one: `diseases` (`name`, `began_on`, `main`) and `units` (`act`, `days` as {day: times}, `acts`, `drugs`,
    `materials` as {code, quantity}, `points`), `admitted_on` of an inpatient. A pharmacy's: `prescriber`, and
    `prescriptions` (`form`, `usage`, `instruction`, `drugs`, `supplies` as {prescribed_on, dispensed_on, times}).
    `payer_mock/claims/description.py` has an example.
    """
    try:
        receipts = write_description(read_description(description.read_bytes()), out)
    except (DescriptionError, OSError) as error:
        raise usage(f"作成できません / No receipt file was made: {error}") from error
    if as_json:
        echo_json({"receipts": receipts})
    else:
        typer.echo(f"レセプト {receipts}件 / {receipts} receipts: {out}")


def claims_files(
    country: _Country,
    *,
    month: Annotated[str, typer.Option(metavar="YYYY-MM", help="The claim month; most was treated before.")],
    out: _Out,
    as_json: AsJson = False,
) -> None:
    """架空の国のレセプト / Write the receipt files of a country's claim month, one an insurer."""
    try:
        made = write_claims_files(country, date.fromisoformat(f"{month}-01"), out)
    except (CountryError, ValueError, OSError) as error:
        raise usage(f"作成できません / No receipt files were made: {error}") from error
    if as_json:
        echo_json({"files": len(made.files), "receipts": made.receipts})
    else:
        typer.echo(f"{len(made.files)}ファイル、レセプト {made.receipts}件 / receipts: {out}")


def checkups_files(
    country: _Country,
    *,
    year: Annotated[int, typer.Option(min=2000, max=2100, help="The year of the check-ups.")],
    out: _Out,
    as_json: AsJson = False,
) -> None:
    """架空の国の健診結果 / Write the health check-ups of a country's year, JSON lines, one file an insurer."""
    try:
        made = write_checkup_files(country, year, out)
    except (CountryError, OSError) as error:
        raise usage(f"作成できません / No check-ups were made: {error}") from error
    if as_json:
        echo_json({"files": len(made.files), "checkups": made.checkups})
    else:
        typer.echo(f"{len(made.files)}ファイル、健診結果 {made.checkups}件 / check-ups: {out}")
