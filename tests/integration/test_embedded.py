"""The embedded PostgreSQL: one owner process, four roles, and no data lost after SIGKILL."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from eligibility_api.embedded_postgres import cluster, unprivileged
from eligibility_api.embedded_postgres import server as server_module
from eligibility_api.embedded_postgres.cluster import role_name
from eligibility_api.embedded_postgres.postmaster import Postmaster, wait_until
from eligibility_api.embedded_postgres.server import EmbeddedDatabaseError, EmbeddedPostgres, Role
from eligibility_api.embedded_postgres.socket_directory import make_socket_directory
from eligibility_api.platform.private_files import is_private, write_private
from tests.builders.database import Database

OWNER_PROGRAM = """
import sys
from pathlib import Path
from eligibility_api.embedded_postgres.server import EmbeddedPostgres
EmbeddedPostgres(Path(sys.argv[1])).start()
print("started", flush=True)
sys.stdin.read()
"""


def query(dsn: str, *statements: str) -> Any:
    """Run statements; the value of the last."""
    return asyncio.run(execute(dsn, *statements))


async def execute(dsn: str, *statements: str) -> Any:
    """Run statements; the value of the last."""
    connection = await asyncpg.connect(dsn)
    try:
        return [await connection.fetchval(statement) for statement in statements][-1]
    finally:
        await connection.close()


def postmaster(server: EmbeddedPostgres) -> Postmaster:
    running = Postmaster.of(server.data)
    assert running is not None
    return running


def kill(server: EmbeddedPostgres) -> None:
    victim = postmaster(server)
    os.kill(victim.pid, signal.SIGKILL)
    assert wait_until(lambda: not victim.alive, 10)


@pytest.fixture(scope="module")
def database(empty_database: Database) -> Database:
    return empty_database


@pytest.fixture
def server(tmp_path: Path) -> Iterator[EmbeddedPostgres]:
    with EmbeddedPostgres(tmp_path / "postgres") as running:
        yield running


@pytest.fixture
def write(server: EmbeddedPostgres) -> None:
    query(server.dsn("owner"), "CREATE TABLE kept (n int)", "INSERT INTO kept VALUES (42)")


@pytest.mark.parametrize("role", ["owner", "api", "auditor", "jobs"])
def test_every_role_logs_in_as_itself(database: Database, role: Role) -> None:
    assert query(database.dsn(role), "SELECT current_user::text") == role_name(role)


@pytest.mark.parametrize("role", ["api", "auditor", "jobs"])
@pytest.mark.parametrize(
    "forbidden",
    [
        "CREATE TABLE public.mine (n int)",
        "CREATE TEMPORARY TABLE mine (n int)",
        "CREATE SCHEMA mine",
        "CREATE DATABASE mine",
        "CREATE ROLE mine",
        "SELECT n FROM public.secrets",
        "SET ROLE shikaku_owner",
        "SELECT pg_read_file('postgresql.conf')",
    ],
)
def test_a_role_can_do_nothing_before_migrations_grant_it(
    database: Database, role: Role, forbidden: str
) -> None:
    query(database.dsn("owner"), "CREATE TABLE IF NOT EXISTS secrets (n int)")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        query(database.dsn(role), forbidden)


@pytest.mark.parametrize("forbidden", ["CREATE ROLE mine", "SELECT pg_read_file('postgresql.conf')"])
def test_the_owner_role_is_no_superuser(database: Database, forbidden: str) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        query(database.dsn("owner"), forbidden)


def test_only_the_owner_sees_what_sessions_of_other_roles_do(database: Database) -> None:
    async def state_by_role() -> dict[Role, str | None]:
        observed = await asyncpg.connect(database.dsn("jobs"))
        try:
            state = f"SELECT state FROM pg_stat_activity WHERE pid = {observed.get_server_pid()}"
            return {role: await execute(database.dsn(role), state) for role in ("owner", "api")}
        finally:
            await observed.close()

    assert asyncio.run(state_by_role()) == {"owner": "idle", "api": None}


def test_the_superuser_cannot_log_in(database: Database) -> None:
    with pytest.raises(asyncpg.InvalidAuthorizationSpecificationError):
        query(database.dsn("owner").replace("//shikaku_owner:", "//superuser:"), "SELECT 1")


def test_a_wrong_password_is_refused(database: Database) -> None:
    with pytest.raises(asyncpg.InvalidPasswordError):
        query(database.dsn("api").replace("@", "x@"), "SELECT 1")


def test_the_server_is_set_up(server: EmbeddedPostgres) -> None:
    settings = {
        "listen_addresses": "",
        "fsync": "on",
        "full_page_writes": "on",
        "synchronous_commit": "on",
        "jit": "off",
        "max_connections": "100",
    }
    assert {name: query(server.dsn("api"), f"SHOW {name}") for name in settings} == settings


def test_secrets_and_socket_are_private(postgres: EmbeddedPostgres) -> None:
    socket_directory = postmaster(postgres).socket_directory
    assert socket_directory is not None
    places = [postgres.home / "passwords.json", postgres.data, socket_directory]
    assert [stat.S_IMODE(place.stat().st_mode) & 0o077 for place in places] == [0, 0, 0]


def test_stop_leaves_no_process_and_start_keeps_the_rows(server: EmbeddedPostgres, write: None) -> None:
    first = postmaster(server)
    server.stop()
    assert not first.alive
    assert first.socket_directory is not None
    assert not first.socket_directory.exists()
    assert query(server.start().dsn("owner"), "SELECT n FROM kept") == 42


def test_stopping_twice_is_harmless(server: EmbeddedPostgres) -> None:
    server.stop()
    server.stop()


def test_committed_rows_survive_a_killed_postmaster(server: EmbeddedPostgres, write: None) -> None:
    kill(server)
    server.stop()
    assert query(server.start().dsn("owner"), "SELECT n FROM kept") == 42


def test_a_stale_lock_file_with_another_processs_pid_is_ignored(
    server: EmbeddedPostgres, write: None
) -> None:
    kill(server)
    lock = server.data / "postmaster.pid"
    lines = lock.read_text().splitlines()
    server.stop()
    lock.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")
    assert query(server.start().dsn("owner"), "SELECT n FROM kept") == 42


def test_a_server_that_outlived_its_owner_is_adopted(tmp_path: Path) -> None:
    command = [sys.executable, "-c", OWNER_PROGRAM, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as owner:
        assert owner.stdout is not None
        assert owner.stdout.readline() == b"started\n"
        before = postmaster(EmbeddedPostgres(tmp_path)).pid
        owner.kill()
    with EmbeddedPostgres(tmp_path) as heir:
        assert postmaster(heir).pid == before
        assert query(heir.dsn("owner"), "SELECT 42") == 42
    assert Postmaster.of(heir.data) is None


def test_a_second_owner_process_is_rejected(server: EmbeddedPostgres) -> None:
    with pytest.raises(EmbeddedDatabaseError, match="Another process owns"):
        EmbeddedPostgres(server.home).start()
    assert query(server.dsn("owner"), "SELECT 42") == 42


def test_an_attached_process_only_reads_the_address(server: EmbeddedPostgres) -> None:
    attached = EmbeddedPostgres.attach(server.home)
    attached.stop()
    assert attached.dsn("api") == server.dsn("api")
    assert query(attached.dsn("api"), "SELECT 42") == 42


def test_attaching_to_a_stopped_server_is_an_error(server: EmbeddedPostgres) -> None:
    server.stop()
    with pytest.raises(EmbeddedDatabaseError, match="No embedded database is running"):
        EmbeddedPostgres.attach(server.home)


def test_a_deep_path_with_spaces_and_quotes_works(tmp_path: Path) -> None:
    with EmbeddedPostgres(tmp_path.joinpath(*["a \"quoted\" 'folder' 資格"] * 6)) as deep:
        assert query(deep.dsn("api"), "SELECT 42") == 42


def test_a_deep_temporary_directory_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deep = tmp_path / ("temporary" * 12)
    deep.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(deep))
    with EmbeddedPostgres(tmp_path / "postgres") as server:
        assert query(server.dsn("api"), "SELECT 42") == 42


@pytest.fixture
def shared_directory(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A temporary directory, with a path short enough to stay the chosen one."""
    with tempfile.TemporaryDirectory() as path:
        monkeypatch.setattr("tempfile.tempdir", path)
        yield Path(path)


