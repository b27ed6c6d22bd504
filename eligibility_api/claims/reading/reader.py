"""A receipt file, part by part: bytes in, receipts and faults out."""

from __future__ import annotations

import re

from eligibility_api.claims.reading.block import Block, Faults, Gathering
from eligibility_api.claims.reading.lines import read_lines
from eligibility_api.claims.reading.records import HEADERS, MEDICAL, PHARMACY
from eligibility_api.claims.reading.section import Section
from eligibility_api.contract.claims import ClaimsFault
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.uploads.reading.lines import LineCutter

_END = b"\x1a\r"
_RECORD = re.compile("[A-Z]{2}(?=,|$)")
_KNOWN = MEDICAL.keys() | PHARMACY.keys()
_OF_RECEIPTS = frozenset(_KNOWN - {*HEADERS, "RE", "GO"})
_LAST_VOLUME = ",99"


class Reader:
    """Reads one file of one insurer in flat memory. Not for use by several threads at a time."""

    def __init__(self, insurer_number: str) -> None:
        self._insurer_number = insurer_number
        self._cutter = LineCutter()
        self._gathering = Gathering()
        self._between = Faults(self._gathering, None)
        self._line = 0
        self._section: Section | None = None

    def feed(self, part: bytes) -> Block:
        """What ends in `part`, which may be cut anywhere. Raises `claims-unreadable`."""
        block = self._cutter.feed(part)
        if block:
            self._read(block)
        return self._gathering.take()

    def finish(self) -> Block:
        """What ends with the file. Raises `claims-unreadable`."""
        rest = self._cutter.finish().strip(_END)
        if rest:
            self._take_rest(rest)
        elif self._section is None:
            raise ShikakuError("claims-unreadable")
        elif not self._section.ended:
            self._section.break_off()
        return self._gathering.take()

    def _read(self, block: bytes) -> None:
        texts, faulty = read_lines(block)
        first, self._line = self._line + 1, self._line + len(texts)
        for number, line in enumerate(texts, first):
            # The way of nearly every line, without a step between: a record of the open receipt.
            draft = self._section.draft if self._section is not None else None
            if draft is not None and line[2:3] == "," and line[:2] in _OF_RECEIPTS and not faulty:
                draft.take(number, line[:2], line)
            elif line:
                self._take(number, line, faulty.get(number - first))

    def _take(self, number: int, line: str, code: ClaimsFault | None) -> None:
        record = _record_of(line)
        if record in HEADERS:
            former, self._section = self._section, Section(self._insurer_number, self._gathering)
            self._section.begin(number, record, line, code, former)
            self._between = Faults(self._gathering, None)
        elif self._section is None:
            raise ShikakuError("claims-unreadable")
        elif self._section.ended:
            self._between.whole(number, record, code or ClaimsFault.ORDER)
        else:
            self._section.take(number, record, line, code)

    def _take_rest(self, rest: bytes) -> None:
        """A last line without a line break: whole where it ends the last volume, or else cut off."""
        [line], faulty = read_lines(rest + b"\n")
        number, record = self._line + 1, _record_of(line)
        open_section = self._section if self._section is not None and not self._section.ended else None
        if open_section is None and record in HEADERS:
            self._between.whole(number, record, ClaimsFault.TRUNCATED)
        elif open_section is None or (record == "GO" and line.endswith(_LAST_VOLUME)):
            self._take(number, line, faulty.get(0))
        else:
            open_section.break_off(number, record)


def _record_of(line: str) -> str | None:
    """The two letters that begin a record. Where none do, what stands there is not told: it may be anything."""
    if line[2:3] == "," and line[:2] in _KNOWN:
        return line[:2]
    found = _RECORD.match(line)
    return found[0] if found else None
