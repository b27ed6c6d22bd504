"""The clinic's software with an empty store for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.builders.clinic.clinic_software import ClinicSoftware


@pytest.fixture
def office(tmp_path: Path) -> Iterator[ClinicSoftware]:
    """The clinic's software at a terminal whose administrator set a doctor."""
    computer = ClinicSoftware.at(tmp_path)
    with computer.store:
        yield computer
