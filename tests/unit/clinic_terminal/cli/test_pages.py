"""`clinic-terminal add-operator`, and the screens of `serve --pages`."""

from __future__ import annotations

from pathlib import Path

import pytest

from clinic_terminal.exchange.operator import DeskRole
from screens.operators import Operators
from tests.builders.clinic.service_runner import ServiceRunner
from tests.builders.clinic.terminal import TerminalRunner

PASSWORD = "a-password\n"


@pytest.fixture(autouse=True)
def _cheap_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("screens.operators._N", 2)


@pytest.mark.parametrize("role", list(DeskRole))
def test_an_operator_is_added_with_a_role(terminal: TerminalRunner, tmp_path: Path, role: DeskRole) -> None:
    result = terminal.run(
        "add-operator", "見本　受付", "--role", role.value, "--password-stdin", pin=PASSWORD
    )
    assert result.exit_code == 0, result.output
    path = tmp_path / "home" / "operators.json"
    assert path.stat().st_mode & 0o777 == 0o600
    [operator] = Operators(path).all()
    assert (operator.name, operator.role) == ("見本　受付", role.value)
    assert PASSWORD.strip() not in path.read_text()


@pytest.mark.parametrize(
    ("words", "stdin"),
    [
        (("見本", "--role", "director"), PASSWORD),
        (("見本",), "short\n"),
        (("",), PASSWORD),
        (("見" * 41,), PASSWORD),
    ],
    ids=["role", "password", "no name", "long name"],
)
def test_an_operator_who_cannot_be_added_is_a_usage_error(
    terminal: TerminalRunner, tmp_path: Path, words: tuple[str, ...], stdin: str
) -> None:
    result = terminal.run("add-operator", *words, "--password-stdin", pin=stdin)
    assert result.exit_code == 2
    assert not (tmp_path / "home" / "operators.json").exists()


def test_without_settings_no_operator_is_added(
    terminal: TerminalRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TERMINAL_CREDENTIAL")
    assert terminal.run("add-operator", "見本", "--password-stdin", pin=PASSWORD).exit_code == 2


@pytest.fixture
def runner(terminal: TerminalRunner) -> ServiceRunner:
    return ServiceRunner()


def test_the_screens_and_taps_of_the_command_exclude_each_other(runner: ServiceRunner) -> None:
    assert runner.run("serve", "--pages", "0", "--taps", "--pin-stdin").exit_code == 2
