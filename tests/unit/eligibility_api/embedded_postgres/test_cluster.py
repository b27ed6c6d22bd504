"""The embedded server's roles, files and directories: who may connect, and who may read them."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from eligibility_api.embedded_postgres import cluster, unprivileged
from eligibility_api.embedded_postgres.cluster import (
    ROLES,
    EmbeddedDatabaseError,
    Login,
    Role,
    create_cluster,
    lacks_roles,
    password,
    provision,
    role_name,
    server_environment,
    upgrade_roles,
)
from eligibility_api.embedded_postgres.postmaster import SOCKET_NAME
from eligibility_api.embedded_postgres.socket_directory import make_socket_directory, remove_socket_directory
from eligibility_api.embedded_postgres.unprivileged import Unprivileged, candidates, choose_unprivileged
from eligibility_api.platform.private_files import is_private

LOGINS: tuple[Login, ...] = (*ROLES, "backup")
NOBODY_ELSE = Unprivileged((), os.geteuid())


class Programs:
    """PostgreSQL's programs, which note their calls and succeed or fail."""

    def __init__(
        self, monkeypatch: pytest.MonkeyPatch, fails: str | None = None, stderr: bytes = b""
    ) -> None:
        self.calls: list[list[str]] = []
        self.scripts: list[str] = []
        self.fails, self.stderr = fails, stderr
        monkeypatch.setattr(subprocess, "run", self.run)

    def run(self, command: list[str], *, input: bytes, **_: object) -> subprocess.CompletedProcess[bytes]:
        self.calls.append(command)
        self.scripts.append(input.decode())
        code = 1 if self.fails is not None and command[0].endswith(self.fails) else 0
        return subprocess.CompletedProcess(command, code, b"", self.stderr)


def created(home: Path) -> Path:
    data = home / "data"
    create_cluster(home, data, Path("/programs"), NOBODY_ELSE)
    return data


def test_every_role_gets_a_password_of_its_own_that_only_the_owner_can_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Programs(monkeypatch)
    created(tmp_path)
    file = tmp_path / "passwords.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert len({password(tmp_path, role) for role in LOGINS}) == len(LOGINS)
    assert all(len(text) >= 32 for text in json.loads(file.read_text()).values())


