"""The home folder of a stack: emptied, for its owner alone, and for one stack at a time."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

import pytest

from shikaku import home
from shikaku.home import locked_home
from shikaku.processes import StackError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "home"


def test_a_home_is_emptied_and_its_owner_s_alone(folder: Path) -> None:
    for _ in range(2):
        with locked_home(folder):
            assert [path.name for path in folder.iterdir()] == [".stack"]
            assert folder.stat().st_mode & 0o077 == 0
            (folder / "old.json").touch()


def test_a_home_with_other_files_is_not_emptied(folder: Path) -> None:
    folder.mkdir(parents=True)
    (folder / "letter.txt").write_text("mine")
    with pytest.raises(StackError, match="contains files of something else"), locked_home(folder):
        pytest.fail("used")
    assert (folder / "letter.txt").read_text() == "mine"


def test_two_stacks_do_not_run_in_one_home(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(home, "_LOCK_SECONDS", 0.0)
    with (
        locked_home(folder),
        pytest.raises(StackError, match="Another stack is running"),
        locked_home(folder),
    ):
        pytest.fail("used twice")
    with locked_home(folder):
        pass  # free again


def test_a_service_that_inherited_the_lock_keeps_the_home(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The stack was killed, and its services are ending."""
    monkeypatch.setattr(home, "_LOCK_SECONDS", 0.0)
    with locked_home(folder) as lock:
        inherited = os.dup(lock)
    with pytest.raises(StackError, match="Another stack is running"), locked_home(folder):
        pytest.fail("used")
    os.close(inherited)
    with locked_home(folder) as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
