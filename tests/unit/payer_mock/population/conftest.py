"""One population for all tests here, since generating it takes a while."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from jpki_mock.register.resident import Resident
from payer_mock.population.files import UNREPORTED, read_rows
from payer_mock.population.generate import generate_population
from payer_mock.population.month import MonthResult, advance_month
from payer_mock.population.residents import Person
from payer_mock.population.rows import Row
from payer_mock.population.spelling import as_insurers_write
from tests.builders.residents import residents_file

PEOPLE, MONTH, NEXT = 6000, "2026-10", "2026-11"


@dataclass(frozen=True)
class GeneratedPopulation:
    """A population in its folder, the residents it was generated from, and the result of its next month."""

    folder: Path
    residents: list[Resident]
    month_result: MonthResult

    @property
    def people(self) -> list[Person]:
        """The residents as their insurers write them."""
        return [
            as_insurers_write(Person(r.name, r.name_kana, r.birth_date, r.sex, r.postal_code, r.address))
            for r in self.residents
        ]

    def rows(self, month: str = MONTH, *, unreported: bool = False) -> list[Row]:
        """All rows of the insurers' files; or those that no insurer has reported yet."""
        files = sorted((self.folder / month).glob("members-*.csv"))
        rows = [
            row for file in files if (UNREPORTED in file.name) == unreported for _, row in read_rows(file)
        ]
        assert rows
        return rows

    def current(self, month: str = MONTH) -> list[Row]:
        """The rows of current members."""
        rows = [row for row in self.rows(month) if "lost_on" not in row]
        assert rows
        return rows


@pytest.fixture(scope="session")
def generated(tmp_path_factory: pytest.TempPathFactory) -> GeneratedPopulation:
    folder = tmp_path_factory.mktemp("population")
    path, residents = residents_file(folder, PEOPLE)
    generate_population(path, folder / "population", seed=5, month=MONTH)
    return GeneratedPopulation(folder / "population", residents, advance_month(folder / "population"))
