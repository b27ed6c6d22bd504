"""`eligibility-api settings`: what each setting is, where its value comes from, and whether the fund could start."""

from __future__ import annotations

import json
import os
from typing import Annotated

import typer

from eligibility_api.platform.described_settings import DescribedSetting, describe, unknown_variables
from eligibility_api.platform.keys import load_trust
from eligibility_api.platform.settings import Settings


def settings_command(
    *,
    as_json: Annotated[bool, typer.Option("--json", help="JSON で表示する / Print one JSON object.")] = False,
) -> None:
    """すべての設定について、値、出所、意味を表示します。

    Show every setting: value, origin, meaning. Secrets are hidden.

    Exit code 1 if a variable is no setting, or a file that a setting names cannot be used; wrong values are named
    without being shown.
    """
    settings = Settings()
    described = list(describe(settings, os.environ))
    problems = _problems(settings)
    if as_json:
        rows = [setting.as_dict() for setting in described]
        typer.echo(json.dumps({"settings": rows, "problems": problems}, ensure_ascii=False, indent=2))
    else:
        for setting in described:
            typer.echo(_lines(setting))
        for problem in problems:
            typer.echo(problem, err=True)
    if problems:
        raise typer.Exit(1)


def _lines(setting: DescribedSetting) -> str:
    value = "–" if setting.value is None else setting.value
    unit = f" {setting.unit}" if setting.unit not in ("", "URL") and setting.value is not None else ""
    return f"{setting.name} = {value}{unit}  [{setting.origin}]\n    {setting.meaning}"


def _problems(settings: Settings) -> list[str]:
    """What is wrong though each value is possible, a sentence each."""
    problems = [f"{name} is no setting of this program." for name in unknown_variables(Settings, os.environ)]
    try:
        load_trust(settings)
    except (OSError, ValueError) as error:
        problems.append(f"The trust store cannot be read, so no certificate can be accepted: {error}")
    return problems
