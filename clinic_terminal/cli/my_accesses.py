"""`clinic-terminal my-accesses`: a one-time code with which the card's holder opens her own page."""

from __future__ import annotations

import typer
from rich.console import Console

from clinic_terminal.bilingual import command_help
from clinic_terminal.cli.card_options import (
    CardImage,
    CardOptions,
    LastTry,
    PinStdin,
    ReaderName,
    Register,
    Wait,
)
from clinic_terminal.cli.common import Dependencies, open_terminal, print_json
from clinic_terminal.cli.options import AsJson
from clinic_terminal.console import exit_code_help, own_access
from eligibility_api.contract.durations import CODE_MINUTES

_HELP = command_help(
    f"""患者さんがご自分の情報を閲覧するための、1回だけ使えるコードを作ります。コードと画面のアドレスだけを表示します。
コードは、患者さんご自身のスマートフォンなどで、{CODE_MINUTES}分以内に入力してください。""",
    f"""Makes a one-time code with which the patient reads her own information, on a device of her own. Prints the code
and the page's address; the code works for {CODE_MINUTES} minutes.""",
    exit_code_help.OWN_ACCESS_EXIT_CODES,
)


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    short = "本人の閲覧用コード / Code for the patient's own page"
    app.command("my-accesses", help=_HELP, short_help=short)(my_accesses_command)


def my_accesses_command(
    context: typer.Context,
    *,
    reader: ReaderName = None,
    card: CardImage = None,
    as_json: AsJson = False,
    pin_stdin: PinStdin = False,
    last_try: LastTry = False,
    register: Register = False,
    wait: Wait = 30.0,
) -> None:
    """Obtain a code, print it, and end with the exit code."""
    options = CardOptions(reader, card, pin_stdin, last_try, register, False, None, wait)
    options.validate(consents=False)
    dependencies = context.ensure_object(Dependencies)
    terminal = open_terminal(dependencies)
    with terminal.fund:
        outcome = options.own_access(dependencies, terminal)
    if as_json:
        print_json(own_access.as_json(outcome))
    else:
        own_access.show(Console(), outcome)
    raise typer.Exit(own_access.headline(outcome).exit_code)
