"""A fund for the tests of a module: its own database, its own J-LIS."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.builders.database import Database
from tests.builders.fund import Fund, open_fund


@pytest.fixture(scope="module")
async def fund(database: Database, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Fund]:
    """The module's fund. Tests make people of their own, so that none disturbs another."""
    home: Path = tmp_path_factory.mktemp("fund")
    async with open_fund(database, home) as opened:
        yield opened


@pytest.fixture(autouse=True)
def undisturbed(request: pytest.FixtureRequest) -> None:
    """Every test begins with a whole line to J-LIS and the right time."""
    if "fund" in request.fixturenames:
        fund = request.getfixturevalue("fund")
        fund.clock.offset = type(fund.clock.offset)()
        fund.line.cut = fund.line.missing = False
        fund.line.replaced.clear()
