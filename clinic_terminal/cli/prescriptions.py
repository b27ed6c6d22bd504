"""`clinic-terminal prescribe`, `dispense`, `dispense-on-site`: report them to the fund; `check-duplicates` before."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, TypeVar

import typer
from rich.console import Console

from clinic_terminal.bilingual import command_help, option_help
from clinic_terminal.cli.card_options import Operator
from clinic_terminal.cli.common import Dependencies, open_terminal, show_reply
from clinic_terminal.cli.history_options import RoleOption
from clinic_terminal.cli.options import AsJson
from clinic_terminal.clock import format_jst
from clinic_terminal.console import exit_code_help, screen, texts
from clinic_terminal.console.membership_prompts import json_object
from clinic_terminal.outcome import Reply
from clinic_terminal.queries.membership import parse_request
from eligibility_api.contract.duplicate_checks import (
    DuplicateCheckAnswer,
    DuplicateCheckRequest,
    DuplicateKind,
)
from eligibility_api.contract.durations import IDENTIFICATION_HOURS
from eligibility_api.contract.history_query import Staff
from eligibility_api.contract.prescriptions import (
    DispensingRequest,
    EntryAnswer,
    OnSiteRequest,
    PrescriptionRequest,
)
from eligibility_api.contract.wire import RequestModel

_FILE_JA = f"""FILE は API 仕様の形式の JSON オブジェクト1件です。identified_by は、過去{IDENTIFICATION_HOURS}時間以内にこの患者さんを確認した回答の記録番号です。
再実行するときは同じ --key を指定してください。二重には登録されません。"""

_FILE_EN = f"""FILE is one JSON object as the interface describes it; identified_by is the record of an answer about
the patient from the last {IDENTIFICATION_HOURS} hours. To repeat a call, give the same --key: it is registered once."""

_PRESCRIBE_HELP = command_help(
    f"""処方を支払基金に登録します。{_FILE_JA}""",
    f"""Registers a prescription with the fund. {_FILE_EN}""",
    exit_code_help.CALL_EXIT_CODES,
)

_DISPENSE_HELP = command_help(
    f"""調剤を支払基金に登録します。{_FILE_JA}""",
    f"""Registers a dispensing with the fund. {_FILE_EN}""",
    exit_code_help.CALL_EXIT_CODES,
)

_ON_SITE_HELP = command_help(
    f"""院内処方（この施設で調剤または投与した薬剤）を支払基金に登録します。{_FILE_JA}""",
    f"""Registers what this facility dispensed itself with the fund. {_FILE_EN}""",
    exit_code_help.CALL_EXIT_CODES,
)

_CHECK_HELP = command_help(
    """処方・調剤の前に、重複投薬と併用禁忌を確認します。FILE は API 仕様の形式の JSON オブジェクト1件です。
患者さんの同意がない場合は、該当の有無だけを表示します。""",
    """Checks for duplicate and contraindicated medication before prescribing or dispensing. FILE is one JSON object
as the interface describes it. Without the patient's consent only the facts are shown.""",
    exit_code_help.CALL_EXIT_CODES,
)

Request = TypeVar("Request", bound=RequestModel)

File = Annotated[
    Path,
    typer.Argument(
        exists=True,
        dir_okay=False,
        metavar="FILE.json",
        show_default=False,
        help=option_help("登録する内容。", "What to register."),
    ),
]
Key = Annotated[
    str | None,
    typer.Option(
        "--key",
        help=option_help(
            "識別キー（Idempotency-Key。省略時：新しいキー）。", "Idempotency key; default: a new one."
        ),
        show_default=False,
    ),
]


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("prescribe", help=_PRESCRIBE_HELP, short_help="処方の登録 / Register a prescription")(
        prescribe_command
    )
    app.command("dispense", help=_DISPENSE_HELP, short_help="調剤の登録 / Register a dispensing")(
        dispense_command
    )
    app.command(
        "dispense-on-site",
        help=_ON_SITE_HELP,
        short_help="院内処方の登録 / Register what was dispensed on-site",
    )(dispense_on_site_command)
    app.command(
        "check-duplicates", help=_CHECK_HELP, short_help="重複投薬等チェック / Check for duplicate medication"
    )(check_command)


def prescribe_command(
    context: typer.Context,
    file: File,
    *,
    role: RoleOption,
    operator: Operator = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Register one prescription, print the entry, and end with the exit code."""
    with open_terminal(context.ensure_object(Dependencies)).fund as fund:
        reply = Reply.to(
            lambda: fund.record_prescription(_read(PrescriptionRequest, file), Staff(role, operator), key)
        )
    show_reply(reply, _show, as_json=as_json)


def dispense_command(
    context: typer.Context,
    file: File,
    *,
    role: RoleOption,
    operator: Operator = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Register one dispensing, print the entry, and end with the exit code."""
    with open_terminal(context.ensure_object(Dependencies)).fund as fund:
        reply = Reply.to(
            lambda: fund.record_dispensing(_read(DispensingRequest, file), Staff(role, operator), key)
        )
    show_reply(reply, _show, as_json=as_json)


def dispense_on_site_command(
    context: typer.Context,
    file: File,
    *,
    role: RoleOption,
    operator: Operator = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Register what was dispensed on-site, print the entry, and end with the exit code."""
    with open_terminal(context.ensure_object(Dependencies)).fund as fund:
        reply = Reply.to(lambda: fund.record_on_site(_read(OnSiteRequest, file), Staff(role, operator), key))
    show_reply(reply, _show, as_json=as_json)


def check_command(
    context: typer.Context,
    file: File,
    *,
    role: RoleOption,
    operator: Operator = None,
    as_json: AsJson = False,
) -> None:
    """Check medicines, print what was found, and end with the exit code."""
    with open_terminal(context.ensure_object(Dependencies)).fund as fund:
        reply = Reply.to(
            lambda: fund.check_duplicates(_read(DuplicateCheckRequest, file), Staff(role, operator))
        )
    show_reply(reply, _show_check, as_json=as_json)


def _show_check(console: Console, answer: DuplicateCheckAnswer) -> None:
    """The facts, then the other medicines where the patient consented."""
    absent = texts.NOT_FOUND if answer.complete else texts.NOT_DECIDED
    rows = [
        (texts.DUPLICATE, str(texts.FOUND if answer.duplicate else absent)),
        (texts.CONTRAINDICATED, str(texts.FOUND if answer.contraindicated else absent)),
        (texts.RECORD, answer.record_id),
    ]
    console.print(screen.table(rows))
    if not answer.complete:
        screen.sentences(console, texts.CHECK_INCOMPLETE)
    for finding in answer.findings:
        other = finding.other
        what = texts.DUPLICATE if finding.kind is DuplicateKind.DUPLICATE else texts.CONTRAINDICATED
        screen.line(
            console,
            f"[{finding.medicine}] {what.ja}：{other.name or other.drug_code}"
            f"・{other.institution_name or other.institution_code}・{other.first_day}～{other.last_day}",
        )


def _read(model: type[Request], file: Path) -> Request:
    """Raises ShikakuError `request-invalid`, which names places and never values."""
    with file.open(encoding="utf-8") as stream:
        return parse_request(model, json_object(stream))


def _show(console: Console, entry: EntryAnswer) -> None:
    rows = [
        (texts.ENTRY, str(entry.entry_id)),
        (texts.RECORD, entry.record_id),
        (texts.KNOWN_FROM, format_jst(entry.known_from)),
    ]
    console.print(screen.table(rows))
