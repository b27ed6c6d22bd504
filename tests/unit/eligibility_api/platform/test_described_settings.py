"""Settings described: value, origin, unit and meaning; secrets are hidden, and mistyped variables found."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from pydantic import ValidationError

from eligibility_api.platform.described_settings import (
    DEFAULT,
    HIDDEN,
    DescribedSetting,
    describe,
    faults,
    unknown_variables,
)
from eligibility_api.platform.settings import Settings

PASSWORD = "secret-of-the-database"
DATABASE = f"postgresql://shikaku_api:{PASSWORD}@db.example/shikaku"


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATABASE_URL", "FUND_DATABASE_URL", "FUND_HOME", "FUND_JLIS_URL"):
        monkeypatch.delenv(name, raising=False)


def described(monkeypatch: pytest.MonkeyPatch, environment: Mapping[str, str]) -> dict[str, DescribedSetting]:
    """Every setting by its name, with this environment."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return {one.name: one for one in describe(Settings(), environment)}


def test_every_setting_has_a_value_an_origin_and_a_meaning(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = described(monkeypatch, {"FUND_TOKEN_SECONDS": "120"})
    assert len(shown) == len(Settings.model_fields)
    assert shown["FUND_TOKEN_SECONDS"].as_dict() == {
        "name": "FUND_TOKEN_SECONDS",
        "value": "120",
        "origin": "FUND_TOKEN_SECONDS",
        "unit": "seconds",
        "meaning": "Lifetime of an access token.",
    }
    assert {one.origin for name, one in shown.items() if name != "FUND_TOKEN_SECONDS"} == {DEFAULT}
    assert all(one.meaning for one in shown.values())


@pytest.mark.parametrize(
    ("environment", "setting", "value", "origin"),
    [
        ({}, "FUND_DATABASE_URL", None, DEFAULT),
        ({"DATABASE_URL": DATABASE}, "FUND_DATABASE_URL", HIDDEN, "DATABASE_URL"),
        (
            {"FUND_DATABASE_URL": DATABASE, "DATABASE_URL": "postgresql:///b"},
            "FUND_DATABASE_URL",
            HIDDEN,
            "FUND_DATABASE_URL",
        ),
        ({"FUND_DATABASE_OWNER_URL": DATABASE}, "FUND_DATABASE_OWNER_URL", HIDDEN, "FUND_DATABASE_OWNER_URL"),
        (
            {"FUND_JLIS_URL": f"https://fund:{PASSWORD}@jlis.example/a?b=c"},
            "FUND_JLIS_URL",
            f"https://{HIDDEN}@jlis.example/a?b=c",
            "FUND_JLIS_URL",
        ),
        ({"fund_home": "/srv/fund"}, "FUND_HOME", "/srv/fund", "FUND_HOME"),
        ({"FUND_PROXIES": ""}, "FUND_PROXIES", None, "FUND_PROXIES"),
    ],
    ids=["unset", "second name", "first name wins", "owner", "password in a URL", "small letters", "empty"],
)
def test_a_value_is_shown_with_its_origin_unless_it_is_secret(
    monkeypatch: pytest.MonkeyPatch,
    environment: dict[str, str],
    setting: str,
    value: str | None,
    origin: str,
) -> None:
    shown = described(monkeypatch, environment)
    assert (shown[setting].value, shown[setting].origin) == (value, origin)
    assert PASSWORD not in repr(shown)


def test_every_setting_with_a_database_address_is_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    names = [name for name in Settings.model_fields if name.startswith("database")]
    assert len(names) >= 5
    shown = described(monkeypatch, {f"FUND_{name.upper()}": DATABASE for name in names})
    assert {shown[f"FUND_{name.upper()}"].value for name in names} == {HIDDEN}


@pytest.mark.parametrize(
    ("variable", "unknown"),
    [
        ("FUND_TOKEN_SECOND", True),
        ("fund_token_second", True),
        ("FUND_TOKEN_SECONDS", False),
        ("fund_token_seconds", False),
        ("FUND_DATABASE_URL", False),
        ("DATABASE_URL", False),
        ("PAYER_URL", False),
    ],
)
def test_a_variable_that_is_no_setting_is_found(variable: str, unknown: bool) -> None:
    assert unknown_variables(Settings, {variable: "1"}) == ([variable] if unknown else [])


@pytest.mark.parametrize(
    ("variable", "value"),
    [("FUND_TOKEN_SECONDS", "31536000"), ("FUND_PROXIES", "a-secret-host"), ("FUND_WITNESSES", "key secret")],
)
def test_a_wrong_value_is_named_and_not_repeated(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(ValidationError) as raised:
        Settings()
    [fault] = faults(Settings, raised.value)
    assert fault.startswith(f"{variable}: ")
    assert value not in fault
