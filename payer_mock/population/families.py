"""Assigns the members of a household to insurers, and some of them to medical aid.

Those with one number are a family. The shares are close to Japan's.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from random import Random

from payer_mock.population.insurers import Insurer, Insurers, Scheme
from payer_mock.population.residents import Person, age_on, home_place

_WORKING_FROM = 22
_EMPLOYED = {
    "1": ((60, 0.84), (65, 0.68), (70, 0.36), (75, 0.14)),
    "2": ((60, 0.62), (65, 0.44), (70, 0.20), (75, 0.06)),
}
"""The chance of insurance by employment, by sex, up to an age."""

_INDEPENDENT = 0.3
"""Share of the other adults who are not dependants."""

_HEALTH_ASSOCIATION, _SOCIETY = 0.50, 0.86
"""Cumulative shares of employees: up to the first with the health association, up to the second with a
society.
"""

_TRADE_ASSOCIATION = 0.10
"""Share of households without employment that belong to an association of their trade."""

_DISABLED_IN_LATE_ELDERLY = 0.006
"""Share of those aged 65 to 74 who have joined the late-elderly scheme with a recognised disability."""

_MUNICIPAL_SYMBOL = "架空国"

_AID_WITH_EMPLOYMENT, _AID_WITHOUT_EMPLOYMENT = 0.0015, 0.05
"""Share of households with and without employees' insurance on public assistance; together 1.6 % of all
people.
"""


@dataclass(slots=True)
class Family:
    """Persons who share one number at an insurer, in the order of their branches."""

    insurer: Insurer
    symbol: str
    members: list[Person]
    insured: Person
    """The holder of the number: the insured employee, else the head of the household, a member or not
    (擬制世帯主).
    """


def families_of(
    household: Sequence[Person], insurers: Insurers, as_of: date, rng: Random
) -> Iterator[Family]:
    """The families of a household. Each person is insured once; nobody aged 75 or more is a dependant."""
    place = home_place(household[0].address)
    workers: list[Person] = []
    municipal: list[Person] = []
    dependants: list[Person] = []
    for person in household:
        age = age_on(person.birth_date, as_of)
        if age >= 75 or (age >= 65 and rng.random() < _DISABLED_IN_LATE_ELDERLY):
            yield Family(insurers.by_place(Scheme.LATE_ELDERLY, place), "", [person], person)
        elif age >= _WORKING_FROM and rng.random() < _employed(person.sex, age):
            workers.append(person)
        elif age >= _WORKING_FROM and rng.random() < _INDEPENDENT:
            municipal.append(person)
        else:
            dependants.append(person)
    for worker in workers:
        insurer = draw_employment_insurer(insurers, rng)
        yield Family(insurer, draw_symbol(insurer, place, rng), [worker, *dependants], worker)
        dependants = []
    if municipal or dependants:
        insurer = draw_municipal_insurer(insurers, place, rng)
        yield Family(insurer, _MUNICIPAL_SYMBOL, [*municipal, *dependants], household[0])


def draw_employment_insurer(insurers: Insurers, rng: Random) -> Insurer:
    """Draw the insurer of an employed person."""
    draw = rng.random()
    if draw < _HEALTH_ASSOCIATION:
        return insurers.by_place(Scheme.HEALTH_ASSOCIATION, 0)
    return insurers.by_size(Scheme.SOCIETY if draw < _SOCIETY else Scheme.MUTUAL_AID, rng.random())


def draw_municipal_insurer(insurers: Insurers, place: int, rng: Random) -> Insurer:
    """Draw the insurer of a household without employment.

    Its municipality, or an association of its trade.
    """
    scheme = Scheme.TRADE_ASSOCIATION if rng.random() < _TRADE_ASSOCIATION else Scheme.MUNICIPAL
    return insurers.by_place(scheme, place)


def draw_symbol(insurer: Insurer, place: int, rng: Random) -> str:
    """Draw the symbol (記号) of a membership: a branch of the association, an employer, or a municipality."""
    if insurer.scheme is Scheme.HEALTH_ASSOCIATION:
        return f"架空{place % 47 + 1:02d}"
    if insurer.scheme.by_employment:
        return f"架空{rng.randrange(100, 120)}"
    return _MUNICIPAL_SYMBOL if insurer.scheme is not Scheme.LATE_ELDERLY else ""


def with_medical_aid(families: list[Family], insurers: Insurers, rng: Random) -> list[Family]:
    """The families of a household unchanged, or on medical aid (医療扶助).

    On medical aid each person is a recipient of a welfare office. Medical aid is combined with employees'
    insurance and replaces any other: recipients leave national health insurance (国民健康保険法 art. 6) and the
    late-elderly scheme (高齢者の医療の確保に関する法律 art. 51).
    """
    insured = [family for family in families if family.insurer.scheme.by_employment]
    if rng.random() >= (_AID_WITH_EMPLOYMENT if insured else _AID_WITHOUT_EMPLOYMENT):
        return families
    office = insurers.by_place(Scheme.WELFARE_OFFICE, home_place(families[0].members[0].address))
    people = [person for family in families for person in family.members]
    return insured + [Family(office, "", [person], person) for person in people]


def _employed(sex: str, age: int) -> float:
    return next(chance for below, chance in _EMPLOYED[sex] if age < below)
