"""The file of insurers for bulk admission."""

from __future__ import annotations

from pathlib import Path

import pytest

from eligibility_api.facilities.insurers_file import read_insurers
from eligibility_api.platform.errors import OperatorError

HEADER = b"insurer_number,name\n"
ONE = "01130012,架空健康保険協会\n".encode()


def file_of(folder: Path, content: bytes) -> Path:
    path = folder / "insurers.csv"
    path.write_bytes(content)
    return path


def test_insurers_are_read_in_order(tmp_path: Path) -> None:
    file = file_of(tmp_path, b"\xef\xbb\xbf" + HEADER + "138057,架空市\n".encode() + ONE)
    assert list(read_insurers(file).items()) == [("138057", "架空市"), ("01130012", "架空健康保険協会")]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "must begin with the line insurer_number,name"),
        (b"name,insurer_number\n" + ONE, "must begin with the line"),
        (HEADER, "names no insurer"),
        (HEADER + ONE + b"01130013,x\n", "Line 3 .* check digit"),
        (HEADER + b"01130012,  \n", "Line 2"),
        (HEADER + b"01130012\n", "Line 2"),
        (HEADER + ONE + ONE, "Line 3 .* repeats"),
        (HEADER + "01130012,架空".encode("cp932"), "CSV in UTF-8"),
        (HEADER + b'01130012,"x\n', "CSV in UTF-8"),
    ],
)
def test_an_invalid_file_is_reported_by_line(tmp_path: Path, content: bytes, sentence: str) -> None:
    with pytest.raises(OperatorError, match=sentence):
        read_insurers(file_of(tmp_path, content))


def test_a_missing_file_is_reported(tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match="not readable"):
        read_insurers(tmp_path / "missing.csv")
