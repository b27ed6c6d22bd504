"""What the commands of every program have in common: groups and an example in `--help`, `--version`, completion.

Groups and examples are in a file `help.toml` beside the commands, so that they are found in one place, and tested.
"""

from __future__ import annotations

import tomllib
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files
from typing import Annotated, Any

import typer
from typer.models import CommandInfo, TyperInfo

_DISTRIBUTION = "shikaku"


def arrange(app: typer.Typer, package: str) -> None:
    """Give each command of `app` its group and its example of `package`'s `help.toml`, and add `--version`.

    Raises KeyError for an example of a command that does not exist.
    """
    app.callback()(_with_version)
    for group in read_groups(package):
        for name, example in group["examples"].items():
            words = name.split()
            info = _command(app, words)
            info.epilog = f"例 / Example:\n\n{example}"
            _member(app, words[0]).rich_help_panel = group["title"]


def read_groups(package: str) -> list[dict[str, Any]]:
    """The groups in order: `title`, and `examples` by the command's name."""
    text = files(package).joinpath("help.toml").read_text(encoding="utf-8")
    groups: list[dict[str, Any]] = tomllib.loads(text)["group"]
    return groups


def program_version() -> str:
    """The version of the installed programs."""
    try:
        return version(_DISTRIBUTION)
    except PackageNotFoundError:
        return "not installed"


def _command(app: typer.Typer, words: list[str]) -> CommandInfo | TyperInfo:
    info = _member(app, words[0])
    if len(words) == 1:
        return info
    assert isinstance(info, TyperInfo)
    assert info.typer_instance is not None
    return _command(info.typer_instance, words[1:])


def _member(app: typer.Typer, name: str) -> CommandInfo | TyperInfo:
    members: dict[str | None, CommandInfo | TyperInfo] = {
        info.name or _name_of(info): info for info in app.registered_commands
    }
    members |= {info.name: info for info in app.registered_groups}
    return members[name]


def _name_of(info: CommandInfo) -> str | None:
    return info.callback.__name__.replace("_", "-") if info.callback else None


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(program_version())
        raise typer.Exit


def _with_version(
    _version: Annotated[
        bool,
        typer.Option(
            "--version",
            callback=_print_version,
            is_eager=True,
            help="バージョンを表示する。\n\nPrint the version.",
        ),
    ] = False,
) -> None:
    pass
