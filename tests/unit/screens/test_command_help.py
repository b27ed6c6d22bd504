"""Every program's `--help`, `--version` and completion: groups in both languages, and examples that parse."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from screens import command_help
from screens.command_help import arrange, program_version, read_groups

PROGRAMS = {
    "clinic-terminal": ("clinic_terminal.cli", "clinic_terminal.cli"),
    "eligibility-api": ("eligibility_api.cli", "eligibility_api.cli"),
    "jpki-mock": ("jpki_mock.cli", "jpki_mock.cli"),
    "loadtest": ("loadtest.cli", "loadtest"),
    "payer-mock": ("payer_mock.cli", "payer_mock.cli"),
}
"""The module and the package of `help.toml` by program."""

ENGLISH = re.compile("[a-z]{3}")
JAPANESE = re.compile("[\u3040-\u30ff\u4e00-\u9fff]")


def app_of(program: str) -> typer.Typer:
    app: typer.Typer = import_module(PROGRAMS[program][0]).app
    return app


def commands(group: Any, *path: str) -> Iterator[tuple[str, Any]]:
    """The commands below a group by their names with spaces."""
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, *path, name)
        else:
            yield " ".join((*path, name)), command


def examples(program: str) -> dict[str, str]:
    return {
        name: text for group in read_groups(PROGRAMS[program][1]) for name, text in group["examples"].items()
    }


CASES = [
    (program, name, command)
    for program in PROGRAMS
    for name, command in commands(typer.main.get_command(app_of(program)))
]


def test_a_command_has_an_example_with_options_that_it_has() -> None:
    assert CASES
    for program, name, command in CASES:
        words = shlex.split(examples(program)[name].partition(" < ")[0])
        path = [program, *name.split()]
        assert words[: len(path)] == path, (program, name)
        context = command.context_class(command, info_name=name)
        values, rest, _ = command.make_parser(context).parse_args(words[len(path) :])
        assert rest == [], (program, name)
        required = {parameter.name for parameter in command.params if parameter.required}
        assert required <= {key for key, value in values.items() if value}, (program, name)
        for parameter in command.params:
            try:
                parameter.process_value(context, values.get(parameter.name))
            except typer.BadParameter as error:
                if "does not exist" not in error.message:  # a file of the example does not
                    raise


def test_a_command_and_its_options_are_described_in_both_languages() -> None:
    assert CASES
    for _, name, command in CASES:
        described = {
            parameter.opts[0]: getattr(parameter, "help", None) or ""
            for parameter in command.params
            if parameter.name != "help" and not getattr(parameter, "hidden", False)
        }
        for place, text in ({name: command.help} | described).items():
            assert JAPANESE.search(text), place
            assert ENGLISH.search(text), place


@pytest.mark.parametrize("program", PROGRAMS)
def test_no_example_is_left_of_a_command_that_is_gone(program: str) -> None:
    assert set(examples(program)) == {name for name, _ in commands(typer.main.get_command(app_of(program)))}


@pytest.mark.parametrize("program", PROGRAMS)
def test_help_is_grouped_in_both_languages(program: str) -> None:
    text = CliRunner().invoke(app_of(program), ["--help"], env={"COLUMNS": "200"}).output
    titles = [group["title"] for group in read_groups(PROGRAMS[program][1])]
    assert titles
    for title in titles:
        japanese, english = title.split(" / ")
        assert JAPANESE.search(japanese)
        assert english.isascii()
        assert title in text


@pytest.mark.parametrize("program", PROGRAMS)
def test_every_program_prints_its_version(program: str) -> None:
    done = CliRunner().invoke(app_of(program), ["--version"])
    assert (done.exit_code, done.output) == (0, f"{program_version()}\n")
    assert re.fullmatch(r"\d+\.\d+\.\d+(\.dev\d+)?", program_version())


def test_a_program_that_is_not_installed_has_no_version(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command_help, "_DISTRIBUTION", "shikaku-absent")
    assert program_version() == "not installed"


@pytest.mark.parametrize("program", PROGRAMS)
def test_every_program_completes_its_commands(program: str) -> None:
    expected = next(iter(examples(program))).split()[0]
    variable = f"_{program.replace('-', '_').upper()}_COMPLETE"
    environment = {variable: "complete_bash", "COMP_WORDS": f"{program} {expected[:-1]}", "COMP_CWORD": "1"}
    done = CliRunner().invoke(app_of(program), [], prog_name=program, env=environment)
    assert expected in done.output.split()


def test_an_example_of_an_unknown_command_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    app = typer.Typer()
    app.command("known")(lambda: None)
    group = {"title": "一 / one", "examples": {"unknown": "program unknown"}}
    monkeypatch.setattr(command_help, "read_groups", lambda _: [group])
    with pytest.raises(KeyError):
        arrange(app, "anything")
