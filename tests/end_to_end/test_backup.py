"""Backups of the embedded server: full, incremental, restored to an instant and to the last commit; and what refuses."""

from __future__ import annotations

import asyncio
import json
import stat
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import pytest

from eligibility_api.audit_log import checkpoint_keys
from eligibility_api.audit_log.sequencer import Sequencer
from eligibility_api.backup import restoring, verifying
from eligibility_api.backup.folder import read
from eligibility_api.backup.making import make
from eligibility_api.backup.programs import BackupError, Programs
from eligibility_api.backup.restoring import restore
from eligibility_api.backup.verifying import verify_backup
from eligibility_api.database.connections import Database
from eligibility_api.database.migrate import migrate
from eligibility_api.embedded_postgres.archive import archiving, prepare_archive
from eligibility_api.embedded_postgres.server import EmbeddedDatabaseError, EmbeddedPostgres
from eligibility_api.platform.clock import system_clock
from eligibility_api.platform.settings import Settings
from tests.builders.audit_log import append, run
from tests.builders.database import NOT_DURABLE
from tests.depth import DEEP

SMALL = NOT_DURABLE | {"shared_buffers": "32MB", "max_wal_size": "64MB"}


def query(server: EmbeddedPostgres, *statements: str) -> object:
    """Run statements as the owner; the value of the last."""

    async def run() -> object:
        connection = await asyncpg.connect(server.dsn("owner"))
        try:
            return [await connection.fetchval(statement) for statement in statements][-1]
        finally:
            await connection.close()

    return asyncio.run(run())


class Site:
    """A fund's home and its backups' directory, with a database of one table."""

    def __init__(self, root: Path) -> None:
        self.settings = Settings(home=root / "fund", backup_home=root / "back ups 100%")
        assert self.settings.backup_home is not None
        self.backup_home = self.settings.backup_home
        self.home = self.settings.home / "postgres"
        self.archive = prepare_archive(self.backup_home, self.home)

    def server(self) -> EmbeddedPostgres:
        return EmbeddedPostgres(self.home, settings=SMALL | archiving(self.archive))

    def make(self, *, full: bool = False) -> str:
        return make(self.settings, self.backup_home, system_clock, full=full).backup.kind

    def rows(self) -> list[int]:
        with self.server() as server:
            found = query(server, "SELECT array_agg(n ORDER BY n) FROM kept")
        assert isinstance(found, list)
        return found


@pytest.fixture(scope="module", autouse=True)
def without_waiting_for_the_disk() -> Iterator[None]:
    run = Programs.run

    def without_sync(
        self: Programs, program: str, arguments: Sequence[str], environment: Mapping[str, str] | None = None
    ) -> None:
        more = ["--no-sync"] if program in ("pg_basebackup", "pg_combinebackup") else []
        run(self, program, [*more, *arguments], environment)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Programs, "run", without_sync)
        patch.setattr(restoring, "SETTINGS", SMALL)
        patch.setattr(verifying, "SETTINGS", SMALL)
        yield


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> tuple[Site, list[str], datetime]:
    """A stopped server with two backups and rows before, between and after them; and the instant before the last row."""
    made = Site(tmp_path_factory.mktemp("site"))
    with made.server() as server:
        query(server, "CREATE TABLE kept (n int)", "INSERT INTO kept VALUES (1)")
        kinds = [made.make()]
        query(server, "INSERT INTO kept VALUES (2)")
        kinds.append(made.make())
        query(server, "INSERT INTO kept VALUES (3)")
        instant = query(server, "SELECT clock_timestamp()")
        query(server, "INSERT INTO kept VALUES (4)")
    assert isinstance(instant, datetime)
    return made, kinds, instant


def test_the_database_is_restored_to_an_instant_and_to_its_last_commit(
    site: tuple[Site, list[str], datetime],
) -> None:
    made, kinds, instant = site
    assert kinds == ["full", "incremental"]
    before = (made.home / "passwords.json").read_text()

    # The last row is in the present cluster and perhaps not in the archive.
    kept = restore(made.backup_home, made.home, None, datetime.now(UTC))
    assert kept is not None
    assert kept.is_dir()
    assert made.rows() == [1, 2, 3, 4]
    assert json.loads((made.home / "passwords.json").read_text()).keys() == json.loads(before).keys()
    assert (made.home / "passwords.json").read_text() != before

    restore(made.backup_home, made.home, instant, datetime.now(UTC))
    assert made.rows() == [1, 2, 3]
    with made.server() as server:
        query(server, "INSERT INTO kept VALUES (5)")
        assert made.make(full=True) == "full"
    assert made.rows() == [1, 2, 3, 5]


