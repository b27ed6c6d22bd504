"""`loadtest floor`: wiring only."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from loadtest.child_processes import exit_on_sigterm
from loadtest.http_client.connection import ConnectionFailed
from loadtest.target import LoadError

FAILED, STOPPED = 1, 3


def floor(
    *,
    seconds: Annotated[
        float, typer.Option(min=1, max=600, help="How long each of the four is measured.")
    ] = 10.0,
    cards: Annotated[
        int, typer.Option(min=100, max=100_000, help="Persons who tap, each with a card.")
    ] = 1000,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """下限との比較 / A tap beside the least that it can cost, and a look-up beside FastAPI's smallest route.

    Starts a house of its own with one API worker, and ends it. Exit code 0: measured. 1: measured, and something was
    answered wrongly. 3: it could not be run to its end.
    """
    from loadtest.baseline.report import show
    from loadtest.baseline.run import run_floor

    exit_on_sigterm()
    told = Console(stderr=True)
    with tempfile.TemporaryDirectory(prefix="shikaku-floor-") as folder:
        try:
            report = run_floor(
                seconds, cards, Path(folder), lambda text: told.print(f"… {text}", highlight=False)
            )
        except (LoadError, ConnectionFailed, OSError) as error:
            typer.echo(f"測定できませんでした / The measurement failed: {error}", err=True)
            raise typer.Exit(STOPPED) from error
    if as_json:
        typer.echo(json.dumps(report.as_json(), ensure_ascii=False))
    else:
        show(Console(), report)
    raise typer.Exit(FAILED if report.failures else 0)
