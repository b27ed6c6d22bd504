"""The database address of a process: never one of another role."""

from __future__ import annotations

from pathlib import Path

import pytest

from eligibility_api.database.dsn import dsn
from eligibility_api.embedded_postgres.cluster import Role
from eligibility_api.platform.errors import OperatorError
from eligibility_api.platform.settings import Settings

OUTSIDE = {
    "FUND_DATABASE_URL": "postgresql://shikaku_api@db/fund",
    "FUND_DATABASE_OWNER_URL": "postgresql://shikaku_owner@db/fund",
    "FUND_DATABASE_JOBS_URL": "postgresql://shikaku_jobs@db/fund",
    "FUND_DATABASE_AUDITOR_URL": "postgresql://shikaku_auditor@db/fund",
}


@pytest.fixture(autouse=True)
def outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in OUTSIDE.items():
        monkeypatch.setenv(name, value)


@pytest.mark.parametrize("role", ["api", "owner", "jobs", "auditor"])
def test_each_role_has_its_own_connection_string_on_an_external_database(role: Role) -> None:
    assert dsn(Settings(), role) == f"postgresql://shikaku_{role}@db/fund"


@pytest.mark.parametrize("role", ["owner", "jobs", "auditor"])
def test_a_role_without_one_is_refused_by_the_name_of_the_setting(
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


@pytest.mark.parametrize("role", ["api", "owner", "jobs", "auditor"])
def test_an_address_that_cannot_be_read_is_refused_by_the_name_of_its_setting(
    monkeypatch: pytest.MonkeyPatch, role: Role
) -> None:
    name = "DATABASE_URL" if role == "api" else f"FUND_DATABASE_{role.upper()}_URL"
    monkeypatch.setenv("FUND_DATABASE_URL" if role == "api" else name, "mysql://h/x")
    with pytest.raises(OperatorError, match=f"^{name}: A database address is a URI"):
        dsn(Settings(), role)
