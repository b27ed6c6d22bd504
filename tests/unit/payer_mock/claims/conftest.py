"""One small population and half a year of its claims for all tests here.

Generating them takes a while.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

import pytest

from payer_mock.claims.monthly_files import ClaimFiles, write_claim_files
from payer_mock.population.generate import generate_population
from tests.builders.claim_records import Line, Section, parse_sections
from tests.builders.residents import residents_file

PEOPLE = 1500
CLAIM_MONTHS = [date(2026, month, 1) for month in (2, 3, 4, 5, 8, 9)]


@cache
def sections_of(path: Path) -> list[Section]:
    """The sections of a generated file, which no test changes: neither the file nor what is read from it."""
    return parse_sections(path.read_bytes())


@dataclass(frozen=True)
class GeneratedClaims:
    """The population's folder, and its claim files by claim month."""

    population: Path
    files: dict[date, ClaimFiles]

    def sections(self, claim_month: date) -> Iterator[Section]:
        """The sections of all insurers' files of a month."""
        for path in self.files[claim_month].files:
            yield from sections_of(path)

    def claims(self, claim_month: date, table: str) -> Iterator[tuple[Section, list[Line]]]:
        """The claims of one fee table, each with its section."""
        for section in self.sections(claim_month):
            if section.table == table:
                yield from ((section, claim) for claim in section.claims)


@pytest.fixture(scope="session")
def generated(tmp_path_factory: pytest.TempPathFactory) -> GeneratedClaims:
    folder = tmp_path_factory.mktemp("claims")
    path, _ = residents_file(folder, PEOPLE)
    population = folder / "population"
    generate_population(path, population, seed=5, month="2026-10")
    files = {month: write_claim_files(population, month, folder / "files") for month in CLAIM_MONTHS}
    assert all(each.files and each.claims for each in files.values())
    return GeneratedClaims(population, files)
