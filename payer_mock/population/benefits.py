"""A member's items beyond the membership: burden ratios, certificates, flags.

The shares are close to Japan's.
"""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

from eligibility_api.contract.codes import LimitCertificateKind, LimitClass, SpecificDisease
from payer_mock.population.insurers import Scheme
from payer_mock.population.residents import Person, birthday, elderly_class_from
from payer_mock.population.rows import Row

BURDEN_FILLED = 0.997
"""Share of late-elderly members whose burden ratio the insurer reports."""

_SPECIFIC_DISEASE = 0.003
_ALIAS = 0.002
_NONDISCLOSURE = 0.0002
_SELF_DISCLOSURE_BLOCKED = 0.0001
_OLD_ADDRESS = 0.002
_YOUNG_CLASSES = (LimitClass.A, LimitClass.I, LimitClass.U, LimitClass.U, LimitClass.E, LimitClass.O)
_ELDERLY_CLASSES = (LimitClass.ACTIVE_2, LimitClass.ACTIVE_1, LimitClass.LOW_2, LimitClass.LOW_1)
_LATE_ELDERLY_CLASSES = (LimitClass.GENERAL_2, LimitClass.GENERAL_1, LimitClass.LOW_2, LimitClass.LOW_1)
_WITH_MEALS = frozenset({LimitClass.O, LimitClass.LOW_2, LimitClass.LOW_1})
_DISEASES = (SpecificDisease.RENAL_FAILURE,) * 46 + (
    SpecificDisease.HAEMOPHILIA,
    SpecificDisease.HIV_BY_BLOOD_PRODUCT,
)


def add_benefits(row: Row, person: Person, scheme: Scheme, as_of: date, rng: Random) -> None:
    """Fill in the items that an insurer reports of a current member on a day."""
    if scheme is not Scheme.WELFARE_OFFICE:
        _add_insurance(row, person, scheme, as_of, rng)
    _add_rarities(row, rng)


def _add_insurance(row: Row, person: Person, scheme: Scheme, as_of: date, rng: Random) -> None:
    _add_certificate(row, scheme, as_of, rng)
    elderly = _in_elderly_class(person.birth_date, as_of)
    if scheme is Scheme.LATE_ELDERLY:
        if rng.random() < BURDEN_FILLED:
            row["burden_ratio"] = _draw(rng, (0.70, "10"), (0.93, "20"), (1.0, "30"))
    elif elderly:
        _add_elderly_certificate(row, person, rng)
    if rng.random() < (0.06 if elderly or scheme is Scheme.LATE_ELDERLY else 0.015):
        add_limit_certificate(row, scheme, as_of, rng)
    if rng.random() < _SPECIFIC_DISEASE:
        _add_disease(row, as_of, rng)


def add_limit_certificate(row: Row, scheme: Scheme, as_of: date, rng: Random) -> None:
    """Add a limit certificate, which ends on the next 31 July.

    It begins on the 1st of the month or the first insured day. Its class is one of the late-elderly scheme,
    of the ages 70 to 74, or of younger members.
    """
    limit_class = rng.choice(_limit_classes(date.fromisoformat(row["birth_date"]), scheme, as_of))
    meals = limit_class in _WITH_MEALS
    row["limit_kind"] = LimitCertificateKind.LIMIT_AND_MEALS if meals else LimitCertificateKind.LIMIT
    row["limit_class"] = limit_class
    first = max(as_of.replace(day=1).isoformat(), row["acquired_on"])
    row["limit_issued_on"] = row["limit_valid_from"] = first
    row["limit_valid_to"] = last_of_july(as_of).isoformat()


def _limit_classes(born: date, scheme: Scheme, day: date) -> tuple[LimitClass, ...]:
    if scheme is Scheme.LATE_ELDERLY:
        return _LATE_ELDERLY_CLASSES
    return _ELDERLY_CLASSES if _in_elderly_class(born, day) else _YOUNG_CLASSES


def _in_elderly_class(born: date, day: date) -> bool:
    return born.year <= day.year - 70 and elderly_class_from(born) <= day


def last_of_july(day: date) -> date:
    """The 31 July on or after a day, when most certificates' year ends."""
    return date(day.year + (day.month > 7), 7, 31)


def _add_certificate(row: Row, scheme: Scheme, as_of: date, rng: Random) -> None:
    if scheme.by_employment:
        issued_on = date.fromisoformat(row["acquired_on"]) + timedelta(days=rng.randrange(3, 12))
        row["issued_on"] = issued_on.isoformat()
        return
    year = last_of_july(as_of)
    row["valid_from"] = max(row["acquired_on"], date(year.year - 1, 8, 1).isoformat())
    row["issued_on"], row["valid_to"] = row["valid_from"], year.isoformat()


def _add_elderly_certificate(row: Row, person: Person, rng: Random) -> None:
    first = max(elderly_class_from(person.birth_date), date.fromisoformat(row["acquired_on"]))
    last = birthday(person.birth_date, 75) - timedelta(days=1)
    row["elderly_issued_on"] = row["elderly_valid_from"] = first.isoformat()
    row["elderly_valid_to"] = last.isoformat()
    row["elderly_burden_ratio"] = _draw(rng, (0.9, "20"), (1.0, "30"))


def _add_disease(row: Row, as_of: date, rng: Random) -> None:
    since = as_of.replace(day=1) - timedelta(days=rng.randrange(1, 1500))
    row["disease_1"] = rng.choice(_DISEASES)
    row["disease_1_issued_on"] = row["disease_1_valid_from"] = max(since.isoformat(), row["acquired_on"])
    row["disease_1_valid_to"] = date(as_of.year + 2, 7, 31).isoformat()
    row["disease_1_self_pay"] = rng.choice(("10000", "20000"))


def _add_rarities(row: Row, rng: Random) -> None:
    if rng.random() < _ALIAS:
        row["name_alias"], row["name_alias_kana"] = "架空　通称", "カクウ　ツウショウ"
    if rng.random() < _NONDISCLOSURE:
        row["nondisclosure"] = "1"
    if rng.random() < _SELF_DISCLOSURE_BLOCKED:
        row["self_disclosure_blocked"] = "1"
    if rng.random() < _OLD_ADDRESS:
        # The register has a newer address: the member did not report the move to the insurer.
        row["address"] = f"架空県旧住所市{rng.randrange(1, 1000)}番地"


def _draw(rng: Random, *bounds: tuple[float, str]) -> str:
    draw = rng.random()
    return next(value for bound, value in bounds if draw < bound)
