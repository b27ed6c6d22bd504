"""The sample receipt files: readable sources in `samples/`, and the bytes that they stand for.

A source is UTF-8, a record a line; lines that begin with `#` are remarks. `{3:1 17:2}` stands for the fields of the days of
a month, `..31` for so many empty fields, `{EOF}` for the byte 0x1A in front of what follows.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

_SOURCES = Path(__file__).parent / "samples"
_DAYS = re.compile(r"\{([0-9: ]*)\}")
_EMPTY = re.compile(r"\.\.([0-9]+)")


@dataclass(frozen=True)
class Sample:
    """A receipt file and the insurer that sends it."""

    name: str
    insurer_number: str
    line_end: bytes = b"\r\n"
    tail: bytes = b""
    """What stands behind the last line break."""

    @property
    def lines(self) -> list[str]:
        """Its records, as they stand in the file."""
        source = (_SOURCES / f"{self.name}.txt").read_text(encoding="utf-8")
        records = [line for line in source.splitlines() if not line.startswith("#")]
        return [written(line) for line in records]

    def joined(self, records: Iterable[bytes]) -> bytes:
        """Records as the lines of a file."""
        whole = b"".join(record + self.line_end for record in records)
        return whole.replace(b"{EOF}" + self.line_end, self.line_end + b"\x1a")

    def body(self) -> bytes:
        """The file."""
        return self.joined(line.encode("cp932") for line in self.lines) + self.tail


SAMPLES = {
    sample.name: sample
    for sample in (
        Sample("medical", "01130012", tail=b"\r\n\r\n"),
        Sample("eras", "138057", line_end=b"\n", tail=b"\x1a"),
        Sample("pharmacy", "01130012", tail=b"\x1a"),
        Sample("aid", "12143210"),
        Sample("volumes", "01130012"),
        Sample("several", "01130012"),
    )
}


def written(source: str) -> str:
    """A record as a file has it."""
    days = _DAYS.sub(lambda found: _month(found[1]), source)
    return _EMPTY.sub(lambda found: "," * (int(found[1]) - 1), days)


def _month(counts: str) -> str:
    of_day = dict(pair.split(":") for pair in counts.split())
    return ",".join(of_day.get(str(day), "") for day in range(1, 32))
