"""How a command of one call shows what the fund said."""

from __future__ import annotations

from collections.abc import Callable

import typer
from rich.console import Console

from clinic_terminal.cli.common import print_json
from clinic_terminal.console import headlines, history_report, screen
from clinic_terminal.outcome import Reply, Told

REPLY_EXIT_CODES = """\b
Exit codes:
  0   done                 40  the fund could not be reached
  30  refused by the fund  2   wrong usage or settings
"""


def show_reply(reply: Reply[Told], show: Callable[[Console, Told], None], *, as_json: bool) -> None:
    """Show the answer by `show`, or the problem, and end with the exit code."""
    if as_json:
        print_json(history_report.reply_as_json(reply))
    else:
        _show(Console(), reply, show)
    raise typer.Exit(history_report.reply_exit_code(reply))


def _show(console: Console, reply: Reply[Told], show: Callable[[Console, Told], None]) -> None:
    if reply.problem is not None:
        console.print(screen.badge(headlines.of_problem(reply.problem)))
        screen.show_problem(console, reply.problem)
    if reply.answer is not None:
        console.print(screen.badge(headlines.DONE))
        show(console, reply.answer)
