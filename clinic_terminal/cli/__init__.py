"""`clinic-terminal`: the terminal at a command line. Wiring only: the rules are in `visit` and `queries`."""

from __future__ import annotations

import signal

import typer

from clinic_terminal.cli import (
    access_token,
    appointments,
    consents,
    emergency,
    exchange,
    history,
    lookup,
    my_accesses,
    pages,
    prescriptions,
    references,
    serve,
    tap,
)
from clinic_terminal.cli.common import Dependencies
from screens.command_help import arrange

__all__ = ["Dependencies", "app", "main"]

_TERMINATION_SIGNALS = (signal.SIGHUP, signal.SIGTERM)
"""Signals at which Python would end without unwinding."""

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="資格確認端末：患者さんの資格の確認、同意の取得、薬剤情報などの閲覧を行います。\n\n"
    "Reception terminal: checks a patient's insurance, asks for consent, and reads medicines and treatments.",
)

for commands in (
    tap,
    my_accesses,
    history,
    consents,
    lookup,
    appointments,
    references,
    prescriptions,
    emergency,
    exchange,
    serve,
    pages,
    access_token,
):
    commands.add_to(app)
arrange(app, __name__)


def main(dependencies: Dependencies | None = None) -> None:
    """Entry point of the `clinic-terminal` script.

    A termination signal unwinds the program as an error does: a card that has verified its PIN must not
    stay powered, and PC/SC leaves it powered when its client is killed.
    """
    for number in _TERMINATION_SIGNALS:
        signal.signal(number, _exit)
    app(obj=dependencies)


def _exit(number: int, _: object) -> None:
    for other in _TERMINATION_SIGNALS:
        signal.signal(other, signal.SIG_IGN)  # a second signal must not interrupt the closing of the card
    raise SystemExit(128 + number)
