"""Every setting: its bounds, its environment variable, and that no database password appears in a text of it."""

from __future__ import annotations

import os
from datetime import timedelta
from numbers import Number
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from pydantic import ValidationError

from eligibility_api.platform.described_settings import DEFAULT, HIDDEN, describe, unknown_variables
from eligibility_api.platform.errors import OperatorError
from eligibility_api.platform.settings import Settings

PASSWORD = "secret-of-the-database"


class Bounds(NamedTuple):
    """The lowest and the highest accepted value, and the nearest rejected ones; None: there is no bound."""

    lowest: Any
    below: Any
    highest: Any = None
    above: Any = None


RATIO = Bounds(0, -0.001, 1, 1.001)
COUNT = Bounds(0, -1)
AT_LEAST_ONE = Bounds(1, 0)

BOUNDS = {
    "challenge_seconds": Bounds(5, 4, 300, 301),
    "consent_challenge_seconds": Bounds(5, 4, 600, 601),
    "token_seconds": Bounds(5, 4, 300, 301),
    "revocation_max_age_seconds": Bounds(2, 1),
    "backup_keep_days": AT_LEAST_ONE,
    "visual_checks_per_hour": COUNT,
    "number_misses_per_hour": COUNT,
    "facility_number_misses_per_hour": COUNT,
    "own_access_guesses_per_hour": AT_LEAST_ONE,
    "second_factor_misses_per_hour": COUNT,
    "batch_rows_per_day": AT_LEAST_ONE,
    "batch_misses_per_day": COUNT,
    "batch_rows_per_second": Bounds(0.001, 0),
    "mismatches_per_hour": COUNT,
    "upload_max_bytes": AT_LEAST_ONE,
    "undo_window_days": COUNT,
    "unmatched_rows_per_hour": COUNT,
    "unmatched_rows_per_day": COUNT,
    "unmatched_rows_ratio": RATIO,
    "traces_ratio": RATIO,
    "hold_max_changed_ratio": RATIO,
    "hold_max_absent_ratio": RATIO,
    "hold_max_unmatched_ratio": RATIO,
    "hold_max_invalid_ratio": RATIO,
    "hold_max_renumbered_ratio": RATIO,
    "hold_max_fill_rate_drop": RATIO,
    "hold_min_rows": AT_LEAST_ONE,
    "pool_connections": AT_LEAST_ONE,
    "max_connections": Bounds(16, 15),
    "max_requests": Bounds(16, 15),
    "max_wait_seconds": Bounds(0.001, 0),
    "max_url_bytes": Bounds(256, 255),
    "max_header_bytes": Bounds(1_024, 1_023),
    "header_seconds": Bounds(0.001, 0),
    "body_seconds": Bounds(0.001, 0),
    "min_body_bytes_per_second": AT_LEAST_ONE,
    "idle_seconds": Bounds(0.001, 0),
    "send_seconds": Bounds(0.001, 0),
}


