"""`clinic-terminal emergency` and `disaster`: looking without consent, for a reason that goes on record."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Annotated

import typer

from clinic_terminal.cli.at_reader import AtReader, CardImage, Operator, ReaderName, Wait
from clinic_terminal.cli.common import (
    AsJson,
    ShiftJis,
    ShowTimings,
    Surroundings,
    open_terminal,
    require,
    require_person_or,
)
from clinic_terminal.cli.looking import (
    LOOKING_EXIT_CODES,
    FromMonth,
    Group,
    RoleOption,
    ToMonth,
    What,
    form_of,
    read_look_ups,
    require_months,
    show,
)
from clinic_terminal.console.emergency_prompts import PipedEmergency, TypedEmergency, typed_search
from clinic_terminal.console.membership_prompts import TypedMembership, json_object
from clinic_terminal.desk.ask import AskRequest, ask
from clinic_terminal.desk.emergency import WithoutConsent, look_in_disaster, look_in_emergency
from clinic_terminal.desk.history import categories_for
from clinic_terminal.desk.membership import read
from clinic_terminal.outcome import Outcome
from clinic_terminal.visit.tap import TapRequest
from eligibility_api.contract.codes import Role
from eligibility_api.contract.emergency import DisasterSearch
from eligibility_api.contract.history import Grouping, HistoryResource
from eligibility_api.contract.history_query import HistoryQuery

_EMERGENCY_HELP = f"""救急時医療情報閲覧 / Look without consent in an emergency; it goes on record, and the patient will see it.

The reason is asked for first. The card identifies the patient by visual check; without a card, --by-number does. With
--stdin one JSON object says it all: reason (unconscious, life-threatening, cannot-express), note, one_time_password, and
with --by-number membership.

{LOOKING_EXIT_CODES}"""

_DISASTER_HELP = f"""災害時医療情報閲覧 / Search for a patient and look, while disaster mode is on in the region.

With --stdin the items come as one JSON object: name or name_kana, birth_date, sex, address; or membership.

{LOOKING_EXIT_CODES}"""

Stdin = Annotated[bool, typer.Option("--stdin", help="What is asked for as JSON from standard input.")]


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("emergency", help=_EMERGENCY_HELP)(emergency_command)
    app.command("disaster", help=_DISASTER_HELP)(disaster_command)


def emergency_command(
    context: typer.Context,
    *,
    role: RoleOption,
    operator: Operator = None,
    by_number: Annotated[bool, typer.Option("--by-number", help="By the numbers of a certificate.")] = False,
    reader: ReaderName = None,
    card: CardImage = None,
    wait: Wait = 30.0,
    stdin: Stdin = False,
    what: What = HistoryResource.MEDICATIONS,
    from_month: FromMonth = None,
    to_month: ToMonth = None,
    group: Group = Grouping.INGREDIENT,
    as_json: AsJson = False,
    shift_jis: ShiftJis = False,
    timings: ShowTimings = False,
) -> None:
    """Wire one look in an emergency, show it, and end with its exit code."""
    form = form_of(as_json=as_json, shift_jis=shift_jis)
    by = _without_consent(operator, role, what, HistoryQuery(from_month, to_month, group))
    require(not (by_number and (reader or card)), "--by-number needs no card")
    require_person_or("--stdin", given=stdin, what="the reason")
    around = context.ensure_object(Surroundings)
    terminal = open_terminal(around)
    prompts = PipedEmergency(sys.stdin) if stdin else TypedEmergency()

    def by_numbers() -> Outcome:
        membership = prompts if isinstance(prompts, PipedEmergency) else TypedMembership()
        return ask(terminal.fund, membership, AskRequest(), terminal.watch)

    def by_card() -> Outcome:
        at_reader = AtReader(reader, card, False, False, False, True, by.operator, wait)
        return at_reader.tap(around, terminal, TapRequest(operator=by.operator))

    with terminal.fund:
        identify: Callable[[], Outcome] = by_numbers if by_number else by_card
        history = look_in_emergency(terminal.fund, prompts, identify, by, terminal.watch)
    show(history, form, with_timings=timings)


def disaster_command(
    context: typer.Context,
    *,
    role: RoleOption,
    operator: Operator = None,
    not_asked: Annotated[
        bool, typer.Option("--not-asked", help="The patient could not be asked; else she agreed by word.")
    ] = False,
    stdin: Stdin = False,
    what: What = HistoryResource.MEDICATIONS,
    from_month: FromMonth = None,
    to_month: ToMonth = None,
    group: Group = Grouping.INGREDIENT,
    as_json: AsJson = False,
    shift_jis: ShiftJis = False,
    timings: ShowTimings = False,
) -> None:
    """Wire one search and look, show it, and end with its exit code."""
    form = form_of(as_json=as_json, shift_jis=shift_jis)
    by = _without_consent(operator, role, what, HistoryQuery(from_month, to_month, group))
    require_person_or("--stdin", given=stdin, what="the patient's items")
    terminal = open_terminal(context.ensure_object(Surroundings))
    known = {
        "consent": "not-possible" if not_asked else "oral",
        "categories": categories_for(by.what),
        "operator": by.operator,
        "role": by.role,
    }

    def search() -> DisasterSearch:
        return read(DisasterSearch, json_object(sys.stdin) | known) if stdin else typed_search(known)

    with terminal.fund:
        history = look_in_disaster(terminal.fund, search, by, terminal.watch)
    show(history, form, with_timings=timings)


def _without_consent(operator: str | None, role: Role, what: str, wanted: HistoryQuery) -> WithoutConsent:
    """Raises typer.BadParameter."""
    if operator is None:
        raise typer.BadParameter("--operator: who looks goes on record")
    require_months(wanted)
    return WithoutConsent(operator, role, read_look_ups(what), wanted)
