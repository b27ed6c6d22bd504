"""`clinic-terminal appointments`: tomorrow's patients in one batch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer
from rich.console import Console

from clinic_terminal.cli.common import (
    AsJson,
    Surroundings,
    open_table,
    open_terminal,
    print_json,
    require,
)
from clinic_terminal.clock import tomorrow
from clinic_terminal.console import lists, report, words
from clinic_terminal.console.prompts import tell_aside
from clinic_terminal.desk.appointments import Appointments, Patience, follow, send
from clinic_terminal.desk.known_versions import DamagedVersionsError, KnownVersions
from eligibility_api.contract.batches import MAX_ROWS
from eligibility_api.contract.client import FundClient
from eligibility_api.contract.errors import ShikakuError

_HELP = """一括照会 / Check tomorrow's appointments: OK, changed, or to ask about.

FILE is CSV (UTF-8 or CP932) with a header: tag, insurer_number, symbol, number, branch, birth_date. The tag is the
clinic's own and names the patient in the output; for each tag the version of the last answer is kept.

\b
Exit codes:
  0   nothing to ask    30  refused by the fund
  10  some to ask       40  could not be checked: go on with --batch
  11  still processing  2   wrong usage, file or settings
"""

_VERSIONS_FILE = "known-versions.json"


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("appointments", help=_HELP)(appointments_command)


def appointments_command(
    context: typer.Context,
    *,
    file: Annotated[Path | None, typer.Argument(help="Tomorrow's appointments.", show_default=False)] = None,
    batch: Annotated[
        UUID | None, typer.Option(metavar="ID", help="Go on with a batch that was sent before.")
    ] = None,
    as_of: Annotated[
        date | None,
        typer.Option(parser=date.fromisoformat, metavar="DAY", help="Day asked for; else tomorrow."),
    ] = None,
    as_json: AsJson = False,
    wait: Annotated[float, typer.Option(min=0, max=86_400, help="Seconds to wait for the batch.")] = 600.0,
) -> None:
    """Wire one batch, show it, keep its versions, and end with its exit code."""
    require((file is None) != (batch is None), "either a file or --batch")
    require(batch is None or as_of is None, "--as-of goes with a file")
    around = context.ensure_object(Surroundings)
    table = [] if file is None else open_table(file, "tag", MAX_ROWS)
    terminal = open_terminal(around)
    versions = KnownVersions(terminal.settings.home / _VERSIONS_FILE)
    known = _read(versions)
    patience = Patience(around.clock, around.sleep, timedelta(seconds=wait))

    def begin() -> Appointments:
        if batch is not None:
            return Appointments(terminal.fund.batch_status(str(batch)))
        return send(terminal.fund, table, as_of or tomorrow(around.clock()), known)

    with terminal.fund:
        appointments = _run(terminal.fund, begin, known, patience)
    if as_json:
        print_json(report.appointments_as_json(appointments))
    else:
        lists.show_appointments(Console(), appointments)
    _keep(versions, appointments)  # only after the desk has seen what changed
    raise typer.Exit(report.appointments_exit_code(appointments))


def _read(versions: KnownVersions) -> dict[str, str]:
    try:
        return versions.read()
    except DamagedVersionsError as error:
        typer.echo(f"TERMINAL_HOME: {_VERSIONS_FILE} is damaged; remove it, and all count as new", err=True)
        raise typer.Exit(report.USAGE) from error
    except OSError as error:
        typer.echo(f"TERMINAL_HOME: {error.strerror}", err=True)
        raise typer.Exit(report.USAGE) from error


def _keep(versions: KnownVersions, appointments: Appointments) -> None:
    try:
        versions.add(appointments.versions())
    except OSError as error:
        typer.echo(f"TERMINAL_HOME: {error.strerror}; the next time all count as new", err=True)
        raise typer.Exit(report.USAGE) from error


def _run(
    fund: FundClient, begin: Callable[[], Appointments], known: Mapping[str, str], patience: Patience
) -> Appointments:
    """The batch's number is told before anything is waited for: with it the work is not lost."""
    appointments = Appointments()
    try:
        appointments = begin()
        if appointments.batch is not None:
            tell_aside(f"{words.BATCH}: {appointments.batch.batch_id}")
        return follow(fund, appointments, known, patience)
    except ShikakuError as problem:
        return replace(appointments, problem=problem)
