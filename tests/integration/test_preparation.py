"""`eligibility-api database prepare` makes a server that knows nothing of the fund ready for it; wrong ones are refused."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import asyncpg
import pytest

from eligibility_api.cli.operation import translated
from eligibility_api.cli_support import run_reporting_errors
from eligibility_api.database import migrate as migrating
from eligibility_api.database.connections import Database
from eligibility_api.database.migrate import migrate
from eligibility_api.database.preparation import prepare
from eligibility_api.embedded_postgres import cluster
from eligibility_api.embedded_postgres.cluster import ROLES, Role, programs_directory, role_name
from eligibility_api.embedded_postgres.server import EmbeddedPostgres
from eligibility_api.platform.errors import OperatorError
from tests.builders.standby import SETTINGS, unprivileged

pytestmark = pytest.mark.anyio

ADMIN, PASSWORD = "admin-of-the-server", "a b+c/d%&'\""


class Outside:
    """A server that initdb made, with a superuser and a role that rewinds."""

    def __init__(self, home: Path) -> None:
        self.server = EmbeddedPostgres(home, settings=SETTINGS)
        home.mkdir()
        how, data, programs = unprivileged(home), home / "data", programs_directory()
        data.mkdir(mode=0o700)
        how.chown(data)
        cluster._run(how, data, [str(programs / "initdb"), f"--pgdata={data}", *cluster._INITDB_OPTIONS])
        cluster._run_single_user(
            data, programs, how, [f"ALTER ROLE superuser PASSWORD '{ADMIN}'", "CREATE ROLE rewinding LOGIN"]
        )
        (data / "pg_hba.conf").write_text("local all all scram-sha-256\n")

    def address(self, name: str, password: str, database: str) -> str:
        socket = quote((self.server.home / "socket-directory").read_text(), safe="")
        return f"postgresql://{name}:{quote(password, safe='')}@/{database}?host={socket}&port=5432"

    @property
    def admin(self) -> str:
        return self.address("superuser", ADMIN, "postgres")

    def roles(self, database: str = "fund", password: str = PASSWORD) -> dict[Role, str]:
        return {role: self.address(role_name(role), password + role, database) for role in ROLES}


@pytest.fixture(scope="module")
def outside(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outside]:
    made = Outside(tmp_path_factory.mktemp("outside") / "server")
    with made.server:
        yield made


async def test_a_prepared_server_is_migrated_and_used_by_each_role(outside: Outside) -> None:
    for _ in range(2):  # it may be repeated
        advice = await prepare(outside.admin, outside.roles(), rewind_role="rewinding")
    assert [line.partition(":")[0] for line in advice] == [
        "There is no synchronous standby",
        "Set fsync = on",
    ]
    await migrate(outside.roles()["owner"])
    for role in ROLES:
        database = Database(outside.roles()[role], pool_connections=1)
        await database.open()
        try:
            [row] = await database.fetch("SELECT current_user::text AS name", [])
            assert row["name"] == role_name(role)
        finally:
            await database.close()


async def test_who_is_no_role_of_the_fund_does_not_connect(outside: Outside) -> None:
    await prepare(outside.admin, outside.roles(), rewind_role="rewinding")
    admin = await asyncpg.connect(outside.admin)
    try:
        rights = {
            (database, role): await admin.fetchval(
                "SELECT has_database_privilege($1, $2, 'CONNECT')", role, database
            )
            for role in ("rewinding", "shikaku_api")
            for database in ("fund", "postgres")
        }
        reads = await admin.fetchval(
            "SELECT has_function_privilege('rewinding', 'pg_read_binary_file(text)', 'EXECUTE')"
        )
        stored = await admin.fetchval("SELECT rolpassword FROM pg_authid WHERE rolname = 'shikaku_api'")
        collation = await admin.fetchval("SELECT datlocale FROM pg_database WHERE datname = 'fund'")
    finally:
        await admin.close()
    assert not rights["fund", "rewinding"]
    assert rights["postgres", "rewinding"]
    assert rights["fund", "shikaku_api"]
    assert reads
    assert stored.startswith("SCRAM-SHA-256$4096:")
    assert collation == "C.UTF-8"


async def test_a_new_password_in_an_address_is_set(outside: Outside) -> None:
    await prepare(outside.admin, outside.roles())
    changed = outside.roles(password="another-")
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(changed["api"])
    await prepare(outside.admin, changed)
    await (await asyncpg.connect(changed["api"])).close()


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"admin": ("superuser", "wrong", "postgres")}, "password of this role"),
        ({"admin": ("nobody", "wrong", "postgres")}, "password of this role"),
        ({"admin": ("superuser", ADMIN, "nothing")}, "no database of that name"),
        ({"admin": ("shikaku_owner", f"{PASSWORD}owner", "fund")}, "address of a superuser"),
        ({"api": ("shikaku_jobs", "p", "fund")}, "shikaku_api names another role"),
        ({"api": ("shikaku_api", "p", "other")}, "one and the same database"),
        ({"api": ("shikaku_api", "見本", "fund")}, "printable ASCII"),
        ({"rewind": "nobody"}, "no role of that name"),
    ],
    ids=[
        "password",
        "unknown",
        "database",
        "no superuser",
        "other role",
        "other database",
        "not ASCII",
        "rewind role",
    ],
)
def test_a_mistake_is_one_sentence(outside: Outside, wrong: dict[str, object], reason: str) -> None:
    asyncio.run(prepare(outside.admin, outside.roles()))
    admin = outside.address(*wrong["admin"]) if "admin" in wrong else outside.admin  # type: ignore[misc]
    roles = outside.roles()
    if "api" in wrong:
        roles["api"] = outside.address(*wrong["api"])  # type: ignore[misc]
    rewind = str(wrong["rewind"]) if "rewind" in wrong else None
    with pytest.raises(OperatorError, match=reason) as refused:
        run_reporting_errors(translated(prepare(admin, roles, rewind_role=rewind)))
    assert "\n" not in str(refused.value)


async def test_nothing_is_made_on_an_older_server(outside: Outside, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(migrating, "MIN_POSTGRES", 99)
    with pytest.raises(OperatorError, match="the fund needs 99"):
        await prepare(outside.admin, outside.roles("newer"))
    with pytest.raises(OperatorError, match="the fund needs 99"):
        await migrate(outside.admin)
    admin = await asyncpg.connect(outside.admin)
    try:
        assert not await admin.fetchval("SELECT EXISTS (SELECT FROM pg_database WHERE datname = 'newer')")
    finally:
        await admin.close()


def test_a_read_only_server_is_not_migrated(outside: Outside) -> None:
    asyncio.run(prepare(outside.admin, outside.roles()))
    asyncio.run(execute(outside.admin, "ALTER ROLE shikaku_owner SET default_transaction_read_only = on"))
    try:
        with pytest.raises(OperatorError, match="is a standby, or read-only"):
            run_reporting_errors(translated(migrate(outside.roles()["owner"])))
    finally:
        asyncio.run(execute(outside.admin, "ALTER ROLE shikaku_owner RESET default_transaction_read_only"))


async def execute(dsn: str, statement: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
