"""Options that several commands share, and how they are parsed."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated

import typer

from clinic_terminal.bilingual import option_help
from clinic_terminal.cli.common import require, usage_error
from eligibility_api.contract.days import UnreadableDay, parse_day


def parse_date(text: str) -> date:
    """A date, as `days.parse_day` reads it. Raises typer.BadParameter."""
    try:
        return parse_day(text)
    except UnreadableDay as error:
        raise usage_error(
            "日付は 2026-04-01 の形式で指定してください。", "a date such as 2026-04-01"
        ) from error


def _parse_instant(text: str) -> datetime:
    """An instant with its offset, ISO 8601. Raises typer.BadParameter."""
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        instant = None
    if instant is None or instant.tzinfo is None:
        raise usage_error(
            "日時は時差を含む 2026-04-01T09:00:00+09:00 の形式で指定してください。",
            "an instant with its offset, such as 2026-04-01T09:00:00+09:00",
        )
    return instant


AsJson = Annotated[
    bool, typer.Option("--json", help=option_help("JSON を1行で出力する。", "Print one JSON object."))
]
AsOf = Annotated[
    date | None,
    typer.Option(
        parser=parse_date,
        metavar="DAY",
        help=option_help("資格確認日（省略時：本日）。", "Day of the check; default: today."),
    ),
]
KnownAt = Annotated[
    datetime | None,
    typer.Option(
        "--known-at",
        parser=_parse_instant,
        metavar="INSTANT",
        help=option_help(
            "この日時に登録されていた内容で回答する（省略時：現在）。",
            "Answer from what was registered at that instant; default: now.",
        ),
    ),
]
ShiftJis = Annotated[
    bool,
    typer.Option(
        "--shift-jis",
        help=option_help(
            "JSON を Shift_JIS（CP932）で出力する。表せない文字は●にする。",
            "JSON in Shift_JIS (CP932), ● for characters that it lacks.",
        ),
    ),
]
ShowTimings = Annotated[
    bool,
    typer.Option("--timings", help=option_help("時間の内訳を表示する。", "Show how long each step took.")),
]


class OutputFormat(StrEnum):
    """How an outcome is printed."""

    SCREEN = "screen"
    JSON = "json"
    SHIFT_JIS = "shift-jis"


def output_format(*, as_json: bool, shift_jis: bool) -> OutputFormat:
    """The format that the two options select. Raises typer.BadParameter."""
    require(
        as_json or not shift_jis,
        "--shift-jis は --json と一緒に指定してください。",
        "--shift-jis goes with --json",
    )
    if shift_jis:
        return OutputFormat.SHIFT_JIS
    return OutputFormat.JSON if as_json else OutputFormat.SCREEN
