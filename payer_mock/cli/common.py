"""Shared by all commands: the application, injected dependencies, exit codes, and the client of the fund."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Annotated, TypeVar

import httpx2
import typer
from pydantic import BaseModel, ValidationError
from rich.console import Console

from eligibility_api.contract.errors import CATALOGUE, ErrorKind, Problem, ShikakuError
from eligibility_api.contract.identifiers import UnreadableIdentifier, insurer_number
from eligibility_api.contract.insurer_client import InsurerClient
from eligibility_api.contract.member_reading.headings import HeadingError
from eligibility_api.contract.transport import ClientTls, open_transport
from payer_mock.actions.fund import open_clients
from payer_mock.actions.report import SOME_REFUSED, STOPPED, USAGE
from payer_mock.clock import now
from payer_mock.screens.terms import column_label
from payer_mock.settings import PayerSettings, SettingsError

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="保険者のプログラム：加入者情報・レセプト・健診結果を支払基金に登録します。\n\n"
    "An insurer's program: registers members, claims and health check-ups with the fund.",
)


def _insurer_number(text: str) -> str:
    """The canonical insurer number of an option. Raises typer.BadParameter."""
    try:
        return insurer_number(text)
    except UnreadableIdentifier as error:
        raise typer.BadParameter(
            "6桁か8桁の正しい保険者番号を指定してください。\nA number of six or eight digits, of a law that exists."
        ) from error


JsonOption = Annotated[bool, typer.Option("--json", help="JSON で出力 / print one JSON object")]
InsurerOption = Annotated[
    str | None,
    typer.Option(
        "--insurer",
        parser=_insurer_number,
        metavar="NUMBER",
        help="保険者番号（認証情報が複数ある場合） / insurer number, if several",
    ),
]
AfterOption = Annotated[
    str | None, typer.Option(help="続きの取得位置（前のページに表示） / cursor of the next page")
]

Line = TypeVar("Line", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Dependencies:
    """Transport, sleep and clock of the commands; tests inject their own as typer's context object."""

    make_transport: Callable[[], httpx2.BaseTransport] | None = None
    wait: Callable[[float], None] = time.sleep
    clock: Callable[[], datetime] = now

    def transport_to(self, fund_url: object, tls: ClientTls) -> Callable[[], httpx2.BaseTransport]:
        """What makes the transports to a fund: the injected one, otherwise connections by `tls`."""
        return self.make_transport or partial(open_transport, str(fund_url), tls)


def load_settings() -> PayerSettings:
    """The program's settings. Prints what is wrong and raises typer.Exit."""
    try:
        return PayerSettings.load()
    except SettingsError as error:
        raise not_configured(error) from error


@contextmanager
def fund_client(
    context: typer.Context, insurer_number: str | None, *, as_approver: bool = False
) -> Iterator[InsurerClient]:
    """A client of the fund for one insurer, with its program's credential or its approver's.

    A refusal by the fund is printed, with `--json` as its problem too, and ends the command: exit code 1, or 3 for a technical
    failure.
    """
    settings = load_settings()
    dependencies = context.ensure_object(Dependencies)
    try:
        credentials = settings.load_approvers() if as_approver else settings.load_credentials()
    except SettingsError as error:
        raise not_configured(error) from error
    if insurer_number is None and len(credentials) != 1:
        raise usage(
            "--insurer で保険者番号を指定してください。\nCredentials of several insurers: add --insurer NUMBER."
        )
    transport = dependencies.transport_to(settings.fund_url, settings.tls)
    with open_clients(str(settings.fund_url), credentials, transport) as client_of:
        try:
            yield client_of(insurer_number or next(iter(credentials)))
        except ShikakuError as error:
            raise refused(error, as_json=context.params.get("as_json", False)) from error


def show(answer: BaseModel, *, as_json: bool, on_screen: Callable[[Console], None]) -> None:
    """Print an answer as JSON or as a table."""
    if as_json:
        typer.echo(answer.model_dump_json())
    else:
        on_screen(Console())


def read_lines(file: Path, model: type[Line]) -> Iterator[Line]:
    """The JSON objects of a file, one per line. Ends the command at a line that is not valid."""
    with file.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            try:
                yield model.model_validate_json(line)
            except ValidationError as error:
                raise usage(f"{number}行目にエラーがあります。\nLine {number} is not valid.") from error


def echo_json(values: object) -> None:
    """Print one JSON object."""
    typer.echo(json.dumps(values, ensure_ascii=False))


def refused(error: ShikakuError, *, as_json: bool) -> typer.Exit:
    """The exit of a command that the fund refused; prints the catalogue's sentences.

    `as_json`: prints the problem as JSON too, in the form of the fund's answers (RFC 9457) and of the terminal's reports.
    """
    entry = CATALOGUE[error.code]
    if as_json:
        echo_json({"problem": Problem.of(error).model_dump(mode="json", exclude_none=True)})
    typer.echo(f"{entry.ja}\n{entry.en} ({error.code})", err=True)
    return typer.Exit(STOPPED if entry.kind is ErrorKind.TECHNICAL else SOME_REFUSED)


def unreadable(error: ShikakuError) -> typer.Exit:
    """The exit of a command whose member file cannot be read; names the columns that its heading row lacks."""
    sentences = [error.entry.ja, f"{error.entry.en} ({error.code})"]
    if isinstance(error, HeadingError):
        for ja, en, columns in (
            ("ない列", "missing", error.missing),
            ("重複した列", "repeated", error.repeated),
        ):
            if columns:
                sentences.append(f"{ja}：{'、'.join(map(column_label, columns))}")
                sentences.append(f"{en}: {', '.join(columns)}")
    return usage("\n".join(sentences))


def not_configured(error: SettingsError) -> typer.Exit:
    """The exit of a command whose settings are incomplete or wrong."""
    return usage(f"設定にエラーがあります。\nThe settings are incomplete or wrong: {error}")


def usage(sentence: str) -> typer.Exit:
    """The exit of a command with wrong arguments; prints the sentence."""
    typer.echo(sentence, err=True)
    return typer.Exit(USAGE)