def read(monkeypatch: pytest.MonkeyPatch, name: str, value: object) -> Any:
    """The setting's value if its variable has this value."""
    monkeypatch.setenv(f"FUND_{name.upper()}", str(value))
    return getattr(Settings(), name)


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment sets nothing but what a test sets."""
    monkeypatch.delenv("DATABASE_URL", raising=False)
    for name in Settings.model_fields:
        monkeypatch.delenv(f"FUND_{name.upper()}", raising=False)


def test_every_number_has_bounds_in_this_table() -> None:
    defaults = Settings().model_dump()
    assert BOUNDS.keys() <= {name for name, value in defaults.items() if isinstance(value, Number)}
    bounded = {
        name
        for name, field in Settings.model_fields.items()
        if field.metadata and isinstance(defaults[name], Number)
    }
    assert bounded == BOUNDS.keys()


@pytest.mark.parametrize(("name", "bounds"), BOUNDS.items(), ids=str)
def test_a_number_is_accepted_up_to_its_bounds(
    monkeypatch: pytest.MonkeyPatch, name: str, bounds: Bounds
) -> None:
    for value in {bounds.lowest, bounds.highest} - {None}:
        assert read(monkeypatch, name, value) == value


@pytest.mark.parametrize(("name", "bounds"), BOUNDS.items(), ids=str)
def test_a_number_beyond_its_bounds_stops_the_program_without_its_value(
    monkeypatch: pytest.MonkeyPatch, name: str, bounds: Bounds
) -> None:
    for value in ({bounds.below, bounds.above} - {None}) | {"many", ""}:
        with pytest.raises(ValidationError) as stopped:
            read(monkeypatch, name, value)
        [fault] = stopped.value.errors()
        assert fault["loc"] == (name,)
        assert "input_value" not in str(stopped.value)


@pytest.mark.parametrize("name", ["challenge_seconds", "pool_connections", "hold_min_rows"])
def test_a_whole_number_has_no_fraction(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    with pytest.raises(ValidationError):
        read(monkeypatch, name, "10.5")


@pytest.mark.parametrize("name", ["home", "trust_store", "signature_trust_store"])
def test_a_path_is_read_as_it_is_written(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    assert read(monkeypatch, name, "/srv/資格 確認/x") == Path("/srv/資格 確認/x")


@pytest.mark.parametrize("name", ["audience", "jlis_url"])
def test_a_text_is_read_as_it_is_written(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    assert read(monkeypatch, name, "urn:shikaku:elsewhere") == "urn:shikaku:elsewhere"


@pytest.mark.parametrize(
    ("set_to", "address"),
    [
        ({}, None),
        ({"DATABASE_URL": "postgresql://general"}, "postgresql://general"),
        ({"FUND_DATABASE_URL": "postgresql://own"}, "postgresql://own"),
        (
            {"DATABASE_URL": "postgresql://general", "FUND_DATABASE_URL": "postgresql://own"},
            "postgresql://own",
        ),
    ],
)
def test_the_funds_own_database_address_precedes_the_general_one(
    monkeypatch: pytest.MonkeyPatch, set_to: dict[str, str], address: str | None
) -> None:
    for variable, value in set_to.items():
        monkeypatch.setenv(variable, value)
    assert Settings().database_url == address


@pytest.mark.parametrize("role", ["owner", "jobs", "auditor"])
def test_the_general_database_address_is_the_apis_alone(monkeypatch: pytest.MonkeyPatch, role: str) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://general")
    assert getattr(Settings(), f"database_{role}_url") is None


@pytest.mark.parametrize(
    "name",
    ["database_url", "database_owner_url", "database_jobs_url", "database_auditor_url", "database_admin_url"],
)
def test_no_text_of_the_settings_contains_a_database_password(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    read(monkeypatch, name, f"postgresql://shikaku:{PASSWORD}@db/fund")
    assert PASSWORD in str(getattr(Settings(), name))
    assert PASSWORD not in repr(Settings())
    assert PASSWORD not in str(Settings())


def test_settings_cannot_be_changed_after_the_start() -> None:
    with pytest.raises(ValidationError):
        Settings().token_seconds = 10  # type: ignore[misc]


@pytest.mark.parametrize(
    ("name", "seconds", "duration"),
    [
        ("challenge_seconds", 7, "challenge_life"),
        ("consent_challenge_seconds", 8, "consent_challenge_life"),
        ("revocation_max_age_seconds", 9, "revocation_max_age"),
    ],
)
def test_a_duration_follows_from_its_own_seconds(
    monkeypatch: pytest.MonkeyPatch, name: str, seconds: int, duration: str
) -> None:
    read(monkeypatch, name, seconds)
    assert getattr(Settings(), duration) == timedelta(seconds=seconds)


def test_a_mounted_secret_is_a_file_that_is_named_as_its_variable(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("FUND_DATABASE_URL", "DATABASE_URL", "FUND_DATABASE_OWNER_URL", "FUND_DATABASE_JOBS_URL"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "DATABASE_URL").write_text("postgresql://shikaku_api@db/fund\n")
    (tmp_path / "fund_database_owner_url").write_text("postgresql://shikaku_owner@db/fund")
    (tmp_path / "FUND_DATABASE_JOBS_URL").write_text("postgresql://shikaku_jobs@file/fund")
    monkeypatch.setenv("FUND_SECRETS_DIR", str(tmp_path))
    monkeypatch.setenv("FUND_DATABASE_JOBS_URL", "postgresql://shikaku_jobs@environment/fund")
    settings = Settings()
    assert settings.database_url == "postgresql://shikaku_api@db/fund"
    assert settings.database_owner_url == "postgresql://shikaku_owner@db/fund"
    assert settings.database_jobs_url == "postgresql://shikaku_jobs@environment/fund"
    shown = {one.name: (one.value, one.origin) for one in describe(settings, os.environ)}
    assert shown["FUND_DATABASE_URL"] == (HIDDEN, "DATABASE_URL")
    assert shown["FUND_DATABASE_OWNER_URL"] == (HIDDEN, "FUND_DATABASE_OWNER_URL")
    assert shown["FUND_DATABASE_AUDITOR_URL"] == (None, DEFAULT)
    assert not unknown_variables(Settings, {"FUND_SECRETS_DIR": str(tmp_path)})


@pytest.mark.parametrize("name", ["missing", "file"])
def test_a_folder_of_secrets_that_is_none_is_an_error(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("FUND_SECRETS_DIR", str(tmp_path / name))
    with pytest.raises(OperatorError, match="FUND_SECRETS_DIR is no folder"):
        Settings()
