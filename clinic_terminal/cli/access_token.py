"""`clinic-terminal token`: prints an access token of this terminal, for calls with other programs."""

from __future__ import annotations

import typer

from clinic_terminal.bilingual import Bilingual, command_help
from clinic_terminal.cli.common import Dependencies, open_terminal
from clinic_terminal.console import exit_code_help, outcomes
from eligibility_api.contract.errors import ShikakuError

_HELP = command_help(
    """この端末のアクセストークンを1行で出力します。他のプログラムから支払基金の API を呼び出すときに使います。
有効期間は最長5分です。トークンは秘密です：ファイルや記録に残さないでください。""",
    """Prints an access token of this terminal on one line, to call the fund's API with another program:

curl -H "Authorization: Bearer $(clinic-terminal token)" …

It is valid for at most five minutes and is a secret: keep it out of files and logs.""",
    exit_code_help.CALL_EXIT_CODES,
)


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("token", help=_HELP, short_help="アクセストークンの出力 / Print an access token")(
        token_command
    )


def token_command(context: typer.Context) -> None:
    """Sign in and print the token, or the problem on standard error, and end with the exit code."""
    with open_terminal(context.ensure_object(Dependencies)).fund as fund:
        try:
            typer.echo(fund.sign_in())
        except ShikakuError as problem:
            typer.echo(Bilingual(problem.entry.ja, problem.entry.en).lines, err=True)
            raise typer.Exit(outcomes.of_problem(problem).exit_code) from problem
