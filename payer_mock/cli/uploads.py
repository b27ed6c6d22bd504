"""`payer-mock upload` and what follows: member files sent, looked at, decided on."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from eligibility_api.contract.insurer_client import InsurerClient
from eligibility_api.contract.uploads import (
    BadRows,
    FileEncoding,
    FileScope,
    Publish,
    UploadAnswer,
    UploadState,
)
from payer_mock.cli.common import AsJson, OfInsurer, Surroundings, at_the_fund, show, usage
from payer_mock.desk.uploads import Manner, exit_code, follow, insurer_of, send, until_shown
from payer_mock.screens.uploads import show_faults, show_seen_by, show_upload

_Files = Annotated[list[Path], typer.Argument(metavar="FILE...", exists=True, dir_okay=False, readable=True)]
_UploadId = Annotated[str, typer.Argument(metavar="UPLOAD", help="The upload's id.")]
_Reason = Annotated[str, typer.Option(help="Why; it is kept with the decision.")]


def add_to(app: typer.Typer) -> None:
    """Add these commands to the application."""
    for command in (upload, show_one, faults, approve, reject, publish, undo, seen_by):
        app.command("show" if command is show_one else command.__name__.replace("_", "-"))(command)


def upload(
    context: typer.Context,
    files: _Files,
    *,
    insurer: OfInsurer = None,
    encoding: Annotated[FileEncoding, typer.Option()] = FileEncoding.AUTO,
    scope: Annotated[FileScope, typer.Option(help="All members, or what has changed.")] = FileScope.FULL,
    bad_rows: Annotated[BadRows, typer.Option(help="What becomes of the good rows.")] = BadRows.SKIP,
    publish: Annotated[Publish, typer.Option(help="Without findings.")] = Publish.AT_ONCE,
    approver: Annotated[
        bool, typer.Option("--approver", help="Approve a held file by the approver's key, with --reason.")
    ] = False,
    reason: Annotated[str | None, typer.Option(help="Why a held file is right.")] = None,
    as_json: AsJson = False,
) -> None:
    """加入者ファイル / Upload member files (CSV or JSON lines) and follow each until the fund is done with it.

    Exit code 0: everything is published. 1: bad rows, held or refused. 2: wrong usage. 3: technical failure.
    """
    if approver and reason is None:
        raise usage("承認の理由が必要です / --approver asks for a --reason")
    manner = Manner(encoding=encoding, scope=scope, bad_rows=bad_rows, publish=publish)
    worst = 0
    for file in files:
        owner = insurer or insurer_of(file)
        with at_the_fund(context, owner) as client:
            answer = _followed(context, client, send(client, file, manner))
        if answer.state is UploadState.HELD and approver and reason is not None:
            with at_the_fund(context, owner, as_approver=True) as client:
                answer = _followed(context, client, client.approve_upload(answer.upload_id, reason))
        _print(answer, as_json=as_json)
        worst = max(worst, exit_code(answer))
    raise typer.Exit(worst)


def show_one(
    context: typer.Context, upload_id: _UploadId, *, insurer: OfInsurer = None, as_json: AsJson = False
) -> None:
    """アップロードの状態 / How an upload stands, with the check report."""
    with at_the_fund(context, insurer) as client:
        _print(client.upload_status(upload_id), as_json=as_json)


def faults(
    context: typer.Context,
    upload_id: _UploadId,
    *,
    after: Annotated[str | None, typer.Option(help="Where the page before ended.")] = None,
    insurer: OfInsurer = None,
    as_json: AsJson = False,
) -> None:
    """エラー一覧 / An upload's faults by row and column."""
    with at_the_fund(context, insurer) as client:
        page = client.upload_faults(upload_id, after=after)
    show(page, as_json=as_json, on_screen=lambda console: show_faults(console, page))


def approve(
    context: typer.Context,
    upload_id: _UploadId,
    *,
    reason: _Reason,
    insurer: OfInsurer = None,
    as_json: AsJson = False,
) -> None:
    """承認 / Release a held upload, by the approver's key."""
    with at_the_fund(context, insurer, as_approver=True) as client:
        _finish(context, client, client.approve_upload(upload_id, reason), as_json=as_json)


def reject(
    context: typer.Context,
    upload_id: _UploadId,
    *,
    reason: _Reason,
    insurer: OfInsurer = None,
    as_json: AsJson = False,
) -> None:
    """取下げ / Take back an upload that is not published."""
    with at_the_fund(context, insurer) as client:
        _print(client.reject_upload(upload_id, reason), as_json=as_json)


def publish(
    context: typer.Context, upload_id: _UploadId, *, insurer: OfInsurer = None, as_json: AsJson = False
) -> None:
    """公開 / Publish a checked upload that waits for this word."""
    with at_the_fund(context, insurer) as client:
        _finish(context, client, client.publish_upload(upload_id), as_json=as_json)


def undo(
    context: typer.Context,
    upload_id: _UploadId,
    *,
    reason: _Reason,
    insurer: OfInsurer = None,
    as_json: AsJson = False,
) -> None:
    """取消 / Bring back the values from before a published upload."""
    with at_the_fund(context, insurer) as client:
        _finish(context, client, client.undo_upload(upload_id, reason), as_json=as_json)


def seen_by(
    context: typer.Context, upload_id: _UploadId, *, insurer: OfInsurer = None, as_json: AsJson = False
) -> None:
    """誤った値を見た医療機関 / Which facilities saw what has been withdrawn since."""
    with at_the_fund(context, insurer) as client:
        answer = client.correction_list(upload_id)
    show(answer, as_json=as_json, on_screen=lambda console: show_seen_by(console, answer))


def _finish(context: typer.Context, client: InsurerClient, answer: UploadAnswer, *, as_json: bool) -> None:
    done = _followed(context, client, answer)
    _print(done, as_json=as_json)
    raise typer.Exit(exit_code(done))


def _followed(context: typer.Context, client: InsurerClient, answer: UploadAnswer) -> UploadAnswer:
    """The upload once the fund is done with it, and what it made of it shows."""
    around = context.ensure_object(Surroundings)
    done = follow(client, answer, around.wait)
    until_shown(done, around.clock, around.wait)
    return done


def _print(answer: UploadAnswer, *, as_json: bool) -> None:
    def on_screen(console: Console) -> None:
        show_upload(console, answer)

    show(answer, as_json=as_json, on_screen=on_screen)
