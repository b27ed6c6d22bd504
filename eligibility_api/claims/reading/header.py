"""Parses the records that begin and end a section: IR or YK, and GO."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from eligibility_api.claims.reading.faults import BadRecord, bad_record
from eligibility_api.claims.reading.records import MEDICAL, PHARMACY
from eligibility_api.contract.claims import ClaimKind, ClaimsFault

_FEE_TABLE = MEDICAL["IR"].place("点数表")
_KINDS = {"YK": ClaimKind.PHARMACY, "HM": ClaimKind.NURSING}
_KINDS_OF_TABLE = {"1": ClaimKind.MEDICAL, "3": ClaimKind.DENTAL}
_UNREAD = frozenset({ClaimKind.DENTAL, ClaimKind.NURSING})
_RETURNED = "HI"
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
    if record != "IR":
        return _KINDS.get(record)
    fields = line.split(",", _FEE_TABLE + 1)
    return _KINDS_OF_TABLE.get(fields[_FEE_TABLE]) if len(fields) > _FEE_TABLE else None


def check_carried(record: str, line: str, kind: ClaimKind | None) -> None:
    """Raises BadRecord if the sections of this header are not read."""
    if kind is ClaimKind.DENTAL:
        raise MEDICAL["IR"].fault("点数表", ClaimsFault.NOT_CARRIED, line)
    if kind in _UNREAD or record == _RETURNED:
        raise bad_record(ClaimsFault.NOT_CARRIED)


def read_header(record: str, line: str) -> tuple[Header, BadRecord | None]:
    """Parse IR or YK; returns harmless faults too. Raises BadRecord."""
    layout = MEDICAL["IR"] if record == "IR" else PHARMACY["YK"]
    harmless: BadRecord | None = None
    values: Sequence[Any]
    try:
        values = layout.read(line)
    except BadRecord as bad:
        if bad.values is None:
            raise
        values, harmless = bad.values, bad
    prefecture, fee_table, code, name, month, volume = values
    return Header(record, f"{prefecture}{fee_table}{code}", name, month, volume or 0), harmless


class Totals(NamedTuple):
    """Claims (per payer) and points above a GO; each None if those of some claim could not be read."""

    claims: int | None
    points: int | None

    def plus(self, other: Totals) -> Totals:
        """These totals and others."""
        return Totals(_sum(self.claims, other.claims), _sum(self.points, other.points))

    def match(self, claims: int | None, points: int | None) -> bool:
        """Whether a GO's figures are right, as far as both are known."""
        return _agree(self.claims, claims) and _agree(self.points, points)


NO_TOTALS = Totals(0, 0)
UNKNOWN_TOTALS = Totals(None, None)


def _sum(one: int | None, other: int | None) -> int | None:
    return None if one is None or other is None else one + other


def _agree(one: int | None, other: int | None) -> bool:
    return one is None or other is None or one == other


def read_trailer(line: str, own: Totals, combined: Totals) -> bool:
    """Parse GO; returns whether it ends the last volume. Raises BadRecord.

    総件数 counts the insurance and each public expense of a claim (a claim with one of each is 2), 総合計点数 the
    points of its first payer. Only the last volume has them, for all volumes (`combined`); some programs
    count a volume alone (`own`).
    """
    claims, points, volume = MEDICAL["GO"].read(line)
    is_last: bool = volume == _LAST_VOLUME
    if volume is None or is_last:
        for name, figure in (("総件数", claims), ("総合計点数", points)):
            if figure is None:
                raise MEDICAL["GO"].fault(name, ClaimsFault.REQUIRED, line)
    if not (own.match(claims, points) or combined.match(claims, points)):
        right_count = _agree(own.claims, claims) or _agree(combined.claims, claims)
        name = "総合計点数" if right_count else "総件数"
        raise MEDICAL["GO"].fault(name, ClaimsFault.TRAILER, line)
    return is_last
