"""Rules between the valid cells of a row, and the row as a record of the staging table."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from eligibility_api.contract.codes import CertificateKind, InsurerKind, Relationship
from eligibility_api.contract.member import insurer_kind
from eligibility_api.contract.member_items import MEMBER_ITEMS, Kind
from eligibility_api.contract.numbers import folded, is_beneficiary_number, is_late_elderly_number
from eligibility_api.contract.uploads import RowFault
from eligibility_api.domain.membership import CONTENT, digest_of_texts
from eligibility_api.uploads.reading.groups import Texts
from eligibility_api.uploads.reading.values import Stored

RECORD_COLUMNS = ("row", "membership", "symbol_key", "number_key", "branch_key", *CONTENT, "digest")
"""The columns of `records`."""

_FLAGS = frozenset(item.name for item in MEMBER_ITEMS if item.kind is Kind.FLAG)
_PLAIN = re.compile(r"[0-9A-Za-z]{0,20}")
_LATE_ELDERLY_YEARS = 65
_MAX_CACHED = 20_000

PositionedFault = tuple[int, str, RowFault]
"""The row's position in its block (from 0), the column, the rule."""


def period_faults(texts: Texts) -> Iterator[PositionedFault]:
    """An end must be later than the beginning, and have a reason."""
    ends, reasons = texts["lost_on"], texts["reason_of_loss"]
    if not any(ends) and not any(reasons):
        return
    for position, (begin, end, reason) in enumerate(zip(texts["acquired_on"], ends, reasons, strict=True)):
        if bool(end) != bool(reason):
            yield position, "reason_of_loss", RowFault.REASON_OF_LOSS
        # ISO 8601 dates compare correctly as texts.
        if end and end <= begin:
            yield position, "lost_on", RowFault.PERIOD


def scheme_faults(texts: Texts, insurer_number: str) -> Iterator[PositionedFault]:
    """Rules of the schemes.

    Medical aid requires a welfare office and only a recipient number; late-elderly members are the insured.
    """
    welfare_office = insurer_kind(insurer_number) is InsurerKind.WELFARE_OFFICE
    for position, kind in enumerate(texts["certificate_kind"]):
        if (kind == CertificateKind.MEDICAL_AID) != welfare_office:
            yield position, "certificate_kind", RowFault.SCHEME
    if welfare_office:
        yield from _recipient_faults(texts)
    elif is_late_elderly_number(insurer_number):
        yield from _late_elderly_faults(texts)


def _recipient_faults(texts: Texts) -> Iterator[PositionedFault]:
    yield from _insured_alone_faults(texts, ("symbol", "branch"))
    for position, number in enumerate(texts["number"]):
        if not is_beneficiary_number(number):
            yield position, "number", RowFault.SCHEME


def _late_elderly_faults(texts: Texts) -> Iterator[PositionedFault]:
    yield from _insured_alone_faults(texts, ("branch",))
    for position, (born, acquired) in enumerate(zip(texts["birth_date"], texts["acquired_on"], strict=True)):
        if f"{int(born[:4]) + _LATE_ELDERLY_YEARS:04d}{born[4:]}" > acquired:
            yield position, "birth_date", RowFault.SCHEME


def _insured_alone_faults(texts: Texts, empty: Sequence[str]) -> Iterator[PositionedFault]:
    for column in empty:
        yield from (
            (position, column, RowFault.SCHEME) for position, text in enumerate(texts[column]) if text
        )
    for position, relationship in enumerate(texts["relationship"]):
        if relationship != Relationship.INSURED:
            yield position, "relationship", RowFault.SCHEME


class KeyFolder:
    """Folds symbols and numbers for comparison, with a cache for symbols, which recur."""

    def __init__(self) -> None:
        self._symbols: dict[str, str] = {}

    def symbols(self, texts: Sequence[str]) -> list[str]:
        """Folded symbols."""
        if len(self._symbols) > _MAX_CACHED:
            self._symbols.clear()
        for text in set(texts) - self._symbols.keys():
            self._symbols[text] = folded(text)
        return [self._symbols[text] for text in texts]

    @staticmethod
    def numbers(texts: Sequence[str]) -> Sequence[str]:
        """Folded numbers. Plain ASCII needs no folding."""
        if all(map(_PLAIN.fullmatch, texts)):
            return texts
        return [folded(text) for text in texts]


def records(
    numbers: Sequence[int], texts: Texts, stored: Mapping[str, Sequence[Stored]], keys: KeyFolder
) -> Iterator[tuple[Any, ...]]:
    """Each row as a tuple of `RECORD_COLUMNS`.

    `texts` and `stored` hold every item, groups as canonical JSON.

    `membership` is equal for rows that may concern the same member, or two members with the same branch.
    """
    symbols, members = keys.symbols(texts["symbol"]), keys.numbers(texts["number"])
    branches, births = texts["branch"], texts["birth_date"]
    memberships = [
        # Without a branch the members of a family share their number; the birth date distinguishes them.
        hash((member, symbol, branch or birth))
        for member, symbol, branch, birth in zip(members, symbols, branches, births, strict=True)
    ]
    digests = map(digest_of_texts, zip(*(texts[name] for name in CONTENT), strict=True))
    content = (stored[name] if name not in _FLAGS else map(bool, stored[name]) for name in CONTENT)
    return zip(numbers, memberships, symbols, members, branches, *content, digests, strict=True)
