"""Whether a file was written to its end."""

from __future__ import annotations

import io
import zipfile

import pytest

from clinic_terminal.exchange.folder.completeness import TAIL_BYTES, ends_complete
from tests.builders.clinic.folder import CONTENT


def zipped() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        file.writestr("OQSsiquc01req_1.xml", CONTENT)
    return buffer.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        CONTENT,
        CONTENT.rstrip(),
        CONTENT + b"\r\n\r\n\t ",
        CONTENT + b"\x1a",
        "架空</XmlMsg>".encode("cp932"),
        zipped(),
    ],
    ids=["with a line end", "without one", "white space", "end-of-file mark", "Shift_JIS", "ZIP"],
)
def test_a_complete_file(content: bytes) -> None:
    assert ends_complete(content[-TAIL_BYTES:], is_zip=content.startswith(b"PK"))


@pytest.mark.parametrize("whole", [CONTENT, zipped()], ids=["XML", "ZIP"])
def test_no_beginning_of_a_file_is_complete(whole: bytes) -> None:
    is_zip = whole.startswith(b"PK")
    complete = whole if is_zip else whole.rstrip()
    assert len(complete) > 50
    for length in range(len(complete)):
        assert not ends_complete(complete[:length][-TAIL_BYTES:], is_zip=is_zip)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"</XmlMsg",
        b"</xmlmsg>",
        CONTENT + b"\0" * 100,
        CONTENT + b"<",
        CONTENT.decode().encode("utf-16"),
    ],
    ids=["empty", "cut", "another tag", "space reserved by a copy", "more text", "UTF-16"],
)
def test_anything_else_is_incomplete(content: bytes) -> None:
    assert not ends_complete(content[-TAIL_BYTES:], is_zip=content.startswith(b"PK"))
