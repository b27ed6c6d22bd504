"""`payer-mock load` and `claims`: how fast a country's members and receipts come in."""

from __future__ import annotations

import signal
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, NoReturn, TypeVar

import typer
from rich.console import Console

from eligibility_api.contract.errors import ShikakuError
from payer_mock.cli.common import AsJson, echo_json, refused
from payer_mock.country.files import CountryError
from payer_mock.desk.report import ALL_DONE, SOME_REFUSED, STOPPED
from payer_mock.load.claims import run_claims
from payer_mock.load.run import run_load
from payer_mock.load.surroundings import LoadError
from payer_mock.screens.load import show_claims_load, show_load


def add_to(app: typer.Typer) -> None:
    """Add these commands to the application."""
    for command in (load, claims):
        app.command()(command)


_People = Annotated[int, typer.Option(min=1, help="How many residents.")]
_Seed = Annotated[int, typer.Option(min=0)]
_Folder = Annotated[
    Path | None, typer.Option(help="Keep everything in this empty folder; a temporary one if left out.")
]

Report = TypeVar("Report")


def load(
    *, people: _People = 100_000, seed: _Seed = 1, folder: _Folder = None, as_json: AsJson = False
) -> None:
    """負荷測定 / Load a synthetic country through the uploads, and measure. Without PAYER_FUND_URL a house is started.

    With PAYER_FUND_URL, the other programs' settings of that house have to be in the environment too.
    Exit code 0: every row went through. 1: some rows were refused. 3: it could not be run to its end.
    """
    report = _measured(lambda place: run_load(people, seed, place), folder)
    if as_json:
        echo_json(report.as_json())
    else:
        show_load(Console(), report)
    raise typer.Exit(ALL_DONE if report.clean else SOME_REFUSED)


def claims(
    *,
    people: _People = 100_000,
    months: Annotated[
        int, typer.Option(min=1, max=60, help="Claim months, up to the newest one that shows.")
    ] = 3,
    seed: _Seed = 1,
    folder: _Folder = None,
    as_json: AsJson = False,
) -> None:
    """レセプト負荷測定 / Load a synthetic country's receipts, file to history, and measure. As `load` in all else.

    Exit code 0: every receipt was taken. 1: some were not. 3: it could not be run to its end.
    """
    report = _measured(lambda place: run_claims(people, months, seed, place), folder)
    if as_json:
        echo_json(report.as_json())
    else:
        show_claims_load(Console(), report)
    raise typer.Exit(ALL_DONE if report.clean else SOME_REFUSED)


def _measured(run: Callable[[Path], Report], folder: Path | None) -> Report:
    """What a load reports that ran in `folder`, or in a temporary one."""
    signal.signal(signal.SIGTERM, _end)  # as Ctrl-C: the house must not outlive its load
    with tempfile.TemporaryDirectory(prefix="shikaku-load-") as temporary:
        place = folder or Path(temporary)
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            return run(place)
        except ShikakuError as error:
            raise refused(error) from error
        except (LoadError, CountryError, OSError) as error:
            typer.echo(f"測定できませんでした / The load failed: {error}", err=True)
            raise typer.Exit(STOPPED) from error


def _end(*_: object) -> NoReturn:
    raise KeyboardInterrupt
