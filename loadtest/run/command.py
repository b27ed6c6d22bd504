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

from loadtest.child_processes import exit_on_sigterm
from loadtest.clock import now
from loadtest.errors import LoadError
from loadtest.faults.catalogue import FAULTS
from loadtest.faults.cluster_faults import CLUSTER_FAULTS
from loadtest.http_client.connection import ConnectionFailed
from loadtest.machine.host_info import HostInfo
from loadtest.scenario.levels import LEVELS, Shape

if TYPE_CHECKING:  # keeps the command's start fast
    from loadtest.dataset.provision import DatasetSize
    from loadtest.report.report import RunReport
    from loadtest.run.run import RunOptions
    from loadtest.scenario.plan import Plan

FAILED, USAGE, STOPPED = 1, 2, 3

MAX_CHECKS = 20_000_000
"""Limit of the number of checks in a run."""

LevelName = StrEnum("LevelName", {name: name for name in LEVELS})  # type: ignore[misc]
EVERY_FAULT = FAULTS | CLUSTER_FAULTS
FaultName = StrEnum("FaultName", {name: name for name in EVERY_FAULT})  # type: ignore[misc]


class SignIns(StrEnum):
    """Whose sign-ins are part of a run."""

    OWN = "own"
    NATION = "nation"


def run(
    *,
    level: Annotated[LevelName, typer.Option(help="負荷のレベル / Load level.")],
    minutes: Annotated[
        float | None,
        typer.Option(
            min=0.05, max=240, help="時間（分） / Duration (default: the level's).", show_default=False
        ),
    ] = None,
    people: Annotated[int, typer.Option(min=100, help="住民の数 / Residents of the dataset.")] = 3000,
    cards: Annotated[
        int | None,
        typer.Option(
            min=1, help="カードの数 / Number of cardholders (default: up to 1,000).", show_default=False
        ),
    ] = None,
    uploaded: Annotated[
        int,
        typer.Option(
            min=100,
            help="保険者が送信する住民の数 / Residents whom insurers upload; others are loaded into the database.",
        ),
    ] = 20_000,
    terminals: Annotated[
        int, typer.Option(min=4, max=5000, help="施設の数 / Facilities; large ones have several terminals.")
    ] = 60,
    scale: Annotated[
        float | None,
        typer.Option(
            min=0.001,
            max=10,
            help="倍率 / Factor of the level's rates (default: 1; for `day`, calibrated to the machine).",
            show_default=False,
        ),
    ] = None,
    prescriptions: Annotated[
        float | None,
        typer.Option(
            min=0,
            max=1,
            help="処方・調剤が続く割合 / Share of taps that a prescription or dispensing follows.",
        ),
    ] = None,
    sign_ins: Annotated[
        SignIns,
        typer.Option(
            help="トークン取得の範囲 / Whose sign-ins there are: the run's own terminals', or also those of a nation's, which use a"
            " token for few requests."
        ),
    ] = SignIns.OWN,
    workers: Annotated[
        int, typer.Option(min=1, help="API のワーカー数 / API workers, if this command starts the stack.")
    ] = 2,
    generators: Annotated[
        int | None,
        typer.Option(
            min=0,
            max=256,
            help="負荷発生器の数 / Local generator processes (default: as many as the level needs, unless"
            " --generator is given).",
            show_default=False,
        ),
    ] = None,
    generator: Annotated[
        list[str] | None,
        typer.Option(
            help="他の負荷発生器（Locust のワーカー）のコマンド / Command line of one more generator, a worker of Locust on any"
            " machine; `{port}` and `{master_port}` are replaced by the fund's port and the master's."
        ),
    ] = None,
    fault: Annotated[
        FaultName | None,
        typer.Option(help="障害 / Fault, injected after a third of the run and removed after two thirds."),
    ] = None,
    cluster: Annotated[
        bool,
        typer.Option(
            help="PostgreSQL 3台のクラスターで実行（etcd と Patroni が必要。クラスターの障害では自動） / Start a database of three"
            " nodes; needs etcd (Debian: etcd-server) and Patroni (the extra `cluster`). Faults of a cluster do so."
        ),
    ] = False,
    seed: Annotated[int, typer.Option(min=0, help="乱数の種 / Seed of the arrivals.")] = 1,
    out: Annotated[
        Path | None,
        typer.Option(
            file_okay=False,
            help="レポートの出力先 / Folder of the report (HTML, JSON; default: one under var/loadtest/reports).",
            show_default=False,
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="JSON で出力 / Print one JSON object.")] = False,
) -> None:
    """全国の照会を指定したレベルの負荷で再現し、回答の正しさと速さを確かめます。

    Run nationwide checks at a load level. Arrivals are open-loop: they do not wait for answers.

    Runs against the stack that the environment names (TERMINAL_FUND_URL, FUND_HOME, JPKI_HOME, PAYER_…);
    otherwise starts one and ends it. Exit code 0: no wrong answer, no error that the fault does not explain,
    and the fault's expectation was met, at whatever speed. 1: otherwise. 2: wrong usage. 3: the run could not
    be completed.
    """
    try:
        import loadtest.html_report.render  # noqa: F401 - fails before a long run, not after it
    except ModuleNotFoundError as error:
        if error.name not in {"jinja2", "pygal"}:
            raise
        raise _usage(f"{error.name} is missing: it comes with the extra `load`.") from error
    from loadtest.dataset.provision import DatasetSize
    from loadtest.report.presenter import show
    from loadtest.run.run import RunOptions
    from loadtest.scenario.plan import Plan

    chosen = LEVELS[level.value]
    if prescriptions is not None:
        chosen = replace(chosen, prescriptions=prescriptions)
    of_nation = sign_ins is SignIns.NATION
    if of_nation and chosen.shape not in {Shape.STEADY, Shape.STORM}:
        raise _usage("--sign-ins nation needs a level with a steady rate.")
    plan = Plan(chosen, (minutes or chosen.minutes) * 60, scale or 1.0, seed, nation_signs_in=of_nation)
    if plan.checks_per_s * plan.seconds > MAX_CHECKS:
        raise _usage(f"A run has at most {MAX_CHECKS:,} checks.")
    injected = EVERY_FAULT[fault.value] if fault else None
    if injected is not None and plan.seconds < injected.min_seconds:
        raise _usage(f"--fault {injected.name} needs --minutes {injected.min_seconds / 60:g} or more.")
    options = RunOptions(
        _generators(generators, generator or []),
        fault=injected,
        calibrate=scale is None,
        cluster=cluster or (injected is not None and injected.of_cluster),
    )
    size = DatasetSize(
        people, min(people, 1000) if cards is None else min(people, cards), terminals, uploaded
    )
    report = _run_and_write(plan, size, workers, options, out)
    if as_json:
        typer.echo(json.dumps(report.as_json(), ensure_ascii=False))
    else:
        show(Console(), report)
    raise typer.Exit(0 if report.passed else FAILED)


