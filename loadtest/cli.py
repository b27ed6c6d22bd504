"""`loadtest`: load on running services, from a command line. Wiring only."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from clinic_terminal.card.file_card import open_card_file
from clinic_terminal.card.port import CardConnection
from loadtest.baseline.command import baseline
from loadtest.generator.command import generate
from loadtest.planning.command import plan
from loadtest.scenario.command import run
from loadtest.smoke import report
from loadtest.smoke.card_sessions import FleetError
from loadtest.smoke.report import SmokeReport
from loadtest.smoke.run import Plan, run_smoke
from loadtest.smoke.settings import LoadSettings, SettingsError
from loadtest.smoke.tap import TapChecker

FAILED, USAGE = 1, 2
"""Exit codes: something was answered wrongly or not at all; the test could not begin."""

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="負荷試験 / Load on services of this machine.",
)


class LocustMissingError(Exception):
    """The optional extra `load` is not installed."""


def _locust_swarm(plan: Plan, checker: TapChecker) -> SmokeReport:
    """Locust is optional, and changes the process that imports it."""
    try:
        from loadtest.smoke.locust_users import locust_swarm
    except ModuleNotFoundError as error:
        if error.name != "locust":
            raise
        raise LocustMissingError from error
    return locust_swarm(plan, checker)


@dataclass(frozen=True, slots=True)
class Dependencies:
    """What the commands reach outside; a test brings its own as typer's context object."""

    open_card: Callable[[Path], CardConnection] = open_card_file
    swarm: Callable[[Plan, TapChecker], SmokeReport] = _locust_swarm


def main() -> None:
    """Entry point of the `loadtest` script."""
    app()


app.command()(baseline)
app.command()(run)
app.command()(plan)
app.command()(generate)


@app.command("smoke")
def smoke_command(
    context: typer.Context,
    *,
    seconds: Annotated[float, typer.Option(min=1, max=3600, help="How long to tap.")] = 20.0,
    users: Annotated[int, typer.Option(min=1, max=500, help="Terminals, each with a card of its own.")] = 4,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Tap for some seconds; every answer must be right.

    The environment names the cards and what to expect: LOADTEST_CARDS, LOADTEST_EXPECTED, LOADTEST_PIN,
    TERMINAL_CREDENTIAL, TERMINAL_FUND_URL (a loopback address).

    Exit code 0: every answer was right, and every user had one. 1: something failed. 2: wrong usage or settings, a
    card that cannot take part, or Locust is missing.
    """
    around = context.ensure_object(Dependencies)
    try:
        seen = run_smoke(LoadSettings.load(), seconds, users, around.open_card, around.swarm)
    except SettingsError as error:
        raise _usage(f"The test is not set up: {error}") from error
    except FleetError as error:
        raise _usage(f"A card cannot take part: {error}") from error
    except LocustMissingError as error:
        raise _usage(
            "Locust is missing: it comes with the extra `load`. `scripts/setup demo` installs it."
        ) from error
    if as_json:
        typer.echo(json.dumps(seen.as_json(), ensure_ascii=False))
    else:
        report.show(Console(), seen)
    raise typer.Exit(0 if seen.passed else FAILED)


def _usage(sentence: str) -> typer.Exit:
    typer.echo(sentence, err=True)
    return typer.Exit(USAGE)
