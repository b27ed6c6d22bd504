"""`payer-mock add-operator` and `serve` at the command line."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from payer_mock.cli import app
from payer_mock.web.desk import Desk
from screens.operators import Operators
from tests.unit.payer_mock.builders import credential


def run(*words: str | Path, stdin: str = "") -> Result:
    return CliRunner().invoke(app, [str(word) for word in words], input=stdin)


@pytest.fixture(autouse=True)
def _home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PAYER_HOME", str(tmp_path / "home"))


def add(tmp_path: Path, *words: str, stdin: str = "long enough\n") -> Result:
    return run(
        "add-operator",
        "見本　花子",
        "--credential",
        tmp_path / "payer.json",
        "--password-stdin",
        *words,
        stdin=stdin,
    )


def test_an_operator_is_added_with_her_key_sealed(tmp_path: Path) -> None:
    assert add(tmp_path, "--role", "approver").exit_code == 0
    opened = Operators(tmp_path / "home" / "operators.json").log_in("見本　花子", "long enough")
    assert opened is not None
    assert opened[0].role == "approver"
    assert credential().client_id.encode() in opened[1]
    assert (tmp_path / "payer.json").exists()


def test_the_password_can_be_typed_twice(tmp_path: Path) -> None:
    words = ("add-operator", "見本", "--credential", tmp_path / "payer.json")
    assert run(*words, stdin="long enough\nlong enough\n").exit_code == 0
    assert run(*words, stdin="long enough\nanother one\n").exit_code != 0


@pytest.mark.parametrize(
    ("words", "stdin"),
    [((), "short\n"), ((), "\n"), (("--role", "manager"), "long enough\n")],
    ids=["a short password", "none", "no such role"],
)
def test_wrong_usage_ends_with_2_and_adds_nobody(tmp_path: Path, words: tuple[str, ...], stdin: str) -> None:
    assert add(tmp_path, *words, stdin=stdin).exit_code == 2
    assert Operators(tmp_path / "home" / "operators.json").all() == []


@pytest.mark.parametrize(
    "content",
    ["", "{}", credential(None).model_dump_json(exclude_none=True)],
    ids=["empty", "none", "a terminal's"],
)
def test_only_an_insurers_credential_is_sealed(tmp_path: Path, content: str) -> None:
    (tmp_path / "payer.json").write_text(content, encoding="utf-8")
    result = add(tmp_path)
    assert result.exit_code == 2
    assert "payer.json" in result.output


@pytest.mark.parametrize(("minutes", "seconds"), [("", 1800), ("2", 120), ("120", 7200)])
def test_the_desk_locks_after_the_minutes_of_the_setting(
    monkeypatch: pytest.MonkeyPatch, minutes: str, seconds: float
) -> None:
    desks: list[Desk] = []
    monkeypatch.setattr("payer_mock.web.app.create_app", desks.append)
    monkeypatch.setattr("screens.web.server.serve", lambda *_: None)
    if minutes:
        monkeypatch.setenv("PAYER_IDLE_MINUTES", minutes)
    assert run("serve").exit_code == 0
    assert [desk.sessions.idle_seconds for desk in desks] == [seconds]


@pytest.mark.parametrize("minutes", ["1", "121", "x"])
def test_a_lock_out_of_bounds_ends_with_2(monkeypatch: pytest.MonkeyPatch, minutes: str) -> None:
    monkeypatch.setenv("PAYER_IDLE_MINUTES", minutes)
    result = run("serve")
    assert result.exit_code == 2
    assert "PAYER_IDLE_MINUTES" in result.output


@pytest.mark.parametrize("words", [("serve",), ("add-operator", "見本", "--credential", "payer.json")])
def test_without_the_funds_address_it_ends_with_2(
    words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("PAYER_FUND_URL")
    monkeypatch.chdir(tmp_path)
    result = run(*words)
    assert result.exit_code == 2
    assert "PAYER_FUND_URL" in result.output
