"""Runs commands: in one transaction, with checked texts, and expected errors as one sentence for the operator."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

import typer
from pydantic import TypeAdapter, ValidationError
from sqlalchemy.ext.asyncio import AsyncConnection

from eligibility_api.contract import identifiers
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.contract.facility_codes import FACILITY_CODE_RULE, facility_code
from eligibility_api.contract.wire import PersonText
from eligibility_api.database.connections import Database
from eligibility_api.database.dsn import dsn
from eligibility_api.database.operator_sentences import REPORTED, sentence
from eligibility_api.embedded_postgres.cluster import Role
from eligibility_api.platform.errors import OperatorError
from eligibility_api.platform.settings import Settings

T = TypeVar("T")

_TEXT = TypeAdapter[str](PersonText)


def in_transaction(settings: Settings, role: Role, work: Callable[[AsyncConnection], Awaitable[T]]) -> T:
    """Run `work` in one transaction as `role`.

    Raises OperatorError for every expected error.
    """

    async def run() -> T:
        database = Database(dsn(settings, role))
        try:
            async with database.transaction() as connection:
                return await work(connection)
        finally:
            await database.close()

    return run_reporting_errors(run())


def run_reporting_errors(work: Coroutine[Any, Any, T]) -> T:
    """Run `work` and return its result. Raises OperatorError for every expected error."""
    try:
        return asyncio.run(work)
    except ShikakuError as error:
        details = "".join(f" {name}: {value}." for name, value in error.details.items())
        cause = sentence(error.__cause__) if error.code == "database-unavailable" else None
        raise OperatorError(
            " ".join(filter(None, [f"{error.code}: {error.entry.engineer}{details}", cause]))
        ) from error
    except REPORTED as error:
        text = sentence(error)
        if text is None:
            raise
        raise OperatorError(text) from error


def parse_insurer_number(text: str) -> str:
    """The canonical insurer number: the parser of an option. Raises typer.BadParameter."""
    try:
        return identifiers.insurer_number(text)
    except identifiers.UnreadableIdentifier as error:
        raise typer.BadParameter(
            "six or eight digits with a valid check digit, of a law that exists"
        ) from error


def parse_institution_code(text: str) -> str:
    """The ten digits of a facility: the parser of an option. Raises typer.BadParameter."""
    try:
        return facility_code(text)
    except identifiers.UnreadableIdentifier as error:
        raise typer.BadParameter(FACILITY_CODE_RULE) from error


def check_text(text: str | None) -> str | None:
    """Check a text that is shown to people or recorded, if one is given: the callback of an option."""
    if text is not None and not is_shown_text(text):
        raise typer.BadParameter("1 to 200 characters, not only spaces, none of them a control character")
    return text


def is_shown_text(text: str) -> bool:
    """Whether a text can be shown to people or recorded: `PersonText`, and not only spaces."""
    try:
        return bool(_TEXT.validate_python(text).strip())
    except ValidationError:
        return False


def read_file(path: Path) -> bytes:
    """Read a file that the operator named. Raises OperatorError."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise OperatorError(f"{path} cannot be read: {error.strerror}.") from error
