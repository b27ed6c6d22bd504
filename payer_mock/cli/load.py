"""`payer-mock load`: how fast a country's members come in."""

from __future__ import annotations

import signal
import tempfile
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console

from eligibility_api.contract.errors import ShikakuError
from payer_mock.cli.common import AsJson, echo_json, refused
from payer_mock.desk.report import ALL_DONE, SOME_REFUSED, STOPPED
from payer_mock.load.run import run_load
from payer_mock.load.surroundings import LoadError
from payer_mock.screens.load import show_load


def add_to(app: typer.Typer) -> None:
    """Add these commands to the application."""
    app.command()(load)


def load(
    *,
    people: Annotated[int, typer.Option(min=1, help="How many residents.")] = 100_000,
    seed: Annotated[int, typer.Option(min=0)] = 1,
    folder: Annotated[
        Path | None, typer.Option(help="Keep everything in this empty folder; a temporary one if left out.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """負荷測定 / Load a synthetic country through the uploads, and measure. Without PAYER_FUND_URL a house is started.

    With PAYER_FUND_URL, the other programs' settings of that house have to be in the environment too.
    Exit code 0: every row went through. 1: some rows were refused. 3: it could not be run to its end.
    """
    signal.signal(signal.SIGTERM, _end)  # as Ctrl-C: the house must not outlive its load
    with tempfile.TemporaryDirectory(prefix="shikaku-load-") as temporary:
        place = folder or Path(temporary)
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            report = run_load(people, seed, place)
        except ShikakuError as error:
            raise refused(error) from error
        except (LoadError, OSError) as error:
            typer.echo(f"測定できませんでした / The load failed: {error}", err=True)
            raise typer.Exit(STOPPED) from error
    if as_json:
        echo_json(report.as_json())
    else:
        show_load(Console(), report)
    raise typer.Exit(ALL_DONE if report.clean else SOME_REFUSED)


def _end(*_: object) -> NoReturn:
    raise KeyboardInterrupt
