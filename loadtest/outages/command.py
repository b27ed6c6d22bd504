"""`loadtest outage`: wiring only."""

from __future__ import annotations

import json
import sys
import tempfile
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from loadtest.child_processes import exit_on_sigterm
from loadtest.clock import now
from loadtest.errors import LoadError
from loadtest.http_client.connection import ConnectionFailed
from loadtest.machine.host_info import HostInfo
from loadtest.outages.catalogue import OUTAGES

if TYPE_CHECKING:  # keeps the command's start fast
    from loadtest.dataset.provision import DatasetSize
    from loadtest.outages.catalogue import Outage
    from loadtest.outages.run import Replay
    from loadtest.scenario.plan import Plan

FAILED, STOPPED = 1, 3

OutageName = StrEnum("OutageName", {name: name for name in OUTAGES})  # type: ignore[misc]


def outage(
    names: Annotated[
        list[OutageName] | None,
        typer.Argument(help="障害の名前 / Names of outages (default: all twelve).", show_default=False),
    ] = None,
    *,
    minutes: Annotated[
        float | None,
        typer.Option(
            min=0.05,
            max=60,
            help="1件あたりの時間（分） / Minutes of each (default: 1; 3 of a storm).",
            show_default=False,
        ),
    ] = None,
    people: Annotated[int, typer.Option(min=100, help="住民の数 / Residents of the dataset.")] = 3000,
    cards: Annotated[int, typer.Option(min=2, help="カードの数 / Number of cardholders.")] = 1000,
    terminals: Annotated[int, typer.Option(min=4, max=5000, help="施設の数 / Number of facilities.")] = 60,
    scale: Annotated[
        float, typer.Option(min=0.001, max=10, help="倍率 / Factor of the level's rates.")
    ] = 1.0,
    workers: Annotated[
        int, typer.Option(min=1, help="API のワーカー数 / API workers, if this command starts the stack.")
    ] = 2,
    seed: Annotated[int, typer.Option(min=0, help="乱数の種 / Seed of the arrivals.")] = 1,
    out: Annotated[
        Path | None,
        typer.Option(
            file_okay=False,
            help="レポートの出力先 / Folder of the reports (default: one under var/loadtest/outages).",
            show_default=False,
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="JSON で出力 / Print one JSON object.")] = False,
) -> None:
    """実際に起きた12の障害を負荷の中で再現し、想定どおりかを確かめます。

    Replay the twelve outages that really happened, under load, each with its expectation and verdict.

    Each breaks the component that broke in reality, and fails if it did not take hold. Runs against the stack
    that the environment names, otherwise starts one. Exit code 0: every outage ended as expected, without a
    wrong answer. 1: otherwise. 3: a run could not be completed; the others are reported all the same.
    """
    from loadtest.dataset.provision import DatasetSize
    from loadtest.outages.presenter import show

    exit_on_sigterm()
    chosen = [OUTAGES[name.value] for name in names] if names else list(OUTAGES.values())
    work = [(each, each.plan(minutes, scale, seed + place)) for place, each in enumerate(chosen)]
    size = DatasetSize(people, min(people, cards), terminals)
    place = out or Path("var", "loadtest", "outages", f"{now():%Y%m%dT%H%M%SZ}")
    replays = _run_and_write(work, size, workers, place)
    if as_json:
        printed = {
            "passed": all(one.passed for one in replays),
            "outages": [one.as_json() for one in replays],
        }
        typer.echo(json.dumps(printed, ensure_ascii=False))
    else:
        show(Console(), replays)
    if any(one.report is None for one in replays):
        raise typer.Exit(STOPPED)
    raise typer.Exit(0 if all(one.passed for one in replays) else FAILED)


def _run_and_write(
    work: list[tuple[Outage, Plan]], size: DatasetSize, workers: int, place: Path
) -> list[Replay]:
    """Replay the outages, and write each one's report. Exits with STOPPED if one could not be completed."""
    from loadtest.html_report import render
    from loadtest.outages.run import replay_all

    console = Console(stderr=True)
    replays: list[Replay] = []
    with tempfile.TemporaryDirectory(prefix="shikaku-outages-") as folder:
        try:
            for done in replay_all(
                work,
                size,
                workers=workers,
                folder=Path(folder),
                progress=lambda text: console.print(f"… {text}", highlight=False),
            ):
                if done.report is None:
                    console.print(f"… {done.outage.name}: {done.reason}", style="red", markup=False)
                    replays.append(done)
                    continue
                report = replace(done.report, host_info=HostInfo.now(sys.argv[1:]))
                replays.append(replace(done, report=report))
                render.write(report, place / done.outage.name, now())
                console.print(f"… {place / done.outage.name / render.PAGE}", highlight=False)
        except (LoadError, ConnectionFailed, OSError) as error:
            typer.echo(f"実行できませんでした / The run failed: {error}", err=True)
            raise typer.Exit(STOPPED) from error
    return replays
