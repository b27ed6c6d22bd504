"""The command `token`: one line on standard output, and nothing else."""

from __future__ import annotations

import pytest

from tests.builders.clinic.terminal import TerminalRunner


def test_the_token_is_the_only_output(terminal: TerminalRunner) -> None:
    result = terminal.run("token")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "token\n", "")
    assert terminal.fund.calls == ["/v1/token"]


@pytest.mark.parametrize(
    ("failure", "code", "sentence"),
    [
        ("lost", 40, "The fund cannot be reached."),
        ("client-closed", 30, "The admission of this terminal or program was withdrawn."),
    ],
)
def test_a_problem_is_printed_on_standard_error(
    terminal: TerminalRunner, failure: str, code: int, sentence: str
) -> None:
    terminal.fund.failures["/v1/token"] = [failure]
    result = terminal.run("token")
    assert (result.exit_code, result.stdout) == (code, "")
    assert sentence in result.stderr


def test_a_missing_setting_ends_with_2(terminal: TerminalRunner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TERMINAL_CREDENTIAL")
    result = terminal.run("token")
    assert (result.exit_code, result.stdout, terminal.fund.calls) == (2, "", [])


def test_the_help_states_that_the_token_is_secret_and_short_lived(terminal: TerminalRunner) -> None:
    text = "".join(terminal.run("token", "--help").stdout.split())
    for part in ("最長5分", "トークンは秘密です", "atmostfiveminutes", "isasecret"):
        assert part in text
