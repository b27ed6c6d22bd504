"""`eligibility-api serve`, `db-connections`, `migrate` and `database`: operate the service."""

from __future__ import annotations

import json
from collections.abc import Coroutine
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from eligibility_api.cli_support import run_reporting_errors
from eligibility_api.database.db_errors import translate_db_errors
from eligibility_api.database.dsn import dsn, is_embedded
from eligibility_api.platform.errors import OperatorError
from eligibility_api.platform.settings import Settings

T = TypeVar("T")


def serve_command(
    workers: Annotated[int, typer.Option(min=1, help="ワーカープロセスの数 / Worker processes.")] = 2,
    port: Annotated[int, typer.Option(min=0, max=65535, help="ポート / 0 takes a free port.")] = 8400,
    host: Annotated[str, typer.Option(help="待ち受けるアドレス / The address to listen on.")] = "127.0.0.1",
    uds: Annotated[
        Path | None,
        typer.Option(
            help="待ち受ける Unix ソケット（プロキシーの後ろで） / A Unix socket to listen on instead, behind a proxy."
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
    """データベースを、このプログラムの形に更新します。前の版が稼働していても実行できます。

    Migrate the database to this program's schema (an embedded one is migrated at start), while the last release serves.

    Refused is only what would break processes that are connected: of a release before the last one.
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
