"""`payer-mock send-claims` and what follows, `send-checkups`: an insurer's receipts and check-ups told to the fund."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from eligibility_api.contract.checkups import CheckupInput
from eligibility_api.contract.claims import ClaimsAnswer
from payer_mock.cli.common import (
    AsJson,
    OfInsurer,
    Surroundings,
    at_the_fund,
    echo_json,
    read_lines,
    show,
    usage,
)
from payer_mock.desk.claims import (
    claims_exit_code,
    follow_claims,
    insurer_of_claims,
    send_checkups,
    send_claims,
)
from payer_mock.desk.following import wait_until
from payer_mock.desk.report import ALL_DONE, SOME_REFUSED
from payer_mock.screens import claims as screen

_Files = Annotated[list[Path], typer.Argument(metavar="FILE...", exists=True, dir_okay=False, readable=True)]
_Lines = Annotated[Path, typer.Argument(metavar="FILE.jsonl", exists=True, dir_okay=False, readable=True)]
_FileId = Annotated[str, typer.Argument(metavar="FILE_ID", help="The file's id at the fund.")]


def add_to(app: typer.Typer) -> None:
    """Add these commands to the application."""
    app.command("send-claims")(claims_sent)
    app.command("claims-report")(report)
    app.command("claims-faults")(faults)
    app.command("send-checkups")(checkups_sent)


def claims_sent(
    context: typer.Context, files: _Files, *, insurer: OfInsurer = None, as_json: AsJson = False
) -> None:
    """レセプト送信 / Send receipt files (RECEIPTC.UKE and the like), and follow each until its receipts count.

    Exit code 0: every receipt was taken. 1: some were not, or a file was refused. 2: wrong usage. 3: technical failure.
    """
    around = context.ensure_object(Surroundings)
    worst = ALL_DONE
    for file in files:
        with at_the_fund(context, insurer or insurer_of_claims(file)) as client:
            answer = follow_claims(client, send_claims(client, file), around.wait)
        wait_until(answer.known_from, around.clock, around.wait)
        _show(answer, as_json=as_json)
        worst = max(worst, claims_exit_code(answer))
    raise typer.Exit(worst)


def report(
    context: typer.Context, file_id: _FileId, *, insurer: OfInsurer = None, as_json: AsJson = False
) -> None:
    """レセプトファイルの状態 / How a receipt file stands, and what was found in it."""
    with at_the_fund(context, insurer) as client:
        answer = client.claims_status(file_id)
    _show(answer, as_json=as_json)


def faults(
    context: typer.Context,
    file_id: _FileId,
    *,
    after: Annotated[str | None, typer.Option(help="Where the page before ended.")] = None,
    insurer: OfInsurer = None,
    as_json: AsJson = False,
) -> None:
    """レセプトのエラー一覧 / A receipt file's faults by line, record and field."""
    with at_the_fund(context, insurer) as client:
        page = client.claims_faults(file_id, after)
    show(page, as_json=as_json, on_screen=lambda console: screen.show_claims_faults(console, page))


def checkups_sent(context: typer.Context, file: _Lines, *, as_json: AsJson = False) -> None:
    """健診結果送信 / Tell of members' health check-ups, of any insurer that there is a credential of: a JSON object a line.

    Exit code 0: all were taken, and every member is known. 1: some members are not enrolled by what is known now.
    """
    checkups = list(read_lines(file, CheckupInput))
    if not checkups:
        raise usage("健診結果がありません / No check-ups")
    taken = unmatched = 0
    for insurer_number, group in groupby(checkups, key=lambda each: each.insurer_number):
        with at_the_fund(context, insurer_number) as client:
            for answer in send_checkups(client, list(group)):
                taken, unmatched = taken + answer.accepted, unmatched + answer.unmatched
    if as_json:
        echo_json({"taken": taken, "unmatched": unmatched})
    else:
        screen.show_checkups(Console(), taken, unmatched)
    raise typer.Exit(SOME_REFUSED if unmatched else ALL_DONE)


def _show(answer: ClaimsAnswer, *, as_json: bool) -> None:
    show(answer, as_json=as_json, on_screen=lambda console: screen.show_claims(console, answer))
