"""Atomic writing of files."""

import stat
from pathlib import Path

import pytest

from jpki_mock.files import open_atomic, write_file, write_if_changed


def write_half(path: Path) -> None:
    with open_atomic(path) as file:
        file.write(b"half")
        raise ZeroDivisionError


def test_a_file_is_replaced_atomically_and_is_private(tmp_path: Path) -> None:
    path = tmp_path / "new" / "key"
    write_file(path, b"one")
    write_file(path, b"two")
    assert path.read_bytes() == b"two"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(path.parent.iterdir()) == [path]


def test_a_failure_keeps_the_old_file_and_leaves_no_other(tmp_path: Path) -> None:
    path = tmp_path / "key"
    write_file(path, b"old")
    with pytest.raises(ZeroDivisionError):
        write_half(path)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_an_unchanged_file_is_not_written(tmp_path: Path) -> None:
    path = tmp_path / "trust.pem"
    write_if_changed(path, b"same")
    before = path.stat().st_ino
    write_if_changed(path, b"same")
    assert path.stat().st_ino == before


def test_a_link_or_a_folder_is_never_replaced(tmp_path: Path) -> None:
    target, link = tmp_path / "target", tmp_path / "link"
    target.write_bytes(b"kept")
    link.symlink_to(target)
    for path in (link, tmp_path):
        with pytest.raises(FileExistsError):
            write_file(path, b"new")
    assert link.is_symlink()
    assert target.read_bytes() == b"kept"
