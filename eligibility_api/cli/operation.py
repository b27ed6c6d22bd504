"""`eligibility-api serve`, `db-connections`, `migrate`, `database` and `keys`: operate the service and its keys."""

from __future__ import annotations

import json
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Annotated, TypeVar

import typer
from sqlalchemy.ext.asyncio import AsyncConnection

from eligibility_api.audit_log import checkpoint_keys
from eligibility_api.audit_log.acts import record_act
from eligibility_api.cli_support import in_transaction, run_reporting_errors
from eligibility_api.database.db_errors import translate_db_errors
from eligibility_api.database.dsn import dsn, is_embedded
from eligibility_api.platform.errors import OperatorError
from eligibility_api.platform.keys import load_keys, rotate_challenge_key
from eligibility_api.platform.settings import Settings

T = TypeVar("T")


def serve_command(
    workers: Annotated[int, typer.Option(min=1, help="ワーカープロセスの数 / Worker processes.")] = 2,
    port: Annotated[int, typer.Option(min=0, max=65535, help="ポート / 0 takes a free port.")] = 8400,
    host: Annotated[str, typer.Option(help="待ち受けるアドレス / The address to listen on.")] = "127.0.0.1",
    uds: Annotated[
        Path | None,
        typer.Option(
            help="待ち受ける Unix ソケット（プロキシの後ろで） / A Unix socket to listen on instead, behind a proxy."
        ),
    ] = None,
    announce: Annotated[
        Path | None,
        typer.Option(
            help="起動後にアドレスを書き込むファイル / A file that gets the address, once listening."
        ),
    ] = None,
) -> None:
    """支払基金の API を提供します。

    Serve the API, with the embedded PostgreSQL unless DATABASE_URL is set.
    """
    from eligibility_api.serve import serve

    serve(Settings(), host=host, port=port, workers=workers, announce=announce, uds=uds)


def connections_command(
    workers: Annotated[int, typer.Option(min=1, help="ワーカープロセスの数 / Worker processes.")] = 2,
) -> None:
    """必要なデータベース接続数を表示します。

    Print the database connections that this many workers need (max_connections): one JSON object.
    """
    from eligibility_api.serve import connections

    typer.echo(json.dumps(connections(Settings(), workers)))


def migrate_command() -> None:
    """データベースを、このプログラムの形に更新します。

    Migrate the database to this program's schema (an embedded one is migrated at start).
    """
    from eligibility_api.database.migrate import migrate

    settings = Settings()
    run_reporting_errors(translated(migrate(dsn(settings, "owner"), sandbox=settings.sandbox)))


database_app = typer.Typer(
    help="外部のデータベースサーバー / A database server of your own.", no_args_is_help=True
)


@database_app.command("prepare")
def prepare_command(
    rewind_role: Annotated[
        str | None,
        typer.Option(
            help="pg_rewind を実行するロール / The role with which Patroni rewinds a former primary.",
            metavar="ROLE",
        ),
    ] = None,
) -> None:
    """外部のサーバーに、ロールとデータベースを用意します。

    Create the roles and the database on a server of your own, and let them connect; may be repeated.

    Needs FUND_DATABASE_ADMIN_URL, a superuser's address, and the address of each role, whose password it gets. Prints what to
    change in the server's settings.
    """
    from eligibility_api.database.preparation import prepare
    from eligibility_api.embedded_postgres.cluster import ROLES

    settings = Settings()
    if is_embedded(settings):
        raise OperatorError("DATABASE_URL is not set: the embedded database prepares itself.")
    if settings.database_admin_url is None:
        raise OperatorError("Set FUND_DATABASE_ADMIN_URL to the address of a superuser of the server.")
    addresses = {role: dsn(settings, role) for role in ROLES}
    work = prepare(settings.database_admin_url, addresses, rewind_role=rewind_role)
    for line in run_reporting_errors(translated(work)):
        typer.echo(line)


async def translated(work: Coroutine[object, object, T]) -> T:
    """Await `work`; an outage of the database is raised as usual."""
    with translate_db_errors():
        return await work


keys_app = typer.Typer(help="支払基金の鍵 / The fund's own keys.", no_args_is_help=True)


@keys_app.command("init")
def keys_init() -> None:
    """支払基金の鍵を作成し、J-LIS に渡す公開鍵の場所を表示します。

    Create the fund's keys if they are missing, and print the path of the public key for J-LIS.
    """
    settings = Settings()
    load_keys(settings.home)
    checkpoint_keys.create_missing(settings)
    typer.echo(settings.home / "keys" / "jlis-client.pub.pem")


@keys_app.command("rotate-challenge")
def keys_rotate() -> None:
    """チャレンジの鍵を新しくします。

    Create a new MAC key for challenges; the former one stays accepted. Restart the workers to use it.

    The audit record names the keys, so the database must be running.
    """
    settings = Settings()
    load_keys(settings.home, create=False)
    _rotate(settings, "challenge", lambda: rotate_challenge_key(settings.home))


def _rotate(settings: Settings, key: str, write: Callable[[], object]) -> None:
    """Rotate a key, with its audit record."""

    async def rotate(connection: AsyncConnection) -> None:
        # The file last: without the record there is no new key.
        await record_act(connection, "keys.rotated", {"key": key})
        try:
            write()
        except OSError as error:
            raise OperatorError(f"The new key cannot be written: {error.strerror}.") from error

    in_transaction(settings, "owner", rotate)


@keys_app.command("rotate-checkpoint")
def keys_rotate_checkpoint() -> None:
    """監査ログのチェックポイントの鍵を新しくします。

    Create a new key for the audit log's checkpoints, and print all verification keys, the new one first.

    A running sequencer signs with it from the next checkpoint on. The audit record names it, so the database must be
    running.
    """
    settings = Settings()
    checkpoint_keys.create_missing(settings)
    _rotate(settings, "checkpoint", lambda: checkpoint_keys.rotate(settings))
    for key in checkpoint_keys.verification_keys(settings):
        typer.echo(key)
