"""A fund for the tests of a module: its own database, its own J-LIS."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import get_args

import pytest
from anyio.to_thread import run_sync

from eligibility_api.cli import main
from eligibility_api.embedded_postgres.cluster import Role
from tests.builders.commands import Command, CommandResult
from tests.builders.database import Database
from tests.builders.fund import Fund, open_fund


@pytest.fixture(scope="module")
async def fund(database: Database, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Fund]:
    """The module's fund. Each test creates its own people, so that tests are independent."""
    home: Path = tmp_path_factory.mktemp("fund")
    async with open_fund(database, home) as opened:
        yield opened


@pytest.fixture(autouse=True)
def working_environment(request: pytest.FixtureRequest) -> None:
    """Every test starts with a working connection to J-LIS and the right time."""
    if "fund" in request.fixturenames:
        fund = request.getfixturevalue("fund")
        fund.clock.offset = type(fund.clock.offset)()
        fund.jlis_connection.reset()


@pytest.fixture
def external_database(fund: Fund, monkeypatch: pytest.MonkeyPatch) -> None:
    """Points the commands to the module's database as an external one, and to a J-LIS that does not answer."""
    for role in get_args(Role):
        variable = "FUND_DATABASE_URL" if role == "api" else f"FUND_DATABASE_{role.upper()}_URL"
        monkeypatch.setenv(variable, fund.database.dsn(role))
    monkeypatch.setenv("FUND_HOME", str(fund.state.settings.home))
    monkeypatch.setenv("FUND_JLIS_URL", "http://127.0.0.1:1")


@pytest.fixture
def command(
    external_database: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Command:
    """Runs a command of `eligibility-api` in this process."""

    async def run(*words: str) -> CommandResult:
        monkeypatch.setattr("sys.argv", ["eligibility-api", *words])
        with pytest.raises(SystemExit) as end:
            await run_sync(main)
        return CommandResult(end.value.code, *capsys.readouterr())

    return run
