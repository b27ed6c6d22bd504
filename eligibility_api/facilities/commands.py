"""`eligibility-api operator`: register a facility's authorised staff, and end registrations."""

from __future__ import annotations

import json
from typing import Annotated

import typer
from pydantic import TypeAdapter, ValidationError
from sqlalchemy.ext.asyncio import AsyncConnection

from eligibility_api.cli_support import in_transaction, parse_institution_code
from eligibility_api.contract.wire import OperatorName
from eligibility_api.domain.second_factor import provisioning_uri
from eligibility_api.facilities import operators
from eligibility_api.facilities.operators import OperatorRegistration
from eligibility_api.platform.key_files import KeyFiles
from eligibility_api.platform.keys import load_keys
from eligibility_api.platform.settings import Settings

_OPERATOR = TypeAdapter[str](OperatorName)

app = typer.Typer(help="施設の職員 / Authorised staff of facilities.", no_args_is_help=True)

InstitutionCode = Annotated[
    str,
    typer.Option(
        parser=parse_institution_code,
        metavar="CODE",
        help="医療機関等コード / Institution code of an admitted facility.",
    ),
]
Operator = Annotated[str, typer.Option(help="職員の氏名 / Name of the operator, as the facility writes it.")]


@app.command("add")
def add(
    *,
    institution_code: InstitutionCode,
    operator: Operator,
    authorised_by: Annotated[str, typer.Option(help="管理者の氏名 / Name of the administrator.")],
    medical: Annotated[
        bool,
        typer.Option(
            "--medical", help="医療情報を閲覧できる職員 / May read medical data as authorised staff."
        ),
    ] = False,
    emergency: Annotated[
        bool,
        typer.Option(
            "--emergency",
            help="救急時に閲覧できる職員 / May read data in an emergency, with a second factor.",
        ),
    ] = False,
) -> None:
    """施設の職員を登録します。

    Register a member of staff. With --emergency, prints the authenticator's URI (otpauth://…) once.
    """
    if not medical and not emergency:
        raise typer.BadParameter("give --medical, --emergency or both")
    settings = Settings()
    key = load_keys(KeyFiles.of(settings)).second_factor
    named = OperatorRegistration(
        institution_code,
        _name(operator, "--operator"),
        _name(authorised_by, "--authorised-by"),
        medical,
        emergency,
    )

    async def register(connection: AsyncConnection) -> bytes | None:
        return await operators.register(connection, key, named)

    secret = in_transaction(settings, "owner", register)
    if secret is not None:
        typer.echo(provisioning_uri(secret, f"{named.operator}@{institution_code}"))


@app.command("end")
def end(*, institution_code: InstitutionCode, operator: Operator) -> None:
    """職員の登録を終えます。

    End a registration. Registering the operator again creates a new second factor.
    """
    name = _name(operator, "--operator")

    async def close(connection: AsyncConnection) -> None:
        await operators.end(connection, institution_code, name)

    in_transaction(Settings(), "owner", close)


@app.command("list")
def listed(*, institution_code: InstitutionCode) -> None:
    """登録したすべての職員を一覧にします。

    List all operators ever registered: one JSON object a line.
    """

    async def read(connection: AsyncConnection) -> list[str]:
        rows = await operators.list_operators(connection, institution_code)
        return [json.dumps(dict(row._mapping), ensure_ascii=False, default=str) for row in rows]

    for line in in_transaction(Settings(), "owner", read):
        typer.echo(line)


def _name(text: str, option: str) -> str:
    try:
        return _OPERATOR.validate_python(text)
    except ValidationError:
        raise typer.BadParameter("1 to 60 characters", param_hint=option) from None
