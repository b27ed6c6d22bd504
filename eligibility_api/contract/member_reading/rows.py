"""Rules between the valid cells of a row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from eligibility_api.contract.codes import CertificateKind, Relationship
from eligibility_api.contract.identifiers import (
    UnreadableIdentifier,
    is_late_elderly,
    is_welfare_office,
    recipient_number,
)
from eligibility_api.contract.member_reading.block import PositionedFault, Rows, Texts
from eligibility_api.contract.uploads import RowFault

_LATE_ELDERLY_YEARS = 65


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


def scheme_faults(rows: Rows) -> Iterator[PositionedFault]:
    """Rules of the schemes; restores recipients' numbers that lost their zeros.

    Medical aid requires a welfare office and only a recipient number; late-elderly members are the insured.
    """
    texts = rows.texts
    numbers = texts["insurer_number"]
    offices = frozenset(filter(is_welfare_office, set(numbers)))
    elderly = frozenset(filter(is_late_elderly, set(numbers)))
    for position, (number, kind) in enumerate(zip(numbers, texts["certificate_kind"], strict=True)):
        if (kind == CertificateKind.MEDICAL_AID) != (number in offices):
            yield position, "certificate_kind", RowFault.SCHEME
    if offices:
        yield from _recipient_faults(rows, _positions(numbers, offices))
    if elderly:
        yield from _late_elderly_faults(texts, _positions(numbers, elderly))


def _positions(numbers: Sequence[str], of: frozenset[str]) -> Sequence[int]:
    return [position for position, number in enumerate(numbers) if number in of]


def _recipient_faults(rows: Rows, positions: Sequence[int]) -> Iterator[PositionedFault]:
    yield from _insured_alone_faults(rows.texts, ("symbol", "branch"), positions)
    numbers = list(rows.texts["number"])
    for position in positions:
        try:
            numbers[position] = recipient_number(numbers[position], lost_zeros=True)
        except UnreadableIdentifier:
            yield position, "number", RowFault.SCHEME
    rows.texts["number"] = rows.stored["number"] = numbers


def _late_elderly_faults(texts: Texts, positions: Sequence[int]) -> Iterator[PositionedFault]:
    yield from _insured_alone_faults(texts, ("branch",), positions)
    births, acquired = texts["birth_date"], texts["acquired_on"]
    for position in positions:
        born = births[position]
        if f"{int(born[:4]) + _LATE_ELDERLY_YEARS:04d}{born[4:]}" > acquired[position]:
            yield position, "birth_date", RowFault.SCHEME


def _insured_alone_faults(
    texts: Texts, empty: Sequence[str], positions: Sequence[int]
) -> Iterator[PositionedFault]:
    for column in empty:
        cells = texts[column]
        yield from ((position, column, RowFault.SCHEME) for position in positions if cells[position])
    relationships = texts["relationship"]
    for position in positions:
        if relationships[position] != Relationship.INSURED:
            yield position, "relationship", RowFault.SCHEME
