"""Commands about the enrolment desk: `payer-mock add-operator` and `serve`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from payer_mock.cli.common import Dependencies, not_configured, usage
from payer_mock.settings import DeskSettings, SettingsError, load_credential
from payer_mock.web.keys import Role, seal_key
from screens.operators import Operators, OperatorsError


def add_to(app: typer.Typer) -> None:
    """Add these commands to the application."""
    app.command("add-operator")(add_operator)
    app.command()(serve)


def add_operator(
    name: Annotated[str, typer.Argument(help="担当者の氏名 / the operator's name")],
    *,
    credential: Annotated[
        Path,
        typer.Option(
            exists=True, dir_okay=False, help="この担当者の鍵 / the credential that her log-in opens"
        ),
    ],
    role: Annotated[
        Role, typer.Option(help="送信担当（sender）か承認者（approver）か / what the operator does")
    ] = Role.SENDER,
    password_stdin: Annotated[
        bool,
        typer.Option("--password-stdin", help="パスワードを標準入力から読む / read the password from stdin"),
    ] = False,
) -> None:
    """加入者情報の登録画面の担当者を追加します。鍵はパスワードで封をして保存し、元のファイルは変わりません。

    Add an operator of the enrolment desk. Her key is stored sealed with her password; the credential file stays.
    """
    settings = _settings()
    if password_stdin:
        password = sys.stdin.readline().rstrip("\n")
    else:
        password = typer.prompt("パスワード / password", hide_input=True, confirmation_prompt=True)
    try:
        operator = seal_key(name, role, password, load_credential(credential))
        Operators(settings.home / "operators.json").add(operator)
    except SettingsError as error:
        raise not_configured(error) from error
    except OperatorsError as error:
        raise usage(f"担当者を追加できません。\nThe operator cannot be added: {error}") from error
    typer.echo(f"担当者を追加しました / added: {operator.name}")


def serve(
    context: typer.Context,
    *,
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="ポート（0：空いているもの） / 0: any free port")
    ] = 0,
    announce: Annotated[
        Path | None, typer.Option(help="URL を書き込むファイル / file to write the URL to")
    ] = None,
) -> None:
    """加入者情報の登録画面を、このマシンのブラウザーに提供します（/enrolment）。

    Serve the enrolment desk for browsers on this machine, until interrupted.
    """
    from payer_mock.web.app import create_app
    from payer_mock.web.desk import ROOT, Desk
    from screens.web.server import serve as run

    settings = _settings()
    dependencies = context.ensure_object(Dependencies)
    desk = Desk(
        settings.home,
        str(settings.fund_url),
        make_transport=dependencies.transport_to(settings.fund_url, settings.tls),
        idle_seconds=60.0 * settings.idle_minutes,
    )
    run(create_app(desk), port, announce, ROOT)


def _settings() -> DeskSettings:
    try:
        return DeskSettings.load()
    except SettingsError as error:
        raise not_configured(error) from error
