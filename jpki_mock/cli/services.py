"""Commands about the service: admit the fund, serve."""

from pathlib import Path
from typing import Annotated

import typer

from jpki_mock.cli.common import open_jlis
from jpki_mock.service.callers import Callers


def add_to(app: typer.Typer) -> None:
    """Add these commands to the application."""
    for command in (admit, serve):
        app.command()(command)


def admit(
    public_key: Annotated[
        Path,
        typer.Argument(help="支払基金の公開鍵 / The fund's public key (PEM, P-256).", metavar="PUBLIC.pem"),
    ],
) -> None:
    """支払基金の公開鍵を登録します。

    Admit the fund's key; replaces a key admitted before.
    """
    with open_jlis() as jlis:
        Callers(jlis.store).admit(public_key.read_bytes())


def serve(
    port: Annotated[int, typer.Option(min=0, max=65535, help="ポート / 0: any free port.")] = 0,
    announce: Annotated[
        Path | None, typer.Option(help="URL を書き込むファイル / File to write the base URL to.")
    ] = None,
) -> None:
    """失効リスト、OCSP、住民基本台帳への照会をこのマシンで提供します。

    Serve revocation lists, OCSP and the register on the loopback address until interrupted.
    """
    from jpki_mock.service.app import create_app
    from jpki_mock.service.server import serve as run

    with open_jlis() as jlis:
        run(create_app(jlis), port, announce)
