"""What is read after a phase."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from loadtest.errors import LoadError
from loadtest.machine import processes
from loadtest.soak import reading
from loadtest.soak.reading import Reading, folder_bytes, read
from loadtest.target import TargetEnvironment


class FakeSession:
    """A session of the owner, beside seven others."""

    async def fetchval(self, _: str) -> int:
        return 7

    async def close(self, timeout: float) -> None:
        pass


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> None:
    kinds = {1: "api", 2: "api", 3: "jobs", 4: "database", 5: "coordinator"}
    monkeypatch.setattr(reading, "ProcessRoles", lambda *_: Roles(kinds))
    monkeypatch.setattr(processes, "unshared_mib", lambda pid: pid * 10.04)
    monkeypatch.setattr(processes, "open_files", lambda pid: pid)
    monkeypatch.setattr(reading, "operator_dsn", lambda _: "postgresql://owner")

    async def connect(dsn: str, timeout: float) -> FakeSession:
        return FakeSession()

    monkeypatch.setattr(asyncpg, "connect", connect)


class Roles:
    """The kinds of all processes."""

    def __init__(self, kinds: dict[int, str]) -> None:
        self._kinds = kinds

    def find(self) -> dict[int, str]:
        return self._kinds


def target(folder: Path) -> TargetEnvironment:
    return TargetEnvironment({"TERMINAL_FUND_URL": "http://127.0.0.1:1", "FUND_HOME": str(folder)}, None)


@pytest.mark.usefixtures("machine")
def test_figures_are_added_up_by_kind_without_the_laboratorys_own(tmp_path: Path) -> None:
    found = asyncio.run(read(target(tmp_path), 12.34, 500))
    assert found == Reading(
        12.3, {"api": 30.1, "database": 40.2, "jobs": 30.1}, {"api": 3, "jobs": 3}, 7, 0, 500
    )
    assert found.as_json()["memory_mib"]["api"] == 30.1


@pytest.mark.usefixtures("machine")
def test_an_unreachable_database_ends_the_soak(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def connect(*_: Any, **__: Any) -> None:
        raise ConnectionRefusedError("refused")

    monkeypatch.setattr(asyncpg, "connect", connect)
    with pytest.raises(LoadError, match="connections cannot be read"):
        asyncio.run(read(target(tmp_path), 0.0, 0))


def test_the_space_of_a_folder_is_that_of_all_its_files(tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    for name in ("one", "inner/two"):
        (tmp_path / name).write_bytes(os.urandom(10_000))
    (tmp_path / "gone").symlink_to(tmp_path / "nowhere")
    assert 20_000 <= folder_bytes(tmp_path) <= 60_000
    assert folder_bytes(tmp_path / "nowhere") == 0


def test_the_open_files_of_a_process_are_counted() -> None:
    before = processes.open_files(os.getpid())
    with Path(__file__).open(encoding="utf-8"):
        assert processes.open_files(os.getpid()) == before + 1
    assert processes.open_files(2**22 + 1) == 0
