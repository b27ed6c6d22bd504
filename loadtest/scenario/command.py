"""`loadtest run`: wiring only."""

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

from loadtest.child_processes import end_like_ctrl_c
from loadtest.clock import now
from loadtest.faults.catalogue import FAULTS
from loadtest.html_report import render
from loadtest.http_client.connection import ConnectionFailed
from loadtest.machine.host_info import HostInfo
from loadtest.scenario.levels import LEVELS
from loadtest.target import LoadError

if TYPE_CHECKING:  # a command's start is quick
    from loadtest.dataset.provision import DatasetSize
    from loadtest.scenario.plan import Plan
    from loadtest.scenario.report import RushReport
    from loadtest.scenario.run import Drive

FAILED, USAGE, STOPPED = 1, 2, 3

MOST_CHECKS = 20_000_000
"""A run is bounded in its number of checks too."""

LevelName = StrEnum("LevelName", {name: name for name in LEVELS})  # type: ignore[misc]
FaultName = StrEnum("FaultName", {name: name for name in FAULTS})  # type: ignore[misc]


def run(
    *,
    level: Annotated[LevelName, typer.Option(help="How hard the nation taps.")],
    minutes: Annotated[
        float | None, typer.Option(min=0.05, max=240, help="How long; what the level lasts if left out.")
    ] = None,
    people: Annotated[int, typer.Option(min=100, help="Residents of the nation.")] = 3000,
    cards: Annotated[
        int | None, typer.Option(min=1, help="Of whom so many tap; 1,000 at most if left out.")
    ] = None,
    uploaded: Annotated[
        int,
        typer.Option(
            min=100, help="Of the residents, so many come by their insurers' files; the others are filled in."
        ),
    ] = 20_000,
    terminals: Annotated[
        int, typer.Option(min=4, max=5000, help="Facilities; the large ones have several terminals.")
    ] = 60,
    scale: Annotated[
        float | None,
        typer.Option(
            min=0.001, max=10, help="The level's rates times this; 1, or for a day what the machine carries."
        ),
    ] = None,
    prescriptions: Annotated[
        float | None,
        typer.Option(
            min=0, max=1, help="The share of taps that a prescription or dispensing follows (an estimate)."
        ),
    ] = None,
    workers: Annotated[int, typer.Option(min=1, help="API workers, where a house is started.")] = 2,
    generators: Annotated[
        int | None,
        typer.Option(
            min=0,
            max=256,
            help="Generator processes here; where there are no others, as many as the level needs if left out.",
        ),
    ] = None,
    generator: Annotated[
        list[str] | None,
        typer.Option(
            help="One more, by the command line that starts `loadtest generate` anywhere; `{port}` is the fund's."
        ),
    ] = None,
    fault: Annotated[
        FaultName | None, typer.Option(help="What goes wrong from a third of the run to two thirds.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="The same seed draws the same arrivals.")] = 1,
    out: Annotated[
        Path | None,
        typer.Option(
            file_okay=False,
            help="Folder of the report (HTML, JSON); one under var/loadtest/reports if left out.",
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """負荷 / The nation's checks at a level: they come when they come, whether or not the fund keeps up.

    Runs against the house that the environment is wired to (TERMINAL_FUND_URL, FUND_HOME, JPKI_HOME, PAYER_…), else
    starts one and ends it. Exit code 0: no wrong answer, no error that the fault does not explain, and the fault's
    expectation held, however fast. 1: not so. 2: wrong usage. 3: it could not be run.
    """
    try:
        import loadtest.html_report.render  # noqa: F401 - before a long run, not after it
    except ModuleNotFoundError as error:
        if error.name not in {"jinja2", "pygal"}:
            raise
        raise _usage(f"{error.name} is missing: it comes with the extra `load`.") from error
    from loadtest.dataset.provision import DatasetSize
    from loadtest.scenario.plan import Plan
    from loadtest.scenario.presenter import show
    from loadtest.scenario.run import Drive

    chosen = LEVELS[level.value]
    if prescriptions is not None:
        chosen = replace(chosen, prescriptions=prescriptions)
    plan = Plan(chosen, (minutes or chosen.minutes) * 60, scale or 1.0, seed)
    if plan.checks_per_s * plan.seconds > MOST_CHECKS:
        raise _usage(f"A run has at most {MOST_CHECKS:,} checks.")
    how = Drive(
        _generators(generators, generator or []),
        fault=FAULTS[fault.value] if fault else None,
        fit=scale is None,
    )
    size = DatasetSize(
        people, min(people, 1000) if cards is None else min(people, cards), terminals, uploaded
    )
    report = _carried_out(plan, size, workers, how, out)
    if as_json:
        typer.echo(json.dumps(report.as_json(), ensure_ascii=False))
    else:
        show(Console(), report)
    raise typer.Exit(0 if report.passed else FAILED)


def _usage(sentence: str) -> typer.Exit:
    typer.echo(sentence, err=True)
    return typer.Exit(USAGE)


def _generators(here: int | None, others: list[str]) -> list[str] | None:
    """The command lines of the generators; None where as many as the level needs are to be started here."""
    from loadtest.generator.pool import HERE

    if here == 0 and not others:
        raise _usage("A run needs a generator.")
    return [HERE] * (here or 0) + others or None


def _carried_out(plan: Plan, size: DatasetSize, workers: int, how: Drive, out: Path | None) -> RushReport:
    """Run it, and write its report. Where it cannot be run, this is told and the program ends."""
    from loadtest.scenario.run import run_rush

    end_like_ctrl_c()
    told = Console(stderr=True)
    with tempfile.TemporaryDirectory(prefix="shikaku-run-") as folder:
        try:
            report = run_rush(
                plan,
                size,
                workers=workers,
                folder=Path(folder),
                how=how,
                tell=lambda text: told.print(f"… {text}", highlight=False),
            )
            report = replace(report, host_info=HostInfo.now(sys.argv[1:]))
            ended = now()
            place = out or Path("var", "loadtest", "reports", f"{ended:%Y%m%dT%H%M%SZ}-{plan.level.name}")
            render.write(report, place, ended)
            told.print(f"… {place / render.PAGE}", highlight=False)
        except (LoadError, ConnectionFailed, OSError) as error:
            typer.echo(f"実行できませんでした / The run failed: {error}", err=True)
            raise typer.Exit(STOPPED) from error
    return report
