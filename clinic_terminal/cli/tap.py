"""`clinic-terminal tap` and `readers`: the commands that need a card reader."""

from __future__ import annotations

import typer
from rich.console import Console

from clinic_terminal.bilingual import Bilingual, command_help
from clinic_terminal.cli.card_options import (
    Agree,
    CardImage,
    CardOptions,
    LastTry,
    Operator,
    PinStdin,
    ReaderName,
    Register,
    VisualCheck,
    Wait,
)
from clinic_terminal.cli.common import Dependencies, open_terminal, print_json, require
from clinic_terminal.cli.consent_options import (
    AppointmentDay,
    CareName,
    CareOption,
    Consent,
    LanguageOption,
    parse_categories,
    proposal,
    proposed,
    require_day,
)
from clinic_terminal.cli.options import AsJson, AsOf, OutputFormat, ShiftJis, ShowTimings, output_format
from clinic_terminal.console import exit_code_help, outcomes, report, screen, texts
from clinic_terminal.visit.tap import TapRequest
from eligibility_api.contract.consent_versions import Language
from eligibility_api.contract.errors import ShikakuError

_HELP = command_help(
    """カードで患者さんの資格を確認します。--consent を付けると、カードを読み取ったまま同意文を表示し、
患者さんの同意をカードの署名で登録します。""",
    """Checks the insurance of the card's holder. With --consent the patient is shown the text of a consent,
which the card signs while it is still in the reader.""",
    exit_code_help.PERSON_EXIT_CODES,
)

_READERS_HELP = command_help(
    """カードリーダーの一覧と、それぞれのカードの有無を表示します。""",
    """Lists the card readers and whether each has a card.""",
    exit_code_help.READERS_EXIT_CODES,
)


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("tap", help=_HELP, short_help="カードによる資格確認 / Check by card")(tap_command)
    app.command("readers", help=_READERS_HELP, short_help="カードリーダーの一覧 / List the card readers")(
        readers_command
    )


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
    day: AppointmentDay = None,
    language: LanguageOption = Language.JA,
    agree: Agree = False,
) -> None:
    """Run one tap, print it, and end with its exit code."""
    options = CardOptions(reader, card, pin_stdin, last_try, register, visual_check, operator, wait, agree)
    require(
        visual_check or operator is None,
        "--operator は --visual-check と一緒に指定してください。",
        "--operator goes with --visual-check",
    )
    require(
        not (visual_check and consent is not None and care is CareName.ONLINE),
        "オンライン診療などの同意（--care online）に --visual-check は使えません。",
        "--visual-check excludes --care online: the patient is not there",
    )
    require(
        consent is not None or (care is CareName.OUTPATIENT and language is Language.JA),
        "--care と --language は --consent と一緒に指定してください。",
        "--care and --language go with --consent",
    )
    form = output_format(as_json=as_json, shift_jis=shift_jis)
    options.validate(consents=consent is not None)
    require_day(day, care, consents=consent is not None)
    named = parse_categories(consent) if consent is not None else None
    dependencies = context.ensure_object(Dependencies)
    terminal = open_terminal(dependencies)
    with terminal.fund:
        asked = None
        if consent is not None:
            asked = proposal(proposed(named, terminal.settings), care, language, day)
        outcome = options.tap(dependencies, terminal, TapRequest(as_of, operator, asked))
    if form is OutputFormat.SCREEN:
        screen.show(Console(), outcome, with_timings=timings)
    else:
        print_json(report.as_json(outcome, with_timings=timings), shift_jis=form is OutputFormat.SHIFT_JIS)
    raise typer.Exit(report.exit_code(outcome))


def readers_command(context: typer.Context) -> None:
    """Print the card readers, a line each, and end with the exit code."""
    try:
        for reader in context.ensure_object(Dependencies).list_readers():
            typer.echo(f"{reader.name}\t{texts.CARD_PRESENT if reader.has_card else texts.CARD_ABSENT}")
    except ShikakuError as problem:
        typer.echo(Bilingual(problem.entry.ja, problem.entry.en).lines, err=True)
        raise typer.Exit(outcomes.of_problem(problem).exit_code) from problem
