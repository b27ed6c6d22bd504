"""A member as a patient: what she lives with for years, who treats her, what she takes month after month.

All of it is drawn from the country's seed and her name, birth date and address: it is the same in every month, and at the
insurer that she goes to.
"""

from __future__ import annotations

from datetime import date, timedelta
from random import Random
from typing import NamedTuple

from eligibility_api.contract.codes import Relationship, Sex
from eligibility_api.contract.numbers import check_digit, is_welfare_office_number
from payer_mock.claims.institutions import Institutions
from payer_mock.claims.medicines import Medicine, product
from payer_mock.claims.receipt import Institution, Member, PublicExpense
from payer_mock.claims.remedies import CHRONIC, ORAL, YOUNG_CHRONIC, Condition, Remedy
from payer_mock.country.people import age_on, home_place
from payer_mock.country.rows import Row

_CHRONICALLY_ILL = ((30, 0.12), (45, 0.22), (60, 0.42), (75, 0.68), (130, 0.90))
"""Up to an age: who takes something month after month. Near the shares of people who see a doctor regularly
(国民生活基礎調査, 通院者率: 43 % of all, 70 % from 65 on).
"""

_SECOND_CLINIC = 0.25
"""Of them: who are treated by two institutions at once."""

_SAME_AGAIN = 0.10
"""Of those: to whom the second prescribes what the first does too."""

_DISPENSED_OUTSIDE = 0.78
"""院外処方率: in Japan about four prescriptions in five are dispensed by a pharmacy."""

_GENERIC = 0.80
"""後発医薬品使用割合, by quantity."""

_OTHER_PHARMACY = 0.25
"""Who takes prescriptions to a pharmacy near home, and not to the one next to the clinic."""

_PUBLIC_EXPENSE = 0.02
"""Of the chronically ill: whom public expense helps (自立支援医療 21, 難病 54)."""

_LAWS = ("21", "54")
_ADULT_FROM = 15
_SUPPLIES = (14, 28, 28, 28, 56)
"""Days for which it is prescribed."""

_WALKING_DISTANCE = 8
"""Among so many institutions people choose."""

_LONGEST_AGO = 4000
_DRAWN_ON = date(2025, 1, 1)
"""As of when illnesses are drawn: a fixed day, so that none begins anew with every month."""


class Prescribed(NamedTuple):
    """A product, and how it is to be taken."""

    medicine: Medicine
    remedy: Remedy


class Care(NamedTuple):
    """Treatment that goes on: where, for what, from when, about which day of the month, for how many days at a time.

    Without a pharmacy the clinic gives the medicines itself (院内処方).
    """

    clinic: Institution
    pharmacy: Institution | None
    illnesses: tuple[str, ...]
    began_on: date
    prescribed: tuple[Prescribed, ...]
    day: int
    supply: int


class Patient(NamedTuple):
    """A membership's patient, insured from `since` to the day before `until`."""

    member: Member
    since: date
    until: date
    key: str
    """What her months are drawn from."""
    home: int
    care: tuple[Care, ...]

    def insured_on(self, day: date) -> bool:
        """Whether this membership covers a day."""
        return self.since <= day < self.until


def patient_of(row: Row, institutions: Institutions, seed: int) -> Patient:
    """The patient behind a row of a member file."""
    key = f"{seed} {row['name']} {row['birth_date']} {row['address']}"
    rng = Random(key)  # noqa: S311 - reproducible on purpose
    home = home_place(row["address"])
    born = date.fromisoformat(row["birth_date"])
    care = _care(institutions, rng, home, born)
    public = None
    if care and rng.random() < _PUBLIC_EXPENSE and not is_welfare_office_number(row["insurer_number"]):
        public = _public_expense(rng)
    return Patient(
        _member(row, born, public),
        date.fromisoformat(row["acquired_on"]),
        date.fromisoformat(row["lost_on"]) if "lost_on" in row else date.max,
        key,
        home,
        care,
    )


def prescribe(remedies: tuple[Remedy, ...], rng: Random) -> tuple[Prescribed, ...]:
    """Products for remedies, generics for most."""
    generic = rng.random() < _GENERIC
    return tuple(Prescribed(product(each.ingredient, rng, generic=generic), each) for each in remedies)


def some_clinic(institutions: Institutions, rng: Random, home: int) -> tuple[Institution, Institution | None]:
    """A clinic near home, and the pharmacy to which its prescriptions go: None where it gives medicines itself."""
    number = home + rng.randrange(_WALKING_DISTANCE)
    outside, elsewhere = rng.random() < _DISPENSED_OUTSIDE, rng.random() < _OTHER_PHARMACY
    pharmacy = institutions.pharmacy(home if elsewhere else number) if outside else None
    return institutions.clinic(number), pharmacy


def _care(institutions: Institutions, rng: Random, home: int, born: date) -> tuple[Care, ...]:
    age = max(0, age_on(born, _DRAWN_ON))
    if rng.random() >= next(share for below, share in _CHRONICALLY_ILL if age < below):
        return ()
    known = CHRONIC if age >= _ADULT_FROM else YOUNG_CHRONIC
    most = min(len(known), 1 + age // 25)
    illnesses = rng.sample(known, rng.randint(1, most))
    first = _course(institutions, rng, home, born, illnesses)
    if rng.random() >= _SECOND_CLINIC:
        return (first,)
    second = _course(institutions, rng, home + 1, born, rng.sample(known, 1))
    if second.clinic == first.clinic:
        return (first,)
    again = tuple(each for each in first.prescribed if each.remedy.act == ORAL)[:1]
    if again and rng.random() < _SAME_AGAIN:
        second = second._replace(prescribed=(*second.prescribed, *again))
    return first, second


def _course(
    institutions: Institutions, rng: Random, home: int, born: date, illnesses: list[Condition]
) -> Care:
    remedies = {remedy.ingredient: remedy for each in illnesses for remedy in rng.choice(each.choices)}
    clinic, pharmacy = some_clinic(institutions, rng, home)
    return Care(
        clinic,
        pharmacy,
        tuple(each.name for each in illnesses),
        max(born, _DRAWN_ON - timedelta(days=rng.randrange(200, _LONGEST_AGO))),
        prescribe(tuple(remedies.values()), rng),
        rng.randint(1, 14),
        rng.choice(_SUPPLIES),
    )


def _public_expense(rng: Random) -> PublicExpense:
    payer, recipient = f"{rng.choice(_LAWS)}13601", f"{rng.randrange(10**6):06d}"
    return PublicExpense(
        payer_number=f"{payer}{check_digit(payer)}",
        recipient_number=f"{recipient}{check_digit(recipient)}",
    )


def _member(row: Row, born: date, public: PublicExpense | None) -> Member:
    return Member(
        insurer_number=row["insurer_number"],
        symbol=row.get("symbol"),
        number=row["number"],
        branch=row.get("branch"),
        birth_date=born,
        name=row["name"],
        sex=Sex(row["sex"]),
        relationship=Relationship(row["relationship"]),
        public_expense=public,
    )
