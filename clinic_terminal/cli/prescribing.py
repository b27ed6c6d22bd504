"""`clinic-terminal prescribe` and `dispense`: what was prescribed or dispensed, told to the fund at once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, TypeVar

import typer
from rich.console import Console

from clinic_terminal.cli.at_reader import Operator
from clinic_terminal.cli.common import AsJson, Surroundings, open_terminal
from clinic_terminal.cli.looking import RoleOption
from clinic_terminal.cli.replying import REPLY_EXIT_CODES, show_reply
from clinic_terminal.clock import on_the_wall
from clinic_terminal.console import screen, words
from clinic_terminal.console.membership_prompts import json_object
from clinic_terminal.desk.membership import read
from clinic_terminal.outcome import Reply
from eligibility_api.contract.history_query import Staff
from eligibility_api.contract.prescriptions import DispensingRequest, EntryAnswer, PrescriptionRequest
from eligibility_api.contract.wire import RequestModel

_FILE = f"""FILE is one JSON object as the interface describes it; identified_by is the record of an answer about the patient, of the
last 24 hours. Who has to repeat a call gives the same --key: it is told once.

{REPLY_EXIT_CODES}"""

Request = TypeVar("Request", bound=RequestModel)

File = Annotated[Path, typer.Argument(exists=True, dir_okay=False, metavar="FILE.json", show_default=False)]
Key = Annotated[
    str | None, typer.Option("--key", help="Idempotency key; else a new one.", show_default=False)
]


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("prescribe", help=f"処方の登録 / Tell what was prescribed.\n\n{_FILE}")(prescribe_command)
    app.command("dispense", help=f"調剤の登録 / Tell what was dispensed.\n\n{_FILE}")(dispense_command)


def prescribe_command(
    context: typer.Context,
    file: File,
    *,
    role: RoleOption,
    operator: Operator = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Wire one prescription, show what was taken, and end with its exit code."""
    with open_terminal(context.ensure_object(Surroundings)).fund as fund:
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
    """Wire one dispensing, show what was taken, and end with its exit code."""
    with open_terminal(context.ensure_object(Surroundings)).fund as fund:
        reply = Reply.to(
            lambda: fund.record_dispensing(_read(DispensingRequest, file), Staff(role, operator), key)
        )
    show_reply(reply, _show, as_json=as_json)


def _read(model: type[Request], file: Path) -> Request:
    """Raises ShikakuError `request-invalid`, telling places and never values."""
    with file.open(encoding="utf-8") as stream:
        return read(model, json_object(stream))


def _show(console: Console, entry: EntryAnswer) -> None:
    rows = [
        (words.ENTRY, str(entry.entry_id)),
        (words.RECORD, entry.record_id),
        (words.KNOWN_FROM, on_the_wall(entry.known_from)),
    ]
    console.print(screen.table(rows))
