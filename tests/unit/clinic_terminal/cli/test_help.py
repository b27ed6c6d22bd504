"""The help of every command: in both languages, complete at 80 columns, with every exit code."""

from __future__ import annotations

import re
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from clinic_terminal.cli import app
from clinic_terminal.console import outcomes

JAPANESE = re.compile(r"[ぁ-んァ-ヶ一-龠]")
FRAME = re.compile(r"[\s│╭╮╰╯─]")


def _commands() -> dict[str, Any]:
    """Every command of the program by its name, as typer builds it."""
    group: Any = typer.main.get_command(app)
    return dict(group.commands)


COMMANDS = _commands()
NAMES = pytest.mark.parametrize("name", COMMANDS)


def _help(name: str) -> str:
    result = CliRunner().invoke(app, [name, "--help"], env={"COLUMNS": "80", "TERMINAL_WIDTH": "80"})
    assert result.exit_code == 0
    return result.output


def _parameters(name: str) -> list[Any]:
    return [parameter for parameter in COMMANDS[name].params if parameter.name != "help"]


def test_every_command_is_checked() -> None:
    assert {"tap", "readers", "lookup", "history", "appointments", "token"} <= set(COMMANDS)
    assert len(_parameters("tap")) > 10


@NAMES
def test_the_first_paragraph_is_japanese_and_the_second_english(name: str) -> None:
    japanese, english, *_ = (COMMANDS[name].help or "").split("\n\n")
    assert JAPANESE.search(japanese)
    assert japanese.endswith("。")
    assert "\n" not in japanese
    assert english.endswith((".", ":"))
    assert not JAPANESE.search(english.replace("再照会", ""))


@NAMES
def test_every_option_has_japanese_lines_and_an_english_line_at_the_end(name: str) -> None:
    for parameter in _parameters(name):
        *japanese, english = (parameter.help or "").split("\n\n")
        assert JAPANESE.search("".join(japanese)), parameter.name
        assert english.isascii() or "●" in english, parameter.name
        assert not JAPANESE.search(english), parameter.name


@NAMES
def test_nothing_of_an_option_is_cut_off_at_80_columns(name: str) -> None:
    shown = FRAME.sub("", _help(name))
    for parameter in _parameters(name):
        for line in (parameter.help or "").split("\n\n")[:-1]:
            assert FRAME.sub("", line) in shown


@pytest.mark.parametrize(
    ("name", "codes"),
    [
        ("tap", {0, 1, 2, 12, 13, 14, 15, 16, 20, 30, 31, 40, 129, 130, 143}),
        ("lookup", {0, 1, 2, 12, 13, 14, 15, 16, 20, 30, 31, 40, 129, 130, 143}),
        ("history", {0, 1, 2, 20, 30, 31, 40, 129, 130, 143}),
        ("readers", {0, 20}),
        ("appointments", {0, 2, 10, 11, 30, 40}),
        ("reference", {0, 2, 10, 30, 40}),
        ("consent-status", {0, 2, 30, 40}),
        ("token", {0, 2, 30, 40}),
    ],
)
def test_each_exit_code_is_listed_once_in_each_language(name: str, codes: set[int]) -> None:
    japanese, english = _help(name).split("終了コード：")[1].split("Exit codes:")
    for text in (japanese, english):
        listed = [int(code) for code in re.findall(r"^ +(\d+) {2,}\S", text, re.MULTILINE)]
        assert listed == sorted(codes)


def test_the_exit_codes_of_the_help_are_those_of_the_table() -> None:
    rows = [*outcomes.VALIDITY.values(), *outcomes.PROBLEM.values()]
    text = _help("tap")
    for row in rows:
        assert f"{row.exit_code:<5} {row.meaning.ja}" in text
        assert f"{row.exit_code:<5} {row.meaning.en}" in text
