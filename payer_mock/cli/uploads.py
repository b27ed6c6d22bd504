"""Commands about member files.

`payer-mock upload`, `upload-status`, `faults`, `approve`, `reject`, `publish`, `undo`, `seen-by`.
"""

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
from payer_mock.actions.uploads import (
    UploadOptions,
    exit_code,
    insurer_of,
    poll_upload,
    send_upload,
    wait_until_visible,
)
from payer_mock.cli.common import (
    AfterOption,
    Dependencies,
    InsurerOption,
    JsonOption,
    fund_client,
    show,
    usage,
)
from payer_mock.screens.uploads import show_correction_list, show_faults, show_upload

_Files = Annotated[
    list[Path],
    typer.Argument(
        metavar="FILE...", help="加入者ファイル / member files", exists=True, dir_okay=False, readable=True
    ),
]
_UploadId = Annotated[str, typer.Argument(metavar="UPLOAD", help="アップロードのID / the upload's id")]
_Reason = Annotated[str, typer.Option(help="理由（記録されます） / reason, kept with the decision")]


def add_to(app: typer.Typer) -> None:
    """Add these commands to the application."""
    for command in (upload, upload_status, faults, approve, reject, publish, undo):
        app.command()(command)
    app.command("seen-by")(correction_list)


def upload(
    context: typer.Context,
    files: _Files,
    *,
    insurer: InsurerOption = None,
    encoding: Annotated[FileEncoding, typer.Option(help="文字コード / encoding")] = FileEncoding.AUTO,
    scope: Annotated[
        FileScope, typer.Option(help="全件（full）か変更分（changes）か / all members, or changed ones")
    ] = FileScope.FULL,
    bad_rows: Annotated[
        BadRows, typer.Option(help="エラーのある行の扱い / skip bad rows, or refuse the file")
    ] = BadRows.SKIP,
    publish: Annotated[
        Publish, typer.Option(help="反映の時期（問題がない場合） / when to publish a file without findings")
    ] = Publish.AT_ONCE,
    approver: Annotated[
        bool,
        typer.Option("--approver", help="保留を承認者の鍵で承認（--reason が必要） / approve a held file"),
    ] = False,
    reason: Annotated[str | None, typer.Option(help="承認の理由 / why a held file is right")] = None,
    as_json: JsonOption = False,
) -> None:
    """加入者ファイル（CSV または JSON Lines）を送信し、点検と反映が終わるまで待ちます。

    終了コード 0：すべて反映済、1：エラーのある行・保留・受付不可、2：使い方のエラー、3：支払基金の障害

    Upload member files (CSV or JSON Lines), and wait for each until the fund has processed it.

    Exit code 0: everything is published. 1: bad rows, held or refused. 2: wrong usage. 3: technical failure.
    """
    if approver != (reason is not None):
        raise usage("--approver と --reason は同時に指定してください。\n--approver and --reason go together.")
    options = UploadOptions(encoding=encoding, scope=scope, bad_rows=bad_rows, publish=publish)
    worst = 0
    for file in files:
        owner = insurer or insurer_of(file)
        with fund_client(context, owner) as client:
            answer = _wait(context, client, send_upload(client, file, options))
        if answer.state is UploadState.HELD and approver and reason is not None:
            with fund_client(context, owner, as_approver=True) as client:
                answer = _wait(context, client, client.approve_upload(answer.upload_id, reason))
        _print(answer, as_json=as_json)
        worst = max(worst, exit_code(answer))
    raise typer.Exit(worst)


def upload_status(
    context: typer.Context,
    upload_id: _UploadId,
    *,
    insurer: InsurerOption = None,
    as_json: JsonOption = False,
) -> None:
    """アップロードの状態と点検結果を表示します。

    Show the state of an upload, with its check report.
    """
    with fund_client(context, insurer) as client:
        _print(client.upload_status(upload_id), as_json=as_json)


