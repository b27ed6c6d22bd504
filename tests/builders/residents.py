"""Residents files for tests: synthetic households as J-LIS makes them."""

from __future__ import annotations

from pathlib import Path

from jpki_mock.register.resident import Resident
from jpki_mock.register.residents import first_residents, write_lines


def residents_file(folder: Path, people: int, seed: int = 3) -> tuple[Path, list[Resident]]:
    """A file of so many residents, and the residents."""
    path = folder / "residents.jsonl"
    with path.open("wb") as file:
        return path, list(write_lines(first_residents(people, seed), file))
