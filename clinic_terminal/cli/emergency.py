"""`clinic-terminal emergency` and `disaster`: access without consent, for a reason that is recorded."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Annotated

import typer

from clinic_terminal.bilingual import Bilingual, command_help, option_help
from clinic_terminal.cli.card_options import CardImage, CardOptions, Operator, ReaderName, Wait
from clinic_terminal.cli.common import Dependencies, open_terminal, require, require_tty_or, usage_error
from clinic_terminal.cli.history_options import (
    FromMonth,
    Group,
    RoleOption,
    ToMonth,
    What,
    parse_resources,
    require_months,
    show,
)
from clinic_terminal.cli.options import AsJson, ShiftJis, ShowTimings, output_format
from clinic_terminal.console import exit_code_help
from clinic_terminal.console.emergency_prompts import (
    InteractiveDisaster,
    InteractiveEmergency,
    StdinDisaster,
    StdinEmergency,
)
from clinic_terminal.console.membership_prompts import InteractiveMembership
from clinic_terminal.outcome import Outcome
from clinic_terminal.queries.emergency import (
    AccessWithoutConsent,
    DisasterPrompts,
    read_in_disaster,
    read_in_emergency,
)
from clinic_terminal.queries.number_lookup import LookupRequest, look_up_by_number
from clinic_terminal.visit.tap import TapRequest
from eligibility_api.contract.codes import Role
from eligibility_api.contract.emergency import DisasterConsent
from eligibility_api.contract.emergency_summary import EMERGENCY_SUMMARY, Extent
from eligibility_api.contract.history import Grouping, HistoryResource
from eligibility_api.contract.history_query import HistoryQuery

_EMERGENCY_HELP = command_help(
    """救急時に、患者さんの同意なしで薬剤情報などを閲覧します。閲覧は記録され、ご本人にも表示されます。最初に理由を入力します。
本人確認はカードの目視確認で行い、カードがなければ --by-number で記号・番号を使います。--stdin を付けると、標準入力の JSON
（reason：unconscious・life-threatening・cannot-express、note、one_time_password、--by-number では membership も）で入力します。""",
    """Reads a patient's history without consent in an emergency; this is recorded and shown to the patient.
The reason is asked for first. The card identifies the patient by visual check; without a card,
--by-number does. With --stdin everything is read as one JSON object: reason (unconscious,
life-threatening, cannot-express), note, one_time_password, and with --by-number membership.""",
    exit_code_help.HISTORY_EXIT_CODES,
)

_DISASTER_HELP = command_help(
    """この地域・施設が災害時モードの間、カードのない患者さんを氏名などで検索します。保険者と記号・番号を表示し、
同意（または確認できない理由）を記録したうえで、薬剤情報などを閲覧します。--stdin を付けると、標準入力の JSON
（name または name_kana、birth_date、sex、address。または membership）で検索します。同意は --consented・--unconscious で
指定し、どちらもなければ資格だけを表示します。""",
    """Searches for a patient without a card while disaster mode is on for this region or facility. Shows insurer
