"""A stack on a cluster: prepared by the fund's own command, its addresses in files of its owner."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from loadtest import cluster_target as target_module
from loadtest.cluster.configuration import SERVICES
from loadtest.cluster_target import open_cluster
from loadtest.errors import LoadError
from loadtest.target import TargetEnvironment

ADMIN = "postgresql://postgres:admin-secret@127.0.0.1:1/postgres"


class FakeCluster:
    addresses: Mapping[str, str] = {
        setting: f"postgresql://{role}:secret@127.0.0.1:1,127.0.0.1:2/shikaku"
        for setting, role in SERVICES.items()
    }
    admin_address = ADMIN

    def __init__(self, folder: Path, programs: object, progress: object) -> None:
        self.folder = folder
        self.ended = False

    def __enter__(self) -> FakeCluster:
        return self

    def __exit__(self, *_: object) -> None:
        self.ended = True


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What was run and started."""
    observed: dict[str, Any] = {"commands": []}

    def run(self: TargetEnvironment, program: str, *commands: tuple[str, ...]) -> str:
        observed["commands"].append((program, *commands))
        observed["environment"] = self.environment
        return ""

    @contextmanager
    def start_stack(folder: Path, **options: Any) -> Iterator[TargetEnvironment]:
        assert not options["cluster"].ended
        observed.update(options, files={one.name: one.read_text() for one in options["database"].iterdir()})
        yield TargetEnvironment({}, 1, options["cluster"])

    monkeypatch.delenv("TERMINAL_FUND_URL", raising=False)
    monkeypatch.setattr(TargetEnvironment, "run", run)
    monkeypatch.setattr(target_module, "Cluster", FakeCluster)
    monkeypatch.setattr(target_module, "find_programs", lambda _: object())
    monkeypatch.setattr(target_module, "start_stack", start_stack)
    return observed


def test_the_database_is_prepared_as_an_operator_does_and_the_stack_gets_no_superuser(
    tmp_path: Path, opened: dict[str, Any]
) -> None:
    with open_cluster(tmp_path, workers=3, progress=lambda _: None) as target:
        assert target.cluster == opened["cluster"]
    assert opened["commands"] == [("eligibility-api", ("database", "prepare", "--rewind-role", "rewind"))]
    assert (
        opened["environment"].items() >= {**FakeCluster.addresses, "FUND_DATABASE_ADMIN_URL": ADMIN}.items()
    )
    assert opened["files"] == FakeCluster.addresses
    assert opened["workers"] == 3
    assert opened["cluster"].ended


def test_the_addresses_are_readable_by_their_owner_only(tmp_path: Path, opened: dict[str, Any]) -> None:
    with open_cluster(tmp_path, workers=1, progress=lambda _: None):
        folder = opened["database"]
        assert [path.stat().st_mode & 0o077 for path in (folder, *folder.iterdir())] == [0] * 6


def test_a_running_stack_has_no_cluster_that_a_fault_may_break(
    tmp_path: Path, opened: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERMINAL_FUND_URL", "http://127.0.0.1:8400")
    with (
        pytest.raises(LoadError, match="unset TERMINAL_FUND_URL"),
        open_cluster(tmp_path, workers=1, progress=lambda _: None),
    ):
        raise AssertionError("it started")
    assert not opened["commands"]
