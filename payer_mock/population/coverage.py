"""A family's coverage over the last five years: the current period, and the one before it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from eligibility_api.contract.codes import ReasonOfLoss
from payer_mock.population.families import (
    Family,
    draw_employment_insurer,
    draw_municipal_insurer,
    draw_symbol,
)
from payer_mock.population.insurers import Insurer, Insurers, Scheme
from payer_mock.population.residents import Person, birthday, home_place

_FIVE_YEARS_DAYS = 1826
_MOVED_RECENTLY = 0.22
_MAX_ASSISTANCE_DAYS = 5000
_EMPLOYED_FROM = 18
_WAS_MUNICIPAL = 0.3
_DIED_RECENTLY = 0.01
"""Share of late-elderly members who died within five years; only the insurer knows it, the register does not.
"""

_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class CoveragePeriod:
    """A family's insurance with one insurer, from `since` to the day before `until` (None: current)."""

    family: Family
    since: date
    until: date | None = None
    reason: ReasonOfLoss | None = None


def coverage_periods(
    family: Family, insurers: Insurers, as_of: date, rng: Random
) -> Iterator[CoveragePeriod]:
    """The family's current period and, where it began within five years, the one before.

    All begin before `as_of`.
    """
    if family.insurer.scheme is Scheme.LATE_ELDERLY:
        yield from _late_elderly(family, insurers, as_of, rng)
        return
    if family.insurer.scheme is Scheme.WELFARE_OFFICE:
        days = rng.randrange(1, _MAX_ASSISTANCE_DAYS)
        yield CoveragePeriod(family, max(as_of - timedelta(days=days), family.insured.birth_date))
        return
    moved_recently = rng.random() < _MOVED_RECENTLY
    days = rng.randrange(1, _FIVE_YEARS_DAYS) if moved_recently else _FIVE_YEARS_DAYS + rng.randrange(7000)
    since = max(as_of - timedelta(days=days), _possible_from(family.members[0], family.insurer))
    yield CoveragePeriod(family, since)
    if moved_recently:
        yield from _before(family.members, since, family.insurer, insurers, rng)


def _late_elderly(family: Family, insurers: Insurers, as_of: date, rng: Random) -> Iterator[CoveragePeriod]:
    [person] = family.members
    since = birthday(person.birth_date, 75)
    if since > as_of:  # joined with a recognised disability
        since = as_of - timedelta(days=rng.randrange((as_of - birthday(person.birth_date, 65)).days + 1))
    recently = (as_of - since).days < _FIVE_YEARS_DAYS
    if (as_of - since).days > 1 and rng.random() < _DIED_RECENTLY:
        days = rng.randrange(1, min((as_of - since).days, _FIVE_YEARS_DAYS))
        yield CoveragePeriod(family, since, as_of - timedelta(days=days) + _ONE_DAY, ReasonOfLoss.DEATH)
    else:
        yield CoveragePeriod(family, since)
    if recently:
        yield from _before(family.members, since, family.insurer, insurers, rng)


def _before(
    members: list[Person], moved_on: date, to: Insurer, insurers: Insurers, rng: Random
) -> Iterator[CoveragePeriod]:
    """The period until `moved_on`.

    From municipal to employees' insurance both are valid for one day, by law.
    """
    place = home_place(members[0].address)
    municipal = rng.random() < _WAS_MUNICIPAL
    before = (
        draw_municipal_insurer(insurers, place, rng) if municipal else draw_employment_insurer(insurers, rng)
    )
    until = moved_on + _ONE_DAY if municipal and to.scheme.by_employment else moved_on
    since = max(moved_on - timedelta(days=rng.randrange(200, 4000)), _possible_from(members[0], before))
    if before is not to and since < moved_on:
        family = Family(before, draw_symbol(before, place, rng), members, members[0])
        yield CoveragePeriod(family, since, until, ReasonOfLoss.OTHER_INSURANCE)


def _possible_from(person: Person, insurer: Insurer) -> date:
    """The first day on which a person can be a family's first member: by employment, from the age of 18."""
    return birthday(person.birth_date, _EMPLOYED_FROM) if insurer.scheme.by_employment else person.birth_date
