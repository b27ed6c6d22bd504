"""Parses a claim file part by part: from bytes to claims and faults."""

from __future__ import annotations

import re

from eligibility_api.claims.reading.block import Block, BlockBuilder
from eligibility_api.claims.reading.faults import FaultLog
from eligibility_api.claims.reading.lines import Lines, read_lines
from eligibility_api.claims.reading.numbered import Numbered, is_numbered
from eligibility_api.claims.reading.record_table import HEADERS, KNOWN, PASSED, TRAILERS
from eligibility_api.claims.reading.section import Section
from eligibility_api.contract.claims import ClaimsFault
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.contract.lines import LineCutter

_END = b"\x1a\r"
_RECORD = re.compile("[A-Z]{2}(?=,|$)")
_WITHIN_CLAIM = frozenset(KNOWN - {*HEADERS, *TRAILERS, "RE"})
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
        self._begun = False
        """Whether a line was read that is not empty."""
        self._numbered: Numbered | None = None
        """Takes the numbers off the lines, in the layout in which insurers receive files."""

    def feed(self, part: bytes) -> Block:
        """Parse what ends in `part`, which may be cut anywhere. Raises `claims-unreadable`."""
        block = self._cutter.feed(part)
        if block:
            self._read(block)
        return self._builder.flush()

    def finish(self) -> Block:
        """Parse what ends with the file. Raises `claims-unreadable`."""
        rest = self._cutter.finish().strip(_END)
        has_header = self._read_rest(rest) if rest else False
        if self._section is None and not has_header:
            raise ShikakuError("claims-unreadable")
        if self._section is not None and not rest:
            self._section.finish()
        return self._builder.flush()

    def _read(self, block: bytes) -> None:
        texts, faulty = self._decode(block)
        first, self._line = self._line + 1, self._line + len(texts)
        for number, line in enumerate(texts, first):
            # Fast path for nearly every line: a record of the open claim.
            draft = self._section.draft if self._section is not None else None
            if draft is not None and line[2:3] == "," and line[:2] in _WITHIN_CLAIM and not faulty:
                draft.add_record(number, line[:2], line)
            elif line:
                self._read_line(number, line, faulty.get(number - first))

    def _decode(self, block: bytes) -> Lines:
        """The lines as records; of the layout with numbers, without them."""
        lines = read_lines(block)
        if not self._begun:
            first = next((line for line in lines.texts if line), None)
            self._begun = first is not None
            if first is not None and is_numbered(first):
                self._numbered = Numbered(self._builder.pass_over)
        return lines if self._numbered is None else self._numbered.strip(lines)

    def _read_line(self, number: int, line: str, code: ClaimsFault | None) -> None:
        record = _record_of(line)
        if record in HEADERS:
            self._begin_section(number, record, line, code)
        elif self._section is None:
            self._read_before(number, record, code)
        elif self._section.ended:
            self._read_outside(number, record, code)
        else:
            self._section.add_record(number, record, line, code)

    def _begin_section(self, number: int, record: str, line: str, code: ClaimsFault | None) -> None:
        former = self._section
        if former is not None and former.repeats(line):
            return
        self._section = Section(self._insurer_number, self._builder, has_trailer=self._numbered is None)
        self._section.begin(number, record, line, code, former)
        self._outside = FaultLog(self._builder.add_fault, None)

    def _read_before(self, number: int, record: str | None, code: ClaimsFault | None) -> None:
        """A line before the first header: a file that begins with anything but a record is not read."""
        if record not in KNOWN:
            raise ShikakuError("claims-unreadable")
        self._read_outside(number, record, code)

    def _read_outside(self, number: int, record: str | None, code: ClaimsFault | None) -> None:
        if record is not None and record in PASSED and code is None:
            self._builder.pass_over(record)
        else:
            self._outside.add_whole(number, record, code or ClaimsFault.ORDER)

    def _read_rest(self, rest: bytes) -> bool:
        """A last line without a line break: complete if it ends the last volume, truncated otherwise.

        Returns whether it is a header.
        """
        [line], faulty = self._decode(rest + b"\n")
        number, record = self._line + 1, _record_of(line)
        open_section = self._section if self._section is not None and not self._section.ended else None
        if open_section is None and record in HEADERS:
            self._outside.add_whole(number, record, ClaimsFault.TRUNCATED)
        elif open_section is None or (record == "GO" and line.endswith(_LAST_VOLUME)):
            self._read_line(number, line, faulty.get(0))
        else:
            open_section.truncate(number, record)
        return record in HEADERS


def _record_of(line: str) -> str | None:
    """The two letters that begin a record. Anything else is not reported: it may be any personal data."""
    if line[2:3] == "," and line[:2] in KNOWN:
        return line[:2]
    found = _RECORD.match(line)
    return found[0] if found else None
