"""`eligibility-api downtime`: plan a downtime, list the planned ones, cancel them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer
from pydantic import ValidationError

from eligibility_api.contract.notice import MAX_DOWNTIMES, Downtime, Downtimes
from eligibility_api.domain.dates import JAPAN
from eligibility_api.platform.clock import system_clock
from eligibility_api.platform.errors import OperatorError
from eligibility_api.platform.settings import Settings
from eligibility_api.status import downtimes

app = typer.Typer(help="計画停止 / Planned downtimes.", no_args_is_help=True)

_FORMATS = ["%Y-%m-%dT%H:%M"]


@app.command("plan")
def plan(
    *,
    begins_at: Annotated[
        datetime,
        typer.Option("--from", formats=_FORMATS, help="開始（日本時間） / Its begin, in Japan's time."),
    ],
    ends_at: Annotated[
        datetime, typer.Option("--to", formats=_FORMATS, help="終了（日本時間） / Its end, in Japan's time.")
    ],
    ja: Annotated[str, typer.Option(help="窓口への説明、日本語 / The sentence for receptions, in Japanese.")],
    en: Annotated[str, typer.Option(help="窓口への説明、英語 / The sentence for receptions, in English.")],
) -> None:
    """計画停止を知らせます。

    Announce a planned downtime: `/status`, `/status.json` and terminals show it. Run it on each host of the service.
    """
    now, home = system_clock(), Settings().home
    try:
        downtime = Downtime(
            begins_at=begins_at.replace(tzinfo=JAPAN), ends_at=ends_at.replace(tzinfo=JAPAN), ja=ja, en=en
        )
        if downtime.ends_at <= now:
            raise OperatorError("The downtime is already over.")
        downtimes.write(home, downtimes.read(home).with_planned(downtime, now))
    except ValidationError as error:
        raise OperatorError(
            f"A downtime ends after it begins, has sentences of 200 characters at most, and is one of {MAX_DOWNTIMES}."
        ) from error


@app.command("list")
def list_() -> None:
    """計画停止の一覧を表示します。

    Print the planned downtimes that are not over: one JSON object per line, the next one first.
    """
    now = system_clock()
    for downtime in downtimes.read(Settings().home).planned:
        if downtime.ends_at > now:
            typer.echo(downtime.model_dump_json())


@app.command("cancel")
def cancel() -> None:
    """すべての計画停止を取り消します。

    Cancel all planned downtimes.
    """
    downtimes.write(Settings().home, Downtimes())
