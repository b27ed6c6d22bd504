"""`eligibility-api`: serve, admit facilities and insurers, look after keys, and compute answers again."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated, TypeVar
from uuid import UUID

import httpx2
import typer
from pydantic import TypeAdapter, ValidationError
from sqlalchemy.ext.asyncio import AsyncConnection

from eligibility_api.audit.known import Moment, known
from eligibility_api.audit.recompute import Given, UnknownRule, recompute
from eligibility_api.consent import commands as consents
from eligibility_api.contract import numbers
from eligibility_api.contract.codes import FacilityKind, Right
from eligibility_api.contract.membership import MembershipQuery
from eligibility_api.contract.tokens import Credential
from eligibility_api.contract.wire import PersonText
from eligibility_api.domain.admission import Admission
from eligibility_api.emergency import commands as disasters
from eligibility_api.facilities import commands as operators
from eligibility_api.facilities import service, store
from eligibility_api.facilities.facilities_file import read_facilities
from eligibility_api.facilities.insurers_file import read_insurers
from eligibility_api.history import commands as history
from eligibility_api.platform.clock import system_clock
from eligibility_api.platform.cluster import Role
from eligibility_api.platform.database import Database
from eligibility_api.platform.dsn import dsn
from eligibility_api.platform.keys import load_keys, rotate_challenge_key
from eligibility_api.platform.migrate import migrate
from eligibility_api.platform.operation import OperatorError
from eligibility_api.platform.running import finished, in_transaction
from eligibility_api.platform.settings import Settings
from eligibility_api.platform.telemetry import set_up_logging
from eligibility_api.presence.jlis import Jlis
from eligibility_api.serve import connections, serve

T = TypeVar("T")

app = typer.Typer(help=__doc__, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
keys_app = typer.Typer(help="The fund's own keys.", no_args_is_help=True)
facility_app = typer.Typer(help="Facilities and their terminals.", no_args_is_help=True)
insurer_app = typer.Typer(help="Insurers and their programs.", no_args_is_help=True)
client_app = typer.Typer(help="Terminals and insurers' programs, by their id.", no_args_is_help=True)
audit_app = typer.Typer(help="The audit record.", no_args_is_help=True)
app.add_typer(keys_app, name="keys")
app.add_typer(facility_app, name="facility")
app.add_typer(insurer_app, name="insurer")
app.add_typer(client_app, name="client")
app.add_typer(audit_app, name="audit")
app.add_typer(operators.app, name="operator")
app.add_typer(disasters.app, name="disaster")
app.add_typer(consents.app, name="consent")
app.add_typer(history.app, name="drug-master")


def _shown(text: str | None) -> str | None:
    """A name that words of consent can say, where one is given."""
    if text is None:
        return None
    try:
        return TypeAdapter[str](PersonText).validate_python(text)
    except ValidationError:
        raise typer.BadParameter("1 to 200 characters, none of them a control character") from None


_INSTANTS = ["%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%dT%H:%M:%S.%f%z"]
"""ISO 8601 with an offset."""


@app.command("serve")
def serve_command(
    workers: Annotated[int, typer.Option(min=1, help="Worker processes.")] = 2,
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free port.")] = 8400,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    announce: Annotated[
        Path | None, typer.Option(help="A file that gets the address, once listening.")
    ] = None,
) -> None:
    """Serve the API, with the embedded PostgreSQL unless DATABASE_URL is set."""
    set_up_logging()
    serve(Settings(), host=host, port=port, workers=workers, announce=announce)


@app.command("connections")
def connections_command(
    workers: Annotated[int, typer.Option(min=1, help="Worker processes.")] = 2,
) -> None:
    """How many connections of a database a service of so many workers needs (max_connections): one JSON object."""
    typer.echo(json.dumps(connections(Settings(), workers)))


@app.command("migrate")
def migrate_command() -> None:
    """Bring the database to this program's revision (by itself only on the embedded one)."""
    asyncio.run(migrate(dsn(Settings(), "owner")))


@keys_app.command("init")
def keys_init() -> None:
    """Make the fund's keys, if they are not there, and tell where J-LIS finds the public one."""
    settings = Settings()
    load_keys(settings.home)
    typer.echo(settings.home / "keys" / "jlis-client.pub.pem")


@keys_app.command("rotate-challenge")
def keys_rotate() -> None:
    """Make a new MAC key for challenges; the former one stays accepted. Restart the workers to use it."""
    settings = Settings()
    load_keys(settings.home)
    rotate_challenge_key(settings.home)


