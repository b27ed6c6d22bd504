"""`clinic-terminal`: the terminal at a command line. Wiring: `visit` and `desk` have the rules, `console` the words."""

from __future__ import annotations

import signal

import typer

from clinic_terminal.cli import (
    appointments,
    asking,
    consents,
    emergencies,
    history,
    prescribing,
    references,
    tapping,
)
from clinic_terminal.cli.common import Surroundings

__all__ = ["Surroundings", "app", "main"]

_ENDING = (signal.SIGHUP, signal.SIGTERM)
"""Signals by which the program is asked to end, and at which Python would end without unwinding."""

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="資格確認端末 / Reception terminal: whose insurance is valid today?",
)

for commands in (
    tapping,
    history,
    consents,
    asking,
    appointments,
    references,
    prescribing,
    emergencies,
):
    commands.add_to(app)


def main(around: Surroundings | None = None) -> None:
    """Entry point of the `clinic-terminal` script.

    A signal to end unwinds the program as an error does: a card that has had its PIN must not keep its power, and
    PC/SC leaves it to whoever dies unasked.
    """
    for number in _ENDING:
        signal.signal(number, _end)
    app(obj=around)


def _end(number: int, _: object) -> None:
    for ending in _ENDING:
        signal.signal(ending, signal.SIG_IGN)  # a second one must not interrupt the closing of the card
    raise SystemExit(128 + number)
