"""How a sample is damaged: its records are changed, taken away or put in, as they stand in the file (from 1)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.claims.samples import SAMPLES, written

Edit = Callable[[list[bytes]], None]

Told = tuple[int, str | None, int | None, str | None, int | None, str, str | None]
"""A fault as it is told: line, record, field, name, receipt, code, shape."""


@dataclass(frozen=True)
class Damage:
    """A damaged sample, the faults that are told of it, and which of its good receipts (from 1) are lost."""

    sample: str
    name: str
    edits: tuple[Edit, ...]
    faults: tuple[Told, ...]
    lost: tuple[int, ...] = ()
    line_break: bool = True
    """Whether the last line has its end."""

    def __str__(self) -> str:
        return f"{self.sample}: {self.name}"

    @property
    def body(self) -> bytes:
        """The damaged file."""
        sample = SAMPLES[self.sample]
        lines = [line.encode("cp932") for line in sample.lines]
        for edit in self.edits:
            edit(lines)
        whole = sample.joined(line for line in b"\n".join(lines).split(b"\n") if line != _GONE)
        return whole if self.line_break else whole.removesuffix(sample.line_end)


_GONE = b"\x00gone"
"""Stands where a record was taken away until the file is put together: places stay those of the sample."""


def put(line: int, field: int, text: str) -> Edit:
    """Another text in a field."""

    def edit(lines: list[bytes]) -> None:
        fields = lines[line - 1].split(b",")
        fields += [b""] * (field + 1 - len(fields))
        fields[field] = text.encode("cp932")
        lines[line - 1] = b",".join(fields)

    return edit


def more(line: int, fields: int) -> Edit:
    """So many empty fields more."""

    def edit(lines: list[bytes]) -> None:
        lines[line - 1] += b"," * fields

    return edit


def less(line: int, fields: int) -> Edit:
    """The first fields alone."""

    def edit(lines: list[bytes]) -> None:
        lines[line - 1] = b",".join(lines[line - 1].split(b",")[: fields + 1])

    return edit


def gone(first: int, last: int | None = None) -> Edit:
    """Records taken away, without an empty line in their place."""

    def edit(lines: list[bytes]) -> None:
        lines[first - 1 : last or first] = [_GONE] * ((last or first) - first + 1)

    return edit


def behind(line: int, *texts: str) -> Edit:
    """Records put in."""

    def edit(lines: list[bytes]) -> None:
        lines[line - 1] = b"\n".join((lines[line - 1], *(written(text).encode("cp932") for text in texts)))

    return edit


def raw(line: int, record: bytes) -> Edit:
    """Another record, by its bytes."""

    def edit(lines: list[bytes]) -> None:
        lines[line - 1] = record

    return edit


def end_behind(line: int, *, characters: int | None = None) -> Edit:
    """Nothing behind a record, or behind so many of its bytes."""

    def edit(lines: list[bytes]) -> None:
        lines[line - 1] = lines[line - 1][:characters]
        lines[line:] = [_GONE] * (len(lines) - line)

    return edit
