"""Invalid member files, with the expected refusal or row fault."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from eligibility_api.contract.member_file import MEMBER_COLUMNS, REQUIRED_COLUMNS

GOOD: Mapping[str, str] = {
    "insurer_number": "01130012",
    "symbol": "見本",
    "branch": "00",
    "relationship": "1",
    "name": "試験　見本",
    "name_kana": "シケン ミホン",
    "sex": "2",
    "birth_date": "1980-05-17",
    "address": "架空県見本市",
    "acquired_on": "2024-04-01",
}


def line(number: str, **cells: str) -> str:
    """A valid row with the given number, with cells replaced."""
    row = {**GOOD, "number": number, **cells}
    return ",".join(row.get(column, "") for column in MEMBER_COLUMNS)


def lines(*rows: str, header: str = ",".join(MEMBER_COLUMNS)) -> str:
    """A file of these rows."""
    return "".join(f"{row}\n" for row in (header, *rows))


@dataclass(frozen=True)
class RefusedFile:
    """A file that is refused as a whole."""

    name: str
    body: bytes
    refusal: str
    query: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class BadRow:
    """A file whose second row below the heading is invalid; its first and third are processed."""

    name: str
    row: bytes
    code: str
    column: str | None = None
    shape: str | None = None


_TWO = lines(line("1"), line("2"))
_WITHOUT_NAME = ",".join(column for column in REQUIRED_COLUMNS if column != "name")

REFUSED_FILES = (
    RefusedFile("one byte", b"a", "file-truncated"),
    RefusedFile("cut off in the middle of a row", _TWO.encode()[:-30], "file-truncated"),
    RefusedFile("UTF-16", _TWO.encode("utf-16"), "file-encoding"),
    RefusedFile("binary", bytes(range(256)) * 40 + b"\n", "file-encoding"),
    RefusedFile("EUC-JP", lines(*(line(str(n), symbol="記号") for n in range(9))).encode("euc-jp"), "file-encoding"),
    RefusedFile("CP932 declared as UTF-8", _TWO.encode("cp932"), "file-encoding", {"encoding": "utf-8"}),
    RefusedFile("UTF-8 declared as CP932", _TWO.encode(), "file-encoding", {"encoding": "cp932"}),
    RefusedFile("no header", f"{line('1')}\n".encode(), "file-header"),
    RefusedFile("a workbook", b"PK\x03\x04" + bytes(400), "file-workbook"),
    RefusedFile("an older workbook", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(400), "file-workbook"),
    RefusedFile("cut off in a character", _TWO.encode() + "試".encode()[:2], "file-truncated"),
    RefusedFile("cut off in a quoted cell", _TWO.encode() + b'01130012,"1', "file-truncated"),
    RefusedFile("cut off behind the row before", lines(line("1")).encode() + b",,", "file-truncated"),
    RefusedFile("a column by two names", lines(header="記号," + ",".join(MEMBER_COLUMNS)).encode(), "file-header"),
    RefusedFile("600 columns", lines(header=",".join(MEMBER_COLUMNS) + "," * 600).encode(), "file-header"),
    RefusedFile("a heading that is never closed", b'"' + lines(line("1")).encode(), "file-header"),
    RefusedFile("a column twice", lines(header="symbol," + ",".join(MEMBER_COLUMNS)).encode(), "file-header"),
    RefusedFile("200 columns", lines(header=",".join(f"column_{n}" for n in range(200))).encode(), "file-header"),
    RefusedFile("no name", lines(header=_WITHOUT_NAME).encode(), "file-header"),
    RefusedFile("a header as long as a file", b"a" * 200_000 + b"\n", "file-header"),
    RefusedFile("all or nothing", lines(line("1"), line("2", sex="9")).encode(), "file-bad-rows", {"bad_rows": "reject-file"}),
    RefusedFile("no valid row", lines(line("1", sex="9")).encode(), "file-bad-rows"),
)  # fmt: skip

BAD_ROWS = (
    BadRow("a formula", line("2", name="=cmd|calc").encode(), "formula", "name", "=aaa|aaaa"),
    BadRow("a formula by minus", line("2", address="-A1").encode(), "formula", "address", "-a9"),
    BadRow("a My Number", line("123456789018").encode(), "my-number-refused", "number", "999999999999"),
    BadRow("a My Number in full width", line("１２３４５６７８９０１８").encode(), "my-number-refused", "number", "あ" * 12),
    BadRow("another insurer's member", line("2", insurer_number="138057").encode(), "other-insurer", "insurer_number", "999999"),
    BadRow("no name", line("2", name="").encode(), "required", "name"),
    BadRow("a day that does not exist", line("2", acquired_on="2024-02-30").encode(), "day", "acquired_on", "9999-99-99"),
    BadRow("a day without its era", line("2", birth_date="60.4.1").encode(), "day", "birth_date", "99.9.9"),
    BadRow("an unknown code", line("2", sex="F").encode(), "code", "sex", "a"),
    BadRow("a branch of three digits", line("2", branch="012").encode(), "form", "branch", "999"),
    BadRow("an end before the beginning", line("2", lost_on="2024-03-31", reason_of_loss="03").encode(), "period", "lost_on", "9999-99-99"),
    BadRow("an end without reason", line("2", lost_on="2025-03-31").encode(), "reason-of-loss", "reason_of_loss"),
    BadRow("a certificate without days", line("2", limit_kind="01", limit_class="A03").encode(), "required", "limit_valid_from"),
    BadRow("medical aid at an insurer", line("2", certificate_kind="A1").encode(), "scheme", "certificate_kind", "a9"),
    BadRow("a control character", line("2", name="試\x07験").encode(), "text", "name", "あああ"),
    BadRow("a cell too many", line("2").encode() + b",x", "cells"),
    BadRow("a number in scientific notation", line("1.23E+11").encode(), "scientific-notation", "number", "9.99a+99"),
    BadRow("an insurer number without its zeros", line("2", insurer_number="1130013").encode(), "leading-zeros", "insurer_number", "9999999"),
    BadRow("no insurer number", line("2", insurer_number="01130013").encode(), "insurer-number", "insurer_number", "99999999"),
    BadRow("a row that ends early", ",".join(line("2").split(",")[:11]).encode(), "cells"),
    BadRow("an unclosed quote", line("2", name='"試験').encode(), "quotes"),
    BadRow("bytes of another encoding", line("2").encode()[:-9] + b"\xff\xfe", "encoding"),
    BadRow("a line without end", b"a" * 70_000, "line-too-long"),
    BadRow("a line of a megabyte", b"a" * 3_000_000, "line-too-long"),
    BadRow("a row twice", line("1").encode(), "duplicate"),
)  # fmt: skip
