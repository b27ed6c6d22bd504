"""Plausibility findings (要確認): items that age or scheme forbids. They refuse nothing (rules F5 to F8)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Any

from eligibility_api.contract.ages import in_seventies, late_elderly_from, seventies_from
from eligibility_api.contract.codes import CertificateKind, LimitClass
from eligibility_api.contract.identifiers import is_late_elderly
from eligibility_api.contract.member_file import disease_column
from eligibility_api.contract.member_reading.block import PositionedFault, Rows
from eligibility_api.contract.uploads import RowFault

_ENDED_KINDS = frozenset(
    {
        CertificateKind.RETIRED,
        CertificateKind.SHORT_TERM_GENERAL,
        CertificateKind.SHORT_TERM_RETIRED,
        CertificateKind.SPECIAL_RETIRED,
    }
)
"""退職者医療 ended in March 2024, the last 短期被保険者証 in December 2025."""

_LATE_ELDERLY_CLASSES = frozenset({LimitClass.GENERAL_2, LimitClass.GENERAL_1})
_MONTHLY_LIMITS = frozenset({10_000, 20_000})
_LOWEST_RATIO, _LOWEST_ENDED = 10, date(2019, 4, 1)
"""The last members aged 70 to 74 who paid 10 percent, born before 2 April 1944, turned 75 by this day."""

_DAY = timedelta(days=1)


def implausible(rows: Rows, today: date) -> Iterator[PositionedFault]:
    """The plausibility findings of valid rows with their groups (rules F5 to F8)."""
    yield from _of_kinds(rows.texts["certificate_kind"])
    for position, ratio in _filled(rows.stored["burden_ratio"]):
        yield from _of_ratio(rows, position, ratio, today)
    for position, certificate in _filled(rows.stored["elderly_certificate"]):
        yield from _of_elderly_certificate(rows, position, certificate)
    for position, certificate in _filled(rows.stored["limit_certificate"]):
        yield from _of_limit_certificate(rows, position, certificate)
    for position, certificates in _filled(rows.stored["specific_diseases"]):
        for place, certificate in enumerate(certificates, start=1):
            if certificate.get("self_pay", 10_000) not in _MONTHLY_LIMITS:
                yield position, disease_column(place, "self_pay"), RowFault.SELF_PAY


def _filled(column: Sequence[Any]) -> Iterator[tuple[int, Any]]:
    return ((position, value) for position, value in enumerate(column) if value is not None)


def _of_kinds(kinds: Sequence[str]) -> Iterator[PositionedFault]:
    if not _ENDED_KINDS.isdisjoint(kinds):
        for position, kind in enumerate(kinds):
            if kind in _ENDED_KINDS:
                yield position, "certificate_kind", RowFault.CERTIFICATE_KIND_ENDED


def _of_ratio(rows: Rows, position: int, ratio: int, today: date) -> Iterator[PositionedFault]:
    """A ratio of other insurance than the late-elderly scheme is expected of 70 to 74 only, and is 20 or 30."""
    if is_late_elderly(rows.texts["insurer_number"][position]):
        return
    acquired, lost = rows.stored["acquired_on"][position], rows.stored["lost_on"][position]
    day = max(acquired, today if lost is None else min(today, lost - _DAY))
    if not in_seventies(rows.stored["birth_date"][position], day):
        yield position, "burden_ratio", RowFault.RATIO_NOT_EXPECTED
    elif ratio == _LOWEST_RATIO and day >= _LOWEST_ENDED:
        yield position, "burden_ratio", RowFault.RATIO_ENDED


def _of_elderly_certificate(
    rows: Rows, position: int, certificate: dict[str, Any]
) -> Iterator[PositionedFault]:
    """An elderly certificate is for 70 to 74 years outside the late-elderly scheme."""
    birth_date = rows.stored["birth_date"][position]
    first, last = _days(certificate)
    late_elderly = is_late_elderly(rows.texts["insurer_number"][position])
    medical_aid = rows.texts["certificate_kind"][position] == CertificateKind.MEDICAL_AID
    if (
        late_elderly
        or medical_aid
        or last < seventies_from(birth_date)
        or first >= late_elderly_from(birth_date)
    ):
        yield position, "elderly_valid_from", RowFault.RATIO_NOT_EXPECTED
    elif certificate.get("burden_ratio") == _LOWEST_RATIO and last >= _LOWEST_ENDED:
        yield position, "elderly_burden_ratio", RowFault.RATIO_ENDED


def _of_limit_certificate(
    rows: Rows, position: int, certificate: dict[str, Any]
) -> Iterator[PositionedFault]:
    """Classes A are for members under 70, classes B from 70 on, B09 and B10 for the late-elderly scheme."""
    limit_class = certificate["limit_class"]
    late_elderly = is_late_elderly(rows.texts["insurer_number"][position])
    if not late_elderly and limit_class in _LATE_ELDERLY_CLASSES:
        yield position, "limit_class", RowFault.LIMIT_CLASS_SCHEME
        return
    first, last = _days(certificate)
    seventy = seventies_from(rows.stored["birth_date"][position])
    younger = limit_class.startswith("A")
    if (younger and (late_elderly or first >= seventy)) or (
        not younger and not late_elderly and last < seventy
    ):
        yield position, "limit_class", RowFault.LIMIT_CLASS_AGE


def _days(certificate: dict[str, Any]) -> tuple[date, date]:
    last = certificate.get("valid_to")
    return date.fromisoformat(certificate["valid_from"]), date.fromisoformat(last) if last else date.max
