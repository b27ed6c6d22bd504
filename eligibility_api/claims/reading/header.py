"""Parses the records that begin and end a section: IR or YK, and GO."""

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
    """A section's institution, claim month and volume."""

    record: str
    institution_code: str
    institution_name: str | None
    claim_month: date
    volume: int

    def continues(self, former: Header) -> bool:
        """Whether this is the volume that follows `former`."""
        own = self.record, self.institution_code, self.claim_month, self.volume
        return own == (former.record, former.institution_code, former.claim_month, former.volume + 1)


def kind_of(record: str, line: str) -> ClaimKind | None:
    """The kind of a section's claims, by its header even if that is faulty; None if unknown."""
    if record == "YK":
        return ClaimKind.PHARMACY
    fields = line.split(",", _FEE_TABLE + 1)
    return _KINDS.get(fields[_FEE_TABLE]) if len(fields) > _FEE_TABLE else None


def read_header(record: str, line: str) -> Header:
    """Parse IR or YK. Raises BadRecord."""
    layout = MEDICAL["IR"] if record == "IR" else PHARMACY["YK"]
    prefecture, fee_table, code, name, month, volume = layout.read(line)
    return Header(record, f"{prefecture}{fee_table}{code}", name, month, volume or 0)


def dental_fault(line: str) -> BadRecord:
    """The fault reported for a dental section, which is not read."""
    return MEDICAL["IR"].fault("点数表", ClaimsFault.NOT_CARRIED, line)


class Totals(NamedTuple):
    """Claims and points above a GO; `points` is None if those of some claim could not be read."""

    claims: int
    points: int | None

    def plus(self, claims: int, points: int | None) -> Totals:
        """These totals and the given ones."""
        known = self.points is not None and points is not None
        return Totals(self.claims + claims, (self.points or 0) + (points or 0) if known else None)

    def match(self, claims: int, points: int) -> bool:
        """Whether a GO's figures are right, as far as that is known."""
        return claims == self.claims and self.points in {points, None}


NO_TOTALS = Totals(0, 0)


def read_trailer(line: str, own: Totals, combined: Totals) -> bool:
    """Parse GO; returns whether it ends the last volume. Raises BadRecord.

    A volume's GO may count that volume alone (`own`), or the previous ones too (`combined`): the rule is not
    public.
    """
    claims, points, volume = MEDICAL["GO"].read(line)
    if not (own.match(claims, points) or combined.match(claims, points)):
        name = "総合計点数" if claims in {own.claims, combined.claims} else "総件数"
        raise MEDICAL["GO"].fault(name, ClaimsFault.TRAILER, line)
    return bool(volume == _LAST_VOLUME)