def make_open_to_all(path: Path) -> None:
    path.chmod(0o777)


def replace_by_link(path: Path) -> None:
    path.rmdir()
    path.symlink_to(path.parent)


@pytest.mark.parametrize("squat", [make_open_to_all, replace_by_link])
def test_a_directory_of_another_user_in_the_place_of_ours_is_not_used(
    shared_directory: Path, squat: Callable[[Path], None]
) -> None:
    way = unprivileged.candidates()[0]
    expected = make_socket_directory(Path("home"), way)
    squat(expected)
    drawn = make_socket_directory(Path("home"), way)
    assert drawn != expected
    assert drawn.parent == shared_directory
    assert is_private(drawn, way.user)


def test_an_interrupted_first_start_is_repeated(tmp_path: Path) -> None:
    (tmp_path / "data.new" / "base").mkdir(parents=True)
    with EmbeddedPostgres(tmp_path) as server:
        assert query(server.dsn("api"), "SELECT 42") == 42


@pytest.mark.skipif(os.geteuid() != 0, reason="only root needs another user")
def test_root_without_user_namespaces_runs_it_as_the_account_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = unprivileged.candidates()[-1]
    monkeypatch.setattr(unprivileged, "candidates", lambda: [account])
    with EmbeddedPostgres(tmp_path / "private") as server:
        assert query(server.dsn("api"), "SELECT 42") == 42
        assert server.data.stat().st_uid == unprivileged.NOBODY
        monkeypatch.undo()
        assert query(EmbeddedPostgres.attach(server.home).dsn("api"), "SELECT 42") == 42
        server.stop()
        assert query(server.start().dsn("api"), "SELECT 42") == 42