@facility_app.command("add")
def facility_add(
    *,
    institution_code: Annotated[
        str | None, typer.Option(help="医療機関コード: ten digits with check digit.")
    ] = None,
    name: Annotated[str | None, typer.Option(help="The name shown to people.", callback=_shown)] = None,
    out: Annotated[
        Path | None, typer.Option(help="Where the credential (with its private key) is written.")
    ] = None,
    kind: Annotated[FacilityKind, typer.Option(help="What kind of institution.")] = FacilityKind.CLINIC,
    rights: Annotated[
        str, typer.Option(help="Rights of the terminal, comma-separated.")
    ] = "eligibility,registration",
    source: Annotated[
        Path | None,
        typer.Option(
            "--from", metavar="FILE.csv", help="Many at once: institution_code,name,kind,rights,terminals."
        ),
    ] = None,
    out_dir: Annotated[
        Path | None, typer.Option(help="With --from: for terminal-CODE-1.json and on.")
    ] = None,
) -> None:
    """Admit a facility if it is new, and one terminal of it with a key of its own; or a whole fleet from a file.

    In a file the rights of a line stand with spaces between them; `terminals` says how many the facility gets.
    """
    if source is not None and out_dir is not None:
        typer.echo(_admit_fleet(read_facilities(source), out_dir))
    elif institution_code is not None and name is not None and out is not None:
        if not numbers.is_institution_code(institution_code):
            raise typer.BadParameter("ten digits with a valid check digit", param_hint="--institution-code")
        wanted = Admission(institution_code, name, kind, frozenset(_rights(rights)))
        typer.echo(_admit_terminal(wanted, out))
    else:
        raise typer.BadParameter(
            "--institution-code, --name and --out belong together, or --from and --out-dir"
        )


def _admit_terminal(wanted: Admission, out: Path) -> str:
    settings = Settings()

    async def admit(connection: AsyncConnection, jlis: Jlis) -> str:
        [credential] = await service.admit_terminals(
            connection, jlis, audience=settings.audience, admissions=[wanted]
        )
        return _save(credential, out)

    return _run(settings, "owner", admit)


def _admit_fleet(fleet: list[Admission], folder: Path) -> int:
    """Admit every facility with its terminals, all or none; how many terminals there were."""
    settings = Settings()
    files = [
        folder / f"terminal-{one.institution_code}-{place}.json"
        for one in fleet
        for place in range(1, one.terminals + 1)
    ]

    async def admit(connection: AsyncConnection, jlis: Jlis) -> int:
        credentials = await service.admit_terminals(
            connection, jlis, audience=settings.audience, admissions=fleet
        )
        for credential, file in zip(credentials, files, strict=True):
            _save(credential, file)
        return len(files)

    return _run(settings, "owner", admit)


@facility_app.command("close")
def facility_close(institution_code: Annotated[str, typer.Argument(help="医療機関コード.")]) -> None:
    """Close a facility with all its terminals, from now on and for good."""

    async def close(connection: AsyncConnection, _: Jlis) -> bool:
        return await store.close_facility(connection, institution_code)

    if not _run(Settings(), "owner", close):
        raise OperatorError("There is no open facility with this code.")


def _rights(text: str) -> list[Right]:
    try:
        return [Right(word.strip()) for word in text.split(",")]
    except ValueError:
        known = ", ".join(Right)
        raise typer.BadParameter(f"comma-separated words out of: {known}", param_hint="--rights") from None


def _save(credential: Credential, out: Path) -> str:
    """Write the credential before its admission is committed: an admission without its key is none."""
    try:
        credential.save(out)
    except OSError as error:
        raise typer.BadParameter(f"cannot be written: {error.strerror}", param_hint="--out") from error
    return credential.client_id


@insurer_app.command("add")
def insurer_add(
    *,
    insurer_number: Annotated[
        str | None, typer.Option(help="保険者番号: six or eight digits with check digit.")
    ] = None,
    name: Annotated[str | None, typer.Option(help="The name shown to people.")] = None,
    out: Annotated[
        Path | None, typer.Option(help="Where the credential (with its private key) is written.")
    ] = None,
    approver: Annotated[
        bool, typer.Option(help="The key that approves held files, and uploads none.")
    ] = False,
    source: Annotated[
        Path | None, typer.Option("--from", metavar="FILE.csv", help="Many at once: insurer_number,name.")
    ] = None,
    out_dir: Annotated[Path | None, typer.Option(help="With --from: for payer-NUMBER.json.")] = None,
    approvers_out_dir: Annotated[
        Path | None, typer.Option(help="With --from: approvers' keys too, as approver-NUMBER.json.")
    ] = None,
) -> None:
    """Admit an insurer if it is new, and one client of it with a key of its own; or many insurers from a file."""
    if source is not None and out_dir is not None:
        typer.echo(_admit_insurers(read_insurers(source), out_dir, approvers_out_dir))
    elif insurer_number is not None and name is not None and out is not None:
        typer.echo(_admit_insurer(insurer_number, name, out, approver=approver))
    else:
        raise typer.BadParameter(
            "--insurer-number, --name and --out belong together, or --from and --out-dir"
        )


