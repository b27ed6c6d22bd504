"""`sandbox-console serve`: serves the console of a sandbox on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True, add_completion=False)


@app.callback()
def commands() -> None:
    """試験環境の管理画面。/ The console of a sandbox."""


@app.command()
def serve(
    *,
    fund: Annotated[
        str, typer.Option(help="支払基金（FUND_SANDBOX）のURL / base URL of the fund, a sandbox")
    ],
    persons: Annotated[
        Path,
        typer.Option(exists=True, dir_okay=False, help="テスト患者のファイル / file of the test persons"),
    ],
    reader: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=URL",
            help="仮想カードリーダーのある端末 / a terminal with a virtual reader; may be repeated",
        ),
    ] = None,
    cards: Annotated[
        Path | None,
        typer.Option(
            exists=True, file_okay=False, help="署名できるカードのフォルダー / folder of cards that sign"
        ),
    ] = None,
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="ポート（0：空いているもの） / 0: any free port")
    ] = 0,
    announce: Annotated[
        Path | None, typer.Option(help="URL を書き込むファイル / file to write the URL to")
    ] = None,
) -> None:
    """試験環境の管理画面を、このマシンのブラウザーに提供します（/console）。

    Serve the console for browsers on this machine, until interrupted.
    """
    from sandbox.app import create_app
    from sandbox.console import ROOT, Console
    from sandbox.persons import Persons
    from sandbox.services import FundSandbox, VirtualReader
    from sandbox.signing import Signer
    from screens.web.server import serve as run

    readers = [VirtualReader(*_named(one)) for one in reader or ()]
    console = Console(FundSandbox(fund), readers, Persons.read(persons))
    run(create_app(console, Signer(cards) if cards is not None else None), port, announce, ROOT)


def _named(text: str) -> tuple[str, str]:
    name, _, url = text.partition("=")
    if not name or not url.startswith(("http://", "https://")):
        raise typer.BadParameter("NAME=URL", param_hint="--reader")
    return name, url


def main() -> None:
    """Run the command."""
    app()