and numbers; then the consent, or why there is none, is recorded, and the history is read. With --stdin the
search is read as one JSON object: name or name_kana, birth_date, sex, address; or membership. The consent is
stated by --consented or --unconscious; without either only the insurance is shown.""",
    exit_code_help.HISTORY_EXIT_CODES,
)

Stdin = Annotated[
    bool,
    typer.Option(
        "--stdin",
        help=option_help("入力を標準入力の JSON で受け取る。", "Input as JSON from standard input."),
    ),
]


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(
        "emergency", help=_EMERGENCY_HELP, short_help="救急時の閲覧 / Read a history in an emergency"
    )(emergency_command)
    app.command("disaster", help=_DISASTER_HELP, short_help="災害時の閲覧 / Read a history in a disaster")(
        disaster_command
    )


def emergency_command(
    context: typer.Context,
    *,
    role: RoleOption,
    operator: Operator = None,
    summary: Annotated[
        bool,
        typer.Option(
            "--summary",
            help=option_help(
                "救急用サマリーだけを閲覧する（--what・--from・--to の代わり）。",
                "Read the summary only, instead of --what, --from and --to.",
            ),
        ),
    ] = False,
    by_number: Annotated[
        bool,
        typer.Option(
            "--by-number",
            help=option_help(
                "カードの代わりに記号・番号で確認する。", "Identify by numbers instead of the card."
            ),
        ),
    ] = False,
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
    """Fetch a history in an emergency, print it, and end with its exit code."""
    form = output_format(as_json=as_json, shift_jis=shift_jis)
    if summary:
        require(
            not (_is_given(context, "what") or from_month or to_month),
            "--summary では --what・--from・--to は指定できません。",
            "--summary excludes --what, --from and --to",
        )
        what = ",".join(EMERGENCY_SUMMARY)
    query = HistoryQuery(from_month, to_month, group, extent=Extent.SUMMARY if summary else None)
    access = _access(operator, role, what, query)
    require(
        not (by_number and (reader or card)),
        "--by-number ではカードの指定は不要です。",
        "--by-number needs no card",
    )
    require_tty_or("--stdin", given=stdin, what=Bilingual("理由", "the reason"))
    dependencies = context.ensure_object(Dependencies)
    terminal = open_terminal(dependencies)
    prompts = StdinEmergency(sys.stdin) if stdin else InteractiveEmergency()

    def by_numbers() -> Outcome:
        membership = prompts if isinstance(prompts, StdinEmergency) else InteractiveMembership()
        return look_up_by_number(terminal.fund, membership, LookupRequest(), terminal.watch)

    def by_card() -> Outcome:
        options = CardOptions(reader, card, False, False, False, True, access.operator, wait)
        return options.tap(dependencies, terminal, TapRequest(operator=access.operator))

    with terminal.fund:
        identify: Callable[[], Outcome] = by_numbers if by_number else by_card
        history = read_in_emergency(terminal.fund, prompts, identify, access, terminal.watch)
    show(history, form, with_timings=timings)


def disaster_command(
    context: typer.Context,
    *,
    role: RoleOption,
    operator: Operator = None,
    consented: Annotated[
        bool,
        typer.Option(
            "--consented",
            help=option_help("患者さんが口頭で同意した。", "The patient agreed orally."),
        ),
    ] = False,
    unconscious: Annotated[
        bool,
        typer.Option(
            "--unconscious",
            help=option_help(
                "意識不明などで、患者さんに確認できない。",
                "The patient is unconscious or could not be asked.",
            ),
        ),
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
    """Search, fetch the history, print it, and end with its exit code."""
    form = output_format(as_json=as_json, shift_jis=shift_jis)
    access = _access(operator, role, what, HistoryQuery(from_month, to_month, group))
    require_tty_or("--stdin", given=stdin, what=Bilingual("患者さんの氏名など", "the patient's data"))
    require(
        not (consented and unconscious),
        "--consented と --unconscious は同時に指定できません。",
        "--consented and --unconscious exclude each other",
    )
    stated = DisasterConsent.ORAL if consented else DisasterConsent.UNCONSCIOUS if unconscious else None
    terminal = open_terminal(context.ensure_object(Dependencies))
    prompts: DisasterPrompts = (
        StdinDisaster(sys.stdin, access.operator, stated)
        if stdin
        else InteractiveDisaster(access.operator, stated)
    )
    with terminal.fund:
        history = read_in_disaster(terminal.fund, prompts, access, terminal.watch)
    show(history, form, with_timings=timings)


def _is_given(context: typer.Context, option: str) -> bool:
    source = context.get_parameter_source(option)
    return source is not None and source.name != "DEFAULT"


def _access(operator: str | None, role: Role, what: str, query: HistoryQuery) -> AccessWithoutConsent:
    """Raises typer.BadParameter."""
    if operator is None:
        raise usage_error(
            "--operator で職員の氏名を指定してください（記録されます）。",
            "--operator is required: the operator's name is recorded",
        )
    require_months(query)
    return AccessWithoutConsent(operator, role, parse_resources(what), query)
