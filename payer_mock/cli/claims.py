"""`payer-mock write-claims` and what is done with receipt files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from payer_mock.claims.description import DescriptionError, read_description, write_description
from payer_mock.cli.common import AsJson, echo_json, usage


def add_to(app: typer.Typer) -> None:
    """Add these commands to the application."""
    app.command()(write_claims)


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
