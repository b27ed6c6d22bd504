"""Who of a household is insured where: families under one number. The shares are near those of Japan."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from random import Random

from payer_mock.country.insurers import Insurer, Insurers, Scheme
from payer_mock.country.people import Person, age_on, home_place

_WORKING_FROM = 22
_EMPLOYED = {
    "1": ((60, 0.84), (65, 0.68), (70, 0.36), (75, 0.14)),
    "2": ((60, 0.62), (65, 0.44), (70, 0.20), (75, 0.06)),
}
"""The chance of insurance by employment, by sex, up to an age."""

_ON_ONE_S_OWN = 0.3
"""Of the other adults: who depend on nobody."""

_HEALTH_ASSOCIATION, _SOCIETY = 0.50, 0.86
"""Of those insured by employment: up to the first with the health association, up to the second with a society."""

_TRADE_ASSOCIATION = 0.10
"""Of the households without employment."""

_DISABLED_IN_LATE_ELDERLY = 0.006
"""Of those from 65 to 74: with a recognised disability they may join the late-elderly scheme."""

_MUNICIPAL_SYMBOL = "架空国"


@dataclass(slots=True)
class Family:
    """Those who share one number at an insurer, in the order of their branches."""

    insurer: Insurer
    symbol: str
    members: list[Person]
    insured: Person
    """Whose number it is: by employment the insured person, else the head of the household, a member or not (擬制世帯主)."""


def families_of(
    household: Sequence[Person], insurers: Insurers, as_of: date, rng: Random
) -> Iterator[Family]:
    """The families of a household. A person is insured once, and nobody from 75 on depends on another."""
    place = home_place(household[0].address)
    workers: list[Person] = []
    municipal: list[Person] = []
    dependants: list[Person] = []
    for person in household:
        age = age_on(person.birth_date, as_of)
        if age >= 75 or (age >= 65 and rng.random() < _DISABLED_IN_LATE_ELDERLY):
            yield Family(insurers.nth(Scheme.LATE_ELDERLY, place), "", [person], person)
        elif age >= _WORKING_FROM and rng.random() < _employed(person.sex, age):
            workers.append(person)
        elif age >= _WORKING_FROM and rng.random() < _ON_ONE_S_OWN:
            municipal.append(person)
        else:
            dependants.append(person)
    for worker in workers:
        insurer = employment_insurer(insurers, rng)
        yield Family(insurer, symbol_at(insurer, place, rng), [worker, *dependants], worker)
        dependants = []
    if municipal or dependants:
        insurer = municipal_insurer(insurers, place, rng)
        yield Family(insurer, _MUNICIPAL_SYMBOL, [*municipal, *dependants], household[0])


def employment_insurer(insurers: Insurers, rng: Random) -> Insurer:
    """Where an employed person is insured."""
    draw = rng.random()
    if draw < _HEALTH_ASSOCIATION:
        return insurers.nth(Scheme.HEALTH_ASSOCIATION, 0)
    return insurers.sized(Scheme.SOCIETY if draw < _SOCIETY else Scheme.MUTUAL_AID, rng.random())


def municipal_insurer(insurers: Insurers, place: int, rng: Random) -> Insurer:
    """Where a household without employment is insured: its municipality, or an association of its trade."""
    scheme = Scheme.TRADE_ASSOCIATION if rng.random() < _TRADE_ASSOCIATION else Scheme.MUNICIPAL
    return insurers.nth(scheme, place)


def symbol_at(insurer: Insurer, place: int, rng: Random) -> str:
    """The symbol (記号) of a membership: the branch office of the health association, an employer, a municipality."""
    if insurer.scheme is Scheme.HEALTH_ASSOCIATION:
        return f"架空{place % 47 + 1:02d}"
    if insurer.scheme.by_employment:
        return f"架空{rng.randrange(100, 120)}"
    return _MUNICIPAL_SYMBOL if insurer.scheme is not Scheme.LATE_ELDERLY else ""


def _employed(sex: str, age: int) -> float:
    return next(chance for below, chance in _EMPLOYED[sex] if age < below)
