"""Files that only one user can read."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from eligibility_api.platform.private_files import append_private, write_private


def test_a_file_is_written_completely_and_readable_only_by_its_owner(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_bytes(b"a former, longer content")
    write_private(path, b"new")
    assert path.read_bytes() == b"new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_a_failed_write_keeps_the_previous_content(tmp_path: Path) -> None:
    path = tmp_path / "key"
    write_private(path, b"former")
    (tmp_path / "key.new").mkdir()
    with pytest.raises(IsADirectoryError):
        write_private(path, b"new")
    assert path.read_bytes() == b"former"


def test_a_log_is_appended_to(tmp_path: Path) -> None:
    path = tmp_path / "log"
    for line in (b"one\n", b"two\n"):
        with append_private(path) as file:
            file.write(line)
    assert path.read_bytes() == b"one\ntwo\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
