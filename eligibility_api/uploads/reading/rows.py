"""Rules between the cells of a row, and the row as the staging table takes it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from eligibility_api.contract.codes import CertificateKind, InsurerKind, Relationship
from eligibility_api.contract.member import insurer_kind
from eligibility_api.contract.numbers import folded, is_beneficiary_number, is_late_elderly_number
from eligibility_api.contract.uploads import RowFault
from eligibility_api.domain.membership import CONTENT, digest_of_texts
from eligibility_api.uploads.reading.groups import Texts
from eligibility_api.uploads.reading.values import Stored

RECORD_COLUMNS = ("row", "membership", "symbol_key", "number_key", "branch_key", *CONTENT, "digest")
"""The columns of `records`."""

_NEVER_EMPTY = frozenset({"nondisclosure", "self_disclosure_blocked"})
_PLAIN = re.compile(r"[0-9A-Za-z]*")
_LATE_ELDERLY_YEARS = 65

PlacedFault = tuple[int, str, RowFault]
"""The row's place in its block (from 0), the column, the rule."""


def period_faults(texts: Texts) -> Iterator[PlacedFault]:
    """An end is later than its beginning, and has a reason."""
    ends, reasons = texts["lost_on"], texts["reason_of_loss"]
    if not any(ends) and not any(reasons):
        return
    for place, (begin, end, reason) in enumerate(zip(texts["acquired_on"], ends, reasons, strict=True)):
        if bool(end) != bool(reason):
            yield place, "reason_of_loss", RowFault.REASON_OF_LOSS
        # Days of ISO 8601 compare as texts.
        if end and end <= begin:
            yield place, "lost_on", RowFault.PERIOD


def scheme_faults(texts: Texts, insurer_number: str) -> Iterator[PlacedFault]:
    """Medical aid is a welfare office's, with a recipient's number alone; the late-elderly are insured by themselves."""
    welfare_office = insurer_kind(insurer_number) is InsurerKind.WELFARE_OFFICE
    for place, kind in enumerate(texts["certificate_kind"]):
        if (kind == CertificateKind.MEDICAL_AID) != welfare_office:
            yield place, "certificate_kind", RowFault.SCHEME
    if welfare_office:
        yield from _recipient_faults(texts)
    elif is_late_elderly_number(insurer_number):
        yield from _late_elderly_faults(texts)


def _recipient_faults(texts: Texts) -> Iterator[PlacedFault]:
    yield from _alone(texts, ("symbol", "branch"))
    for place, number in enumerate(texts["number"]):
        if not is_beneficiary_number(number):
            yield place, "number", RowFault.SCHEME


def _late_elderly_faults(texts: Texts) -> Iterator[PlacedFault]:
    yield from _alone(texts, ("branch",))
    for place, (born, acquired) in enumerate(zip(texts["birth_date"], texts["acquired_on"], strict=True)):
        year = born[:4]
        if year.isdigit() and f"{int(year) + _LATE_ELDERLY_YEARS:04d}{born[4:]}" > acquired:
            yield place, "birth_date", RowFault.SCHEME


def _alone(texts: Texts, empty: Sequence[str]) -> Iterator[PlacedFault]:
    for column in empty:
        yield from ((place, column, RowFault.SCHEME) for place, text in enumerate(texts[column]) if text)
    for place, relationship in enumerate(texts["relationship"]):
        if relationship != Relationship.INSURED:
            yield place, "relationship", RowFault.SCHEME


class Keys:
    """Symbols and numbers folded for comparison; symbols recur."""

    def __init__(self) -> None:
        self._symbols: dict[str, str] = {}

    def symbols(self, texts: Sequence[str]) -> list[str]:
        """Folded symbols."""
        for text in set(texts) - self._symbols.keys():
            self._symbols[text] = folded(text)
        return [self._symbols[text] for text in texts]

    @staticmethod
    def numbers(texts: Sequence[str]) -> Sequence[str]:
        """Folded numbers; plain ASCII is folded already."""
        if all(map(_PLAIN.fullmatch, texts)):
            return texts
        return [folded(text) for text in texts]


def records(
    numbers: Sequence[int], texts: Texts, stored: Mapping[str, Sequence[Stored]], keys: Keys
) -> Iterator[tuple[Any, ...]]:
    """Each row as a tuple of `RECORD_COLUMNS`. `texts` and `stored` hold every item, groups as canonical JSON.

    `membership` is a number that rows share which may be of one member, or of two with one branch.
    """
    symbols, members = keys.symbols(texts["symbol"]), keys.numbers(texts["number"])
    branches, births = texts["branch"], texts["birth_date"]
    memberships = [
        # Without a branch the members of a family share their number: the birth date tells them apart.
        hash((member, symbol, branch or birth))
        for member, symbol, branch, birth in zip(members, symbols, branches, births, strict=True)
    ]
    digests = map(digest_of_texts, zip(*(texts[name] for name in CONTENT), strict=True))
    content = (stored[name] if name not in _NEVER_EMPTY else map(bool, stored[name]) for name in CONTENT)
    return zip(numbers, memberships, symbols, members, branches, *content, digests, strict=True)
