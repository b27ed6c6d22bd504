"""Provisioning of a bulk population: registered at J-LIS, loaded into the database; reporting of failures."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from jpki_mock.jlis import Jlis
from jpki_mock.settings import Settings
from loadtest.clock import now
from loadtest.dataset import bulk_load
from loadtest.dataset.bulk_load import provision_bulk
from loadtest.dataset.bulk_population import BulkPopulation
from loadtest.errors import LoadError
from loadtest.target import TargetEnvironment

BULK = BulkPopulation.of(30)


@pytest.fixture
def target(tmp_path: Path) -> TargetEnvironment:
    with Jlis(Settings(home=tmp_path / "jpki"), now()):
        pass
    trust = tmp_path / "jpki" / "trust" / "authentication.pem"
    external = {"FUND_DATABASE_OWNER_URL": "postgresql://nowhere/x", "FUND_TRUST_STORE": str(trust)}
    return TargetEnvironment({"JPKI_HOME": str(tmp_path / "jpki"), **external}, None)


def database(monkeypatch: pytest.MonkeyPatch, *, loaded: bool = False, fails: bool = False) -> list[Any]:
    """Replaces the database; returns the list of bulk loads."""
    loads: list[Any] = []

    async def is_loaded(dsn: str, bulk: BulkPopulation) -> bool:
        return loaded

    async def load(
        dsn: str, bulk: BulkPopulation, *, authority: bytes, person_keys: Mapping[int, bytes], progress: Any
    ) -> None:
        if fails:
            raise asyncpg.InsufficientPrivilegeError
        loads.append((dsn, bulk, authority, person_keys))

    monkeypatch.setattr(bulk_load, "is_loaded", is_loaded)
    monkeypatch.setattr(bulk_load, "bulk_load", load)
    monkeypatch.setattr("os.sync", lambda: None)
    return loads


def test_registered_people_are_loaded_with_their_person_keys(
    target: TargetEnvironment, monkeypatch: pytest.MonkeyPatch
) -> None:
    loads = database(monkeypatch)
    provision_bulk(target, BULK, lambda _: None)
    [(_, bulk, authority, keys)] = loads
    assert (bulk, len(authority), set(keys)) == (BULK, 32, set(range(1, 31)))
    with Jlis(Settings(home=target.jpki_home), now()) as jlis:
        resident = BULK.resident(7)
        assert jlis.register.find(resident.resident_id) == resident
        assert keys[7].hex() == jlis.register.person_key(resident.resident_id)


def test_a_stack_that_has_it_already_is_not_changed(
    target: TargetEnvironment, monkeypatch: pytest.MonkeyPatch
) -> None:
    loads = database(monkeypatch, loaded=True)
    provision_bulk(target, BULK, lambda _: None)
    assert loads == []


def test_a_database_error_is_reported_without_the_address(
    target: TargetEnvironment, monkeypatch: pytest.MonkeyPatch
) -> None:
    database(monkeypatch, fails=True)
    with pytest.raises(LoadError, match="InsufficientPrivilegeError") as raised:
        provision_bulk(target, BULK, lambda _: None)
    assert "nowhere" not in str(raised.value)


def test_an_unreachable_database_is_reported(tmp_path: Path) -> None:
    with pytest.raises(LoadError, match="cannot reach the database"):
        provision_bulk(TargetEnvironment({"FUND_HOME": str(tmp_path)}, None), BULK, lambda _: None)
