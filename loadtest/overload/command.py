"""`loadtest overload`: wiring only."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from loadtest.child_processes import exit_on_sigterm
from loadtest.errors import LoadError
from loadtest.http_client.connection import ConnectionFailed

FAILED, STOPPED = 1, 3


def overload(
    *,
    seconds: Annotated[
        int,
        typer.Option(
            min=2, max=60, help="1段階あたりの秒数 / Seconds for which each of the eight rates is offered."
        ),
    ] = 10,
    capacity: Annotated[
        float | None,
        typer.Option(
            min=1,
            max=5000,
            help="処理能力（毎秒の受付件数） / Capacity in checks a second (default: searched for).",
            show_default=False,
        ),
    ] = None,
    people: Annotated[int, typer.Option(min=100, help="住民の数 / Number of residents.")] = 3000,
    cards: Annotated[int, typer.Option(min=20, help="カードの数 / Number of cardholders.")] = 1000,
    terminals: Annotated[int, typer.Option(min=4, max=5000, help="施設の数 / Number of facilities.")] = 60,
    workers: Annotated[
        int, typer.Option(min=1, help="API のワーカー数 / API workers, if a stack is started.")
    ] = 2,
    seed: Annotated[int, typer.Option(min=0, help="乱数の種 / Seed of the arrivals.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="JSON で出力 / Print one JSON object.")] = False,
) -> None:
    """処理能力の4倍までの負荷をかけ、処理できる量が減らないことを確かめます。

    Offer from a quarter of the capacity to four times as much, at the mix of level L1, and then half of it.
    Arrivals are open-loop: they do not wait for answers, and who is refused does not ask again. Goodput is
    what was completed: a check that was answered, with all that followed it.

    Uses the stack that the environment names, else starts one. It takes two to three minutes by default,
    and ends by itself. On a machine that generators or other work share, goodput counts for each core that the
    fund had.

    Exit code 0: no wrong answer, and everything as expected. 1: otherwise. 3: the measurement could not be
    completed.
    """
    from loadtest.dataset.provision import DatasetSize
    from loadtest.overload.presenter import show
    from loadtest.overload.run import run_overload

    exit_on_sigterm()
    errors = Console(stderr=True)
    with tempfile.TemporaryDirectory(prefix="shikaku-overload-") as folder:
        try:
            report = run_overload(
                DatasetSize(people, min(people, cards), terminals),
                step_seconds=seconds,
                capacity=capacity,
                workers=workers,
                seed=seed,
                folder=Path(folder),
                progress=lambda text: errors.print(f"… {text}", highlight=False),
            )
        except (LoadError, ConnectionFailed, OSError) as error:
            typer.echo(f"測定できませんでした / The measurement failed: {error}", err=True)
            raise typer.Exit(STOPPED) from error
    if as_json:
        typer.echo(json.dumps(report.as_json(), ensure_ascii=False))
    else:
        show(Console(), report)
    raise typer.Exit(0 if report.passed else FAILED)
