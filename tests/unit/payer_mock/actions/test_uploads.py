"""The insurer of a member file, from its first row, and since when an upload is shown as published."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from eligibility_api.contract.uploads import UploadAnswer, UploadState
from payer_mock.actions.uploads import as_visible, insurer_of

CSV = "number,insurer_number,name\n1,01130012,架空　花子\n"


@pytest.mark.parametrize(
    ("name", "content", "insurer_number"),
    [
        ("members.csv", CSV.encode(), "01130012"),
        (
            "members.csv",
            b"\xef\xbb\xbf" + CSV.replace("number,insurer_number", "insurer_number,number").encode(),
            None,
        ),
        ("members.csv", CSV.encode("cp932"), "01130012"),
        ("members.txt", CSV.replace("\n", "\r\n").encode(), "01130012"),
        ("members.jsonl", b'{"insurer_number": "138057"}\n', "138057"),
        ("members.csv", b"", None),
        ("members.csv", b"number,name\n1,x\n", None),
        ("members.csv", b"insurer_number\n", None),
        ("members.jsonl", b"[]\n", None),
        ("members.jsonl", b"[" * 60_000, None),
    ],
)
def test_the_insurer_number_is_read_in_any_format_and_encoding(
    tmp_path: Path, name: str, content: bytes, insurer_number: str | None
) -> None:
    (tmp_path / name).write_bytes(content)
    assert insurer_of(tmp_path / name) == insurer_number


NOW = datetime(2026, 11, 30, 5, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "visible"),
    [(None, True), (-1.0, True), (0.0, True), (0.001, False), (4.0, False), (60.0, True)],
    ids=["unknown", "past", "now", "next", "the longest lead", "another clock"],
)
@pytest.mark.parametrize(
    ("state", "former", "instant"),
    [
        (UploadState.PUBLISHED, UploadState.PUBLISHING, "known_from"),
        (UploadState.UNDONE, UploadState.UNDOING, "undone_from"),
    ],
)
def test_an_upload_is_published_or_undone_once_readers_find_it_so(
    state: UploadState, former: UploadState, instant: str, seconds: float | None, *, visible: bool
) -> None:
    instants = {} if seconds is None else {instant: NOW + timedelta(seconds=seconds)}
    upload = UploadAnswer(upload_id="x", state=state, received_at=NOW, size=1, **instants)  # type: ignore[arg-type]
    assert as_visible(upload, NOW).state is (state if visible else former)
    assert as_visible(upload, NOW).model_copy(update={"state": state}) == upload