def test_without_an_unprivileged_way_to_run_it_the_error_names_the_setting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unprivileged, "candidates", list)
    with pytest.raises(EmbeddedDatabaseError, match="set DATABASE_URL"):
        EmbeddedPostgres(tmp_path).start()


FORMER_NAMES = {"owner": "owner", "api": "api", "auditor": "sequencer", "jobs": "batch"}


@pytest.fixture
def former(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[EmbeddedPostgres]:
    """A running server whose roles have the names of before schema revision 0011."""
    server = EmbeddedPostgres(tmp_path / "former")
    with monkeypatch.context() as patch:
        for module in (cluster, server_module):
            patch.setattr(module, "role_name", lambda role: FORMER_NAMES.get(role, f"shikaku_{role}"))
        patch.setattr(server_module, "lacks_roles", lambda _: False)
        patch.setattr(cluster, "ROLES", tuple(FORMER_NAMES))
        server.start()
        query(server.dsn("owner"), "CREATE TABLE kept (n int)", "INSERT INTO kept VALUES (42)")
        query(server.dsn("owner"), "GRANT USAGE ON SCHEMA public TO batch", "GRANT SELECT ON kept TO batch")
    yield server
    server.stop()


def has_present_roles(server: EmbeddedPostgres) -> bool:
    """Whether every role logs in under its present name, and ownership and grants were kept."""
    roles: list[Role] = ["owner", "api", "auditor", "jobs", "sequencer"]
    names = {query(server.dsn(role), "SELECT current_user::text") for role in roles}
    passwords = json.loads((server.home / "passwords.json").read_text())
    kept = [query(server.dsn(role), "SELECT n FROM kept") for role in ("owner", "jobs")]
    present = {role_name(role) for role in roles}
    return names == present and set(passwords) == present | {"shikaku_backup"} and kept == [42, 42]


def test_an_earlier_versions_roles_are_renamed_at_the_start(former: EmbeddedPostgres) -> None:
    former.stop()
    with EmbeddedPostgres(former.home) as server:
        assert has_present_roles(server)
    with EmbeddedPostgres(former.home) as server:
        assert has_present_roles(server)


def test_a_role_that_an_earlier_version_had_not_is_added_at_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(cluster, "ROLES", ("owner", "api", "auditor", "jobs"))
        with EmbeddedPostgres(tmp_path / "former") as server:
            query(server.dsn("owner"), "CREATE TABLE kept (n int)", "INSERT INTO kept VALUES (42)")
            query(server.dsn("owner"), "GRANT SELECT ON kept TO shikaku_jobs")
            query(server.dsn("owner"), "GRANT USAGE ON SCHEMA public TO shikaku_jobs")
        before = json.loads((server.home / "passwords.json").read_text())
    with EmbeddedPostgres(tmp_path / "former") as server:
        assert has_present_roles(server)
        after = json.loads((server.home / "passwords.json").read_text())
    assert {name: after[name] for name in before} == before


def test_a_server_that_outlived_the_earlier_version_is_ended_first(former: EmbeddedPostgres) -> None:
    assert former._lock is not None
    os.close(former._lock)  # the owner is killed; its server runs on
    former._lock = None
    before = postmaster(former).pid
    with EmbeddedPostgres(former.home) as server:
        assert postmaster(server).pid != before
        assert has_present_roles(server)
    assert former._process is not None
    former._process.wait()


@pytest.mark.parametrize("failing", ["pg_hba.conf", "passwords.json"])
def test_a_renaming_that_was_interrupted_is_completed_at_the_next_start(
    former: EmbeddedPostgres, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    former.stop()

    def interrupted(path: Path, data: bytes) -> None:
        if path.name == failing:
            raise KeyboardInterrupt
        write_private(path, data)

    with monkeypatch.context() as patch:
        patch.setattr(cluster, "write_private", interrupted)
        with pytest.raises(KeyboardInterrupt):
            EmbeddedPostgres(former.home).start()
    with EmbeddedPostgres(former.home) as server:
        assert has_present_roles(server)
