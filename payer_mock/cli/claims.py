"""Commands about claims and health check-ups.

`payer-mock send-claims`, `claims-report`, `claims-faults`, `send-checkups`.
"""

from __future__ import annotations

from itertools import groupby
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from eligibility_api.contract.checkups import CheckupInput
from eligibility_api.contract.claims import ClaimsAnswer
from payer_mock.actions.claims import (
    claims_exit_code,
    insurer_of_claims,
    poll_claims,
    send_checkups,
    send_claims,
)
from payer_mock.actions.fund import wait_until
from payer_mock.actions.report import ALL_DONE, SOME_REFUSED
from payer_mock.cli.common import (
    AfterOption,
    Dependencies,
    InsurerOption,
    JsonOption,
    echo_json,
    fund_client,
    read_lines,
    show,
    usage,
)
from payer_mock.screens import claims as screen

_Files = Annotated[
    list[Path],
    typer.Argument(
        metavar="FILE...", help="レセプトファイル / claim files", exists=True, dir_okay=False, readable=True
    ),
]
_JsonLines = Annotated[
    Path,
    typer.Argument(
        metavar="FILE.jsonl",
        help="1行に1つの JSON / one JSON object a line",
        exists=True,
        dir_okay=False,
        readable=True,
    ),
]
_FileId = Annotated[
    str, typer.Argument(metavar="FILE_ID", help="レセプトファイルのID / the file's id at the fund")
]


def add_to(app: typer.Typer) -> None:
    """Add these commands to the application."""
    app.command("send-claims")(send_claims_command)
    app.command("claims-report")(report)
    app.command("claims-faults")(faults)
    app.command("send-checkups")(send_checkups_command)


def send_claims_command(
    context: typer.Context, files: _Files, *, insurer: InsurerOption = None, as_json: JsonOption = False
) -> None:
    """レセプトファイル（RECEIPTC.UKE など）を送信し、取り込みが終わるまで待ちます。

    終了コード 0：すべて取込済、1：取り込めないレセプトまたはファイルあり、2：使い方のエラー、3：支払基金の障害

    Send claim files (RECEIPTC.UKE and the like), and wait for each until its claims are visible.

    Exit code 0: every claim was accepted. 1: some were not, or a file was refused. 2: wrong usage. 3:
    technical failure.
    """
    dependencies = context.ensure_object(Dependencies)
    worst = ALL_DONE
    for file in files:
        with fund_client(context, insurer or insurer_of_claims(file)) as client:
            answer = poll_claims(client, send_claims(client, file), dependencies.wait)
        wait_until(answer.known_from, dependencies.clock, dependencies.wait)
        _show(answer, as_json=as_json)
        worst = max(worst, claims_exit_code(answer))
    raise typer.Exit(worst)


def report(
    context: typer.Context, file_id: _FileId, *, insurer: InsurerOption = None, as_json: JsonOption = False
) -> None:
    """レセプトファイルの状態と取り込み結果を表示します。

    Show the state of a claim file, and its report.
    """
    with fund_client(context, insurer) as client:
        answer = client.claims_status(file_id)
    _show(answer, as_json=as_json)


def faults(
    context: typer.Context,
    file_id: _FileId,
    *,
    after: AfterOption = None,
    insurer: InsurerOption = None,
    as_json: JsonOption = False,
) -> None:
    """レセプトファイルのエラーを行・レコード・項目ごとに表示します。

    List a claim file's faults by line, record and field.
    """
    with fund_client(context, insurer) as client:
        page = client.claims_faults(file_id, after)
    show(page, as_json=as_json, on_screen=lambda console: screen.show_claims_faults(console, page))


def send_checkups_command(context: typer.Context, file: _JsonLines, *, as_json: JsonOption = False) -> None:
    """特定健診などの結果を送信します（1行に1つの JSON）。複数の保険者の加入者を含められます。

    終了コード 0：すべて取込済で全員が加入者、1：登録されていない加入者あり

    Send health check-ups of members of any insurer whose credential is configured: one JSON object per line.

    Exit code 0: all were accepted, and every member is known. 1: some members are not enrolled as known now.
    """
    checkups = list(read_lines(file, CheckupInput))
    if not checkups:
        raise usage("健診結果がありません。\nThe file has no check-ups.")
    taken = unmatched = 0
    for insurer_number, group in groupby(checkups, key=lambda each: each.insurer_number):
        with fund_client(context, insurer_number) as client:
            for answer in send_checkups(client, list(group)):
                taken, unmatched = taken + answer.accepted, unmatched + answer.unmatched
    if as_json:
        echo_json({"taken": taken, "unmatched": unmatched})
    else:
        screen.show_checkups(Console(), taken, unmatched)
    raise typer.Exit(SOME_REFUSED if unmatched else ALL_DONE)


def _show(answer: ClaimsAnswer, *, as_json: bool) -> None:
    show(answer, as_json=as_json, on_screen=lambda console: screen.show_claims(console, answer))
