"""The location of the fund's database, and the error where it cannot be reached."""

from __future__ import annotations

from pathlib import Path

import pytest

from eligibility_api.embedded_postgres.server import EmbeddedDatabaseError, EmbeddedPostgres
from loadtest.database.dsn import DatabaseUnreachable, external_dsn, operator_dsn

OWNER, API, COMMON = "postgresql://owner@h/x", "postgresql://api@h/x", "postgresql://common@h/x"


@pytest.mark.parametrize(
    ("environment", "dsn"),
    [
        ({}, None),
        ({"FUND_DATABASE_URL": API}, API),
        ({"DATABASE_URL": COMMON}, COMMON),
        ({"FUND_DATABASE_URL": API, "DATABASE_URL": COMMON}, API),
        ({"FUND_DATABASE_OWNER_URL": OWNER, "FUND_DATABASE_URL": API, "DATABASE_URL": COMMON}, OWNER),
        ({"FUND_DATABASE_OWNER_URL": "", "FUND_DATABASE_URL": "", "DATABASE_URL": COMMON}, COMMON),
        ({"FUND_DATABASE_URL": ""}, None),
        ({"FUND_DATABASE_AUDITOR_URL": API}, None),
    ],
)
def test_an_external_database_is_the_owner_s_before_the_api_s(
    environment: dict[str, str], dsn: str | None
) -> None:
    assert external_dsn(environment) == dsn


@pytest.mark.parametrize(
    ("environment", "files", "dsn"),
    [
        ({}, {"FUND_DATABASE_OWNER_URL": OWNER + "\n"}, OWNER),
        ({}, {"DATABASE_URL": COMMON, "FUND_DATABASE_OWNER_URL": OWNER}, OWNER),
        ({"DATABASE_URL": API}, {"FUND_DATABASE_OWNER_URL": OWNER}, OWNER),
        ({"FUND_DATABASE_OWNER_URL": API}, {"FUND_DATABASE_OWNER_URL": OWNER}, API),
        ({}, {"FUND_DATABASE_OWNER_URL": "\n", "DATABASE_URL": COMMON}, COMMON),
        ({}, {}, None),
    ],
)
def test_a_mounted_secret_gives_what_the_environment_does_not(
    tmp_path: Path, environment: dict[str, str], files: dict[str, str], dsn: str | None
) -> None:
    for name, value in files.items():
        (tmp_path / name).write_text(value)
    assert external_dsn({"FUND_SECRETS_DIR": str(tmp_path), **environment}) == dsn


def test_a_folder_of_secrets_that_does_not_exist_gives_nothing(tmp_path: Path) -> None:
    assert external_dsn({"FUND_SECRETS_DIR": str(tmp_path / "none")}) is None


class Embedded:
    """An embedded server whose DSN changes with each start."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.starts = 0

    def dsn(self, role: str) -> str:
        self.starts += 1
        return f"postgresql://{role}@{self.folder}/{self.starts}"


def test_without_an_external_one_the_embedded_server_is_asked_each_time(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    server = Embedded(tmp_path / "postgres")
    attached: list[Path] = []

    def attach(folder: Path) -> Embedded:
        attached.append(folder)
        return server

    monkeypatch.setattr(EmbeddedPostgres, "attach", attach)
    environment = {"FUND_HOME": str(tmp_path)}
    assert operator_dsn(environment) == f"postgresql://owner@{server.folder}/1"
    assert operator_dsn(environment) == f"postgresql://owner@{server.folder}/2"
    assert attached == [server.folder] * 2
    assert operator_dsn(environment | {"FUND_DATABASE_URL": API}) == API


@pytest.mark.parametrize("error", [EmbeddedDatabaseError("it does not run"), OSError("no such folder")])
def test_a_server_that_does_not_run_is_unreachable_for_a_named_reason(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def attach(_: Path) -> None:
        raise error

    monkeypatch.setattr(EmbeddedPostgres, "attach", attach)
    with pytest.raises(DatabaseUnreachable, match=str(error)):
        operator_dsn({"FUND_HOME": "/nowhere"})


def test_an_environment_without_a_stack_has_no_database(tmp_path: Path) -> None:
    with pytest.raises(DatabaseUnreachable, match="cannot reach the database"):
        operator_dsn({})
    with pytest.raises(DatabaseUnreachable):
        operator_dsn({"FUND_HOME": str(tmp_path)})
