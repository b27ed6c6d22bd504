"""`clinic-terminal tap` and `readers`: what needs a card reader."""

from __future__ import annotations

import typer
from rich.console import Console

from clinic_terminal.cli.at_reader import (
    Agree,
    AtReader,
    CardImage,
    CareName,
    CareOption,
    Consent,
    LanguageOption,
    LastTry,
    Operator,
    PinStdin,
    ReaderName,
    Register,
    VisualCheck,
    Wait,
    read_categories,
)
from clinic_terminal.cli.common import (
    EXIT_CODES,
    AsJson,
    AsOf,
    ShiftJis,
    ShowTimings,
    Surroundings,
    open_terminal,
    print_json,
    require,
)
from clinic_terminal.console import report, screen, words
from clinic_terminal.visit.consent import ConsentWish
from clinic_terminal.visit.tap import TapRequest
from eligibility_api.contract.consent import Language
from eligibility_api.contract.errors import ShikakuError

_HELP = f"""資格確認 / Check the insurance of a card's holder.

With --consent the patient is shown what she would consent to, and the card signs it while it is still in the reader.

{EXIT_CODES}"""


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("tap", help=_HELP)(tap_command)
    app.command("readers")(readers_command)


def tap_command(
    context: typer.Context,
    *,
    reader: ReaderName = None,
    card: CardImage = None,
    as_json: AsJson = False,
    shift_jis: ShiftJis = False,
    timings: ShowTimings = False,
    as_of: AsOf = None,
    pin_stdin: PinStdin = False,
    last_try: LastTry = False,
    register: Register = False,
    visual_check: VisualCheck = False,
    operator: Operator = None,
    wait: Wait = 30.0,
    consent: Consent = None,
    care: CareOption = CareName.OUTPATIENT,
    language: LanguageOption = Language.JA,
    agree: Agree = False,
) -> None:
    """Wire one tap, show it, and end with its exit code."""
    at_reader = AtReader(reader, card, pin_stdin, last_try, register, visual_check, operator, wait, agree)
    require(visual_check or operator is None, "--operator goes with --visual-check")
    require(as_json or not shift_jis, "--shift-jis goes with --json")
    at_reader.check(consents=consent is not None)
    wish = None if consent is None else ConsentWish(read_categories(consent), care.code, language)
    around = context.ensure_object(Surroundings)
    terminal = open_terminal(around)
    with terminal.fund:
        outcome = at_reader.tap(around, terminal, TapRequest(as_of, operator, wish))
    if as_json:
        print_json(report.as_json(outcome, with_timings=timings), shift_jis=shift_jis)
    else:
        screen.show(Console(), outcome, with_timings=timings)
    raise typer.Exit(report.exit_code(outcome))


def readers_command(context: typer.Context) -> None:
    """List the card readers and whether a card is in each. Exit code 20 when there is none."""
    try:
        for reader in context.ensure_object(Surroundings).list_readers():
            typer.echo(f"{reader.name}\t{words.CARD_PRESENT if reader.has_card else words.CARD_ABSENT}")
    except ShikakuError as problem:
        typer.echo(f"{problem.entry.ja} / {problem.entry.en}", err=True)
        raise typer.Exit(report.KIND_EXIT_CODES[problem.entry.kind]) from problem
