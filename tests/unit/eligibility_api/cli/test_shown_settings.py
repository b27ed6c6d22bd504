"""`eligibility-api settings`: everything that is set, and what would keep the fund from being what was meant."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from typer.testing import CliRunner

from eligibility_api.cli import app, main
from eligibility_api.platform.settings import Settings
from tests.unit.eligibility_api.domain.revocations import authority

PASSWORD = "secret-of-the-database"


@pytest.fixture(autouse=True)
def trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Trust stores that can be read."""
    path = tmp_path / "trust.pem"
    path.write_bytes(authority().public_bytes(Encoding.PEM))
    monkeypatch.setenv("FUND_TRUST_STORE", str(path))
    monkeypatch.setenv("FUND_SIGNATURE_TRUST_STORE", str(path))
    monkeypatch.setenv("FUND_DATABASE_URL", f"postgresql://shikaku_api:{PASSWORD}@db.example/shikaku")


def shown() -> tuple[int, dict[str, Any]]:
    """Exit code and printed object."""
    result = CliRunner().invoke(app, ["settings", "--json"])
    printed: dict[str, Any] = json.loads(result.stdout)
    return result.exit_code, printed


def test_all_settings_are_shown_and_nothing_is_wrong() -> None:
    code, printed = shown()
    assert (code, printed["problems"]) == (0, [])
    assert len(printed["settings"]) == len(Settings.model_fields)


def test_the_text_says_value_unit_origin_and_meaning_and_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FUND_TOKEN_SECONDS", "120")
    monkeypatch.delenv("FUND_PUBLIC_URL", raising=False)
    text = CliRunner().invoke(app, ["settings"]).stdout
    assert "FUND_TOKEN_SECONDS = 120 seconds  [FUND_TOKEN_SECONDS]\n    Lifetime of an access token." in text
    assert "FUND_DATABASE_URL = (hidden)  [FUND_DATABASE_URL]" in text
    assert "FUND_PUBLIC_URL = –  [default]" in text
    assert PASSWORD not in text


@pytest.mark.parametrize(
    ("variable", "value", "problem"),
    [
        ("FUND_TOKEN_SECOND", "1", "FUND_TOKEN_SECOND is no setting"),
        ("FUND_TRUST_STORE", "/no/such/file", "trust store cannot be read"),
        ("FUND_SIGNATURE_TRUST_STORE", "/dev/null", "trust store cannot be read"),
    ],
)
def test_what_would_go_wrong_is_a_problem_and_an_exit_code(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, problem: str
) -> None:
    monkeypatch.setenv(variable, value)
    code, printed = shown()
    assert code == 1
    assert len(printed["problems"]) == 1
    assert problem in printed["problems"][0]
    assert problem in CliRunner().invoke(app, ["settings"]).stderr


@pytest.mark.parametrize("variable", ["FUND_TOKEN_SECONDS", "FUND_PROXIES"])
def test_a_wrong_value_is_one_sentence_that_names_the_variable(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], variable: str
) -> None:
    monkeypatch.setenv(variable, "a-secret")
    monkeypatch.setattr("sys.argv", ["eligibility-api", "settings"])
    with pytest.raises(SystemExit) as end:
        main()
    error = capsys.readouterr().err
    assert end.value.code == 1
    assert error.startswith(f"Wrong settings: {variable}: ")
    assert "a-secret" not in error
