"""`clinic-terminal history`: tap, consent, and what was prescribed and done; or by a consent that still holds."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated
from uuid import UUID

import typer

from clinic_terminal.cli.at_reader import (
    Agree,
    AtReader,
    CardImage,
    CareName,
    CareOption,
    LanguageOption,
    LastTry,
    Operator,
    PinStdin,
    ReaderName,
    Register,
    VisualCheck,
    Wait,
)
from clinic_terminal.cli.common import (
    AsJson,
    KnownAt,
    ShiftJis,
    ShowTimings,
    Surroundings,
    Terminal,
    open_terminal,
    require,
)
from clinic_terminal.cli.looking import (
    LOOKING_EXIT_CODES,
    FromMonth,
    Group,
    Looking,
    PrescriberCode,
    RoleOption,
    ToMonth,
    What,
    form_of,
    read_look_ups,
    require_months,
    show,
)
from clinic_terminal.desk.history import History, categories_for, look
from clinic_terminal.visit.consent import ConsentWish
from clinic_terminal.visit.tap import TapRequest
from eligibility_api.contract.codes import Role
from eligibility_api.contract.consent import Language
from eligibility_api.contract.history import Grouping, HistoryResource
from eligibility_api.contract.history_query import HistoryQuery

_HELP = f"""薬剤情報等の閲覧 / Look at a patient's medicines and treatments, with her consent.

The card is tapped and signs the consent; with --consent-id an earlier consent of this facility is used, without the card.
--role says as whom you look: the reception sees nothing of it.

{LOOKING_EXIT_CODES}"""


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("history", help=_HELP)(history_command)


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
        UUID | None, typer.Option("--consent-id", help="Look by this consent, without the card.")
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
    """Wire one look, show it, and end with its exit code."""
    form = form_of(as_json=as_json, shift_jis=shift_jis)
    wanted = HistoryQuery(from_month, to_month, group, prescriber, known_at)
    looking = Looking(read_look_ups(what), wanted, role, operator)
    require_months(wanted)
    checker = operator if visual_check else None
    at_reader = AtReader(reader, card, pin_stdin, last_try, register, visual_check, checker, wait, agree)
    if consent_id is None:
        at_reader.check(consents=True)
        # The fund would refuse the look, but only when the patient had consented to it.
        require(role is not Role.RECEPTION, "--role: the reception sees nothing of it")
    else:
        no_card = (reader, card, pin_stdin, visual_check, agree, register)
        require(not any(no_card), "--consent-id needs no card")
    around = context.ensure_object(Surroundings)
    terminal = open_terminal(around)
    with terminal.fund:
        if consent_id is None:
            wish = ConsentWish(categories_for(looking.what), care.code, language)
            history = _by_card(around, terminal, at_reader, wish, looking)
        else:
            history = _by_consent(terminal, looking, consent_id)
    show(history, form, with_timings=timings)


def _by_card(
    around: Surroundings, terminal: Terminal, at_reader: AtReader, wish: ConsentWish, looking: Looking
) -> History:
    """The card is without power, and can be taken, before anything is looked at."""
    outcome = at_reader.tap(around, terminal, TapRequest(None, at_reader.operator, wish))
    consent = outcome.consent.answer if outcome.consent is not None else None
    if consent is None:
        return History(outcome.timings, identified=outcome)
    return replace(_by_consent(terminal, looking, consent.consent_id), identified=outcome)


def _by_consent(terminal: Terminal, looking: Looking, consent_id: UUID) -> History:
    return look(terminal.fund, looking.accessor(consent_id), looking.what, looking.wanted, terminal.watch)
