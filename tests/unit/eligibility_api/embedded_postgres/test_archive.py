"""The commands that archive and restore a WAL segment, run as PostgreSQL runs them."""

from __future__ import annotations

import stat
import subprocess
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from eligibility_api.embedded_postgres.archive import archiving, recovering

SEGMENT = "000000010000000000000001"


@pytest.fixture(params=["wal", 'it\'s 100% "odd" 資格'])
def archive(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    path = tmp_path / str(request.param)
    path.mkdir()
    return path


def run(command: str, path: Path) -> int:
    """Replace the placeholders as PostgreSQL does, and run."""
    marked = command.replace("%%", "\0").replace("%f", SEGMENT).replace("%p", path.name).replace("\0", "%")
    return subprocess.run(
        ["sh", "-c", marked], cwd=path.parent, check=False, stderr=subprocess.DEVNULL
    ).returncode


def test_a_segment_is_archived_once_and_restored_as_it_was(archive: Path, tmp_path: Path) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(b"segment" * 1000)
    command = archiving(archive)["archive_command"]
    assert [run(command, source), run(command, source)] == [0, 0]
    assert [path.name for path in archive.iterdir()] == [f"{SEGMENT}.gz"]
    assert stat.S_IMODE((archive / f"{SEGMENT}.gz").stat().st_mode) == 0o600
    assert run(recovering(archive, None)["restore_command"], target) == 0
    assert target.read_bytes() == source.read_bytes()


def test_an_archived_segment_is_never_replaced_by_another_content(archive: Path, tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_bytes(b"first")
    command = archiving(archive)["archive_command"]
    assert run(command, source) == 0
    before = (archive / f"{SEGMENT}.gz").read_bytes()
    source.write_bytes(b"other")
    assert run(command, source) != 0
    assert (archive / f"{SEGMENT}.gz").read_bytes() == before


def test_an_archive_that_is_not_there_is_a_failure(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_bytes(b"first")
    assert run(archiving(tmp_path / "missing")["archive_command"], source) != 0


@pytest.mark.parametrize("with_lost", [True, False])
def test_what_was_not_archived_comes_from_the_replaced_cluster(
    archive: Path, tmp_path: Path, with_lost: bool
) -> None:
    lost, target = tmp_path / "lost wal", tmp_path / "target"
    lost.mkdir()
    (lost / SEGMENT).write_bytes(b"last")
    command = recovering(archive, None, lost if with_lost else None)["restore_command"]
    assert (run(command, target) == 0) is with_lost
    assert target.exists() is with_lost


def test_the_target_is_an_instant_in_utc_or_the_last_commit(tmp_path: Path) -> None:
    instant = datetime(2026, 11, 30, 12, tzinfo=timezone(timedelta(hours=9)))
    assert recovering(tmp_path, instant)["recovery_target_time"] == "2026-11-30 03:00:00+00:00"
    assert recovering(tmp_path, instant.astimezone(UTC)) == recovering(tmp_path, instant)
    assert "recovery_target_time" not in recovering(tmp_path, None)
