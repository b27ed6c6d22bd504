"""`loadtest plan`: wiring only."""

from __future__ import annotations

import json
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from loadtest.child_processes import exit_on_sigterm
from loadtest.http_client.connection import ConnectionFailed
from loadtest.target import LoadError

FAILED, STOPPED = 1, 3


def plan(
    *,
    seconds: Annotated[float, typer.Option(min=1, max=120, help="How long each kind is measured.")] = 10.0,
    people: Annotated[int, typer.Option(min=100, help="Residents of the nation.")] = 3000,
    cards: Annotated[int, typer.Option(min=20, help="Of whom so many tap.")] = 500,
    terminals: Annotated[int, typer.Option(min=4, max=5000, help="Facilities.")] = 60,
    workers: Annotated[int, typer.Option(min=1, help="API workers, where a house is started.")] = 2,
    seed: Annotated[int, typer.Option(min=0, help="The same seed draws the same arrivals.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """計画 / What a nation needs, from what each request costs here: cores, memory, connections, storage, network.

    Each kind of request is measured by itself at one rate; what that foretells for another rate and mix is measured too.
    Every figure is printed with its arithmetic. Runs against the house that the environment is wired to, else starts one.

    Exit code 0: the costs foretold the second point. 1: they did not, or an answer was wrong, so that nothing may be
    planned with them. 3: it could not be measured.
    """
    from loadtest.dataset.provision import DatasetSize
    from loadtest.machine.host_info import HostInfo
    from loadtest.planning.presenter import show
    from loadtest.planning.run import run_plan

    exit_on_sigterm()
    told = Console(stderr=True)
    size = DatasetSize(people, min(people, cards), terminals)
    with tempfile.TemporaryDirectory(prefix="shikaku-plan-") as folder:
        try:
            report = run_plan(
                size,
                seconds=seconds,
                seed=seed,
                workers=workers,
                folder=Path(folder),
                tell=lambda text: told.print(f"… {text}", highlight=False),
            )
        except (LoadError, ConnectionFailed, OSError) as error:
            typer.echo(f"測定できませんでした / The measurement failed: {error}", err=True)
            raise typer.Exit(STOPPED) from error
    report = replace(report, host_info=HostInfo.now(sys.argv[1:]))
    if as_json:
        typer.echo(json.dumps(report.as_json(), ensure_ascii=False))
    else:
        show(Console(), report)
    if not report.passed:
        typer.echo(report.verdict, err=True)
    raise typer.Exit(0 if report.passed else FAILED)
