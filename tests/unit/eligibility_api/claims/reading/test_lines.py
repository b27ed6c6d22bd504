"""Lines of a claim file: encoding, length, line breaks, the byte at a file's end."""

from __future__ import annotations

import pytest

from eligibility_api.claims.reading.lines import read_lines
from eligibility_api.contract.claims import ClaimsFault
from eligibility_api.contract.lines import MAX_LINE_BYTES


@pytest.mark.parametrize(
    ("block", "texts"),
    [
        (b"GO,1\r\nGO,2\n", ["GO,1", "GO,2"]),
        ("HO,見本髙①ｼｹﾝ\r\n".encode("cp932"), ["HO,見本髙①ｼｹﾝ"]),
        (b"GO,1\r\n\r\n\n", ["GO,1", "", ""]),
        (b"\x1aIR,1\r\n", ["IR,1"]),
        (b"GO,1\x1a\r\n\x1a\n", ["GO,1", ""]),
        (b"\n", [""]),
    ],
)
def test_lines_are_returned_without_line_breaks(block: bytes, texts: list[str]) -> None:
    assert read_lines(block) == (texts, {})


@pytest.mark.parametrize(
    "line",
    [
        b"SY,\x81\x20",
        b"SY,\x00",
        b"SY,a\rb",
        b"SY,\x80",
        b"SY,\xa0",
        b"SY,\xfd",
        b"SY,\x1a,",
        b"SY,\t",
        b"SY,\x7f",
    ],
)
def test_bytes_that_cp932_does_not_define_invalidate_their_own_line_only(line: bytes) -> None:
    texts, faulty = read_lines(b"GO,1\r\n" + line + b"\r\nGO,2\r\n")
    assert (texts[0], texts[2], faulty) == ("GO,1", "GO,2", {1: ClaimsFault.ENCODING})
    # Its record is known nevertheless.
    assert texts[1][:2] == line[:2].decode()


def test_the_length_of_a_line_is_limited() -> None:
    maximal = b"SJ," + b"a" * (MAX_LINE_BYTES - 3)
    assert read_lines(maximal + b"\n") == ([maximal.decode()], {})
    texts, faulty = read_lines(b"GO,1\n" + maximal + b"a\nGO,2\n")
    assert faulty == {1: ClaimsFault.LINE_TOO_LONG}
    assert texts[1].startswith("SJ,")
    assert len(texts[1]) <= 100
