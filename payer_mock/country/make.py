"""A country made from a residents file: its insurers, and what each knows of its members on the first of a month."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from random import Random

from payer_mock.country.benefits import add_benefits
from payer_mock.country.families import families_of
from payer_mock.country.files import UNREPORTED, Country, MemberFiles, member_files, write_insurers
from payer_mock.country.insurers import Insurers
from payer_mock.country.people import Person, age_on, read_households
from payer_mock.country.rows import Numbers, rows_of
from payer_mock.country.stays import Stay, stays_of
from payer_mock.country.welfare import with_medical_aid

_NEWBORN_UNREPORTED = 0.3
"""Of the children in their first year: whom the insurer has not told the fund of yet."""


def make_country(residents: Path, folder: Path, *, seed: int, month: str) -> Country:
    """Write `insurers.csv`, and the member files under `folder`/`month`. The same file and seed give the same bytes.

    Raises ResidentsError, CountryError, OSError.
    """
    people = _count_lines(residents)
    insurers = Insurers(people)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with residents.open(encoding="utf-8") as lines, member_files(folder / month) as files:
        census = _Census(insurers, files, date.fromisoformat(f"{month}-01"), seed)
        for household in read_households(lines):
            census.take(household)
    write_insurers(folder / "insurers.csv", insurers)
    country = Country(people, seed, month)
    country.save(folder)
    return country


def _count_lines(path: Path) -> int:
    with path.open("rb") as file:
        return sum(block.count(b"\n") for block in iter(lambda: file.read(1 << 20), b""))


class _Census:
    """Takes up household after household."""

    def __init__(self, insurers: Insurers, files: MemberFiles, as_of: date, seed: int) -> None:
        self._insurers = insurers
        self._files = files
        self._as_of = as_of
        self._rng = Random(seed)  # noqa: S311 - reproducible on purpose
        self._numbers = Numbers()

    def take(self, household: list[Person]) -> None:
        born = [person for person in household if person.birth_date < self._as_of]
        if not born:
            return
        families = list(families_of(born, self._insurers, self._as_of, self._rng))
        for family in with_medical_aid(families, self._insurers, self._rng):
            for stay in stays_of(family, self._insurers, self._as_of, self._rng):
                self._write(stay)

    def _write(self, stay: Stay) -> None:
        scheme = stay.family.insurer.scheme
        for person, row in rows_of(stay, self._numbers.draw(stay.family.insurer)):
            if stay.until is None:
                add_benefits(row, person, scheme, self._as_of, self._rng)
            newborn = age_on(person.birth_date, self._as_of) == 0
            unreported = newborn and self._rng.random() < _NEWBORN_UNREPORTED
            self._files.add(row, UNREPORTED if unreported else None)
