"""`loadtest soak`: wiring only."""

from __future__ import annotations

import json
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from loadtest.child_processes import exit_on_sigterm
from loadtest.clock import now
from loadtest.errors import LoadError
from loadtest.http_client.connection import ConnectionFailed
from loadtest.machine.host_info import HostInfo

if TYPE_CHECKING:  # keeps the command's start fast
    from loadtest.report.report import RunReport
    from loadtest.soak.phases import Phase

FAILED, STOPPED = 1, 3
REPORT = "soak.json"


def soak(
    *,
    hours: Annotated[float, typer.Option(min=0.01, max=240, help="時間 / Duration in hours.")] = 8.0,
    people: Annotated[int, typer.Option(min=300, help="住民の数 / Residents of the dataset.")] = 3000,
    cards: Annotated[int, typer.Option(min=2, help="カードの数 / Number of cardholders.")] = 1000,
    terminals: Annotated[int, typer.Option(min=4, max=5000, help="施設の数 / Number of facilities.")] = 60,
    scale: Annotated[
        float,
        typer.Option(
            min=0.001, max=10, help="倍率 / Factor of the rates of L0; 1 fills a disk by gigabytes an hour."
        ),
    ] = 0.1,
    workers: Annotated[int, typer.Option(min=1, help="API のワーカー数 / API workers.")] = 2,
    seed: Annotated[int, typer.Option(min=0, help="乱数の種 / Seed of the arrivals.")] = 1,
    home: Annotated[
        Path | None,
        typer.Option(
            file_okay=False,
            help="データベースなどの置き場所 / Empty folder of the stack and its back-ups (default: a temporary one).",
            show_default=False,
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            file_okay=False,
            help="レポートの出力先 / Folder of the reports (default: one under var/loadtest/soak).",
            show_default=False,
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="JSON で出力 / Print one JSON object.")] = False,
) -> None:
    """平日の負荷を長時間かけ、障害を順に起こし、資源が増え続けず、回答と記録が正しいことを確かめます。

    Load a stack of its own for hours at L0, inject every fault in turn, send claims and make back-ups alongside.

    Judged at the end: memory, open files, connections and disk did not grow but with the checks; the p99 stayed; no
    answer was wrong; the audit log and the back-ups hold, across a month's end. Exit code 0: all of that. 1:
    otherwise. 3: the soak could not be completed.
    """
    from loadtest.dataset.provision import DatasetSize
    from loadtest.html_report import render
    from loadtest.soak.presenter import show
    from loadtest.soak.run import run_soak

    exit_on_sigterm()
    console = Console(stderr=True)
    place = out or Path("var", "loadtest", "soak", f"{now():%Y%m%dT%H%M%SZ}")
    host_info = HostInfo.now(sys.argv[1:])

    def write(phase: Phase, report: RunReport) -> None:
        name = f"{phase.number + 1:03}-{phase.fault.name}"
        render.write(replace(report, host_info=host_info), place / name, now())

    with ExitStack() as stack:
        folder = home or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="shikaku-soak-")))
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            report = run_soak(
                hours,
                DatasetSize(people, min(people, cards), terminals),
                scale=scale,
                seed=seed,
                workers=workers,
                folder=folder,
                progress=lambda text: console.print(f"… {text}", highlight=False),
                on_phase=write,
            )
        except (LoadError, ConnectionFailed, OSError) as error:
            typer.echo(f"実行できませんでした / The soak failed: {error}", err=True)
            raise typer.Exit(STOPPED) from error
    report = replace(report, host_info=host_info)
    place.mkdir(parents=True, exist_ok=True)
    printed = json.dumps(report.as_json(), ensure_ascii=False)
    (place / REPORT).write_text(printed, encoding="utf-8")
    console.print(f"… {place / REPORT}", highlight=False)
    if as_json:
        typer.echo(printed)
    else:
        show(Console(), report)
    raise typer.Exit(0 if report.passed else FAILED)
