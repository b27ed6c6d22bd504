"""Sends member files and polls them until the fund has processed them or waits for a decision."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable
from datetime import datetime
from itertools import islice
from pathlib import Path

from eligibility_api.contract.errors import ShikakuError
from eligibility_api.contract.identifiers import insurer_number
from eligibility_api.contract.insurer_client import InsurerClient
from eligibility_api.contract.member_reading.encoding import BOM, detect_encoding
from eligibility_api.contract.member_reading.headings import column_of
from eligibility_api.contract.uploads import (
    BadRows,
    FileEncoding,
    FileFormat,
    FileScope,
    Publish,
    UploadAnswer,
    UploadState,
)
from eligibility_api.contract.wire import RequestModel
from payer_mock.actions.fund import chunks, is_ahead, poll_while, wait_until
from payer_mock.actions.report import ALL_DONE, SOME_REFUSED
from payer_mock.members.reader import file_format

_HEAD_BYTES = 1 << 16

_IN_PROGRESS = frozenset(
    {UploadState.RECEIVED, UploadState.CHECKING, UploadState.PUBLISHING, UploadState.UNDOING}
)


class UploadOptions(RequestModel):
    """How the fund is to read and publish a file."""

    encoding: FileEncoding = FileEncoding.AUTO
    scope: FileScope = FileScope.FULL
    bad_rows: BadRows = BadRows.SKIP
    publish: Publish = Publish.AT_ONCE


def send_upload(client: InsurerClient, path: Path, options: UploadOptions) -> UploadAnswer:
    """Upload a file as a stream. Raises ShikakuError, OSError."""
    with path.open("rb") as file:
        return send_pieces(client, chunks(file), file_format(path), options)


def send_pieces(
    client: InsurerClient, pieces: Iterable[bytes], format: FileFormat, options: UploadOptions
) -> UploadAnswer:
    """Upload the pieces of a file. Raises ShikakuError, and what reading a piece raises."""
    return client.upload(
        pieces,
        format=format,
        encoding=options.encoding,
        scope=options.scope,
        bad_rows=options.bad_rows,
        publish=options.publish,
    )


def is_in_progress(upload: UploadAnswer) -> bool:
    """Whether the fund is still working on an upload."""
    return upload.state in _IN_PROGRESS


def poll_upload(
    client: InsurerClient,
    upload: UploadAnswer,
    wait: Callable[[float], None],
) -> UploadAnswer:
    """The upload once the fund has processed it or waits for a decision; fetched again after each `wait`."""
    return poll_while(is_in_progress, upload, lambda: client.upload_status(upload.upload_id), wait)


def wait_until_visible(
    upload: UploadAnswer, clock: Callable[[], datetime], wait: Callable[[float], None]
) -> None:
    """Wait until a published or undone upload takes effect: the fund fixes that instant a little ahead."""
    wait_until(upload.undone_from or upload.known_from, clock, wait)


def as_visible(upload: UploadAnswer, now: datetime) -> UploadAnswer:
    """The upload with the state that readers find: it is published, or undone, once that takes effect."""
    if upload.state is UploadState.PUBLISHED and is_ahead(upload.known_from, now):
        return upload.model_copy(update={"state": UploadState.PUBLISHING})
    if upload.state is UploadState.UNDONE and is_ahead(upload.undone_from, now):
        return upload.model_copy(update={"state": UploadState.UNDOING})
    return upload


def exit_code(upload: UploadAnswer) -> int:
    """0 where every row is published, undone, or waits for `publish` as requested; else 1."""
    good = upload.state in (UploadState.PUBLISHED, UploadState.CHECKED, UploadState.UNDONE)
    bad_rows = upload.report is not None and upload.report.bad_rows > 0
    return ALL_DONE if good and not bad_rows else SOME_REFUSED


def insurer_of(path: Path) -> str | None:
    """The insurer number in a file's first row, or None where it does not have one. Raises OSError."""
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    try:
        encoding = detect_encoding(head, FileEncoding.AUTO)
        text = head.removeprefix(BOM).decode(encoding, "replace")
        if file_format(path) is FileFormat.JSON_LINES:
            number = str(json.loads(text.partition("\n")[0])["insurer_number"])
        else:
            heading, row = islice(csv.reader(io.StringIO(text, newline="")), 2)
            number = row[[column_of(cell) for cell in heading].index("insurer_number")]
        return insurer_number(number, lost_zeros=True)
    except (ShikakuError, ValueError, LookupError, TypeError, RecursionError, csv.Error):
        return None
