"""A receipt computer with an empty store for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.builders.clinic.receipt_computer import ReceiptComputer


@pytest.fixture
def office(tmp_path: Path) -> Iterator[ReceiptComputer]:
    """A receipt computer at a terminal whose administrator set a doctor."""
    computer = ReceiptComputer.at(tmp_path)
    with computer.store:
        yield computer
