"""Generates a population from a residents file.

Its insurers, and their member files as of the first of a month.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from random import Random

from payer_mock.population.benefits import add_benefits
from payer_mock.population.coverage import CoveragePeriod, coverage_periods
from payer_mock.population.families import families_of, with_medical_aid
from payer_mock.population.files import UNREPORTED, MemberFiles, Population, member_files, write_insurers
from payer_mock.population.insurers import Insurers
from payer_mock.population.residents import Person, age_on, read_households
from payer_mock.population.rows import NumberAllocator, member_rows
from payer_mock.population.spelling import as_insurers_write

_NEWBORN_UNREPORTED = 0.3
"""Share of children in their first year whom the insurer has not reported to the fund yet."""


def generate_population(residents: Path, folder: Path, *, seed: int, month: str) -> Population:
    """Write `insurers.csv`, and the member files below `folder`/`month`.

    The same file and seed give the same bytes. Raises ResidentsError, PopulationError, OSError.
    """
    people = _count_lines(residents)
    insurers = Insurers(people)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with residents.open(encoding="utf-8") as lines, member_files(folder / month) as files:
        generator = _Generator(insurers, files, date.fromisoformat(f"{month}-01"), seed)
        for household in read_households(lines):
            generator.add(household)
    write_insurers(folder / "insurers.csv", insurers)
    population = Population(people, seed, month)
    population.save(folder)
    return population


def _count_lines(path: Path) -> int:
    with path.open("rb") as file:
        return sum(block.count(b"\n") for block in iter(lambda: file.read(1 << 20), b""))


class _Generator:
    """Writes the memberships of one household after another."""

    def __init__(self, insurers: Insurers, files: MemberFiles, as_of: date, seed: int) -> None:
        self._insurers = insurers
        self._files = files
        self._as_of = as_of
        self._rng = Random(seed)  # noqa: S311 - reproducible on purpose
        self._numbers = NumberAllocator()

    def add(self, household: list[Person]) -> None:
        """Write the periods of every family of a household; people who are born later are left out."""
        born = [as_insurers_write(person) for person in household if person.birth_date < self._as_of]
        if not born:
            return
        families = list(families_of(born, self._insurers, self._as_of, self._rng))
        for family in with_medical_aid(families, self._insurers, self._rng):
            for period in coverage_periods(family, self._insurers, self._as_of, self._rng):
                self._write(period)

    def _write(self, period: CoveragePeriod) -> None:
        scheme = period.family.insurer.scheme
        for person, row in member_rows(period, self._numbers.next(period.family.insurer)):
            if period.until is None:
                add_benefits(row, person, scheme, self._as_of, self._rng)
            newborn = age_on(person.birth_date, self._as_of) == 0
            unreported = newborn and self._rng.random() < _NEWBORN_UNREPORTED
            self._files.add(row, UNREPORTED if unreported else None)
