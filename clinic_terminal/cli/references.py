"""`clinic-terminal reference`: registers the clinic's own number for a person with the fund."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from clinic_terminal.bilingual import command_help, option_help
from clinic_terminal.cli.common import Dependencies, open_table, open_terminal, print_json, require
from clinic_terminal.cli.options import AsJson
from clinic_terminal.console import exit_code_help, lists, report
from clinic_terminal.console.membership_prompts import json_object
from clinic_terminal.queries.references import References, register
from eligibility_api.contract.client import FundClient
from eligibility_api.contract.errors import ShikakuError

_HELP = command_help(
    """施設で付ける患者さんの番号（照会番号）を登録します。以後の回答に表示されます。FILE は見出し行のある CSV
（UTF-8 または CP932）で、列は reference_number, insurer_number, symbol, number, branch, birth_date です。
--stdin を付けると、同じ名前の JSON で1件を登録します。""",
    """Registers the clinic's own number for a membership, which later answers show. FILE is CSV (UTF-8 or
CP932) with a header: reference_number, insurer_number, symbol, number, branch, birth_date. With
--stdin one number is read as a JSON object with the same names.""",
    exit_code_help.REFERENCE_EXIT_CODES,
)

_MAX_ROWS = 100_000


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("reference", help=_HELP, short_help="照会番号の登録 / Register reference numbers")(
        reference_command
    )


def reference_command(
    context: typer.Context,
    *,
    file: Annotated[
        Path | None,
        typer.Argument(help=option_help("照会番号の CSV。", "The clinic's numbers."), show_default=False),
    ] = None,
    stdin: Annotated[
        bool,
        typer.Option(
            "--stdin",
            help=option_help("標準入力の JSON で1件を登録する。", "One as JSON from standard input."),
        ),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Run a registration, print it, and end with its exit code."""
    require(
        (file is None) == stdin,
        "FILE か --stdin のどちらか一方を指定してください。",
        "either a file or --stdin",
    )
    table = None if file is None else open_table(file, "reference_number", _MAX_ROWS)
    terminal = open_terminal(context.ensure_object(Dependencies))
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
