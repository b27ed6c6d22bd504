"""The Unix socket of a service: who may connect, and what is at its path before and after."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from eligibility_api.platform.errors import OperatorError
from eligibility_api.web.server.unix_socket import bound_unix_socket


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A short path: the kernel's limit is 107 bytes."""
    monkeypatch.chdir(tmp_path)
    return Path("fund.sock")


def test_it_is_its_owners_and_its_groups_and_removed_at_the_end(path: Path) -> None:
    with bound_unix_socket(path) as bound:
        assert path.lstat().st_mode & 0o777 == 0o660
        bound.listen()
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(path))
    assert not path.exists()


def test_what_a_killed_service_left_is_replaced(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(path))
    with bound_unix_socket(path) as bound:
        bound.listen()
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(path))


def test_a_second_service_is_refused_and_the_first_goes_on(path: Path) -> None:
    with bound_unix_socket(path) as first:
        first.listen()
        with pytest.raises(OperatorError, match="Another service"), bound_unix_socket(path):
            pass
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(path))


@pytest.mark.parametrize("kind", ["file", "folder", "link"])
def test_something_else_there_is_kept(path: Path, kind: str) -> None:
    match kind:
        case "file":
            path.write_text("kept")
        case "folder":
            path.mkdir()
        case _:
            path.symlink_to("elsewhere")
    with pytest.raises(OperatorError, match="There is a file"), bound_unix_socket(path):
        pass
    assert path.is_symlink() or path.exists()


@pytest.mark.parametrize("name", ["none/fund.sock", "x" * 200])
def test_a_path_that_is_impossible_is_refused(path: Path, name: str) -> None:
    with (
        pytest.raises(OperatorError, match="cannot be created"),
        bound_unix_socket(path.parent / name),
    ):
        pass
