"""One small country and half a year of its claims, for all tests here: making them takes a moment."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from payer_mock.claims.nation import ClaimsFiles, write_claims_files
from payer_mock.country.make import make_country
from tests.unit.payer_mock.claims.records import Line, Section, taken_apart
from tests.unit.payer_mock.country.residents import residents_file

PEOPLE = 1500
CLAIM_MONTHS = [date(2026, month, 1) for month in (2, 3, 4, 5, 8, 9)]


@dataclass(frozen=True)
class Claimed:
    """The country's folder, and what was written of it by claim month."""

    country: Path
    files: dict[date, ClaimsFiles]

    def sections(self, claim_month: date) -> Iterator[Section]:
        """The sections of all insurers' files of a month."""
        for path in self.files[claim_month].files:
            yield from taken_apart(path.read_bytes())

    def receipts(self, claim_month: date, table: str) -> Iterator[tuple[Section, list[Line]]]:
        """The receipts by one fee table, each with its section."""
        for section in self.sections(claim_month):
            if section.table == table:
                yield from ((section, receipt) for receipt in section.receipts)


@pytest.fixture(scope="session")
def claimed(tmp_path_factory: pytest.TempPathFactory) -> Claimed:
    folder = tmp_path_factory.mktemp("claims")
    path, _ = residents_file(folder, PEOPLE)
    country = folder / "country"
    make_country(path, country, seed=5, month="2026-10")
    files = {month: write_claims_files(country, month, folder / "files") for month in CLAIM_MONTHS}
    return Claimed(country, files)
