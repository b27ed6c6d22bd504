"""`eligibility-api registration`: registrations that were made elsewhere (rule B3)."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from sqlalchemy.ext.asyncio import AsyncConnection

from eligibility_api.cli.common import run_with_jlis
from eligibility_api.jlis.client import Jlis
from eligibility_api.platform.errors import OperatorError
from eligibility_api.platform.keys import load_trust
from eligibility_api.platform.settings import Settings
from eligibility_api.registration.take_over import take_over

app = typer.Typer(help="利用登録 / Registrations of cards.", no_args_is_help=True)

MAX_FILE_BYTES = 16 * 1024 * 1024


@app.callback()
def _group() -> None:
    """The commands' group: with one command only, its name would be left out."""


@app.command("take-over")
def take_over_command(
    certificates: Annotated[
        Path,
        typer.Argument(
            metavar="FILE.pem", help="利用者証明用電子証明書 / User-authentication certificates, PEM."
        ),
    ],
    registered_on: Annotated[
        datetime,
        typer.Option(
            formats=["%Y-%m-%d"], help="利用登録された日 / The day on which they were registered (Japan)."
        ),
    ],
) -> None:
    """他で利用登録された電子証明書を登録します。

    Bind certificates that were registered elsewhere before, such as at another fund; all of a file, or none.

    J-LIS names the person of each. One that was not valid on that day is refused. An expired one is then in its grace
    period, as for the test persons. Writes how many were not bound yet.
    """
    ders, settings, day = _read(certificates), Settings(), registered_on.date()
    try:
        trust = load_trust(settings)
    except (OSError, ValueError) as error:
        raise OperatorError("The trust store cannot be read.") from error

    async def bind(connection: AsyncConnection, jlis: Jlis) -> int:
        return sum([await take_over(connection, jlis, trust, der, day) for der in ders])

    typer.echo(run_with_jlis(settings, "owner", bind))


def _read(path: Path) -> list[bytes]:
    """The certificates of a file (DER). Raises OperatorError."""
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise OperatorError("The file has more than 16 MiB.")
        found = x509.load_pem_x509_certificates(path.read_bytes())
    except (OSError, ValueError) as error:
        raise OperatorError("The file cannot be read as certificates (PEM).") from error
    return [certificate.public_bytes(Encoding.DER) for certificate in found]