def _admit_insurer(insurer_number: str, name: str, out: Path, *, approver: bool) -> str:
    if not numbers.is_insurer_number(insurer_number):
        raise typer.BadParameter(
            "six or eight digits with a valid check digit", param_hint="--insurer-number"
        )
    settings = Settings()

    async def admit(connection: AsyncConnection, _: Jlis) -> str:
        credential = await service.admit_insurer(
            connection,
            audience=settings.audience,
            insurer_number=insurer_number,
            name=name,
            approver=approver,
        )
        return _save(credential, out)

    return _run(settings, "owner", admit)


def _admit_insurers(names: dict[str, str], programs: Path, approvers: Path | None) -> int:
    """Admit every insurer with its program, and its approver if there is a place for them; how many there were."""
    settings = Settings()
    places = {False: programs / "payer"} | ({True: approvers / "approver"} if approvers else {})

    async def admit(connection: AsyncConnection, _: Jlis) -> int:
        for approver, place in places.items():
            for credential in await service.admit_insurers(
                connection, audience=settings.audience, names=names, approvers=approver
            ):
                _save(credential, place.with_name(f"{place.name}-{credential.insurer_number}.json"))
        return len(names)

    return _run(settings, "owner", admit)


@client_app.command("close")
def client_close(client_id: Annotated[UUID, typer.Argument(help="The client's id.")]) -> None:
    """Withdraw a client's admission: from now on its tokens and proofs are refused."""

    async def close(connection: AsyncConnection, _: Jlis) -> bool:
        return await store.close_client(connection, client_id)

    if not _run(Settings(), "owner", close):
        raise OperatorError("There is no admitted client with this id.")


@audit_app.command("recompute")
def audit_recompute(
    record: Annotated[UUID | None, typer.Option(help="One record; all of them when left out.")] = None,
) -> None:
    """Compute recorded answers again from what their records say was read: one JSON object a line."""
    settings = Settings()
    version_key = load_keys(settings.home, create=False).version

    async def again(connection: AsyncConnection, _: Jlis) -> None:
        try:
            async for answer in recompute(connection, version_key=version_key, record_id=record):
                typer.echo(answer.model_dump_json())
        except UnknownRule as error:
            raise OperatorError(
                f"A record was answered under {error}, which is not this program's."
            ) from error

    _run(settings, "sequencer", again)


@audit_app.command("known")
def audit_known(
    known_at: Annotated[
        datetime, typer.Option(formats=_INSTANTS, help="The instant of knowledge, with offset.")
    ],
    as_of: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="The day asked about.")],
    institution_code: Annotated[str, typer.Option(help="To whom: 医療機関コード of an admitted facility.")],
) -> None:
    """What would have been answered at an instant about a day. Reads the membership (JSON) from standard input."""
    settings = Settings()
    version_key = load_keys(settings.home, create=False).version
    moment = Moment(known_at, as_of.date(), institution_code)
    try:
        membership = MembershipQuery.model_validate_json(sys.stdin.read())
    except ValidationError:
        raise OperatorError(
            "Standard input is not a membership: insurer_number, symbol, number, branch, birth_date."
        ) from None

    async def ask() -> Given | None:
        database = Database(dsn(settings, "sequencer"))
        await database.open()
        try:
            return await known(database, membership, moment, version_key=version_key)
        finally:
            await database.close()

    answer = finished(ask())
    if answer is None:
        raise OperatorError("There is no facility with this code.")
    typer.echo(answer.model_dump_json())


@asynccontextmanager
async def _jlis(settings: Settings) -> AsyncIterator[Jlis]:
    async with httpx2.AsyncClient(base_url=settings.jlis_url) as http:
        yield Jlis(http, load_keys(settings.home, create=False).jlis_client, system_clock)


def _run(settings: Settings, role: Role, work: Callable[[AsyncConnection, Jlis], Awaitable[T]]) -> T:
    """Do `work` in one transaction as `role`. Raises OperatorError for every expected error."""

    async def run(connection: AsyncConnection) -> T:
        async with _jlis(settings) as jlis:
            return await work(connection, jlis)

    return in_transaction(settings, role, run)


def main() -> None:
    """Console entry. What an operator has to mend is one sentence, exit 1."""
    try:
        app()
    except OperatorError as error:
        typer.echo(str(error), err=True)
        raise SystemExit(1) from error


if __name__ == "__main__":
    main()
