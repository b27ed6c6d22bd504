"""`eligibility-api serve`, `db-connections`, `migrate` and `keys`: operate the service and its keys."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy.ext.asyncio import AsyncConnection

from eligibility_api.audit_log import checkpoint_keys
from eligibility_api.audit_log.acts import record_act
from eligibility_api.cli_support import in_transaction, run_reporting_errors
from eligibility_api.database.db_errors import translate_db_errors
from eligibility_api.database.dsn import dsn
from eligibility_api.platform.errors import OperatorError
from eligibility_api.platform.keys import load_keys, rotate_challenge_key
from eligibility_api.platform.settings import Settings


def serve_command(
    workers: Annotated[int, typer.Option(min=1, help="Worker processes.")] = 2,
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free port.")] = 8400,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    announce: Annotated[
        Path | None, typer.Option(help="A file that gets the address, once listening.")
    ] = None,
) -> None:
    """Serve the API, with the embedded PostgreSQL unless DATABASE_URL is set."""
    from eligibility_api.serve import serve

    serve(Settings(), host=host, port=port, workers=workers, announce=announce)


def connections_command(
    workers: Annotated[int, typer.Option(min=1, help="Worker processes.")] = 2,
) -> None:
    """Print the database connections that this many workers need (max_connections): one JSON object."""
    from eligibility_api.serve import connections

    typer.echo(json.dumps(connections(Settings(), workers)))


def migrate_command() -> None:
    """Migrate the database to this program's schema (an embedded one is migrated at start)."""
    from eligibility_api.database.migrate import migrate

    settings = Settings()
    owner_dsn = dsn(settings, "owner")

    async def run() -> None:
        with translate_db_errors():
            await migrate(owner_dsn, sandbox=settings.sandbox)

    run_reporting_errors(run())


keys_app = typer.Typer(help="The fund's own keys.", no_args_is_help=True)


@keys_app.command("init")
def keys_init() -> None:
    """Create the fund's keys if they are missing, and print the path of the public key for J-LIS."""
    settings = Settings()
    load_keys(settings.home)
    checkpoint_keys.create_missing(settings)
    typer.echo(settings.home / "keys" / "jlis-client.pub.pem")


@keys_app.command("rotate-challenge")
def keys_rotate() -> None:
    """Create a new MAC key for challenges; the former one stays accepted. Restart the workers to use it.

    The audit record names the keys, so the database must be running.
    """
    settings = Settings()
    load_keys(settings.home, create=False)

    async def rotate(connection: AsyncConnection) -> None:
        await _rotate(connection, "challenge", lambda: rotate_challenge_key(settings.home))

    in_transaction(settings, "owner", rotate)


@keys_app.command("rotate-checkpoint")
def keys_rotate_checkpoint() -> None:
    """Create a new key for the audit log's checkpoints, and print all verification keys, the new one first.

    A running sequencer signs with it from the next checkpoint on. The audit record names the keys, so the
    database must be running.
    """
    settings = Settings()
    checkpoint_keys.create_missing(settings)

    async def rotate(connection: AsyncConnection) -> None:
        await _rotate(connection, "checkpoint", lambda: checkpoint_keys.rotate(settings))

    in_transaction(settings, "owner", rotate)
    for key in checkpoint_keys.verification_keys(settings):
        typer.echo(key)


async def _rotate(connection: AsyncConnection, key: str, rotate: Callable[[], object]) -> None:
    """Record and rotate. The file last: without the record there is no new key."""
    await record_act(connection, "keys.rotated", {"key": key})
    try:
        rotate()
    except OSError as error:
        raise OperatorError(f"The new key cannot be written: {error.strerror}.") from error
