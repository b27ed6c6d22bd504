"""Reads a member file with the fund's own reader: valid rows as requests for the fund, the others as faults."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from eligibility_api.contract.enrolment import EndRequest, EnrolmentRequest
from eligibility_api.contract.member_file import MEMBER_COLUMNS
from eligibility_api.contract.member_items import MEMBER_ITEMS
from eligibility_api.contract.member_reading.block import Block, Rows
from eligibility_api.contract.member_reading.encoding import detect_encoding
from eligibility_api.contract.member_reading.headings import UnknownColumn
from eligibility_api.contract.member_reading.reader import MemberReader
from eligibility_api.contract.uploads import FileEncoding, FileFormat

_PART_BYTES = 64 * 1024
_ITEMS = ("insurer_number", *(item.name for item in MEMBER_ITEMS))


@dataclass(frozen=True, slots=True)
class Member:
    """A valid row: the enrolment (資格取得), and the end of the membership (資格喪失) if there is one.

    `cells` are the canonical texts of its filled columns.
    """

    row: int
    joining: EnrolmentRequest
    leaving: EndRequest | None
    cells: Mapping[str, str]


class MemberFile:
    """A member file of any insurers, read once from its beginning to its end, in flat memory."""

    def __init__(self, path: Path, today: date | None = None) -> None:
        """`today` is the day by which ages are compared; without it there are no plausibility findings.

        Raises OSError, and ShikakuError `file-workbook` or `file-encoding`.
        """
        self._path = path
        found = detect_encoding(_sample(path), FileEncoding.AUTO)
        self._reader: MemberReader[Member] = MemberReader(None, file_format(path), found, today, _members)

    def blocks(self) -> Iterator[Block[Member]]:
        """The rows, some hundred at a time. Raises OSError, HeadingError, and ShikakuError `file-truncated`."""
        with self._path.open("rb") as file:
            while part := file.read(_PART_BYTES):
                yield self._reader.feed(part)
        yield self._reader.finish()

    def unknown_columns(self) -> tuple[UnknownColumn, ...]:
        """Its columns that no member file has; known once a block is read."""
        return tuple(self._reader.unknown_columns)


def file_format(path: Path) -> FileFormat:
    """The format of a file, by its suffix."""
    return FileFormat.JSON_LINES if path.suffix in (".jsonl", ".ndjson") else FileFormat.CSV


def _sample(path: Path) -> bytes:
    """The file's first part that is not plain ASCII, or its first part if all are."""
    with path.open("rb") as file:
        first = part = file.read(_PART_BYTES)
        while part and part.isascii():
            part = file.readline() + file.read(_PART_BYTES)
        return part or first


def _members(rows: Rows) -> Iterator[Member]:
    columns = [column for column in MEMBER_COLUMNS if any(rows.texts[column])]
    for position, row in enumerate(rows.numbers):
        items = {name: rows.stored[name][position] for name in _ITEMS}
        whole = EnrolmentRequest.model_validate({n: value for n, value in items.items() if value is not None})
        joining = whole.model_copy(update={"lost_on": None, "reason_of_loss": None})
        texts = ((column, rows.texts[column][position]) for column in columns)
        yield Member(row, joining, _leaving(whole), {column: text for column, text in texts if text})


def _leaving(whole: EnrolmentRequest) -> EndRequest | None:
    if whole.lost_on is None or whole.reason_of_loss is None:
        return None
    return EndRequest(
        insurer_number=whole.insurer_number,
        symbol=whole.symbol,
        number=whole.number,
        branch=whole.branch,
        birth_date=whole.birth_date,
        lost_on=whole.lost_on,
        reason_of_loss=whole.reason_of_loss,
    )
