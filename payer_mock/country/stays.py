"""A family's memberships over the last five years: since when it is where it is, and where it was before."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from eligibility_api.contract.codes import ReasonOfLoss
from payer_mock.country.families import Family, employment_insurer, municipal_insurer, symbol_at
from payer_mock.country.insurers import Insurer, Insurers, Scheme
from payer_mock.country.people import Person, birthday, home_place

_FIVE_YEARS = 1826
_MOVED_LATELY = 0.22
_LONGEST_ASSISTANCE = 5000
_EMPLOYED_FROM = 18
_WAS_MUNICIPAL = 0.3
_DIED_LATELY = 0.01
"""Of the late-elderly members: of whom only the insurer knows that they died."""

_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Stay:
    """A family at an insurer: from its first insured day to the first uninsured one (None: still)."""

    family: Family
    since: date
    until: date | None = None
    reason: ReasonOfLoss | None = None


def stays_of(family: Family, insurers: Insurers, as_of: date, rng: Random) -> Iterator[Stay]:
    """The family's present stay and, where it came within five years, the one before. All before `as_of`."""
    if family.insurer.scheme is Scheme.LATE_ELDERLY:
        yield from _late_elderly(family, insurers, as_of, rng)
        return
    if family.insurer.scheme is Scheme.WELFARE_OFFICE:
        days = rng.randrange(1, _LONGEST_ASSISTANCE)
        yield Stay(family, max(as_of - timedelta(days=days), family.insured.birth_date))
        return
    moved_lately = rng.random() < _MOVED_LATELY
    days = rng.randrange(1, _FIVE_YEARS) if moved_lately else _FIVE_YEARS + rng.randrange(7000)
    since = max(as_of - timedelta(days=days), _possible_from(family.members[0], family.insurer))
    yield Stay(family, since)
    if moved_lately:
        yield from _before(family.members, since, family.insurer, insurers, rng)


def _late_elderly(family: Family, insurers: Insurers, as_of: date, rng: Random) -> Iterator[Stay]:
    [person] = family.members
    since = birthday(person.birth_date, 75)
    if since > as_of:  # joined with a recognised disability
        since = as_of - timedelta(days=rng.randrange((as_of - birthday(person.birth_date, 65)).days + 1))
    lately = (as_of - since).days < _FIVE_YEARS
    if (as_of - since).days > 1 and rng.random() < _DIED_LATELY:
        days = rng.randrange(1, min((as_of - since).days, _FIVE_YEARS))
        yield Stay(family, since, as_of - timedelta(days=days) + _ONE_DAY, ReasonOfLoss.DEATH)
    else:
        yield Stay(family, since)
    if lately:
        yield from _before(family.members, since, family.insurer, insurers, rng)


def _before(
    members: list[Person], moved_on: date, to: Insurer, insurers: Insurers, rng: Random
) -> Iterator[Stay]:
    """Where members were until `moved_on`. From municipal to employees' insurance both hold for one day, by law."""
    place = home_place(members[0].address)
    municipal = rng.random() < _WAS_MUNICIPAL
    before = municipal_insurer(insurers, place, rng) if municipal else employment_insurer(insurers, rng)
    until = moved_on + _ONE_DAY if municipal and to.scheme.by_employment else moved_on
    since = max(moved_on - timedelta(days=rng.randrange(200, 4000)), _possible_from(members[0], before))
    if before is not to and since < moved_on:
        family = Family(before, symbol_at(before, place, rng), members, members[0])
        yield Stay(family, since, until, ReasonOfLoss.OTHER_INSURANCE)


def _possible_from(person: Person, insurer: Insurer) -> date:
    """The first day on which somebody may be the first member of a family: by employment, once she may work full time."""
    return birthday(person.birth_date, _EMPLOYED_FROM) if insurer.scheme.by_employment else person.birth_date
