"""The insurer of a member file, from its first row."""

from __future__ import annotations

from pathlib import Path

import pytest

from payer_mock.actions.uploads import insurer_of

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
