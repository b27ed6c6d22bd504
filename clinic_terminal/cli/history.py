"""`clinic-terminal history`: reads medicines and treatments, after a tap or by an earlier consent."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated
from uuid import UUID

import typer

from clinic_terminal.bilingual import command_help, option_help
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
from clinic_terminal.cli.common import Dependencies, Terminal, open_terminal, require
from clinic_terminal.cli.consent_options import (
    CareName,
    CareOption,
    LanguageOption,
    proposal,
    proposed,
)
from clinic_terminal.cli.history_options import (
    FromMonth,
    Group,
    HistoryOptions,
    PrescriberCode,
    RoleOption,
    ToMonth,
    What,
    parse_resources,
    require_months,
    show,
)
from clinic_terminal.cli.options import AsJson, KnownAt, ShiftJis, ShowTimings, output_format
from clinic_terminal.console import exit_code_help
from clinic_terminal.queries.history import History, categories_for, fetch_history
from clinic_terminal.visit.consent import ConsentProposal
from clinic_terminal.visit.tap import TapRequest
from eligibility_api.contract.codes import Role
from eligibility_api.contract.consent_versions import Language
from eligibility_api.contract.history import Grouping, HistoryResource
from eligibility_api.contract.history_query import HistoryQuery

_HELP = command_help(
    """患者さんの同意を得て、薬剤情報・診療情報などを閲覧します。カードで資格を確認し、同意をカードの署名で登録します。
--consent-id を付けると、この施設で得た同意を使い、カードは不要です。受付の役割（reception）では閲覧できません。""",
    """Reads a patient's medicines and treatments, with consent. The card is tapped and signs the consent;
with --consent-id an earlier consent of this facility is used, without the card. The role `reception`
may not read them.""",
    exit_code_help.HISTORY_EXIT_CODES,
)


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("history", help=_HELP, short_help="薬剤情報などの閲覧 / Read medicines and treatments")(
        history_command
    )


def history_command(
    context: typer.Context,
    *,
    reader: ReaderName = None,
    card: CardImage = None,
    pin_stdin: PinStdin = False,
    last_try: LastTry = False,
    register: Register = False,
    visual_check: VisualCheck = False,
    operator: Operator = None,
    wait: Wait = 30.0,
    care: CareOption = CareName.OUTPATIENT,
    language: LanguageOption = Language.JA,
    agree: Agree = False,
    consent_id: Annotated[
        UUID | None,
        typer.Option(
            "--consent-id",
            metavar="ID",
            help=option_help("カードの代わりに使う同意番号。", "Use this consent instead of the card."),
        ),
    ] = None,
    what: What = HistoryResource.MEDICATIONS,
    from_month: FromMonth = None,
    to_month: ToMonth = None,
    prescriber: PrescriberCode = None,
    group: Group = Grouping.INGREDIENT,
    known_at: KnownAt = None,
    role: RoleOption = Role.RECEPTION,
    as_json: AsJson = False,
    shift_jis: ShiftJis = False,
    timings: ShowTimings = False,
) -> None:
    """Fetch a history, print it, and end with its exit code."""
    form = output_format(as_json=as_json, shift_jis=shift_jis)
    query = HistoryQuery(from_month, to_month, group, prescriber, known_at)
    options = HistoryOptions(parse_resources(what), query, role, operator)
    require_months(query)
    checker = operator if visual_check else None
    card_options = CardOptions(
        reader, card, pin_stdin, last_try, register, visual_check, checker, wait, agree
    )
    if consent_id is None:
        card_options.validate(consents=True)
        # The fund would reject the access, but only after the patient has consented to it.
        require(
            role is not Role.RECEPTION,
            "--role：受付の役割では閲覧できません。",
            "--role: the reception may not read it",
        )
    else:
        no_card = (reader, card, pin_stdin, last_try, visual_check, agree, register)
        require(
            not any(no_card),
            "--consent-id ではカードの指定は不要です。",
            "--consent-id needs no card",
        )
        require(
            care is CareName.OUTPATIENT and language is Language.JA,
            "--consent-id は登録済みの同意です。--care と --language は指定できません。",
            "--consent-id is a registered consent: it excludes --care and --language",
        )
    dependencies = context.ensure_object(Dependencies)
    terminal = open_terminal(dependencies)
    with terminal.fund:
        if consent_id is None:
            asked = proposal(proposed(categories_for(options.resources), terminal.settings), care, language)
            history = _by_card(dependencies, terminal, card_options, asked, options)
        else:
            history = _by_consent(terminal, options, consent_id)
    show(history, form, with_timings=timings)


def _by_card(
    dependencies: Dependencies,
    terminal: Terminal,
    card_options: CardOptions,
    asked: ConsentProposal,
    options: HistoryOptions,
) -> History:
    """The card is without power, and can be taken, before anything is fetched."""
    request = TapRequest(None, card_options.operator, asked)
    outcome = card_options.tap(dependencies, terminal, request)
    consent = outcome.consent.answer if outcome.consent is not None else None
    if consent is None:
        return History(outcome.timings, identified=outcome)
    return replace(_by_consent(terminal, options, consent.consent_id), identified=outcome)


def _by_consent(terminal: Terminal, options: HistoryOptions, consent_id: UUID) -> History:
    accessor = options.accessor(consent_id)
    return fetch_history(terminal.fund, accessor, options.resources, options.query, terminal.watch)
