"""`clinic-terminal reference`: the clinic's own number for a person, told to the fund."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from clinic_terminal.cli.common import AsJson, Surroundings, open_table, open_terminal, print_json, require
from clinic_terminal.console import lists, report
from clinic_terminal.console.membership_prompts import json_object
from clinic_terminal.desk.references import References, register
from eligibility_api.contract.client import FundClient
from eligibility_api.contract.errors import ShikakuError

_HELP = """照会番号登録 / Register the clinic's own number for a membership: it comes back with later answers.

FILE is CSV (UTF-8 or CP932) with a header: reference_number, insurer_number, symbol, number, branch, birth_date. One
number comes with --stdin as a JSON object with the same names.

\b
Exit codes:
  0   all registered       30  refused by the fund
  10  some not registered  40  the fund could not be reached
  2   wrong usage, file or settings
"""

_MOST_ROWS = 100_000


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("reference", help=_HELP)(reference_command)


def reference_command(
    context: typer.Context,
    *,
    file: Annotated[Path | None, typer.Argument(help="The clinic's numbers.", show_default=False)] = None,
    stdin: Annotated[bool, typer.Option("--stdin", help="One as JSON from standard input.")] = False,
    as_json: AsJson = False,
) -> None:
    """Wire a registration, show it, and end with its exit code."""
    require((file is None) == stdin, "either a file or --stdin")
    table = None if file is None else open_table(file, "reference_number", _MOST_ROWS)
    terminal = open_terminal(context.ensure_object(Surroundings))
    with terminal.fund:
        references = _register(terminal.fund, table)
    if as_json:
        print_json(report.references_as_json(references))
    else:
        lists.show_references(Console(), references)
    raise typer.Exit(report.references_exit_code(references))


def _register(fund: FundClient, table: Sequence[Mapping[str, object]] | None) -> References:
    try:
        return register(fund, [json_object(sys.stdin)] if table is None else table)
    except ShikakuError as problem:
        return References(problem=problem)
