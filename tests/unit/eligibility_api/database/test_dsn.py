"""The database address of a process: never one of another role."""

from __future__ import annotations

from pathlib import Path

import pytest

from eligibility_api.database.dsn import dsn
from eligibility_api.embedded_postgres.cluster import Role
from eligibility_api.platform.errors import OperatorError
from eligibility_api.platform.settings import Settings

OUTSIDE = {
    "FUND_DATABASE_URL": "postgresql://api@db/fund",
    "FUND_DATABASE_OWNER_URL": "postgresql://owner@db/fund",
    "FUND_DATABASE_BATCH_URL": "postgresql://batch@db/fund",
    "FUND_DATABASE_SEQUENCER_URL": "postgresql://sequencer@db/fund",
}


@pytest.fixture(autouse=True)
def outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in OUTSIDE.items():
        monkeypatch.setenv(name, value)


@pytest.mark.parametrize("role", ["api", "owner", "batch", "sequencer"])
def test_each_role_has_its_own_address_of_an_external_database(role: Role) -> None:
    assert dsn(Settings(), role) == f"postgresql://{role}@db/fund"


@pytest.mark.parametrize("role", ["owner", "batch", "sequencer"])
def test_a_role_without_an_address_is_an_error_naming_the_setting(
    monkeypatch: pytest.MonkeyPatch, role: Role
) -> None:
    monkeypatch.delenv(f"FUND_DATABASE_{role.upper()}_URL")
    with pytest.raises(OperatorError, match=f"FUND_DATABASE_{role.upper()}_URL"):
        dsn(Settings(), role)


def test_without_an_external_database_the_embedded_one_must_run(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("FUND_DATABASE_URL")
    with pytest.raises(OperatorError, match="start the service first"):
        dsn(Settings(home=tmp_path), "api")
