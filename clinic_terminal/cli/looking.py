"""What every command that looks at a history has: what is looked at, who looks, and how it is shown."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated
from uuid import UUID

import typer
from rich.console import Console

from clinic_terminal.cli.common import print_json, require
from clinic_terminal.console import history as history_screen
from clinic_terminal.console import history_report
from clinic_terminal.desk.history import History
from eligibility_api.contract.codes import Role
from eligibility_api.contract.consent import CONSENTS_PATH
from eligibility_api.contract.history import Grouping, HistoryResource
from eligibility_api.contract.history_query import Accessor, HistoryQuery
from eligibility_api.contract.numbers import is_institution_code

LOOKING_EXIT_CODES = """\b
Exit codes:
  0   shown                    31  first registration needed
  20  card or reader problem   40  the fund could not be reached
  30  refused by the fund      1   given up, or the patient did not agree
  130                          Ctrl-C before or after the question
  2   wrong usage or settings  129, 143  ended by SIGHUP, by SIGTERM
"""

_MONTH = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])")


def read_look_ups(text: str) -> tuple[HistoryResource, ...]:
    """Look-ups by their names with commas between. Raises typer.BadParameter."""
    names = [name.strip() for name in text.split(",")]
    if unknown := sorted(set(names) - {*HistoryResource}):
        raise typer.BadParameter(f"{', '.join(unknown)}: none of {', '.join(HistoryResource)}")
    return tuple(one for one in HistoryResource if one in names)


def _month(text: str) -> str:
    if not _MONTH.fullmatch(text):
        raise typer.BadParameter("a month as YYYY-MM")
    return text


def _institution(text: str) -> str:
    if not is_institution_code(text):
        raise typer.BadParameter("ten digits with a valid check digit")
    return text


def require_months(wanted: HistoryQuery) -> None:
    """The first month is not after the last one. Raises typer.BadParameter."""
    first, last = wanted.from_month, wanted.to_month
    require(first is None or last is None or first <= last, "--from must not be after --to")


What = Annotated[
    str, typer.Option("--what", metavar="KIND,…", help=f"What is looked at: {', '.join(HistoryResource)}.")
]
FromMonth = Annotated[
    str | None, typer.Option("--from", parser=_month, metavar="YYYY-MM", help="First month of treatment.")
]
ToMonth = Annotated[str | None, typer.Option("--to", parser=_month, metavar="YYYY-MM", help="Last month.")]
PrescriberCode = Annotated[
    str | None,
    typer.Option(
        "--prescriber", parser=_institution, metavar="CODE", help="Medicines of this prescriber alone."
    ),
]
Group = Annotated[Grouping, typer.Option("--group", help="How medicines are put together.")]
RoleOption = Annotated[Role, typer.Option("--role", help="As whom you do it; recorded.", show_default=False)]


@dataclass(frozen=True, slots=True)
class Looking:
    """What is looked at and as whom, as a command's options say it."""

    what: tuple[HistoryResource, ...]
    wanted: HistoryQuery
    role: Role
    operator: str | None

    def accessor(self, permit_id: UUID, permits_path: str = CONSENTS_PATH) -> Accessor:
        """By this permit."""
        return Accessor(permit_id, self.role, self.operator, permits_path)


class Form(StrEnum):
    """How an outcome is shown."""

    SCREEN = "screen"
    JSON = "json"
    SHIFT_JIS = "shift-jis"


def form_of(*, as_json: bool, shift_jis: bool) -> Form:
    """By the two options. Raises typer.BadParameter."""
    require(as_json or not shift_jis, "--shift-jis goes with --json")
    if shift_jis:
        return Form.SHIFT_JIS
    return Form.JSON if as_json else Form.SCREEN


def show(history: History, form: Form, *, with_timings: bool) -> None:
    """Show a history, and end with its exit code."""
    if form is Form.SCREEN:
        history_screen.show_history(Console(), history, with_timings=with_timings)
    else:
        shown = history_report.as_json(history, with_timings=with_timings)
        print_json(shown, shift_jis=form is Form.SHIFT_JIS)
    raise typer.Exit(history_report.exit_code(history))
