"""Member files: choose and send one, its check report, and the decisions about it."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

from anyio.to_thread import run_sync
from fastapi import APIRouter, Form, Request, UploadFile
from fastapi.responses import Response

from eligibility_api.contract.errors import ShikakuError
from eligibility_api.contract.insurer_client import InsurerClient
from eligibility_api.contract.uploads import FileScope, Publish, UploadAnswer, UploadFault, UploadState
from payer_mock.actions.uploads import UploadOptions, as_visible, is_in_progress
from payer_mock.members.reader import file_format
from payer_mock.web.desk import (
    ROOT,
    AtDesk,
    Desk,
    Key,
    current_desk,
    failure_of,
    fragment,
    page,
)
from payer_mock.web.keys import KeyClosed, OpenKey, Role
from payer_mock.web.reasons import Reason, fault_of
from payer_mock.web.sending import Sending, SendingState
from payer_mock.web.sent_files import MAX_NAME, SentFile
from payer_mock.web.upload_view import UploadView, faults_by_column, rate_pairs
from screens.web.events import Update
from screens.web.site import redirect

router = APIRouter(prefix=ROOT)

_LISTED = 10
_FAST_SECONDS, _SLOW_SECONDS = 0.3, 0.6


@router.get("")
def home() -> Response:
    """The first page."""
    return redirect(f"{ROOT}/uploads")


@router.get("/uploads")
def uploads(request: Request, desk: AtDesk, key: Key) -> Response:
    """The form for a file, and the files that were sent last with their state."""
    return _uploads(request, desk, key)


@router.post("/uploads")
def send(
    request: Request,
    desk: AtDesk,
    key: Key,
    file: UploadFile,
    scope: Annotated[FileScope, Form()] = FileScope.FULL,
) -> Response:
    """Send a file in the background; the next page shows its progress."""
    key.require(Role.SENDER)
    if desk.is_sending():
        return redirect(f"{ROOT}/sending")
    name = Path(file.filename or "").name[:MAX_NAME]
    if not file.size:
        return _uploads(request, desk, key, fault="uploads.no-file")

    def on_sent(upload: UploadAnswer) -> None:
        desk.sent_files.add(upload.upload_id, key.insurer_number, desk.clock(), key.name, name)

    # The framework closes its file at the end of the request, and this one is read afterwards.
    content, file.file = file.file, io.BytesIO()
    options = UploadOptions(scope=scope, publish=Publish.ON_REQUEST)
    sending = Sending(
        content, name, file.size, options, file_format(Path(name)), clock=desk.ticks, on_sent=on_sent
    )
    sending.start(key.new_client())
    key.sending = sending
    return redirect(f"{ROOT}/sending")


@router.get("/sending")
def sending(request: Request, key: Key) -> Response:
    """The progress of the file that is being sent."""
    if key.sending is None:
        return redirect(f"{ROOT}/uploads")
    if key.sending.state is SendingState.SENT and key.sending.upload is not None:
        return redirect(f"{ROOT}/uploads/{key.sending.upload.upload_id}")
    return page(request, "sending.html", key, sending=key.sending)


@router.get("/sending/events")
async def sending_events(request: Request, desk: AtDesk, key: Key) -> Response:
    """The progress, as it changes."""
    announced = -1

    async def fetch() -> Update:
        nonlocal announced
        current = key.sending
        if current is None:
            return Update("", last=True)
        # Before it is rendered: a sending that ends meanwhile is sent once more, with where it leads.
        has_ended = current.state is not SendingState.SENDING
        half = 2 * current.sent // max(current.size, 1)
        text = f"{50 * half} %" if half != announced else ""
        announced = half
        html = fragment(request, "_sending.html", session=key, sending=current)
        return Update(html, text, last=has_ended)

    return desk.stream(request, fetch, _FAST_SECONDS)


@router.post("/sending/stop")
def stop(key: Key) -> Response:
    """Stop the sending."""
    if key.sending is not None:
        key.sending.stop()
        key.sending.join()
    return redirect(f"{ROOT}/sending")


@router.get("/uploads/{upload_id}")
def upload(request: Request, desk: AtDesk, key: Key, upload_id: UUID) -> Response:
    """The state of a file, its check report, and what this person may decide."""
    return page(request, "upload.html", key, **_details(desk, key, upload_id))


@router.get("/uploads/{upload_id}/events")
async def upload_events(request: Request, desk: AtDesk, key: Key, upload_id: UUID) -> Response:
    """The same, as it changes, until the fund waits for a decision or has finished."""

    async def fetch() -> Update:
        try:
            details = await run_sync(_details, desk, key, upload_id)
        except ShikakuError as error:
            html = fragment(request, "_failure.html", **failure_of(error))
            return Update(html, last=True)
        except KeyClosed:
            return desk.to_log_in(request)
        view: UploadView = details["view"]
        html = fragment(request, "_upload.html", session=key, **details)
        word = fragment(request, "_upload_word.html", view=view).strip()
        return Update(html, word, last=not is_in_progress(view.upload))

    return desk.stream(request, fetch, _SLOW_SECONDS)


@router.get("/uploads/{upload_id}/faults")
def faults(request: Request, key: Key, upload_id: UUID, after: str | None = None) -> Response:
    """Every fault by row."""
    found = key.call(lambda client: client.upload_faults(str(upload_id), after))
    return page(request, "faults.html", key, upload_id=str(upload_id), faults=found.faults, next=found.next)


@router.get("/uploads/{upload_id}/recipients")
def recipients(request: Request, key: Key, upload_id: UUID) -> Response:
    """The facilities that received a value which was withdrawn since."""
    answer = key.call(lambda client: client.correction_list(str(upload_id)))
    return page(request, "recipients.html", key, upload_id=str(upload_id), facilities=answer.facilities)


@router.post("/uploads/{upload_id}/publish")
def publish(key: Key, upload_id: UUID) -> Response:
    """Publish a checked file."""
    key.require(Role.SENDER)
    return _decide(key, upload_id, "publish", lambda client: client.publish_upload(str(upload_id)))


@router.post("/uploads/{upload_id}/approve")
def approve(request: Request, key: Key, upload_id: UUID, reason: Reason = "") -> Response:
    """Approve a held file, or a held undo."""
    key.require(Role.APPROVER)
    if fault := fault_of(reason):
        return _without_reason(request, key, upload_id, reason, fault)
    return _decide(key, upload_id, "approve", lambda client: client.approve_upload(str(upload_id), reason))


@router.post("/uploads/{upload_id}/reject")
def reject(request: Request, key: Key, upload_id: UUID, reason: Reason = "") -> Response:
    """Take back a file before it is published, or a held undo."""
    if fault := fault_of(reason):
        return _without_reason(request, key, upload_id, reason, fault)
    return _decide(key, upload_id, "reject", lambda client: client.reject_upload(str(upload_id), reason))


@router.post("/uploads/{upload_id}/undo")
def undo(request: Request, key: Key, upload_id: UUID, reason: Reason = "") -> Response:
    """Undo a published file."""
    key.require(Role.SENDER)
    if fault := fault_of(reason):
        return _without_reason(request, key, upload_id, reason, fault)
    return _decide(key, upload_id, "undo", lambda client: client.undo_upload(str(upload_id), reason))


def _uploads(request: Request, desk: Desk, key: OpenKey, fault: str | None = None) -> Response:
    """The page of the files. `fault`: the text about a file that was not sent. Raises ShikakuError."""
    listed = [
        (sent, UploadView(_read(desk, key, UUID(sent.upload_id))))
        for sent in desk.sent_files.newest(key.insurer_number, _LISTED)
    ]
    status = 400 if fault is not None else 200
    return page(request, "uploads.html", key, status=status, listed=listed, fault=fault)


def _decide(
    key: OpenKey, upload_id: UUID, action: str, call: Callable[[InsurerClient], UploadAnswer]
) -> Response:
    key.call(call)
    key.report(f"upload.done.{action}")
    return redirect(f"{ROOT}/uploads/{upload_id}")


def _without_reason(request: Request, key: OpenKey, upload_id: UUID, reason: str, fault: str) -> Response:
    details = _details(current_desk(request), key, upload_id) | {"fault": fault, "reason": reason}
    return page(request, "upload.html", key, status=400, **details)


def _read(desk: Desk, key: OpenKey, upload_id: UUID) -> UploadAnswer:
    """The file's state as the members' pages show it. Raises ShikakuError."""
    return as_visible(key.call(lambda client: client.upload_status(str(upload_id))), desk.clock())


def _details(desk: Desk, key: OpenKey, upload_id: UUID) -> dict[str, Any]:
    """What the page of a file shows. Raises ShikakuError."""
    answer = _read(desk, key, upload_id)
    sent = desk.sent_files.find(answer.upload_id, key.insurer_number)
    report = answer.report
    faults: tuple[UploadFault, ...] = ()
    if report is not None and report.bad_rows:
        faults = tuple(key.call(lambda client: client.upload_faults(answer.upload_id)).faults)
    former = _former(desk, key, answer, sent) if report is not None else None
    return {
        "view": UploadView(answer),
        "sent": sent,
        "by_column": faults_by_column(report, faults) if report is not None else [],
        "rates": rate_pairs(report.fill_rates, former.report.fill_rates if former and former.report else None)
        if report is not None
        else [],
        "former": desk.sent_files.find(former.upload_id, key.insurer_number) if former is not None else None,
        "fault": None,
        "reason": "",
    }


def _former(desk: Desk, key: OpenKey, answer: UploadAnswer, sent: SentFile | None) -> UploadAnswer | None:
    """The file that was published last before this one, if this desk sent it."""
    earlier = [
        one
        for one in desk.sent_files.newest(key.insurer_number, _LISTED)
        if sent is not None and one.sent_at < sent.sent_at
    ]
    for one in earlier:
        upload = _read(desk, key, UUID(one.upload_id))
        if upload.state is UploadState.PUBLISHED and upload.upload_id != answer.upload_id:
            return upload
    return None
