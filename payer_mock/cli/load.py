"""`payer-mock load` and `load-claims`: measures how fast a population's members and claims are stored."""

from __future__ import annotations

import signal
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, NoReturn, TypeVar

import typer
from rich.console import Console

from eligibility_api.contract.errors import ShikakuError
from payer_mock.actions.report import ALL_DONE, SOME_REFUSED, STOPPED
from payer_mock.cli.common import JsonOption, echo_json, refused
from payer_mock.load.environment import LoadError
from payer_mock.load.run import run_claims_load, run_members_load
from payer_mock.population.files import PopulationError
from payer_mock.screens.load import show_claims_load, show_members_load

_People = Annotated[int, typer.Option(min=1, help="住民の数 / number of residents")]
_Seed = Annotated[int, typer.Option(min=0, help="乱数の種 / random seed")]
_Folder = Annotated[
    Path | None,
    typer.Option(
        help="データを残す空のフォルダー（省略時は一時フォルダー） / empty folder; default: a temporary one"
    ),
]

Report = TypeVar("Report")


def add_to(app: typer.Typer) -> None:
    """Add these commands to the application."""
    app.command()(load)
    app.command()(load_claims)


def load(
    *, people: _People = 100_000, seed: _Seed = 1, folder: _Folder = None, as_json: JsonOption = False
) -> None:
    """加入者ファイルの登録速度を合成データで測定します。PAYER_FUND_URL がなければ、測定用の支払基金を起動します。

    Load a synthetic population's member files, and measure. Without PAYER_FUND_URL a stack is started.

    With PAYER_FUND_URL, the settings of that stack's other programs have to be in the environment too.
    Exit code 0: every row was accepted. 1: some rows were rejected. 3: the run could not be completed.
    """
    report = _measure(lambda path: run_members_load(people, seed, path), folder, as_json=as_json)
    if as_json:
        echo_json(report.as_json())
    else:
        show_members_load(Console(), report)
    raise typer.Exit(ALL_DONE if report.clean else SOME_REFUSED)


def load_claims(
    *,
    people: _People = 100_000,
    months: Annotated[
        int, typer.Option(min=1, max=60, help="請求月の数 / claim months, up to the newest visible one")
    ] = 3,
    seed: _Seed = 1,
    folder: _Folder = None,
    as_json: JsonOption = False,
) -> None:
    """レセプトの取り込み速度（ファイルから閲覧可能まで）を合成データで測定します。他は load と同じです。

    Load a synthetic population's claims, file to history, and measure. Otherwise as `load`.

    Exit code 0: every claim was accepted. 1: some were not. 3: the run could not be completed.
    """
    report = _measure(lambda path: run_claims_load(people, months, seed, path), folder, as_json=as_json)
    if as_json:
        echo_json(report.as_json())
    else:
        show_claims_load(Console(), report)
    raise typer.Exit(ALL_DONE if report.clean else SOME_REFUSED)


def _measure(run: Callable[[Path], Report], folder: Path | None, *, as_json: bool) -> Report:
    """The report of a load test that runs in `folder`, or in a temporary one."""
    signal.signal(signal.SIGTERM, _interrupt)  # as Ctrl-C: the stack must not outlive its load test
    with tempfile.TemporaryDirectory(prefix="shikaku-load-") as temporary:
        path = folder or Path(temporary)
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            return run(path)
        except ShikakuError as error:
            raise refused(error, as_json=as_json) from error
        except (LoadError, PopulationError, OSError) as error:
            typer.echo(f"測定できませんでした。\nThe load test failed: {error}", err=True)
            raise typer.Exit(STOPPED) from error


def _interrupt(*_: object) -> NoReturn:
    raise KeyboardInterrupt
