"""`eligibility-api keys`: make the fund's own keys, and rotate them while it serves."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy.ext.asyncio import AsyncConnection

from eligibility_api.audit_log import checkpoint_keys
from eligibility_api.audit_log.acts import record_act
from eligibility_api.cli_support import in_transaction
from eligibility_api.platform.clock import system_clock
from eligibility_api.platform.errors import OperatorError
from eligibility_api.platform.key_files import KeyFiles
from eligibility_api.platform.key_ring import LEAD, MIN_LEAD, OVERLAP
from eligibility_api.platform.keys import load_keys, rotate_challenge_key, rotate_token_key
from eligibility_api.platform.private_files import new_private_file
from eligibility_api.platform.settings import Settings

app = typer.Typer(help="支払基金の鍵 / The fund's own keys.", no_args_is_help=True)

_Lead = Annotated[
    int,
    typer.Option(
        min=int(MIN_LEAD.total_seconds()),
        max=86_400,
        help="新しい鍵を使い始めるまでの秒数（その間に他のホストへコピー） / Seconds until it signs: copy the file to other hosts.",
    ),
]
_AtOnce = Annotated[
    bool,
    typer.Option(
        "--at-once",
        help="漏えい時：以前の鍵を直ちに無効にする / The former key was lost: refuse it from now on.",
    ),
]

_LEAD_SECONDS = int(LEAD.total_seconds())


@app.command("init")
def init() -> None:
    """支払基金の鍵を作成し、J-LIS に渡す公開鍵の場所を表示します。

    Create the fund's keys if they are missing, and print the path of the public key for J-LIS.
    """
    settings = Settings()
    files = KeyFiles.of(settings)
    folder = files.own_folder()
    load_keys(files)
    checkpoint_keys.create_missing(settings)
    typer.echo(folder / "jlis-client.pub.pem")


@app.command("export")
def export(
    out: Annotated[
        Path,
        typer.Argument(
            help="出力先。所有者だけが読めるファイル / The file, readable by its owner only.", dir_okay=False
        ),
    ],
) -> None:
    """すべての鍵を1つのファイルに書き出します。設定 FUND_KEYS の値として、別のホストに渡せます。

    Write all keys as one text, which another host takes as the value of FUND_KEYS.

    With it anybody can answer as the fund: give it to a store of secrets, and delete the file.
    """
    settings = Settings()
    files = KeyFiles.of(settings)
    load_keys(files, create=False)
    checkpoint_keys.CheckpointKey(settings).read()
    try:
        with new_private_file(out) as file:
            file.write(files.as_text().encode())
    except OSError as error:
        raise OperatorError(f"The keys cannot be written: {error.strerror}.") from error


@app.command("rotate-challenge")
def rotate_challenge(*, lead: _Lead = _LEAD_SECONDS, at_once: _AtOnce = False) -> None:
    """チャレンジの鍵を新しくします。サービスの再起動は不要です。

    Create a new MAC key for challenges. No process restarts; challenges of the former key stay valid until their end.

    The audit record names the keys, so the database must be running.
    """
    _rotate_ring("challenge", rotate_challenge_key, lead, at_once=at_once)


@app.command("rotate-token")
def rotate_token(*, lead: _Lead = _LEAD_SECONDS, at_once: _AtOnce = False) -> None:
    """アクセストークンの鍵を新しくします。サービスの再起動は不要です。

    Create a new key for access tokens. No process restarts; tokens of the former key stay valid until their end.

    The audit record names the keys, so the database must be running.
    """
    _rotate_ring("token", rotate_token_key, lead, at_once=at_once)


def _rotate_ring(name: str, write: Callable[..., None], lead: int, *, at_once: bool) -> None:
    settings = Settings()
    load_keys(KeyFiles.of(settings), create=False)
    now = system_clock()
    ahead = timedelta(seconds=lead)
    _rotate(settings, name, lambda: write(KeyFiles.of(settings), now, lead=ahead, at_once=at_once))
    if at_once:
        typer.echo("The new key signs from now on, and no former one is accepted.")
    else:
        begins, ends = now + ahead, now + ahead + OVERLAP
        typer.echo(
            f"The new key signs from {begins:%Y-%m-%dT%H:%M:%SZ}; the former one is accepted until {ends:%Y-%m-%dT%H:%M:%SZ}."
        )


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


@app.command("rotate-checkpoint")
def rotate_checkpoint() -> None:
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
