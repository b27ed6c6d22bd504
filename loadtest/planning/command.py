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
from loadtest.errors import LoadError
from loadtest.http_client.connection import ConnectionFailed

FAILED, STOPPED = 1, 3


def plan(
    *,
    seconds: Annotated[
        float,
        typer.Option(
            min=1, max=120, help="1種類あたりの測定秒数 / Seconds for which each kind of request is measured."
        ),
    ] = 10.0,
    people: Annotated[int, typer.Option(min=100, help="住民の数 / Number of residents.")] = 3000,
    cards: Annotated[int, typer.Option(min=20, help="カードの数 / Number of cardholders.")] = 500,
    terminals: Annotated[int, typer.Option(min=4, max=5000, help="施設の数 / Number of facilities.")] = 60,
    workers: Annotated[
        int, typer.Option(min=1, help="API のワーカー数 / API workers, if a stack is started.")
    ] = 2,
    seed: Annotated[int, typer.Option(min=0, help="乱数の種 / Seed of the arrivals.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="JSON で出力 / Print one JSON object.")] = False,
) -> None:
    """測定した1リクエストあたりのコストから、全国規模の負荷に必要なリソースを計算します。

    Plan the resources for nationwide load (cores, memory, connections, storage, network) from the measured
    cost of each request. Each kind of request is measured on its own at one rate; the prediction for another
    rate and mix is validated. Every figure is printed with its arithmetic. Uses the stack that the
    environment names, else starts one.

    Exit code 0: the costs predicted the validation. 1: they did not, or an answer was wrong, so that the plan
    must not be used. 3: the measurement could not be completed.
    """
    from loadtest.dataset.provision import DatasetSize
    from loadtest.machine.host_info import HostInfo
    from loadtest.planning.presenter import show
    from loadtest.planning.run import run_plan

    exit_on_sigterm()
    errors = Console(stderr=True)
    size = DatasetSize(people, min(people, cards), terminals)
    with tempfile.TemporaryDirectory(prefix="shikaku-plan-") as folder:
        try:
            report = run_plan(
                size,
                seconds=seconds,
                seed=seed,
                workers=workers,
                folder=Path(folder),
                progress=lambda text: errors.print(f"… {text}", highlight=False),
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
        typer.echo(report.verdict.en, err=True)
    raise typer.Exit(0 if report.passed else FAILED)
