"""Gathering a crowd: J-LIS knows who may have a card, the database holds everybody, and what stops it is told."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from jpki_mock.jlis import Jlis
from jpki_mock.settings import Settings
from loadtest.clock import now
from loadtest.dataset import bulk_provision
from loadtest.dataset.bulk_population import BulkPopulation
from loadtest.dataset.bulk_provision import gather
from loadtest.target import LoadError, Surroundings

CROWD = BulkPopulation.of(30)


@pytest.fixture
def there(tmp_path: Path) -> Surroundings:
    with Jlis(Settings(home=tmp_path / "jpki"), now()):
        pass
    trust = tmp_path / "jpki" / "trust" / "authentication.pem"
    outside = {"FUND_DATABASE_OWNER_URL": "postgresql://nowhere/x", "FUND_TRUST_STORE": str(trust)}
    return Surroundings({"JPKI_HOME": str(tmp_path / "jpki"), **outside}, None)


def database(monkeypatch: pytest.MonkeyPatch, *, holds: bool = False, fails: bool = False) -> list[Any]:
    """A database that is not there; what it was filled with."""
    filled: list[Any] = []

    async def held(dsn: str, bulk: BulkPopulation) -> bool:
        return holds

    async def fill(
        dsn: str, bulk: BulkPopulation, *, authority: bytes, person_keys: Mapping[int, bytes], tell: Any
    ) -> None:
        if fails:
            raise asyncpg.InsufficientPrivilegeError
        filled.append((dsn, bulk, authority, person_keys))

    monkeypatch.setattr(bulk_provision, "holds", held)
    monkeypatch.setattr(bulk_provision, "fill", fill)
    monkeypatch.setattr("os.sync", lambda: None)
    return filled


def test_whom_the_register_knows_has_the_key_by_which_it_names_her(
    there: Surroundings, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled = database(monkeypatch)
    gather(there, CROWD, lambda _: None)
    [(_, bulk, authority, keys)] = filled
    assert (bulk, len(authority), set(keys)) == (CROWD, 32, set(range(1, 31)))
    with Jlis(Settings(home=there.jpki_home), now()) as jlis:
        resident = CROWD.resident(7)
        assert jlis.register.find(resident.resident_id) == resident
        assert keys[7].hex() == jlis.register.person_key(resident.resident_id)


def test_a_house_that_holds_it_is_left_alone(there: Surroundings, monkeypatch: pytest.MonkeyPatch) -> None:
    filled = database(monkeypatch, holds=True)
    gather(there, CROWD, lambda _: None)
    assert filled == []


def test_a_database_that_refuses_is_told_without_its_address(
    there: Surroundings, monkeypatch: pytest.MonkeyPatch
) -> None:
    database(monkeypatch, fails=True)
    with pytest.raises(LoadError, match="InsufficientPrivilegeError") as refused:
        gather(there, CROWD, lambda _: None)
    assert "nowhere" not in str(refused.value)


def test_without_a_way_to_the_database_there_is_no_crowd(tmp_path: Path) -> None:
    with pytest.raises(LoadError, match="no way to the database"):
        gather(Surroundings({"FUND_HOME": str(tmp_path)}, None), CROWD, lambda _: None)
