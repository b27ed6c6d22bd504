"""The store's file: rights, key, versions, damage, and several processes."""

from __future__ import annotations

import os
import sqlite3
import stat
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from clinic_terminal.errors import TerminalError
from clinic_terminal.store import TerminalStore
from clinic_terminal.store.database import StoreDatabase
from clinic_terminal.store.records import Kind
from clinic_terminal.store.schema import MIGRATIONS, migrate
from tests.builders.clinic.samples import NOW
from tests.builders.clinic.store import at, execute, request


def filled(home: Path) -> None:
    with TerminalStore.open(home) as store:
        store.requests.take(request())


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_only_the_owner_can_read_the_files_with_any_umask(tmp_path: Path) -> None:
    home = tmp_path / "home"
    before = os.umask(0)
    try:
        with TerminalStore.open(home) as store:
            store.requests.take(request())
            modes = {path.name: mode(path) for path in home.iterdir()}
    finally:
        os.umask(before)
    assert set(modes) >= {"terminal.db", "terminal.db-wal", "terminal.key"}
    assert set(modes.values()) == {0o600}
    assert mode(home) == 0o700


@pytest.mark.parametrize("name", ["terminal.db", "terminal.key"])
def test_a_file_that_others_could_read_is_closed_to_them(tmp_path: Path, name: str) -> None:
    filled(tmp_path)
    (tmp_path / name).chmod(0o644)
    TerminalStore.open(tmp_path).close()
    assert mode(tmp_path / name) == 0o600


@pytest.mark.parametrize("name", ["terminal.db", "terminal.key"])
def test_a_link_in_the_place_of_a_file_is_not_followed(tmp_path: Path, name: str) -> None:
    filled(tmp_path)
    (tmp_path / name).rename(tmp_path / "elsewhere")
    (tmp_path / name).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(TerminalError) as caught:
        TerminalStore.open(tmp_path)
    assert caught.value.code == "store-failed"


def remove_key(home: Path) -> None:
    (home / "terminal.key").unlink()


def other_key(home: Path) -> None:
    (home / "terminal.key").write_text("ab" * 32)


def cut_key(home: Path) -> None:
    (home / "terminal.key").write_text("ab" * 31)


def no_key(home: Path) -> None:
    (home / "terminal.key").write_bytes(b"\xff" * 1000)


def newer_file(home: Path) -> None:
    execute(home, f"PRAGMA user_version = {len(MIGRATIONS) + 1}")


def damaged_file(home: Path) -> None:
    (home / "terminal.db").write_bytes(b"no database" * 1000)


def folder_for_file(home: Path) -> None:
    (home / "terminal.db").unlink()
    (home / "terminal.db").mkdir()


@pytest.mark.parametrize(
    ("damage", "code"),
    [
        (remove_key, "store-key-missing"),
        (other_key, "store-key-wrong"),
        (cut_key, "store-key-wrong"),
        (no_key, "store-key-wrong"),
        (newer_file, "store-newer"),
        (damaged_file, "store-failed"),
        (folder_for_file, "store-failed"),
    ],
)
def test_what_cannot_be_opened_is_a_clear_error_each_time(
    tmp_path: Path, damage: Callable[[Path], None], code: str
) -> None:
    filled(tmp_path)
    damage(tmp_path)
    before = (tmp_path / "terminal.key").exists()
    for _ in range(2):
        with pytest.raises(TerminalError) as caught:
            TerminalStore.open(tmp_path)
        assert caught.value.code == code
    assert (tmp_path / "terminal.key").exists() is before  # no second key makes the first one's values lost


def test_a_home_that_is_a_file_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "home").touch()
    with pytest.raises(TerminalError, match="store-failed"):
        TerminalStore.open(tmp_path / "home")


def test_an_empty_file_of_an_interrupted_start_is_begun_again(tmp_path: Path) -> None:
    (tmp_path / "terminal.db").touch()
    filled(tmp_path)
    with TerminalStore.open(tmp_path) as store:
        assert len(store.requests.pending()) == 1


def test_a_damaged_value_hides_no_other(tmp_path: Path) -> None:
    with TerminalStore.open(tmp_path) as store:
        store.requests.take(request(name="first"))
        store.requests.take(request(name="second"))
        execute(tmp_path, "UPDATE entry SET value = zeroblob(40) WHERE id = 1")
        assert [kept.name for kept in store.requests.pending()] == ["second"]
        execute(tmp_path, "UPDATE entry SET value = x'00' WHERE id = 2")
        assert store.requests.pending() == ()


def test_a_value_counts_only_as_its_kind(tmp_path: Path) -> None:
    database = StoreDatabase.open(tmp_path)
    database.put(Kind.VISIT, b"{}", at(1), [database.digest(Kind.VISIT, "day")])
    execute(tmp_path, "UPDATE entry SET kind = 'permit'")
    assert database.all_of(Kind.PERMIT) == []
    database.close()


def test_two_lists_of_parts_never_have_the_same_hash(tmp_path: Path) -> None:
    database = StoreDatabase.open(tmp_path)
    parts = [("a", "b"), ("ab",), ("ab", ""), ("a", None, "b"), ("-", "b"), (None, "b"), ("", "b")]
    assert len({database.digest(Kind.VISIT, *some) for some in parts}) == len(parts)
    database.close()


def test_an_error_in_a_transaction_leaves_nothing_of_it(tmp_path: Path) -> None:
    database = StoreDatabase.open(tmp_path)

    def interrupted() -> None:
        with database.transaction():
            database.put(Kind.VISIT, b"x", at(1), [b"key"])
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert database.all_of(Kind.VISIT) == []
    database.put(Kind.VISIT, b"x", at(1), [b"key"])
    assert len(database.all_of(Kind.VISIT)) == 1
    database.close()


def test_another_process_that_does_not_end_is_an_error_after_a_while(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("clinic_terminal.store.database._BUSY_SECONDS", 0.05)
    filled(tmp_path)
    with TerminalStore.open(tmp_path) as store, closing(sqlite3.connect(tmp_path / "terminal.db")) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(TerminalError) as caught:
            store.purge(NOW)
        assert caught.value.details["reason"] == "SQLITE_BUSY"
        assert len(store.requests.pending()) == 1  # reading goes on
        other.rollback()
        store.purge(NOW)


def test_an_older_file_is_migrated_once_and_keeps_its_entries(tmp_path: Path) -> None:
    filled(tmp_path)
    later = (*MIGRATIONS, ("ALTER TABLE entry ADD COLUMN more TEXT",))
    with closing(sqlite3.connect(tmp_path / "terminal.db", isolation_level=None)) as connection:
        migrate(connection, later)
        migrate(connection, later)
        assert connection.execute("SELECT count(*), max(more) FROM entry").fetchone() == (1, None)
        assert connection.execute("PRAGMA user_version").fetchone() == (len(later),)


def test_a_failing_migration_leaves_the_former_version(tmp_path: Path) -> None:
    filled(tmp_path)
    later = (*MIGRATIONS, ("ALTER TABLE entry ADD COLUMN more TEXT", "no statement"))
    with closing(sqlite3.connect(tmp_path / "terminal.db", isolation_level=None)) as connection:
        with pytest.raises(sqlite3.OperationalError):
            migrate(connection, later)
        assert connection.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS),)
    with TerminalStore.open(tmp_path) as store:
        assert len(store.requests.pending()) == 1
