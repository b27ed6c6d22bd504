"""Parses a section, one institution's claims from IR or YK to GO, and verifies the totals of GO."""

from __future__ import annotations

from eligibility_api.claims.reading.block import BlockBuilder
from eligibility_api.claims.reading.draft import ClaimContext, Draft
from eligibility_api.claims.reading.faults import BadRecord, FaultLog, bad_record
from eligibility_api.claims.reading.header import (
    NO_TOTALS,
    UNKNOWN_TOTALS,
    Header,
    Totals,
    check_carried,
    kind_of,
    read_header,
    read_trailer,
)
from eligibility_api.claims.reading.medical import MedicalDraft
from eligibility_api.claims.reading.pharmacy import PharmacyDraft
from eligibility_api.claims.reading.record_table import PASSED
from eligibility_api.contract.claims import ClaimKind, ClaimsFault
from eligibility_api.domain.claims import Claim

MAX_REMEMBERED = 100_000
"""Claims of a section among which duplicates are detected."""

_DRAFTS: dict[ClaimKind | None, type[Draft]] = {
    ClaimKind.MEDICAL: MedicalDraft,
    ClaimKind.PHARMACY: PharmacyDraft,
}


class Section:
    """Reads the records of a section in the file's order, from its header on.

    `has_trailer`: whether its layout has a GO, without which it is truncated.
    """

    def __init__(self, insurer_number: str, builder: BlockBuilder, *, has_trailer: bool = True) -> None:
        self.ended = False
        """Whether GO was read."""
        self._has_trailer = has_trailer
        self._header_line = ""
        self._insurer_number = insurer_number
        self._builder = builder
        self._kind: ClaimKind | None = None
        self._header: Header | None = None
        self._context: ClaimContext | None = None
        """None: its claims are counted, but not read."""
        self._faults = FaultLog(builder.add_fault, None)
        self._line = 0
        self._number = 0
        self._open = False
        self.draft: Draft | None = None
        """The open claim, if it is read."""
        self._identities: set[bytes] = set()
        self._own = self._previous = NO_TOTALS
        self._last_volume = False

    def begin(
        self, number: int, record: str, line: str, code: ClaimsFault | None, previous: Section | None
    ) -> None:
        """Read the header. `previous` is the section before, of which this one may be the next volume."""
        self._line, self._header_line = number, line
        self._kind = kind_of(record, line)
        fault: BadRecord | None = None
        try:
            if code is not None:
                raise bad_record(code)
            check_carried(record, line, self._kind)
            self._header, fault = read_header(record, line)
            self._context = ClaimContext(self._insurer_number, self._header, self._builder)
        except BadRecord as bad:
            fault = bad
        if previous is not None:
            self._previous = previous.close_before(self._header)
        if fault is not None:
            self._faults.add_record(number, record, fault)
        if self._header is not None and self._header.volume and self._previous is NO_TOTALS:
            self._previous = UNKNOWN_TOTALS  # the former volumes are other files
        self._builder.count_section()

    def repeats(self, line: str) -> bool:
        """Whether this is the header again, as before every claim in the layout without trailers."""
        return not self._has_trailer and line == self._header_line

    def add_record(self, number: int, record: str | None, line: str, code: ClaimsFault | None) -> None:
        """Read a record after the header; `code` is the fault of the whole line, if any."""
        self._line = number
        if record == "GO" or (record == "HG" and self._context is None):
            self._end(number, line, code)
            return
        if record == "RE":
            self._begin_claim(number)
        draft = self.draft
        if draft is None:
            if self._context is None:
                return
            if record is not None and record in PASSED:
                self._builder.pass_over(record)
            else:
                self._faults.add_whole(number, record, code or ClaimsFault.ORDER)
        elif code is None and record is not None:
            draft.add_record(number, record, line)
        else:
            draft.add_bad_line(number, record, code or ClaimsFault.FIELDS)

    def close_before(self, header: Header | None) -> Totals:
        """Close before another header; returns the totals that it may include as the next volume."""
        continued = (
            header is not None
            and self._header is not None
            and not self._last_volume
            and header.continues(self._header)
        )
        if not self.ended and not continued and self._has_trailer:
            self.truncate()
        self._close()
        return self._previous.plus(self._own) if continued else NO_TOTALS

    def finish(self) -> None:
        """Close at the end of the file."""
        if self._has_trailer and not self.ended:
            self.truncate()
        self._close()

    def truncate(self, number: int | None = None, record: str | None = None) -> None:
        """Close a section that ends without GO, or within a record: on this line, or else its last one.

        Before an incomplete GO the last claim is complete; otherwise it may be truncated and is not stored.
        """
        line = max(self._line, self.draft.line if self.draft is not None else 0)
        self._close(complete=record == "GO")
        FaultLog(self._builder.add_fault, self._number or None).add_whole(
            number or line, record, ClaimsFault.TRUNCATED
        )

    def _begin_claim(self, number: int) -> None:
        self._close()
        self._open = True
        self._number += 1
        if self._context is not None:
            self.draft = _DRAFTS[self._kind](self._context, self._number, number)

    def _end(self, number: int, line: str, code: ClaimsFault | None) -> None:
        self._close()
        self.ended = True
        if self._context is None:
            return
        try:
            if code is not None:
                raise bad_record(code)
            self._last_volume = read_trailer(line, self._own, self._previous.plus(self._own))
        except BadRecord as bad:
            self._faults.add_record(number, "GO", bad)

    def _close(self, *, complete: bool = True) -> None:
        """End the open claim."""
        if not self._open:
            return
        draft = self.draft
        self._open, self.draft = False, None
        self._builder.count_claim(self._kind if draft is None else draft.kind)
        claim = draft.finish() if draft is not None and complete else None
        self._own = self._own.plus(UNKNOWN_TOTALS if draft is None else draft.totals)
        if draft is not None and claim is not None:
            self._store(draft, claim)

    def _store(self, draft: Draft, claim: Claim) -> None:
        identity = claim.identity
        if identity in self._identities:
            draft.faults.add_whole(draft.first_line, "RE", ClaimsFault.DUPLICATE)
            return
        if len(self._identities) >= MAX_REMEMBERED:
            self._identities.clear()
        self._identities.add(identity)
        self._builder.add_claim(claim)
