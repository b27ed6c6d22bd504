"""Sends member files and polls them until the fund has processed them or waits for a decision."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from eligibility_api.contract.insurer_client import InsurerClient
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
from payer_mock.actions.fund import chunks, poll_while, wait_until
from payer_mock.actions.report import ALL_DONE, SOME_REFUSED

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
        return client.upload(
            chunks(file),
            format=file_format(path),
            encoding=options.encoding,
            scope=options.scope,
            bad_rows=options.bad_rows,
            publish=options.publish,
        )


def poll_upload(
    client: InsurerClient,
    upload: UploadAnswer,
    wait: Callable[[float], None],
) -> UploadAnswer:
    """The upload once the fund has processed it or waits for a decision; fetched again after each `wait`."""
    return poll_while(
        lambda each: each.state in _IN_PROGRESS, upload, lambda: client.upload_status(upload.upload_id), wait
    )


def wait_until_visible(
    upload: UploadAnswer, clock: Callable[[], datetime], wait: Callable[[float], None]
) -> None:
    """Wait until a published or undone upload takes effect: the fund fixes that instant a little ahead."""
    wait_until(upload.undone_from or upload.known_from, clock, wait)


def exit_code(upload: UploadAnswer) -> int:
    """0 where every row is published, undone, or waits for `publish` as requested; else 1."""
    good = upload.state in (UploadState.PUBLISHED, UploadState.CHECKED, UploadState.UNDONE)
    bad_rows = upload.report is not None and upload.report.bad_rows > 0
    return ALL_DONE if good and not bad_rows else SOME_REFUSED


def file_format(path: Path) -> FileFormat:
    """The format of a file, by its suffix."""
    return FileFormat.JSON_LINES if path.suffix in (".jsonl", ".ndjson") else FileFormat.CSV


def insurer_of(path: Path) -> str | None:
    """The insurer number in a file's first row, or None where the file does not have one."""
    with path.open("rb") as file:
        head = [file.readline(1 << 16) for _ in range(2)]
    try:
        if file_format(path) is FileFormat.JSON_LINES:
            return str(json.loads(head[0])["insurer_number"])
        # Every encoding that the fund reads is a superset of ASCII.
        header, row = csv.reader(line.removeprefix(b"\xef\xbb\xbf").decode("latin-1") for line in head)
        return row[header.index("insurer_number")]
    except (ValueError, LookupError, TypeError, RecursionError, csv.Error):
        return None
