"""Member files on their way: sent, followed until the fund waits for somebody, approved. It knows no console."""

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
from payer_mock.desk.following import follow_while, pieces, wait_until
from payer_mock.desk.report import ALL_DONE, SOME_REFUSED

_AT_WORK = frozenset(
    {UploadState.RECEIVED, UploadState.CHECKING, UploadState.PUBLISHING, UploadState.UNDOING}
)


class Manner(RequestModel):
    """How a file is to be read and published."""

    encoding: FileEncoding = FileEncoding.AUTO
    scope: FileScope = FileScope.FULL
    bad_rows: BadRows = BadRows.SKIP
    publish: Publish = Publish.AT_ONCE


def send(client: InsurerClient, path: Path, manner: Manner) -> UploadAnswer:
    """Upload a file in streaming. Raises ShikakuError, OSError."""
    with path.open("rb") as file:
        return client.upload(
            pieces(file),
            format=file_format(path),
            encoding=manner.encoding,
            scope=manner.scope,
            bad_rows=manner.bad_rows,
            publish=manner.publish,
        )


def follow(
    client: InsurerClient,
    upload: UploadAnswer,
    wait: Callable[[float], None],
) -> UploadAnswer:
    """The upload once the fund is done with it, or waits for a word; asked for again and again after a `wait`."""
    return follow_while(
        lambda each: each.state in _AT_WORK, upload, lambda: client.upload_status(upload.upload_id), wait
    )


def until_shown(upload: UploadAnswer, clock: Callable[[], datetime], wait: Callable[[float], None]) -> None:
    """Wait until what was published or undone shows: the fund fixes the instant a little ahead."""
    wait_until(upload.undone_from or upload.known_from, clock, wait)


def exit_code(upload: UploadAnswer) -> int:
    """0 where every row is published, or waits for the insurer's own word as it wished; else 1."""
    good = upload.state in (UploadState.PUBLISHED, UploadState.CHECKED, UploadState.UNDONE)
    bad_rows = upload.report is not None and upload.report.bad_rows > 0
    return ALL_DONE if good and not bad_rows else SOME_REFUSED


def file_format(path: Path) -> FileFormat:
    """The form of a file, by its name."""
    return FileFormat.JSON_LINES if path.suffix in (".jsonl", ".ndjson") else FileFormat.CSV


def insurer_of(path: Path) -> str | None:
    """The insurer number in a file's first row, or None where it does not show."""
    with path.open("rb") as file:
        head = [file.readline(1 << 16) for _ in range(2)]
    try:
        if file_format(path) is FileFormat.JSON_LINES:
            return str(json.loads(head[0])["insurer_number"])
        # ASCII stands for itself in every encoding that the fund reads.
        header, row = csv.reader(line.removeprefix(b"\xef\xbb\xbf").decode("latin-1") for line in head)
        return row[header.index("insurer_number")]
    except (ValueError, LookupError, TypeError, RecursionError, csv.Error):
        return None