@pytest.mark.parametrize("instant", [datetime(2020, 1, 1, tzinfo=UTC)])
def test_an_instant_before_every_backup_changes_nothing(
    site: tuple[Site, list[str], datetime], instant: datetime
) -> None:
    made, _, _ = site
    with pytest.raises(BackupError, match="no backup that ended before"):
        restore(made.backup_home, made.home, instant, datetime.now(UTC))
    assert made.rows()[:3] == [1, 2, 3]


def test_an_instant_after_the_archive_changes_nothing(site: tuple[Site, list[str], datetime]) -> None:
    made, _, _ = site
    with pytest.raises(BackupError, match="ends before this instant"):
        restore(made.backup_home, made.home, datetime(2999, 1, 1, tzinfo=UTC), datetime.now(UTC))
    assert made.rows()[:3] == [1, 2, 3]


def test_a_running_database_is_not_replaced(site: tuple[Site, list[str], datetime]) -> None:
    made, _, _ = site
    with made.server(), pytest.raises(EmbeddedDatabaseError, match="Another process owns"):
        restore(made.backup_home, made.home, None, datetime.now(UTC))


def test_only_the_owner_reads_backups_and_wal(site: tuple[Site, list[str], datetime]) -> None:
    made, _, _ = site
    segments = list(made.archive.iterdir())
    assert segments
    assert read(made.backup_home / "base")
    private = [made.backup_home, made.backup_home / "base", made.archive, *segments]
    assert {stat.S_IMODE(path.stat().st_mode) & 0o077 for path in private} == {0}


def test_a_server_without_an_archive_makes_no_backup(tmp_path: Path) -> None:
    made = Site(tmp_path)
    with EmbeddedPostgres(made.home, settings=SMALL) as server:
        with pytest.raises(BackupError, match="FUND_BACKUP_HOME"):
            made.make()
        # An archive is begun with a cluster that exists; its first backup is a full one.
        query(server, "CREATE TABLE kept (n int)", "INSERT INTO kept VALUES (1)")
    with made.server():
        assert made.make() == "full"


def test_the_role_of_backups_connects_to_no_database(site: tuple[Site, list[str], datetime]) -> None:
    made, _, _ = site
    with made.server() as server, pytest.raises(asyncpg.InvalidAuthorizationSpecificationError):
        asyncio.run(asyncpg.connect(server.dsn("backup")))  # type: ignore[arg-type]


async def record_and_sign(server: EmbeddedPostgres, settings: Settings, records: int) -> None:
    """Append records, and let a sequencer give them leaves and a checkpoint."""
    database = Database(server.dsn("sequencer"), engine_connections=1)
    program = await asyncpg.connect(server.dsn("api"))
    try:
        for _ in range(records):
            await append(program)
        async with database.session() as connection:
            sequencer = Sequencer(connection, settings, system_clock)
            assert await sequencer.lead()
            await run(sequencer)
    finally:
        await program.close()
        await database.close()


@pytest.mark.skipif(not DEEP, reason="a migrated database server of its own")
def test_a_restored_log_is_verified_by_its_keys_and_by_a_kept_checkpoint(tmp_path: Path) -> None:
    made = Site(tmp_path)
    checkpoint_keys.create_missing(made.settings)
    keys = checkpoint_keys.verification_keys(made.settings)
    note = made.settings.home / "last-checkpoint.note"
    with made.server() as server:
        asyncio.run(migrate(server.dsn("owner")))
        asyncio.run(record_and_sign(server, made.settings, 20))
        kept = note.read_bytes()
        made.make()
        asyncio.run(record_and_sign(server, made.settings, 5))
        made.make()
        verified = verify_backup(made.backup_home, made.home, keys, [kept], datetime.now(UTC))
        assert verified.report.holds
        assert verified.report.records == 25
        first = read(made.backup_home / "base")[0].ended_at
        earlier = verify_backup(
            made.backup_home, made.home, keys, [note.read_bytes()], datetime.now(UTC), instant=first
        )
        assert not earlier.report.holds
        assert earlier.report.records == 20
        assert not list(made.home.glob("verify-*"))
