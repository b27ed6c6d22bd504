"""`eligibility-api audit`: recompute recorded answers, or compute what would have been answered."""

from __future__ import annotations

import sys
from datetime import datetime
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer
from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncConnection

from eligibility_api.cli.common import record_reading
from eligibility_api.cli_support import in_transaction, parse_institution_code, run_reporting_errors
from eligibility_api.contract.membership import MembershipQuery
from eligibility_api.database.connections import Database
from eligibility_api.database.dsn import dsn
from eligibility_api.platform.errors import OperatorError
from eligibility_api.platform.key_files import KeyFiles
from eligibility_api.platform.keys import load_keys
from eligibility_api.platform.settings import Settings

if TYPE_CHECKING:
    from eligibility_api.domain.recorded_answers import GivenAnswer

app = typer.Typer(help="監査記録 / The audit record.", no_args_is_help=True)

_INSTANTS = ["%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%dT%H:%M:%S.%f%z"]
"""Parse ISO 8601 with an offset."""


@app.command("recompute")
def audit_recompute(
    record: Annotated[
        UUID | None, typer.Option(help="1件の記録（省略時はすべて） / One record; all records when left out.")
    ] = None,
) -> None:
    """記録された回答を計算し直し、1行に1つの JSON で表示します。

    Recompute recorded answers from the rows that their records name: one JSON object per line.
    """
    from eligibility_api.audit.recompute import recompute
    from eligibility_api.domain.recorded_answers import MissingAnswer, UnknownRule

    settings = Settings()
    version_key = load_keys(KeyFiles.of(settings), create=False).version

    async def print_answers(connection: AsyncConnection) -> None:
        missing = 0
        try:
            async for answer in recompute(connection, version_key=version_key, record_id=record):
                typer.echo(answer.model_dump_json())
                missing += isinstance(answer, MissingAnswer)
        except UnknownRule as error:
            raise OperatorError(
                f"A record was answered under {error}, which this program does not have."
            ) from error
        if missing:
            raise OperatorError(
                f"What {missing} answers were made of is gone, and no purge by rule T9 deleted it."
            )

    record_reading(settings, "audit recompute")
    in_transaction(settings, "auditor", print_answers)


@app.command("known")
def audit_known(
    known_at: Annotated[
        datetime,
        typer.Option(formats=_INSTANTS, help="どの時点の情報か / The instant of knowledge, with offset."),
    ],
    as_of: Annotated[
        datetime, typer.Option(formats=["%Y-%m-%d"], help="どの日の資格か / The day in question.")
    ],
    institution_code: Annotated[
        str,
        typer.Option(
            parser=parse_institution_code,
            metavar="CODE",
            help="照会する施設の医療機関等コード / Institution code of the admitted facility that asks.",
        ),
    ],
) -> None:
    """ある時点の情報による、ある日の回答を表示します。

    Show what would have been answered at an instant about a day.

    Reads the membership (JSON) from standard input.
    """
    from eligibility_api.audit.known import AsKnownQuery, answer_as_known

    settings = Settings()
    version_key = load_keys(KeyFiles.of(settings), create=False).version
    query = AsKnownQuery(known_at, as_of.date(), institution_code)
    try:
        membership = MembershipQuery.model_validate_json(sys.stdin.read())
    except ValidationError:
        raise OperatorError(
            "Standard input is not a membership: insurer_number, symbol, number, branch, birth_date."
        ) from None

    async def ask() -> GivenAnswer | None:
        database = Database(dsn(settings, "auditor"))
        await database.open()
        try:
            return await answer_as_known(database, membership, query, version_key=version_key)
        finally:
            await database.close()

    record_reading(settings, "audit known")
    answer = run_reporting_errors(ask())
    if answer is None:
        raise OperatorError("There is no facility with this code.")
    typer.echo(answer.model_dump_json())
