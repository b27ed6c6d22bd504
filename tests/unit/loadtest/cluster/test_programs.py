"""The programs of a cluster: what is missing is named in one sentence, in both languages."""

from __future__ import annotations

import importlib.util
import shutil
from pathlib import Path

import pytest

from eligibility_api.embedded_postgres.server import EmbeddedDatabaseError
from eligibility_api.embedded_postgres.unprivileged import Unprivileged
from loadtest.cluster import programs
from loadtest.cluster.programs import Programs, find_programs
from loadtest.errors import LoadError


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> dict[str, bool]:
    """What is installed, by name: everything."""
    found = {"etcd": True, "patroni": True, "psycopg": True}
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}" if found[name] else None)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: object() if found[name] else None)
    monkeypatch.setattr(programs, "programs_directory", lambda: Path("/pg"))
    monkeypatch.setattr(programs, "choose_user", lambda *_: Unprivileged(("unshare",), 0))
    return found


def test_everything_is_found_where_it_is_installed(installed: dict[str, bool], tmp_path: Path) -> None:
    assert find_programs(tmp_path) == Programs("/usr/bin/etcd", Path("/pg"), Unprivileged(("unshare",), 0))


@pytest.mark.parametrize(
    ("name", "remedy"),
    [("etcd", "apt-get install etcd-server"), ("patroni", r"shikaku\[cluster\]"), ("psycopg", r"shikaku\[cluster\]")],
)  # fmt: skip
def test_what_is_missing_is_named_with_its_remedy(
    installed: dict[str, bool], tmp_path: Path, name: str, remedy: str
) -> None:
    installed[name] = False
    with pytest.raises(LoadError, match=remedy) as raised:
        find_programs(tmp_path)
    japanese, _, english = str(raised.value).partition(" / ")
    assert not japanese.isascii()
    assert english.isascii()
    assert "\n" not in str(raised.value)


def test_without_postgresql_the_reason_is_given(
    installed: dict[str, bool], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing() -> Path:
        raise EmbeddedDatabaseError("The wheel is not installed.")

    monkeypatch.setattr(programs, "programs_directory", missing)
    with pytest.raises(LoadError, match="wheel is not installed"):
        find_programs(tmp_path)
