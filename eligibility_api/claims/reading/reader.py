"""Parses a claim file part by part: from bytes to claims and faults."""

from __future__ import annotations

import re

from eligibility_api.claims.reading.block import Block, BlockBuilder
from eligibility_api.claims.reading.faults import FaultLog
from eligibility_api.claims.reading.lines import read_lines
from eligibility_api.claims.reading.records import HEADERS, MEDICAL, PHARMACY
from eligibility_api.claims.reading.section import Section
from eligibility_api.contract.claims import ClaimsFault
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.contract.lines import LineCutter

_END = b"\x1a\r"
_RECORD = re.compile("[A-Z]{2}(?=,|$)")
_KNOWN = MEDICAL.keys() | PHARMACY.keys()
_WITHIN_CLAIM = frozenset(_KNOWN - {*HEADERS, "RE", "GO"})
_LAST_VOLUME = ",99"


class Reader:
    """Parses one file of one insurer in flat memory. Not thread-safe."""

    def __init__(self, insurer_number: str) -> None:
        self._insurer_number = insurer_number
        self._cutter = LineCutter()
        self._builder = BlockBuilder()
        self._outside = FaultLog(self._builder.add_fault, None)
        self._line = 0
        self._section: Section | None = None

    def feed(self, part: bytes) -> Block:
        """Parse what ends in `part`, which may be cut anywhere. Raises `claims-unreadable`."""
        block = self._cutter.feed(part)
        if block:
            self._read(block)
        return self._builder.flush()

    def finish(self) -> Block:
        """Parse what ends with the file. Raises `claims-unreadable`."""
        rest = self._cutter.finish().strip(_END)
        if rest:
            self._read_rest(rest)
        elif self._section is None:
            raise ShikakuError("claims-unreadable")
        elif not self._section.ended:
            self._section.truncate()
        return self._builder.flush()

    def _read(self, block: bytes) -> None:
        texts, faulty = read_lines(block)
        first, self._line = self._line + 1, self._line + len(texts)
        for number, line in enumerate(texts, first):
            # Fast path for nearly every line: a record of the open claim.
            draft = self._section.draft if self._section is not None else None
            if draft is not None and line[2:3] == "," and line[:2] in _WITHIN_CLAIM and not faulty:
                draft.add_record(number, line[:2], line)
            elif line:
                self._read_line(number, line, faulty.get(number - first))

    def _read_line(self, number: int, line: str, code: ClaimsFault | None) -> None:
        record = _record_of(line)
        if record in HEADERS:
            former, self._section = self._section, Section(self._insurer_number, self._builder)
            self._section.begin(number, record, line, code, former)
            self._outside = FaultLog(self._builder.add_fault, None)
        elif self._section is None:
            raise ShikakuError("claims-unreadable")
        elif self._section.ended:
            self._outside.add_whole(number, record, code or ClaimsFault.ORDER)
        else:
            self._section.add_record(number, record, line, code)

    def _read_rest(self, rest: bytes) -> None:
        """A last line without a line break: complete if it ends the last volume, truncated otherwise."""
        [line], faulty = read_lines(rest + b"\n")
        number, record = self._line + 1, _record_of(line)
        open_section = self._section if self._section is not None and not self._section.ended else None
        if open_section is None and record in HEADERS:
            self._outside.add_whole(number, record, ClaimsFault.TRUNCATED)
        elif open_section is None or (record == "GO" and line.endswith(_LAST_VOLUME)):
            self._read_line(number, line, faulty.get(0))
        else:
            open_section.truncate(number, record)


def _record_of(line: str) -> str | None:
    """The two letters that begin a record. Anything else is not reported: it may be any personal data."""
    if line[2:3] == "," and line[:2] in _KNOWN:
        return line[:2]
    found = _RECORD.match(line)
    return found[0] if found else None
