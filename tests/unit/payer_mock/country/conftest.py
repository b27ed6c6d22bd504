"""One country for all tests here: making it takes a moment."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from jpki_mock.register.resident import Resident
from payer_mock.country.files import UNREPORTED, read_rows
from payer_mock.country.make import make_country
from payer_mock.country.month import PlayedMonth, play_month
from payer_mock.country.rows import Row
from tests.unit.payer_mock.country.residents import residents_file

PEOPLE, MONTH, NEXT = 6000, "2026-10", "2026-11"


@dataclass(frozen=True)
class Made:
    """A country in its folder, the residents that it is made of, and the month that was played."""

    folder: Path
    residents: list[Resident]
    played: PlayedMonth

    def rows(self, month: str = MONTH, *, unreported: bool = False) -> list[Row]:
        """Every row of the insurers' files; or those that no insurer has told yet."""
        files = sorted((self.folder / month).glob("members-*.csv"))
        return [
            row for file in files if (UNREPORTED in file.name) == unreported for _, row in read_rows(file)
        ]

    def present(self, month: str = MONTH) -> list[Row]:
        """The rows of present members."""
        return [row for row in self.rows(month) if "lost_on" not in row]


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    folder = tmp_path_factory.mktemp("country")
    path, residents = residents_file(folder, PEOPLE)
    make_country(path, folder / "country", seed=5, month=MONTH)
    return Made(folder / "country", residents, play_month(folder / "country"))
