"""Corrupts a sample: its records are changed, removed or inserted, by their line in the file (from 1)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.claims.samples import SAMPLES, expand

Edit = Callable[[list[bytes]], None]

ExpectedFault = tuple[int, str | None, int | None, str | None, int | None, str, str | None]
"""A fault as reported: line, record, field, name, claim, code, shape."""


@dataclass(frozen=True)
class CorruptedSample:
    """A corrupted sample, the faults that are reported, and which of its good claims (from 1) are lost or changed."""

    sample: str
    name: str
    edits: tuple[Edit, ...]
    faults: tuple[ExpectedFault, ...]
    lost: tuple[int, ...] = ()
    line_break: bool = True
    """Whether the last line has a line end."""
    changed: tuple[int, ...] = ()
    """Claims that count, but not as without the corruption."""

    def __str__(self) -> str:
        return f"{self.sample}: {self.name}"

    @property
    def body(self) -> bytes:
        """The corrupted file."""
        sample = SAMPLES[self.sample]
        lines = [line.encode("cp932") for line in sample.lines]
        for edit in self.edits:
            edit(lines)
        whole = sample.joined(line for line in b"\n".join(lines).split(b"\n") if line != _REMOVED)
        return whole if self.line_break else whole.removesuffix(sample.line_end)


_REMOVED = b"\x00removed"
"""Placeholder of a removed record until the file is joined, so that line numbers stay those of the sample."""


def set_field(line: int, field: int, text: str) -> Edit:
    """Replace the text of a field."""

    def edit(lines: list[bytes]) -> None:
        fields = lines[line - 1].split(b",")
        fields += [b""] * (field + 1 - len(fields))
        fields[field] = text.encode("cp932")
        lines[line - 1] = b",".join(fields)

    return edit


def append_fields(line: int, fields: int) -> Edit:
    """Append empty fields."""

    def edit(lines: list[bytes]) -> None:
        lines[line - 1] += b"," * fields

    return edit


def keep_fields(line: int, fields: int) -> Edit:
    """Keep only the first fields."""

    def edit(lines: list[bytes]) -> None:
        lines[line - 1] = b",".join(lines[line - 1].split(b",")[: fields + 1])

    return edit


def remove_records(first: int, last: int | None = None) -> Edit:
    """Remove records, leaving no empty lines."""

    def edit(lines: list[bytes]) -> None:
        lines[first - 1 : last or first] = [_REMOVED] * ((last or first) - first + 1)

    return edit


def insert_after(line: int, *texts: str) -> Edit:
    """Insert records after a line."""

    def edit(lines: list[bytes]) -> None:
        lines[line - 1] = b"\n".join((lines[line - 1], *(expand(text).encode("cp932") for text in texts)))

    return edit


def replace_record(line: int, record: bytes) -> Edit:
    """Replace a record by other bytes."""

    def edit(lines: list[bytes]) -> None:
        lines[line - 1] = record

    return edit


def truncate_after(line: int, *, characters: int | None = None) -> Edit:
    """Truncate the file after a record, or after so many of its bytes."""

    def edit(lines: list[bytes]) -> None:
        lines[line - 1] = lines[line - 1][:characters]
        lines[line:] = [_REMOVED] * (len(lines) - line)

    return edit
