"""A member as a patient: her chronic illnesses, who treats them, and what she takes every month.

Drawn from the population's seed and her name, birth date and address: the same in every month, and after a
change of insurers.
"""

from __future__ import annotations

from datetime import date, timedelta
from random import Random
from typing import NamedTuple

from eligibility_api.contract.codes import Relationship, Sex
from eligibility_api.contract.identifiers import is_welfare_office
from eligibility_api.contract.numbers import check_digit
from payer_mock.claims.claim import Institution, Member, PublicExpense
from payer_mock.claims.conditions import CHRONIC, ORAL, YOUNG_CHRONIC, Condition, DrugOrder
from payer_mock.claims.institutions import Institutions
from payer_mock.claims.medicines import Medicine, product
from payer_mock.population.residents import age_on, home_place
from payer_mock.population.rows import Row

_CHRONICALLY_ILL = ((30, 0.12), (45, 0.22), (60, 0.42), (75, 0.68), (130, 0.90))
"""Share of chronically ill people by upper age bound. Close to the shares of people who see a doctor
regularly (国民生活基礎調査, 通院者率: 43 % of all, 70 % from 65 on).
"""

_SECOND_CLINIC = 0.25
"""Share of them who are treated by two institutions."""

_DUPLICATE_DRUG = 0.10
"""Share of those to whom both prescribe the same medicine."""

_DISPENSED_OUTSIDE = 0.78
"""院外処方率: in Japan about four prescriptions in five are dispensed by a pharmacy."""

_GENERIC = 0.80
"""後発医薬品使用割合, by quantity."""

_OTHER_PHARMACY = 0.25
"""Share of prescriptions taken to a pharmacy near home instead of the one next to the clinic."""

_PUBLIC_EXPENSE = 0.02
"""Share of the chronically ill with public expense (自立支援医療 21, 難病 54)."""

_LAWS = ("21", "54")
_ADULT_FROM = 15
_SUPPLIES = (14, 28, 28, 28, 56)
"""Days of supply; drawn with equal chances."""

_NEARBY_CLINICS = 8
"""Number of institutions that a patient chooses from."""

_MAX_DAYS_SINCE_ONSET = 4000
_DRAWN_ON = date(2025, 1, 1)
"""Fixed reference day of the onset of illnesses, so that it does not change from month to month."""


class PrescribedDrug(NamedTuple):
    """A product, and how it is to be taken."""

    medicine: Medicine
    order: DrugOrder


class ChronicCare(NamedTuple):
    """Continuing treatment of chronic illnesses.

    Where, for what, since when, around which day of the month, for how many days of supply. Without a
    pharmacy the clinic dispenses the medicines itself (院内処方).
    """

    clinic: Institution
    pharmacy: Institution | None
    illnesses: tuple[str, ...]
    began_on: date
    prescribed: tuple[PrescribedDrug, ...]
    day: int
    supply: int


class Patient(NamedTuple):
    """The patient of a membership, insured from `since` to the day before `until`."""

    member: Member
    since: date
    until: date
    key: str
    """Random seed of her months."""
    home: int
    care: tuple[ChronicCare, ...]

    def insured_on(self, day: date) -> bool:
        """Whether this membership covers a day."""
        return self.since <= day < self.until


def patient_of(row: Row, institutions: Institutions, seed: int) -> Patient:
    """The patient of a row of a member file."""
    key = f"{seed} {row['name']} {row['birth_date']} {row['address']}"
    rng = Random(key)  # noqa: S311 - reproducible on purpose
    home = home_place(row["address"])
    born = date.fromisoformat(row["birth_date"])
    care = _care(institutions, rng, home, born)
    public = None
    if care and rng.random() < _PUBLIC_EXPENSE and not is_welfare_office(row["insurer_number"]):
        public = _public_expense(rng)
    return Patient(
        _member(row, born, public),
        date.fromisoformat(row["acquired_on"]),
        date.fromisoformat(row["lost_on"]) if "lost_on" in row else date.max,
        key,
        home,
        care,
    )


def prescribe(orders: tuple[DrugOrder, ...], rng: Random) -> tuple[PrescribedDrug, ...]:
    """Choose products for orders, mostly generics."""
    generic = rng.random() < _GENERIC
    return tuple(PrescribedDrug(product(each.ingredient, rng, generic=generic), each) for each in orders)


def draw_clinic(institutions: Institutions, rng: Random, home: int) -> tuple[Institution, Institution | None]:
    """Draw a clinic near home, and the pharmacy of its prescriptions.

    The pharmacy is None where the clinic dispenses medicines itself.
    """
    number = home + rng.randrange(_NEARBY_CLINICS)
    outside, elsewhere = rng.random() < _DISPENSED_OUTSIDE, rng.random() < _OTHER_PHARMACY
    pharmacy = institutions.pharmacy(home if elsewhere else number) if outside else None
    return institutions.clinic(number), pharmacy


def _care(institutions: Institutions, rng: Random, home: int, born: date) -> tuple[ChronicCare, ...]:
    age = max(0, age_on(born, _DRAWN_ON))
    if rng.random() >= next(chance for below, chance in _CHRONICALLY_ILL if age < below):
        return ()
    known = CHRONIC if age >= _ADULT_FROM else YOUNG_CHRONIC
    max_illnesses = min(len(known), 1 + age // 25)
    illnesses = rng.sample(known, rng.randint(1, max_illnesses))
    first = _draw_care(institutions, rng, home, born, illnesses)
    if rng.random() >= _SECOND_CLINIC:
        return (first,)
    second = _draw_care(institutions, rng, home + 1, born, rng.sample(known, 1))
    if second.clinic == first.clinic:
        return (first,)
    again = tuple(each for each in first.prescribed if each.order.act == ORAL)[:1]
    if again and rng.random() < _DUPLICATE_DRUG:
        second = second._replace(prescribed=(*second.prescribed, *again))
    return first, second


def _draw_care(
    institutions: Institutions, rng: Random, home: int, born: date, illnesses: list[Condition]
) -> ChronicCare:
    orders = {order.ingredient: order for each in illnesses for order in rng.choice(each.choices)}
    clinic, pharmacy = draw_clinic(institutions, rng, home)
    return ChronicCare(
        clinic,
        pharmacy,
        tuple(each.name for each in illnesses),
        max(born, _DRAWN_ON - timedelta(days=rng.randrange(200, _MAX_DAYS_SINCE_ONSET))),
        prescribe(tuple(orders.values()), rng),
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