def test_only_the_roles_may_connect_and_only_by_password(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Programs(monkeypatch)
    data = created(tmp_path)
    names = ",".join(map(role_name, ROLES))
    assert (data / "pg_hba.conf").read_text() == (
        f"local all {names} scram-sha-256\nlocal replication shikaku_backup scram-sha-256\n"
    )
    assert stat.S_IMODE(data.stat().st_mode) == 0o700


def test_the_superuser_has_no_password_and_no_role_is_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    programs = Programs(monkeypatch)
    created(tmp_path)
    script = programs.scripts[-1]
    assert "SUPERUSER" not in script
    assert [line for line in script.splitlines() if "CREATEDB" in line] == [
        line for line in script.splitlines() if line.startswith("CREATE ROLE shikaku_owner ")
    ]


def test_a_cluster_appears_only_when_it_is_complete(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for program in ("initdb", "postgres"):
        Programs(monkeypatch, fails=program, stderr=b"first\nno space left on device\n")
        with pytest.raises(EmbeddedDatabaseError, match="no space left on device"):
            created(tmp_path)
        assert not (tmp_path / "data").exists()
    Programs(monkeypatch)
    assert created(tmp_path).exists()
    assert not (tmp_path / "data.new").exists()


def test_a_program_that_fails_in_silence_is_named_by_its_exit_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Programs(monkeypatch, fails="initdb")
    with pytest.raises(EmbeddedDatabaseError, match="could not be prepared: 1"):
        created(tmp_path)


FORMER = {"owner": "o", "api": "a", "sequencer": "s", "batch": "b"}


def test_roles_of_an_earlier_version_keep_their_passwords_under_new_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    programs = Programs(monkeypatch)
    (tmp_path / "passwords.json").write_text(json.dumps(FORMER))
    (tmp_path / "data").mkdir()
    assert lacks_roles(tmp_path)
    upgrade_roles(tmp_path, tmp_path / "data", Path("/programs"), NOBODY_ELSE)
    kept: dict[Role, str] = {"owner": "o", "api": "a", "auditor": "s", "jobs": "b"}
    assert {role: password(tmp_path, role) for role in kept} == kept
    assert len(password(tmp_path, "sequencer")) >= 32
    assert not lacks_roles(tmp_path)
    assert programs.scripts[0].count("RENAME TO") == 4
    assert programs.scripts[0].count("CREATE ROLE") == 2


def test_a_role_that_an_earlier_version_had_not_is_added(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    programs = Programs(monkeypatch)
    known = {role_name(role): role for role in ROLES if role != "sequencer"}
    (tmp_path / "passwords.json").write_text(json.dumps(known))
    (tmp_path / "data").mkdir()
    assert lacks_roles(tmp_path)
    upgrade_roles(tmp_path, tmp_path / "data", Path("/programs"), NOBODY_ELSE)
    assert {name: json.loads((tmp_path / "passwords.json").read_text())[name] for name in known} == known
    assert "RENAME" not in programs.scripts[0]
    assert "CREATE ROLE shikaku_sequencer LOGIN" in programs.scripts[0]
    assert "shikaku_sequencer" in (tmp_path / "data" / "pg_hba.conf").read_text()
    assert not lacks_roles(tmp_path)


def test_an_interrupted_renaming_leaves_the_former_passwords(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Programs(monkeypatch, fails="postgres")
    (tmp_path / "passwords.json").write_text(json.dumps(FORMER))
    (tmp_path / "data").mkdir()
    with pytest.raises(EmbeddedDatabaseError):
        upgrade_roles(tmp_path, tmp_path / "data", Path("/programs"), NOBODY_ELSE)
    assert json.loads((tmp_path / "passwords.json").read_text()) == FORMER


def test_a_home_without_passwords_has_no_former_roles(tmp_path: Path) -> None:
    assert not lacks_roles(tmp_path)


def test_a_second_database_is_open_to_the_same_roles() -> None:
    create, revoke, grant = provision("rehearsal")
    assert create == 'CREATE DATABASE "rehearsal" OWNER shikaku_owner'
    assert revoke == 'REVOKE ALL ON DATABASE "rehearsal" FROM PUBLIC'
    assert grant.endswith("TO shikaku_api, shikaku_auditor, shikaku_jobs, shikaku_sequencer")


def test_the_server_inherits_neither_locale_nor_settings_of_the_caller(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in {"PGDATA": "/x", "PGPASSWORD": "x", "LC_ALL": "ja_JP.UTF-8", "PATH": "/bin"}.items():
        monkeypatch.setenv(name, value)
    assert server_environment() == {"PATH": "/bin", "LC_ALL": "C"}


def test_without_the_wheel_the_error_names_the_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(EmbeddedDatabaseError, match="set DATABASE_URL"):
        cluster.programs_directory()


@pytest.fixture
def shared(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A temporary directory with a short path."""
    with tempfile.TemporaryDirectory(prefix="s-", dir="/tmp") as name:
        monkeypatch.setattr(tempfile, "tempdir", name)
        yield Path(name)


def test_a_home_has_one_private_socket_directory_at_every_start(shared: Path, tmp_path: Path) -> None:
    first, again, other = (
        make_socket_directory(home, NOBODY_ELSE) for home in (tmp_path, tmp_path, tmp_path / "b")
    )
    assert first == again != other
    assert first.parent == shared
    assert is_private(first, os.geteuid())


@pytest.mark.parametrize("intruder", ["file", "link", "open directory"])
def test_a_name_that_is_taken_is_not_used(shared: Path, tmp_path: Path, intruder: str) -> None:
    name = make_socket_directory(tmp_path, NOBODY_ELSE)
    name.rmdir()
    if intruder == "file":
        name.touch()
    elif intruder == "link":
        name.symlink_to(tmp_path)
    else:
        name.mkdir()
        name.chmod(0o755)
    used = make_socket_directory(tmp_path, NOBODY_ELSE)
    assert used != name
    assert used.name.startswith(name.name)
    assert is_private(used, os.geteuid())


def test_a_socket_directory_is_removed_with_its_own_files_only(shared: Path, tmp_path: Path) -> None:
    path = make_socket_directory(tmp_path, NOBODY_ELSE)
    for name in (SOCKET_NAME, f"{SOCKET_NAME}.lock"):
        (path / name).touch()
    remove_socket_directory(path)
    assert not path.exists()
    path.mkdir()
    (path / "somebody's").touch()
    remove_socket_directory(path)
    assert [one.name for one in path.iterdir()] == ["somebody's"]


def test_an_ordinary_user_needs_no_prefix(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert candidates() == [Unprivileged((), 1000)]


def test_root_gives_its_privileges_up_in_one_of_two_ways(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert [(one.prefix[0], one.user) for one in candidates()] == [("unshare", 0), ("setpriv", 65534)]


@pytest.mark.parametrize(
    ("owner", "working", "chosen"),
    [
        (None, {"unshare", "setpriv"}, "unshare"),
        (None, {"setpriv"}, "setpriv"),
        (0, {"unshare", "setpriv"}, "unshare"),
        (65534, {"unshare", "setpriv"}, "setpriv"),
        (65534, {"unshare"}, None),
        (1000, {"unshare", "setpriv"}, None),
        (None, set(), None),
    ],
)
def test_the_first_way_that_works_and_fits_the_files_owner_is_chosen(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, owner: int | None, working: set[str], chosen: str | None
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(unprivileged, "_works", lambda one, probe, directory: one.prefix[0] in working)
    found = choose_unprivileged(["postgres", "--version"], tmp_path, owner)
    assert (found.prefix[0] if found is not None else None) == chosen


def test_a_prefix_that_is_not_installed_does_not_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unprivileged, "candidates", lambda: [Unprivileged(("/no/such/program",), 0)])
    assert choose_unprivileged(["true"], tmp_path) is None
