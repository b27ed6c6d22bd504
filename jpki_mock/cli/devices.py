"""`jpki-mock devices`: certificates with which terminals and insurers' programs open TLS connections."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer
from cryptography import x509

from jpki_mock.cli.common import noon_of, open_jlis, read_day
from jpki_mock.clock import JAPAN, system_clock
from jpki_mock.errors import InvalidInput
from jpki_mock.files import write_file, write_if_changed

app = typer.Typer(
    help="資格確認端末などのクライアント証明書の模擬認証局。\n\n"
    "The synthetic authority of client certificates of terminals (資格確認端末).",
    no_args_is_help=True,
)

_MAX_CERTIFICATE_BYTES = 16_384


@app.command("authority")
def show_authority() -> None:
    """認証局の証明書の場所を表示します（なければ作成します）。

    Print the path of the authority's certificate, for the proxy that ends TLS; creates the authority if there is none.
    """
    with open_jlis() as jlis:
        jlis.devices.authority(system_clock())
        typer.echo(jlis.devices.trust_path)


@app.command("issue")
def issue(
    name: Annotated[str, typer.Argument(help="端末の名称 / The device's name, such as clinic-1.")],
    out: Annotated[
        Path,
        typer.Option(
            help="秘密鍵と証明書の書き込み先 / Where the private key and the certificate are written (PEM)."
        ),
    ],
    days: Annotated[int, typer.Option(min=1, help="有効日数 / Days of validity.")] = 365,
    issued_on: Annotated[
        datetime | None,
        typer.Option(
            parser=read_day, metavar="YYYY-MM-DD", help="発行日 / Day of issue, if another than today."
        ),
    ] = None,
) -> None:
    """端末のクライアント証明書を、新しい鍵で発行します。

    Issue a device's client certificate with a new key, which is stored in the file alone.
    """
    with open_jlis() as jlis:
        pem = jlis.devices.issue(name, noon_of(issued_on), timedelta(days=days), system_clock())
        write_file(out, pem)


@app.command("revoke")
def revoke(
    certificate: Annotated[
        Path, typer.Argument(help="証明書のファイル / The certificate's file.", metavar="CERTIFICATE.pem")
    ],
) -> None:
    """端末の証明書を失効させます。

    Revoke a device's certificate, permanently: it is on every later revocation list.
    """
    serial = _read_certificate(certificate).serial_number
    with open_jlis() as jlis:
        jlis.devices.revoke(serial, system_clock())


@app.command("list")
def list_devices(
    as_json: Annotated[bool, typer.Option("--json", help="JSON で表示する / Print one JSON array.")] = False,
) -> None:
    """発行した端末の証明書とその状態を一覧にします。

    List every device's certificate with its state.
    """
    with open_jlis() as jlis:
        now = system_clock()
        rows = [
            {
                "name": record.name,
                "serial": str(record.serial),
                "state": record.state(now),
                "valid_from": record.period.start.astimezone(JAPAN).isoformat(),
                "valid_until": record.period.end.astimezone(JAPAN).isoformat(),
            }
            for record in jlis.devices.all()
        ]
    if as_json:
        typer.echo(json.dumps(rows, indent=1))
        return
    for row in rows:
        typer.echo("\t".join(row.values()))


@app.command("crl")
def crl(
    out: Annotated[Path, typer.Option(help="書き込み先 / Where the list is written (PEM).")],
    days: Annotated[int, typer.Option(min=1, help="有効日数 / Days of validity.")] = 7,
) -> None:
    """端末の証明書の失効リストを書き込みます。

    Write the devices' revocation list, for the proxy that ends TLS; publish a new one before it expires.
    """
    with open_jlis() as jlis:
        write_if_changed(out, jlis.devices.revocation_list(system_clock(), timedelta(days=days)))


def _read_certificate(path: Path) -> x509.Certificate:
    """The first certificate of a PEM file. Raises InvalidInput, OSError."""
    with path.open("rb") as file:
        content = file.read(_MAX_CERTIFICATE_BYTES)
    try:
        return x509.load_pem_x509_certificate(content)
    except ValueError as error:
        raise InvalidInput("The file has no certificate.") from error
