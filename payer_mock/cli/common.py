"""What the commands share: the application, its surroundings, exit codes, and the way to the fund."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, TypeVar

import httpx2
import typer
from pydantic import BaseModel, ValidationError
from rich.console import Console

from eligibility_api.contract.errors import CATALOGUE, ErrorKind, ShikakuError
from eligibility_api.contract.insurer_client import InsurerClient
from payer_mock.clock import now
from payer_mock.desk.funds import open_funds
from payer_mock.desk.report import SOME_REFUSED, STOPPED, USAGE
from payer_mock.settings import PayerSettings, SettingsError

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="保険者 / Insurers: keep the fund's enrolment true.",
)

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
OfInsurer = Annotated[
    str | None,
    typer.Option("--insurer", metavar="NUMBER", help="保険者番号, where there are credentials of several."),
]

Line = TypeVar("Line", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the commands reach outside; a test brings its own as typer's context object."""

    make_transport: Callable[[], httpx2.BaseTransport] = httpx2.HTTPTransport
    wait: Callable[[float], None] = time.sleep
    clock: Callable[[], datetime] = now


def load_settings() -> PayerSettings:
    """The program's settings. Raises typer.Exit with the sentence printed."""
    try:
        return PayerSettings.load()
    except SettingsError as error:
        raise not_set_up(error) from error


@contextmanager
def at_the_fund(
    context: typer.Context, insurer_number: str | None, *, as_approver: bool = False
) -> Iterator[InsurerClient]:
    """One insurer's way to the fund, by its program's key or by its approver's.

    What the fund refuses ends the command with a sentence: exit code 1, or 3 for a technical failure.
    """
    settings = load_settings()
    around = context.ensure_object(Surroundings)
    try:
        credentials = settings.load_approvers() if as_approver else settings.load_credentials()
    except SettingsError as error:
        raise not_set_up(error) from error
    if insurer_number is None and len(credentials) != 1:
        raise usage("保険者番号を指定してください / Several insurers: say --insurer NUMBER")
    with open_funds(str(settings.fund_url), credentials, around.make_transport) as fund_of:
        try:
            yield fund_of(insurer_number or next(iter(credentials)))
        except ShikakuError as error:
            raise refused(error) from error


def show(answer: BaseModel, *, as_json: bool, on_screen: Callable[[Console], None]) -> None:
    """Print an answer, for programs or for people."""
    if as_json:
        typer.echo(answer.model_dump_json())
    else:
        on_screen(Console())


def read_lines(file: Path, model: type[Line]) -> Iterator[Line]:
    """The JSON objects of a file, one a line. Ends the command where a line is none of the model."""
    with file.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            try:
                yield model.model_validate_json(line)
            except ValidationError as error:
                raise usage(f"{number}行目に誤りがあります / Line {number} is wrong") from error


def echo_json(values: object) -> None:
    """Print one JSON object."""
    typer.echo(json.dumps(values, ensure_ascii=False))


def refused(error: ShikakuError) -> typer.Exit:
    """The end of a command that the fund refused, its sentences printed."""
    entry = CATALOGUE[error.code]
    typer.echo(f"{entry.ja}\n{entry.en} ({error.code})", err=True)
    return typer.Exit(STOPPED if entry.kind is ErrorKind.TECHNICAL else SOME_REFUSED)


def not_set_up(error: SettingsError) -> typer.Exit:
    """The end of a command without its settings."""
    return usage(f"設定に誤りがあります / The program is not set up: {error}")


def usage(sentence: str) -> typer.Exit:
    """The end of a command that was typed wrongly."""
    typer.echo(sentence, err=True)
    return typer.Exit(USAGE)
