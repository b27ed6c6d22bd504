"""Files in a folder: no link is followed, nothing half-written appears."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from clinic_terminal.clock import now
from clinic_terminal.exchange.folder.directory import Directory, open_directory
from clinic_terminal.exchange.folder.notices import FolderError
from clinic_terminal.exchange.folder.root import ExchangeRoot


@pytest.fixture
def directory(tmp_path: Path) -> Iterator[Directory]:
    with open_directory(tmp_path) as opened:
        yield opened


def test_only_regular_files_are_listed_oldest_first(directory: Directory, tmp_path: Path) -> None:
    for age, name in enumerate(["new", "middle", "old"]):
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (1000 - age, 1000 - age))
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "old")
    os.mkfifo(tmp_path / "pipe")
    assert [file.name for file in directory.files()] == ["old", "middle", "new"]


@pytest.mark.parametrize("kind", ["link", "pipe", "folder"])
def test_what_is_no_file_is_not_read(directory: Directory, tmp_path: Path, kind: str) -> None:
    (tmp_path / "secret").write_text("secret")
    match kind:
        case "link":
            (tmp_path / "it").symlink_to(tmp_path / "secret")
        case "pipe":
            os.mkfifo(tmp_path / "it")
        case "folder":
            (tmp_path / "it").mkdir()
    with pytest.raises(OSError, match=r".") as caught:
        directory.read("it", 100)
    assert "secret" not in str(caught.value)


def test_no_more_than_the_limit_is_read(directory: Directory, tmp_path: Path) -> None:
    (tmp_path / "large").write_bytes(b"x" * 5_000_000)
    content, state = directory.read("large", 1000)
    assert (len(content), state.size) == (1001, 5_000_000)
    assert directory.tail("large", 10) == b"x" * 10


def test_a_written_file_is_its_owners_and_replaces_a_former_one(directory: Directory, tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        directory.write("a", b"one")
        directory.write("a", b"two")
    finally:
        os.umask(before)
    assert (tmp_path / "a").read_bytes() == b"two"
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_a_link_in_the_place_of_a_result_is_replaced_and_not_followed(
    directory: Directory, tmp_path: Path
) -> None:
    (tmp_path / "other").write_text("other")
    (tmp_path / "a").symlink_to(tmp_path / "other")
    directory.write("a", b"result")
    assert (tmp_path / "other").read_text() == "other"
    assert not (tmp_path / "a").is_symlink()


def test_nothing_is_left_of_a_file_that_could_not_be_written(directory: Directory, tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()  # a file cannot replace a folder
    with pytest.raises(OSError, match=r"."):
        directory.write("a", b"result")
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_removing_twice_is_removing(directory: Directory, tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    directory.remove("a")
    directory.remove("a")
    assert list(tmp_path.iterdir()) == []


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_new_root_is_its_owners(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        root = ExchangeRoot.prepare(tmp_path / "new" / "OQS")
    finally:
        os.umask(before)
    folders = [tmp_path / "new", root.path, root.requests, root.results, root.faces]
    assert [folder.name for folder in folders] == ["new", "OQS", "req", "res", "face"]
    assert {mode(folder) for folder in folders} == {0o700}


def test_an_existing_root_keeps_its_files_and_rights(tmp_path: Path) -> None:
    root = ExchangeRoot.prepare(tmp_path / "OQS")
    root.requests.chmod(0o770)
    (root.results / "OQSsiquc01res_1.xml").touch()
    ExchangeRoot.prepare(tmp_path / "OQS")
    assert mode(root.requests) == 0o770
    assert [path.name for path in root.results.iterdir()] == ["OQSsiquc01res_1.xml"]


def test_what_a_crash_left_half_written_is_removed_of_taps_after_an_hour(tmp_path: Path) -> None:
    """The files of taps are written by other processes too, which may be running."""
    root = ExchangeRoot.prepare(tmp_path / "OQS")
    names = [".shikaku-0123456789abcdef.tmp", "OQSsiquc01res_1.xml"]
    for folder in (root.results, root.faces):
        for name in names:
            (folder / name).touch()
    root.clean(now() + timedelta(minutes=59))
    assert [path.name for path in root.results.iterdir()] == names[1:]
    assert sorted(path.name for path in root.faces.iterdir()) == names
    root.clean(now() + timedelta(minutes=61))
    assert [path.name for path in root.faces.iterdir()] == names[1:]


@pytest.mark.parametrize("name", ["OQS", "OQS/req", "OQS/res", "OQS/face"])
@pytest.mark.parametrize("kind", ["link", "file"])
def test_a_link_or_a_file_in_the_place_of_a_folder_is_refused(tmp_path: Path, name: str, kind: str) -> None:
    place = tmp_path / name
    place.parent.mkdir(exist_ok=True)
    if kind == "link":
        (tmp_path / "elsewhere").mkdir()
        place.symlink_to(tmp_path / "elsewhere")
    else:
        place.touch()
    with pytest.raises(FolderError, match=place.name):
        ExchangeRoot.prepare(tmp_path / "OQS")
    assert list((tmp_path / "elsewhere").iterdir()) == [] if kind == "link" else place.is_file()
