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
    host: Annotated[
        str,
        typer.Option(
            help="待ち受けるアドレス / The address to listen on; 0.0.0.0 for every one of this machine."
        ),
    ] = "127.0.0.1",
) -> None:
    """失効リスト、OCSP、住民基本台帳への照会を提供します。

    Serve revocation lists, OCSP and the register until interrupted: on the loopback address, or on another for hosts of a fund.
    """
    from jpki_mock.service.app import create_app
    from jpki_mock.service.server import serve as run

    with open_jlis() as jlis:
        run(create_app(jlis), port, announce, host)
