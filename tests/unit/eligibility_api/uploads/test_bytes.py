"""What is decided on a file's bytes alone: its encoding, where its lines end; and what a fault tells of a value."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eligibility_api.contract.errors import ShikakuError
from eligibility_api.contract.uploads import FileEncoding
from eligibility_api.domain.text import shape
from eligibility_api.uploads.reading.encoding import decide
from eligibility_api.uploads.reading.lines import LONGEST_LINE, LineCutter

LINE = "見本,架空県見本市\n"


@pytest.mark.parametrize(
    ("sample", "wanted", "encoding"),
    [
        (b"", FileEncoding.AUTO, "utf-8"),
        (b"plain\n", FileEncoding.CP932, "cp932"),
        (LINE.encode(), FileEncoding.AUTO, "utf-8"),
        (LINE.encode("utf-8-sig"), FileEncoding.AUTO, "utf-8"),
        (LINE.encode("cp932"), FileEncoding.AUTO, "cp932"),
        (LINE.encode() * 9 + b"\xff\xfe\n", FileEncoding.AUTO, "utf-8"),
        ("髙﨑①\n".encode("cp932") * 9, FileEncoding.AUTO, "cp932"),
    ],
)
def test_most_lines_decide_the_encoding(sample: bytes, wanted: FileEncoding, encoding: str) -> None:
    assert decide(sample, wanted) == encoding


@pytest.mark.parametrize(
    ("sample", "wanted"),
    [
        (LINE.encode("utf-16"), FileEncoding.AUTO),
        (LINE.encode("utf-16-le"), FileEncoding.AUTO),
        (b"a\0b\n", FileEncoding.AUTO),
        (b"\x81\xff\n" * 3, FileEncoding.AUTO),
        (LINE.encode("cp932"), FileEncoding.UTF_8),
        (LINE.encode(), FileEncoding.CP932),
    ],
)
def test_what_is_neither_or_not_what_was_said_is_refused(sample: bytes, wanted: FileEncoding) -> None:
    with pytest.raises(ShikakuError, match="file-encoding"):
        decide(sample, wanted)


@given(st.lists(st.binary(max_size=50), max_size=20))
def test_cut_anywhere_the_blocks_together_are_all_whole_lines(parts: list[bytes]) -> None:
    cutter = LineCutter()
    whole = b"".join(parts)
    assert b"".join(map(cutter.feed, parts)) == whole[: whole.rfind(b"\n") + 1]


def test_of_a_line_without_end_only_as_much_is_kept_as_shows_that_it_is_too_long() -> None:
    cutter = LineCutter()
    for _ in range(100):
        assert cutter.feed(b"a" * LONGEST_LINE) == b""
    block = cutter.feed(b"\nnext\n")
    assert [len(line) for line in block.splitlines()] == [LONGEST_LINE + 1, 4]


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("2024/02/30", "9999/99/99"),
        ("Ａ1見", "あ9あ"),
        ("a\tb", "aあa"),
        ("", ""),
        ("1" * 50, "9" * 40 + "…"),
    ],
)
def test_a_shape_tells_the_form_and_not_the_value(value: str, told: str) -> None:
    assert shape(value) == told
