"""`eligibility-api audit witness`: another party cosigns the audit log, by itself or when the log asks."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import httpx2
import typer
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from eligibility_api.cli.audit_log import parse_key
from eligibility_api.cli_support import read_file, run_reporting_errors
from eligibility_api.database.connections import Database
from eligibility_api.database.dsn import dsn
from eligibility_api.merkle_log.notes import (
    Algorithm,
    Note,
    NoteError,
    SigningKey,
    VerificationKey,
    parse_note,
)
from eligibility_api.platform.clock import system_clock
from eligibility_api.platform.errors import OperatorError
from eligibility_api.platform.private_files import write_private
from eligibility_api.platform.settings import Settings

if TYPE_CHECKING:
    from eligibility_api.audit.witness import Witness


def witness_command(
    *,
    name: Annotated[
        str,
        typer.Option(help="ウィットネスの名前 / The witness's name in its key, such as witness.example/w1."),
    ],
    key: Annotated[
        Path, typer.Option(help="ウィットネスの秘密鍵 / Its private key (PEM); made if there is none.")
    ],
    state: Annotated[
        Path, typer.Option(help="連署の記録を残すファイル / The file that remembers what it cosigned.")
    ],
    log: Annotated[
        list[VerificationKey] | None,
        typer.Option(
            parser=parse_key,
            metavar="KEY",
            help="連署するログの検証鍵 / A verification key of a log that it follows.",
        ),
    ] = None,
    url: Annotated[
        str | None,
        typer.Option(
            help="ログの URL（1回だけ連署する） / Cosign this log's newest checkpoint once, and print it."
        ),
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(min=0, max=65535, help="ポート / Serve add-checkpoint on the loopback address."),
    ] = None,
) -> None:
    """監査ログに立ち会い、チェックポイントに連署します。

    Witness a log: cosign its checkpoints only after a proof that it only grew (c2sp.org/tlog-witness).

    With neither `--url` nor `--port` the witness's verification key is printed; with `--port` its entry of
    FUND_WITNESSES.
    """
    signing_key = _signing_key(name, key)
    if url is None and port is None:
        typer.echo(str(signing_key.verification_key))
        return
    from eligibility_api.audit.witness import Witness

    logs: dict[str, list[VerificationKey]] = {}
    for one in log or ():
        logs.setdefault(one.name, []).append(one)
    if not logs:
        raise OperatorError("Give a verification key of the log (--log).")
    witness = Witness(signing_key, logs, state, system_clock)
    if port is not None:
        _serve(witness, port)
    elif url is not None:
        typer.echo(_cosigned(witness, url, list(logs)), nl=False)


def _cosigned(witness: Witness, url: str, origins: list[str]) -> str:
    """The newest checkpoint of the log at `url`, with the witness's signature. Raises OperatorError."""
    from eligibility_api.audit.witness import StateUnreadable, WitnessRefused
    from eligibility_api.audit.witness_http import LogClient, LogUnusable, follow

    if len(origins) != 1:
        raise OperatorError("Give the keys of one log with --url.")

    async def run() -> str:
        async with httpx2.AsyncClient(base_url=f"{url.rstrip('/')}/") as http:
            note, signature = await follow(witness, LogClient(http), origins[0])
        signed = parse_note(note)
        return Note(signed.text, [*signed.signatures, signature]).encode().decode()

    try:
        return asyncio.run(run())
    except (LogUnusable, WitnessRefused, StateUnreadable) as error:
        raise OperatorError(f"Not cosigned. {error}") from error


def _serve(witness: Witness, port: int) -> None:
    """Serve until interrupted; prints the witness's verification key and address once it listens."""
    import uvicorn

    from eligibility_api.audit.witness_http import witness_app

    try:
        listener = socket.create_server(("127.0.0.1", port))
    except OSError as error:
        raise OperatorError(f"Port {port} cannot be used: {error.strerror}.") from error
    typer.echo(f"{witness.key.verification_key} http://127.0.0.1:{listener.getsockname()[1]}")
    config = uvicorn.Config(
        witness_app(witness), limit_concurrency=64, log_level="warning", server_header=False
    )
    uvicorn.Server(config).run(sockets=[listener])


def _signing_key(name: str, path: Path) -> SigningKey:
    """The witness's key, made if there is none. Raises OperatorError."""
    try:
        if not path.exists():
            new = Ed25519PrivateKey.generate()
            write_private(path, new.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        private_key = load_pem_private_key(path.read_bytes(), password=None)
        if not isinstance(private_key, Ed25519PrivateKey):
            raise OperatorError(f"{path} is not an Ed25519 key.")
        signing_key = SigningKey(name, private_key, Algorithm.COSIGNATURE)
        str(signing_key.verification_key)
    except NoteError as error:
        raise OperatorError(f"--name: {error}.") from error
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise OperatorError(f"{path} cannot be used as a key.") from error
    return signing_key


def add_cosignatures_command(
    file: Annotated[
        Path,
        typer.Argument(
            help="連署されたチェックポイント / A cosigned checkpoint, as `audit witness --url` prints it."
        ),
    ],
) -> None:
    """ウィットネスの連署を、支払基金の提供内容に加えます。

    Add the cosignatures of configured witnesses (FUND_WITNESSES) to what the fund serves.
    """
    from eligibility_api.audit.cosigning import add_from_note

    settings = Settings()

    async def add() -> int:
        database = Database(dsn(settings, "jobs"))
        try:
            return await add_from_note(
                database, read_file(file), [key for key, _ in settings.witness_addresses]
            )
        except NoteError as error:
            raise OperatorError(f"{file} cannot be used: {error}.") from error
        finally:
            await database.close()

    typer.echo(f"{run_reporting_errors(add())} cosignatures.")
