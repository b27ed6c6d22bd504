"""The sample claim files: readable sources in `samples/`, expanded to the bytes of a file.

A source is UTF-8 with one record per line; lines that begin with `#` are comments. `{3:1 17:2}` expands to the fields of
the days of a month, `..31` to so many empty fields, `{EOF}` to the byte 0x1A before the next record.
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
    """A claim file and the insurer that sends it."""

    name: str
    insurer_number: str
    line_end: bytes = b"\r\n"
    tail: bytes = b""
    """Bytes after the last line break."""

    @property
    def lines(self) -> list[str]:
        """The records of the file."""
        source = (_SOURCES / f"{self.name}.txt").read_text(encoding="utf-8")
        records = [line for line in source.splitlines() if not line.startswith("#")]
        return [expand(line) for line in records]

    def joined(self, records: Iterable[bytes]) -> bytes:
        """Join records as the lines of a file."""
        whole = b"".join(record + self.line_end for record in records)
        return whole.replace(b"{EOF}" + self.line_end, self.line_end + b"\x1a")

    def body(self) -> bytes:
        """The bytes of the file."""
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
        Sample("passed", "01130012"),
        Sample("groups", "01130012"),
        Sample("transfers", "01130012"),
        Sample("numbered", "01130012"),
        Sample("branches", "01130012"),
    )
}


def expand(source: str) -> str:
    """Expand the abbreviations of a source line."""
    days = _DAYS.sub(lambda found: _month(found[1]), source)
    return _EMPTY.sub(lambda found: "," * (int(found[1]) - 1), days)


def _month(counts: str) -> str:
    of_day = dict(pair.split(":") for pair in counts.split())
    return ",".join(of_day.get(str(day), "") for day in range(1, 32))
