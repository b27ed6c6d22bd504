"""Commands about issued certificates: suspend, resume, revoke, list, print. No names are printed."""

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from jpki_mock.authority.values import CaId, CertificateId, Reason, Record
from jpki_mock.cli.common import open_jlis, read_card
from jpki_mock.clock import JAPAN, system_clock
from jpki_mock.errors import InvalidInput, NotAllowed
from jpki_mock.jlis import Jlis
from jpki_mock.personalisation import certificate_ids

_Card = Annotated[
    Path | None,
    typer.Argument(
        help="カードのファイル（対象の証明書すべて） / A card's file: all its certificates that allow the action."
    ),
]
_Ca = Annotated[
    str | None,
    typer.Option(
        help="1つの証明書を指定するときの認証局 / Authority, for example auth-1, of a single certificate."
    ),
]
_Serial = Annotated[
    int | None, typer.Option(min=1, help="その認証局での番号 / Serial number at that authority.")
]


def add_to(app: typer.Typer) -> None:
    """Add these commands to the application."""
    for command in (suspend, resume, revoke):
        app.command()(command)
    app.command("list")(list_certificates)
    app.command("certificate")(show_certificate)


def suspend(card: _Card = None, ca: _Ca = None, serial: _Serial = None) -> None:
    """カードやスマートフォンの紛失により、電子証明書を一時停止します。

    Suspend certificates after their card or phone was lost.
    """
    with open_jlis() as jlis:
        now = system_clock()
        _apply(_selected(jlis, card, ca, serial), lambda name: jlis.certificates.suspend(name, now), now)


def resume(card: _Card = None, ca: _Ca = None, serial: _Serial = None) -> None:
    """スマートフォンの利用者証明用電子証明書の一時停止を解除します。

    Resume a phone's authentication certificate after a suspension.
    """
    with open_jlis() as jlis:
        _apply(_selected(jlis, card, ca, serial), jlis.certificates.resume, system_clock())


def revoke(
    reason: Annotated[Reason, typer.Option(help="理由 / The reason.")],
    card: _Card = None,
    ca: _Ca = None,
    serial: _Serial = None,
) -> None:
    """電子証明書を失効させます。

    Revoke certificates permanently.
    """
    with open_jlis() as jlis:
        now = system_clock()
        _apply(
            _selected(jlis, card, ca, serial), lambda name: jlis.certificates.revoke(name, reason, now), now
        )


def list_certificates(
    as_json: Annotated[bool, typer.Option("--json", help="JSON で表示する / Print one JSON array.")] = False,
) -> None:
    """発行した電子証明書とその状態を一覧にします。

    List every certificate with its state.
    """
    with open_jlis() as jlis:
        now = system_clock()
        rows = [_row(record, now) for record in jlis.certificates.records.all()]
    if as_json:
        typer.echo(json.dumps(rows, indent=1))
        return
    for row in rows:
        shown = ("ca", "serial", "carrier", "state", "reason", "valid_until")
        typer.echo("\t".join(row[field] or "-" for field in shown))


def show_certificate(
    card: Annotated[Path, typer.Argument(help="カードのファイル / A card's file.")],
) -> None:
    """カードの利用者証明用電子証明書を PEM で出力します（氏名等は含まれません）。

    Print the card's user-authentication certificate as PEM. It names nobody.
    """
    certificate = x509.load_der_x509_certificate(read_card(card).authentication.certificate)
    typer.echo(certificate.public_bytes(Encoding.PEM).decode(), nl=False)


def _selected(jlis: Jlis, card: Path | None, ca: str | None, serial: int | None) -> list[CertificateId]:
    if card is not None and ca is None and serial is None:
        return certificate_ids(read_card(card))
    if card is None and ca is not None and serial is not None:
        return [jlis.authorities.get(CaId.parse(ca)).certificate_id(serial)]
    raise InvalidInput("Name either a card file, or an authority (--ca) with a serial number (--serial).")


def _apply(chosen: list[CertificateId], action: Callable[[CertificateId], Record], now: datetime) -> None:
    """Apply an action to each certificate that allows it; raise the first refusal if none does."""
    refusals: list[NotAllowed] = []
    for name in chosen:
        try:
            record = action(name)
        except NotAllowed as refusal:
            refusals.append(refusal)
        else:
            typer.echo(f"{record.state(now)} {record.ca} {record.id.serial}")
    if len(refusals) == len(chosen):
        raise refusals[0]


def _row(record: Record, now: datetime) -> dict[str, str | None]:
    return {
        "ca": str(record.ca),
        "ca_key_sha256": record.id.ca_key_sha256,
        "serial": str(record.id.serial),
        "carrier": record.carrier,
        "state": record.state(now),
        "reason": None if record.revocation is None else record.revocation.reason,
        "valid_from": record.period.start.astimezone(JAPAN).isoformat(),
        "valid_until": record.period.end.astimezone(JAPAN).isoformat(),
    }
