"""`loadtest smoke`: wiring only."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from clinic_terminal.card.channel import CardConnection
from clinic_terminal.card.file_card import open_card_file
from loadtest.smoke import report
from loadtest.smoke.card_sessions import CardSessionError
from loadtest.smoke.report import SmokeReport
from loadtest.smoke.run import SmokePlan, run_smoke
from loadtest.smoke.settings import LoadSettings, SettingsError
from loadtest.smoke.tap import TapChecker

FAILED, USAGE = 1, 2
"""Exit codes: an answer was wrong or missing; the test could not start."""


class LocustMissingError(Exception):
    """The optional extra `load` is not installed."""


def _run_locust_users(plan: SmokePlan, checker: TapChecker) -> SmokeReport:
    """Import Locust late: it is optional, and patches the process that imports it."""
    try:
        from loadtest.smoke.locust_users import run_locust_users
    except ModuleNotFoundError as error:
        if error.name != "locust":
            raise
        raise LocustMissingError from error
    return run_locust_users(plan, checker)


@dataclass(frozen=True, slots=True)
class Dependencies:
    """External dependencies; tests inject their own as typer's context object."""

    open_card: Callable[[Path], CardConnection] = open_card_file
    run_users: Callable[[SmokePlan, TapChecker], SmokeReport] = _run_locust_users


def smoke(
    context: typer.Context,
    *,
    seconds: Annotated[float, typer.Option(min=1, max=3600, help="時間（秒） / Duration.")] = 20.0,
    users: Annotated[
        int, typer.Option(min=1, max=500, help="端末の数 / Terminals, each with its own card.")
    ] = 4,
    as_json: Annotated[bool, typer.Option("--json", help="JSON で出力 / Print one JSON object.")] = False,
) -> None:
    """数秒間カードをかざし続け、すべての回答が正しいことを確かめます。

    Tap cards for some seconds; every answer must be right.

    The environment names the cards and the expected answers: LOADTEST_CARDS, LOADTEST_EXPECTED, LOADTEST_PIN,
    TERMINAL_CREDENTIAL, TERMINAL_FUND_URL (a loopback address).

    Exit code 0: every answer was right, and every user had one. 1: something failed. 2: wrong usage or
    settings, a card that cannot be used, or Locust is missing.
    """
    dependencies = context.ensure_object(Dependencies)
    try:
        result = run_smoke(
            LoadSettings.load(), seconds, users, dependencies.open_card, dependencies.run_users
        )
    except SettingsError as error:
        raise _usage(f"The test is not configured: {error}") from error
    except CardSessionError as error:
        raise _usage(f"A card cannot be used: {error}") from error
    except LocustMissingError as error:
        raise _usage(
            "Locust is missing: it comes with the extra `load`. `scripts/setup demo` installs it."
        ) from error
    if as_json:
        typer.echo(json.dumps(result.as_json(), ensure_ascii=False))
    else:
        report.show(Console(), result)
    raise typer.Exit(0 if result.passed else FAILED)


def _usage(sentence: str) -> typer.Exit:
    typer.echo(sentence, err=True)
    return typer.Exit(USAGE)