def _usage(sentence: str) -> typer.Exit:
    typer.echo(sentence, err=True)
    return typer.Exit(USAGE)


def _generators(local: int | None, others: list[str]) -> list[str] | None:
    """The command lines of the generators; None for as many local ones as the level needs."""
    from loadtest.conductor.run_handle import LOCAL_COMMAND

    if local == 0 and not others:
        raise _usage("A run needs a generator.")
    return [LOCAL_COMMAND] * (local or 0) + others or None


def _run_and_write(
    plan: Plan, size: DatasetSize, workers: int, options: RunOptions, out: Path | None
) -> RunReport:
    """Run the plan and write its report. Exits with STOPPED if it could not be completed."""
    from loadtest.html_report import render
    from loadtest.run.run import run_scenario

    exit_on_sigterm()
    console = Console(stderr=True)
    with tempfile.TemporaryDirectory(prefix="shikaku-run-") as folder:
        try:
            report = run_scenario(
                plan,
                size,
                workers=workers,
                folder=Path(folder),
                options=options,
                progress=lambda text: console.print(f"… {text}", highlight=False),
            )
            report = replace(report, host_info=HostInfo.now(sys.argv[1:]))
            ended = now()
            place = out or Path("var", "loadtest", "reports", f"{ended:%Y%m%dT%H%M%SZ}-{plan.level.name}")
            render.write(report, place, ended)
            console.print(f"… {place / render.PAGE}", highlight=False)
        except (LoadError, ConnectionFailed, OSError) as error:
            typer.echo(f"実行できませんでした / The run failed: {error}", err=True)
            raise typer.Exit(STOPPED) from error
    return report
