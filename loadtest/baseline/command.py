"""`loadtest baseline`: wiring only."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from loadtest.child_processes import exit_on_sigterm
from loadtest.errors import LoadError
from loadtest.http_client.connection import ConnectionFailed

FAILED, STOPPED = 1, 3

CONNECTIONS = 16
"""Enough to keep one worker busy."""

MAX_CONNECTIONS = 256


def baseline(
    *,
    seconds: Annotated[
        float,
        typer.Option(
            min=1,
            max=600,
            help="1項目あたりの測定秒数 / Seconds for which each of the four cases is measured.",
        ),
    ] = 10.0,
    cards: Annotated[
        int, typer.Option(min=100, max=100_000, help="カードの数 / Number of cardholders.")
    ] = 1000,
    connections: Annotated[
        int,
        typer.Option(
            min=1,
            max=MAX_CONNECTIONS,
            help="常に応答を待っている接続の数 / Number of connections that always have a request in progress.",
        ),
    ] = CONNECTIONS,
    as_json: Annotated[bool, typer.Option("--json", help="JSON で出力 / Print one JSON object.")] = False,
    on_request: Annotated[
        bool,
        typer.Option(
            help="標準入力の1行（prepare、tap または number）ごとに1回測定し、コストと応答時間を JSON で出力 / For each line of"
            " standard input (prepare, tap or number) measure one round of `--seconds`, and print its costs"
            " and its latency (µs per unit) as JSON."
        ),
    ] = False,
) -> None:
    """1件の受付のコストを、このマシンでの下限と比較します。番号による照会は、FastAPI の最小のルートと比較します。

    Compare a tap with its lowest possible cost on this machine, and a look-up by number with FastAPI's
    minimal route. Starts a stack of its own with one API worker, and ends it.

    Exit code 0: measured. 1: measured, but some answers were wrong. 3: the measurement could not be
    completed.
    """
    from loadtest.baseline.report import show
    from loadtest.baseline.run import Extent, run_baseline, run_rounds_on_request

    exit_on_sigterm()
    extent = Extent(seconds, cards, connections)
    errors = Console(stderr=True)

    def progress(text: str) -> None:
        errors.print(f"… {text}", highlight=False)

    with tempfile.TemporaryDirectory(prefix="shikaku-baseline-") as folder:
        try:
            if on_request:
                for costs in run_rounds_on_request(extent, Path(folder), progress, sys.stdin):
                    print(json.dumps(costs), flush=True)
                return
            report = run_baseline(extent, Path(folder), progress)
        except (LoadError, ConnectionFailed, OSError) as error:
            typer.echo(f"測定できませんでした / The measurement failed: {error}", err=True)
            raise typer.Exit(STOPPED) from error
    if as_json:
        typer.echo(json.dumps(report.as_json(), ensure_ascii=False))
    else:
        show(Console(), report)
    raise typer.Exit(FAILED if report.failures else 0)
