"""The records that begin and end a section: IR or YK, and GO."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from eligibility_api.claims.reading.faults import BadRecord
from eligibility_api.claims.reading.records import MEDICAL, PHARMACY
from eligibility_api.contract.claims import ClaimKind, ClaimsFault

_FEE_TABLE = MEDICAL["IR"].place("点数表")
_KINDS = {"1": ClaimKind.MEDICAL, "3": ClaimKind.DENTAL}
_LAST_VOLUME = "99"


@dataclass(frozen=True, slots=True)
class Header:
    """Whose claim a section is, for which month, and which volume of it."""

    record: str
    institution_code: str
    institution_name: str | None
    claim_month: date
    volume: int

    def continues(self, former: Header) -> bool:
        """Whether this is the volume that follows `former`."""
        mine = self.record, self.institution_code, self.claim_month, self.volume
        return mine == (former.record, former.institution_code, former.claim_month, former.volume + 1)


def kind_of(record: str, line: str) -> ClaimKind | None:
    """What a section holds, as its header tells even where it is faulty."""
    if record == "YK":
        return ClaimKind.PHARMACY
    fields = line.split(",", _FEE_TABLE + 1)
    return _KINDS.get(fields[_FEE_TABLE]) if len(fields) > _FEE_TABLE else None


def read_header(record: str, line: str) -> Header:
    """IR or YK. Raises BadRecord."""
    layout = MEDICAL["IR"] if record == "IR" else PHARMACY["YK"]
    prefecture, fee_table, code, name, month, volume = layout.read(line)
    return Header(record, f"{prefecture}{fee_table}{code}", name, month, volume or 0)


def not_carried(line: str) -> BadRecord:
    """What is said of a dental section, which is not read."""
    return MEDICAL["IR"].fault("点数表", ClaimsFault.NOT_CARRIED, line)


class Totals(NamedTuple):
    """What stands above a GO: receipts and points; None where some receipt's points could not be read."""

    receipts: int
    points: int | None

    def plus(self, receipts: int, points: int | None) -> Totals:
        """With so many more."""
        known = self.points is not None and points is not None
        return Totals(self.receipts + receipts, (self.points or 0) + (points or 0) if known else None)

    def fit(self, receipts: int, points: int) -> bool:
        """Whether these figures are right, as far as that can be told."""
        return receipts == self.receipts and self.points in {points, None}


NOTHING = Totals(0, 0)


def read_trailer(line: str, own: Totals, together: Totals) -> bool:
    """Whether GO ends the last volume. Raises BadRecord.

    A volume's GO may count that volume alone (`own`), or those before it too (`together`): which is not public.
    """
    receipts, points, volume = MEDICAL["GO"].read(line)
    if not (own.fit(receipts, points) or together.fit(receipts, points)):
        name = "総合計点数" if receipts in {own.receipts, together.receipts} else "総件数"
        raise MEDICAL["GO"].fault(name, ClaimsFault.TRAILER, line)
    return bool(volume == _LAST_VOLUME)
