"""Options of the commands that read a history: which resources, for whom, and how it is printed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

import typer
from rich.console import Console

from clinic_terminal.bilingual import option_help
from clinic_terminal.cli.common import print_json, require, usage_error
from clinic_terminal.cli.options import OutputFormat
from clinic_terminal.console import history as history_screen
from clinic_terminal.console import history_report
from clinic_terminal.queries.history import History
from eligibility_api.contract.codes import Role
from eligibility_api.contract.consent import CONSENTS_PATH
from eligibility_api.contract.history import Grouping, HistoryResource
from eligibility_api.contract.history_query import Accessor, HistoryQuery
from eligibility_api.contract.identifiers import UnreadableIdentifier, institution_code

_MONTH = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])")


def parse_resources(text: str) -> tuple[HistoryResource, ...]:
    """Resources by their names, separated by commas. Raises typer.BadParameter."""
    names = [name.strip() for name in text.split(",")]
    if unknown := sorted(set(names) - {*HistoryResource}):
        given, known = ", ".join(unknown), ", ".join(HistoryResource)
        raise usage_error(
            f"{given} は指定できません。指定できるもの：{known}", f"{given}: not one of {known}"
        )
    return tuple(one for one in HistoryResource if one in names)


def _parse_month(text: str) -> str:
    if not _MONTH.fullmatch(text):
        raise usage_error("月は YYYY-MM の形式で指定してください。", "a month as YYYY-MM")
    return text


def _parse_institution(text: str) -> str:
    try:
        return institution_code(text)
    except UnreadableIdentifier as error:
        raise usage_error(
            "医療機関等コードは検証番号の正しい10桁です。", "ten digits with a valid check digit"
        ) from error


def require_months(query: HistoryQuery) -> None:
    """The first month is not after the last one. Raises typer.BadParameter."""
    first, last = query.from_month, query.to_month
    require(
        first is None or last is None or first <= last,
        "--from は --to 以前の月を指定してください。",
        "--from must not be after --to",
    )


What = Annotated[
    str,
    typer.Option(
        "--what",
        metavar="KIND,…",
        help=option_help(
            f"閲覧する情報（複数はコンマ区切り）：{', '.join(HistoryResource)}",
            "Information to read, separated by commas.",
        ),
    ),
]
FromMonth = Annotated[
    str | None,
    typer.Option(
        "--from",
        parser=_parse_month,
        metavar="YYYY-MM",
        help=option_help("開始月（診療月）。", "First month of treatment."),
    ),
]
ToMonth = Annotated[
    str | None,
    typer.Option(
        "--to",
        parser=_parse_month,
        metavar="YYYY-MM",
        help=option_help("終了月（診療月）。", "Last month of treatment."),
    ),
]
PrescriberCode = Annotated[
    str | None,
    typer.Option(
        "--prescriber",
        parser=_parse_institution,
        metavar="CODE",
        help=option_help(
            "この医療機関等コードの処方元の薬剤だけを表示する。",
            "Medicines of this prescriber only, by institution code.",
        ),
    ),
]
Group = Annotated[
    Grouping,
    typer.Option(
        "--group",
        metavar="BY",
        help=option_help(f"薬剤のまとめ方：{', '.join(Grouping)}", "Grouping of medicines."),
    ),
]
RoleOption = Annotated[
    Role,
    typer.Option(
        "--role",
        metavar="ROLE",
        help=option_help(f"職員の役割（記録されます）：{', '.join(Role)}", "Role of the operator; recorded."),
        show_default=False,
    ),
]


@dataclass(frozen=True, slots=True)
class HistoryOptions:
    """Resources, query and operator, as a command's options specify them."""

    resources: tuple[HistoryResource, ...]
    query: HistoryQuery
    role: Role
    operator: str | None

    def accessor(self, permit_id: UUID, permits_path: str = CONSENTS_PATH) -> Accessor:
        """The operator with this permit."""
        return Accessor(permit_id, self.role, self.operator, permits_path)


def show(history: History, form: OutputFormat, *, with_timings: bool) -> None:
    """Print a history, and end with its exit code."""
    if form is OutputFormat.SCREEN:
        history_screen.show_history(Console(), history, with_timings=with_timings)
    else:
        report = history_report.as_json(history, with_timings=with_timings)
        print_json(report, shift_jis=form is OutputFormat.SHIFT_JIS)
    raise typer.Exit(history_report.exit_code(history))