def faults(
    context: typer.Context,
    upload_id: _UploadId,
    *,
    after: AfterOption = None,
    insurer: InsurerOption = None,
    as_json: JsonOption = False,
) -> None:
    """アップロードのエラーを行・項目ごとに表示します。

    List an upload's faults by row and column.
    """
    with fund_client(context, insurer) as client:
        page = client.upload_faults(upload_id, after=after)
    show(page, as_json=as_json, on_screen=lambda console: show_faults(console, page))


def approve(
    context: typer.Context,
    upload_id: _UploadId,
    *,
    reason: _Reason,
    insurer: InsurerOption = None,
    as_json: JsonOption = False,
) -> None:
    """保留されたアップロード、または保留された取り消しを、承認者の鍵で承認します。

    Approve a held upload, or its held undo, with the approver's key.
    """
    with fund_client(context, insurer, as_approver=True) as client:
        _finish(context, client, client.approve_upload(upload_id, reason), as_json=as_json)


def reject(
    context: typer.Context,
    upload_id: _UploadId,
    *,
    reason: _Reason,
    insurer: InsurerOption = None,
    as_json: JsonOption = False,
) -> None:
    """反映前のアップロード、または保留された取り消しを取り下げます。

    Take back an upload that is not published, or its held undo.
    """
    with fund_client(context, insurer) as client:
        _print(client.reject_upload(upload_id, reason), as_json=as_json)


def publish(
    context: typer.Context,
    upload_id: _UploadId,
    *,
    insurer: InsurerOption = None,
    as_json: JsonOption = False,
) -> None:
    """点検済みのアップロードを反映します（--publish on-request で送信したもの）。

    Publish a checked upload that was sent with `--publish on-request`.
    """
    with fund_client(context, insurer) as client:
        _finish(context, client, client.publish_upload(upload_id), as_json=as_json)


def undo(
    context: typer.Context,
    upload_id: _UploadId,
    *,
    reason: _Reason,
    approver: Annotated[
        bool, typer.Option("--approver", help="取消保留を承認者の鍵で承認 / approve a held undo")
    ] = False,
    insurer: InsurerOption = None,
    as_json: JsonOption = False,
) -> None:
    """反映済みのアップロードを取り消し、反映前の内容に戻します。影響が大きい取り消しは、承認者が承認するまで保留されます。

    Undo a published upload: restore the values from before it. An undo with a large effect is held for the approver.
    """
    with fund_client(context, insurer) as client:
        answer = _wait(context, client, client.undo_upload(upload_id, reason))
    if answer.state is UploadState.UNDO_HELD and approver:
        with fund_client(context, insurer, as_approver=True) as client:
            answer = _wait(context, client, client.approve_upload(upload_id, reason))
    _print(answer, as_json=as_json)
    raise typer.Exit(exit_code(answer))


def correction_list(
    context: typer.Context,
    upload_id: _UploadId,
    *,
    insurer: InsurerOption = None,
    as_json: JsonOption = False,
) -> None:
    """取り消された誤った情報を受け取った医療機関等を表示します。

    List the facilities that received values which have been withdrawn since.
    """
    with fund_client(context, insurer) as client:
        answer = client.correction_list(upload_id)
    show(answer, as_json=as_json, on_screen=lambda console: show_correction_list(console, answer))


def _finish(context: typer.Context, client: InsurerClient, answer: UploadAnswer, *, as_json: bool) -> None:
    done = _wait(context, client, answer)
    _print(done, as_json=as_json)
    raise typer.Exit(exit_code(done))


def _wait(context: typer.Context, client: InsurerClient, answer: UploadAnswer) -> UploadAnswer:
    """The upload once the fund has processed it and the result is visible."""
    dependencies = context.ensure_object(Dependencies)
    done = poll_upload(client, answer, dependencies.wait)
    wait_until_visible(done, dependencies.clock, dependencies.wait)
    return done


def _print(answer: UploadAnswer, *, as_json: bool) -> None:
    def on_screen(console: Console) -> None:
        show_upload(console, answer)

    show(answer, as_json=as_json, on_screen=on_screen)
