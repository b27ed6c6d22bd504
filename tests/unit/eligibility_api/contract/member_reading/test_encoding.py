"""Detection of a member file's encoding by its bytes."""

from __future__ import annotations

import pytest

from eligibility_api.contract.errors import ShikakuError
from eligibility_api.contract.member_reading.encoding import detect_encoding
from eligibility_api.contract.uploads import FileEncoding

LINE = "見本,架空県見本市\n"


@pytest.mark.parametrize(
    ("sample", "declared", "encoding"),
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
def test_most_lines_decide_the_encoding(sample: bytes, declared: FileEncoding, encoding: str) -> None:
    assert detect_encoding(sample, declared) == encoding


@pytest.mark.parametrize(
    ("sample", "declared"),
    [
        (LINE.encode("utf-16"), FileEncoding.AUTO),
        (LINE.encode("utf-16-le"), FileEncoding.AUTO),
        (b"a\0b\n", FileEncoding.AUTO),
        (b"\x81\xff\n" * 3, FileEncoding.AUTO),
        (LINE.encode("cp932"), FileEncoding.UTF_8),
        (LINE.encode(), FileEncoding.CP932),
    ],
)
def test_a_file_in_neither_encoding_or_not_in_the_declared_one_is_rejected(
    sample: bytes, declared: FileEncoding
) -> None:
    with pytest.raises(ShikakuError, match="file-encoding"):
        detect_encoding(sample, declared)


@pytest.mark.parametrize("magic", [b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"], ids=["xlsx", "xls"])
@pytest.mark.parametrize("declared", list(FileEncoding))
def test_a_workbook_is_rejected_with_how_to_save_it(magic: bytes, declared: FileEncoding) -> None:
    """Rule F1."""
    with pytest.raises(ShikakuError, match="file-workbook") as refused:
        detect_encoding(magic + b"\0" * 100 + LINE.encode(), declared)
    assert "CSV UTF-8" in refused.value.entry.ja
    assert "CSV UTF-8" in refused.value.entry.en
