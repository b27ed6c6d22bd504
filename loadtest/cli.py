"""`loadtest`: the command line of the load laboratory. Wiring only."""

from __future__ import annotations

import typer

from loadtest.baseline.command import baseline
from loadtest.outages.command import outage
from loadtest.overload.command import overload
from loadtest.planning.command import plan
from loadtest.run.command import run
from loadtest.smoke.command import smoke
from loadtest.soak.command import soak
from screens.command_help import arrange

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="このマシンのサービスに負荷をかけて試験します。\n\nLoad tests for services of this machine.",
)


def main() -> None:
    """Entry point of the `loadtest` script."""
    app()


app.command()(baseline)
app.command()(run)
app.command()(outage)
app.command()(soak)
app.command()(overload)
app.command()(plan)
app.command()(smoke)
arrange(app, "loadtest")
