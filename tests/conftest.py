"""Fixtures for all tests: a real PostgreSQL, a database and a fund per module, a stack, and Hypothesis profiles."""

from __future__ import annotations

import asyncio
import gc
import signal
import tempfile
from collections.abc import AsyncIterator, Iterator
from functools import cache, partial
from pathlib import Path
from typing import Any, get_args

import pytest
import typer
from anyio.to_thread import run_sync
from hypothesis import settings
from jinja2 import BytecodeCache, Environment
from jinja2.bccache import Bucket

from eligibility_api.audit_log.kinds import KINDS
from eligibility_api.cli import main
from eligibility_api.embedded_postgres.cluster import Role
from eligibility_api.embedded_postgres.server import EmbeddedPostgres
from tests.builders.commands import Command, CommandResult
from tests.builders.database import NOT_DURABLE, Database, create_database, create_migrated_database
from tests.builders.fund import Fund, open_fund
from tests.builders.stack import PopulatedStack, populated_stack
from tests.depth import DEEP
from tests.scheduling import few_stacks, have_ids, short_last

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # In a background job, the programs that tests start would inherit the ignored signal.
    signal.signal(signal.SIGINT, signal.default_int_handler)

settings.register_profile("quick", max_examples=20, deadline=None)  # of `make unit`
settings.register_profile("standard", max_examples=50, deadline=None)
settings.register_profile("deep", max_examples=1_000, deadline=None)
settings.load_profile("deep" if DEEP else "standard")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Replace xdist's scheduling by files."""
    return few_stacks(config, log) if config.getvalue("dist") == "loadfile" else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Identify the tests, and order the files."""
    have_ids(items)
    short_last(items)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:  # the hook's own type is a generator
    """Hide modules and tests, which live to the end, from the garbage collector: it would visit them again and again."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Run async tests on asyncio, as the services do."""
    return "asyncio"


@pytest.fixture(scope="session", autouse=True)
def commands_built_once() -> Iterator[None]:
    """A program's commands are built once: building them takes longer than running most of them."""
    built = cache(typer.main.get_command)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("typer.main.get_command", built)
        patch.setattr("typer.testing._get_command", built)
        yield


class _CompiledTemplates(BytecodeCache):
    """Compiled templates by file and content, for all environments of the process."""

    def __init__(self) -> None:
        self._code: dict[tuple[str, str], Any] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._code.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._code[bucket.key, bucket.checksum] = bucket.code


@pytest.fixture(scope="session", autouse=True)
def templates_compiled_once() -> Iterator[None]:
    """A template is compiled once: each site has an environment of its own, and most tests have a site."""
    with pytest.MonkeyPatch.context() as patch:
        compiled = _CompiledTemplates()
        patch.setattr("screens.rendering.Environment", partial(Environment, bytecode_cache=compiled))
        yield


@pytest.fixture(scope="session")
def postgres() -> Iterator[EmbeddedPostgres]:
    """The session's PostgreSQL, which waits for no disk; otherwise as in production."""
    with (
        tempfile.TemporaryDirectory(prefix="shikaku-tests-") as home,
        EmbeddedPostgres(Path(home), settings=NOT_DURABLE) as server,
    ):
        yield server


@pytest.fixture(scope="session")
def migrated(postgres: EmbeddedPostgres) -> Database:
    """The database that each module's is a copy of, since to migrate one takes longer."""
    return asyncio.run(create_migrated_database(postgres))


@pytest.fixture(scope="module")
def database(postgres: EmbeddedPostgres, migrated: Database) -> Database:
    """A database for one test module, with the present schema and no data."""
    return asyncio.run(create_database(postgres, migrated))


@pytest.fixture(scope="module")
def empty_database(postgres: EmbeddedPostgres) -> Database:
    """A database for one test module that was never migrated."""
    return asyncio.run(create_database(postgres))


@pytest.fixture(scope="module")
async def fund(database: Database, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Fund]:
    """The module's fund. Each test creates its own people, so that tests are independent."""
    home: Path = tmp_path_factory.mktemp("fund")
    async with open_fund(database, home) as opened:
        yield opened
        kinds = await opened.owner.fetch("SELECT DISTINCT kind FROM audit_record", ())
        assert {row["kind"] for row in kinds} <= KINDS.keys() | {"x"}, "a kind is missing in kinds.toml"


@pytest.fixture(autouse=True)
def working_environment(request: pytest.FixtureRequest) -> None:
    """Every test starts with a working connection to J-LIS and the right time."""
    fund = request.getfixturevalue("fund") if "fund" in request.fixturenames else None
    if isinstance(fund, Fund):  # the conformance suite has a fund without a database under the same name
        fund.reset_clock()
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


@pytest.fixture(scope="session")
def stack() -> Iterator[PopulatedStack]:
    """The session's stack: two workers, one database. A test that kills its fund asks for `killed_stack`."""
    with populated_stack() as running:
        yield running


@pytest.fixture
def killed_stack(stack: PopulatedStack) -> Iterator[PopulatedStack]:
    """The session's stack, whose fund this test kills; it runs again afterwards."""
    yield stack
    if not stack.is_ready():
        stack.kill_fund()
        stack.restart_fund()
