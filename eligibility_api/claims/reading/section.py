"""One institution's claim, IR or YK to GO: its receipts one behind the other, and whether GO counts them."""

from __future__ import annotations

from eligibility_api.claims.reading.block import Faults, Gathering
from eligibility_api.claims.reading.draft import Draft, Surroundings
from eligibility_api.claims.reading.faults import BadRecord, whole
from eligibility_api.claims.reading.header import (
    NOTHING,
    Header,
    Totals,
    kind_of,
    not_carried,
    read_header,
    read_trailer,
)
from eligibility_api.claims.reading.medical import MedicalDraft
from eligibility_api.claims.reading.pharmacy import PharmacyDraft
from eligibility_api.contract.claims import ClaimKind, ClaimsFault
from eligibility_api.domain.claims import Claim

MOST_REMEMBERED = 100_000
"""Receipts among which one that stands twice is found."""

_DRAFTS: dict[ClaimKind | None, type[Draft]] = {
    ClaimKind.MEDICAL: MedicalDraft,
    ClaimKind.PHARMACY: PharmacyDraft,
}


class Section:
    """Takes the records of a section in the file's order, from its header on."""

    def __init__(self, insurer_number: str, gathering: Gathering) -> None:
        self.ended = False
        """Whether GO has come."""
        self._insurer_number = insurer_number
        self._gathering = gathering
        self._kind: ClaimKind | None = None
        self._header: Header | None = None
        self._surroundings: Surroundings | None = None
        """None: its receipts are counted, and not read."""
        self._faults = Faults(gathering, None)
        self._line = 0
        self._place = 0
        self._open = False
        self.draft: Draft | None = None
        """The open receipt, where it is read."""
        self._seen: set[bytes] = set()
        self._own = self._former = NOTHING
        self._last_volume = False

    def begin(
        self, number: int, record: str, line: str, code: ClaimsFault | None, former: Section | None
    ) -> None:
        """The header. `former` is the section before, of which this one may be the next volume."""
        self._line = number
        self._kind = kind_of(record, line)
        try:
            if code is not None:
                raise whole(code)
            self._header = read_header(record, line)
            if former is not None:
                self._former = former.end_before(self._header)
            if self._kind is ClaimKind.DENTAL:
                raise not_carried(line)
        except BadRecord as bad:
            if self._header is None and former is not None:
                former.end_before(None)
            self._faults.bad(number, record, bad)
        else:
            self._surroundings = Surroundings(self._insurer_number, self._header, self._gathering)
        self._gathering.section()

    def take(self, number: int, record: str | None, line: str, code: ClaimsFault | None) -> None:
        """A record behind the header; `code` says what is wrong with the whole line."""
        self._line = number
        if record == "GO":
            self._end(number, line, code)
            return
        if record == "RE":
            self._next(number)
        draft = self.draft
        if draft is None:
            if self._surroundings is not None:
                self._faults.whole(number, record, code or ClaimsFault.ORDER)
        elif code is None and record is not None:
            draft.take(number, record, line)
        else:
            draft.take_bad(number, record, code or ClaimsFault.UNKNOWN_RECORD)

    def end_before(self, header: Header | None) -> Totals:
        """Another header comes: what it may count together with its own, as the next volume."""
        continued = (
            header is not None
            and self._header is not None
            and not self._last_volume
            and header.continues(self._header)
        )
        if not self.ended and not continued:
            self.break_off()
        self._close()
        return self._former.plus(*self._own) if continued else NOTHING

    def break_off(self, number: int | None = None, record: str | None = None) -> None:
        """It ends without GO, or within a record: on this line, or else its last one.

        What GO begins to count is whole; otherwise the last receipt may have been cut off, and does not count.
        """
        line = max(self._line, self.draft.line if self.draft is not None else 0)
        self._close(complete=record == "GO")
        Faults(self._gathering, self._place or None).whole(number or line, record, ClaimsFault.TRUNCATED)

    def _next(self, number: int) -> None:
        self._close()
        self._open = True
        self._place += 1
        if self._surroundings is not None:
            self.draft = _DRAFTS[self._kind](self._surroundings, self._place, number)

    def _end(self, number: int, line: str, code: ClaimsFault | None) -> None:
        self._close()
        self.ended = True
        if self._surroundings is None:
            return
        try:
            if code is not None:
                raise whole(code)
            self._last_volume = read_trailer(line, self._own, self._former.plus(*self._own))
        except BadRecord as bad:
            self._faults.bad(number, "GO", bad)

    def _close(self, *, complete: bool = True) -> None:
        """The open receipt is over."""
        if not self._open:
            return
        draft = self.draft
        self._open, self.draft = False, None
        self._gathering.ended(self._kind if draft is None else draft.kind)
        receipt = draft.finish() if draft is not None and complete else None
        self._own = self._own.plus(1, None if draft is None else draft.points)
        if draft is not None and receipt is not None:
            self._keep(draft, receipt)

    def _keep(self, draft: Draft, receipt: Claim) -> None:
        identity = receipt.identity
        if identity in self._seen:
            draft.faults.whole(draft.first_line, "RE", ClaimsFault.DUPLICATE)
            return
        if len(self._seen) >= MOST_REMEMBERED:
            self._seen.clear()
        self._seen.add(identity)
        self._gathering.receipts.append(receipt)
