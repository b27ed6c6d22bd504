"""Commands about cards: issue, renew, insert into the virtual reader, sign."""

import json
import sys
from base64 import b64encode
from collections.abc import Callable
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Annotated, Literal

import typer
from pydantic import ValidationError

from jpki_mock.authority.keys import KeyProfile
from jpki_mock.authority.values import Carrier
from jpki_mock.card.card_file import lock_files
from jpki_mock.card.image import CardImage, Faults, save_image
from jpki_mock.cli.common import card_errors, noon_of, open_jlis, read_card, read_day
from jpki_mock.clock import system_clock
from jpki_mock.errors import InvalidInput
from jpki_mock.jlis import Jlis
from jpki_mock.personalisation import CardOrder, certificate_ids

_FAULTS = ", ".join(name.replace("_", "-") for name in Faults.model_fields)

_Out = Annotated[Path, typer.Option(help="書き込むカードのファイル / The card file to write.")]
_Fault = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME[=VALUE]",
        help=f"意図的な不具合 / A deliberate fault of the card; repeatable: {_FAULTS}.",
    ),
]


def add_to(app: typer.Typer) -> None:
    """Add these commands to the application."""
    for command in (issue, renew, plug, sign):
        app.command()(command)


def issue(
    resident: Annotated[str, typer.Option(help="住民の ID / The resident's id.")],
    out: _Out,
    *,
    pin: Annotated[str, typer.Option(help="暗証番号（4桁） / Four digits.")] = "1234",
    sign_pin: Annotated[
        str, typer.Option(help="署名用の暗証番号 / 6 to 16 capital letters and digits.")
    ] = "ABC123",
    carrier: Annotated[
        Carrier, typer.Option(help="カードかスマートフォン / A card or a phone.")
    ] = Carrier.CARD,
    key: Annotated[Literal["rsa", "p384"], typer.Option(help="鍵の種類 / Kind of the keys.")] = "rsa",
    no_signature: Annotated[
        bool, typer.Option("--no-signature", help="署名用電子証明書なし / No signature certificate.")
    ] = False,
    no_pin: Annotated[
        bool, typer.Option("--no-pin", help="暗証番号のないカード / A card without PINs, for visual check.")
    ] = False,
    locked: Annotated[
        bool, typer.Option("--locked", help="暗証番号がロックされたカード / With a locked PIN.")
    ] = False,
    fault: _Fault = None,
    issued_on: Annotated[date | None, typer.Option(parser=read_day, metavar="DAY", hidden=True)] = None,
) -> None:
    """住民のカードを発行します。

    Issue a card to a resident; below the age of 15 without a signature certificate.
    """
    order = CardOrder(
        resident_id=resident,
        pin=None if no_pin else pin,
        sign_pin=sign_pin,
        carrier=carrier,
        key=KeyProfile.P384 if key == "p384" else KeyProfile.RSA,
        signature=not no_signature,
        locked=locked,
        faults=_faults(Faults(), fault),
    )
    with lock_files(out), open_jlis() as jlis:
        _issue_to_file(jlis, lambda: jlis.cards.issue(order, noon_of(issued_on)), out)


def renew(
    card: Annotated[Path, typer.Argument(help="古いカードのファイル / The old card's file.")],
    out: _Out,
) -> None:
    """カードの電子証明書を更新します。

    Renew a card's certificates; the old ones are revoked and linked to the new ones.
    """
    with lock_files(card, out), open_jlis() as jlis:
        image = read_card(card)
        _issue_to_file(jlis, lambda: jlis.cards.renew(image, system_clock()), out)


def plug(
    card: Annotated[Path, typer.Argument(help="カードのファイル / The card's file.")],
    *,
    port: Annotated[
        int, typer.Option(min=1, max=65535, help="仮想カードリーダーのポート / Port of the virtual reader.")
    ] = 35963,
    host: Annotated[
        str,
        typer.Option(help="仮想カードリーダーのホスト / Host on which the virtual reader's driver listens."),
    ] = "127.0.0.1",
    fault: _Fault = None,
) -> None:
    """仮想カードリーダー（vpcd）にカードを挿入します。

    Insert a card into the virtual PC/SC reader (vpcd) until interrupted.

    Faults given here are not saved.
    """
    from jpki_mock.card.vpcd import serve_card

    faults = _faults(read_card(card).faults, fault)
    with card_errors():
        serve_card(card, host, port, faults)


def sign(
    card: Annotated[Path, typer.Argument(help="カードのファイル / The card's file.")],
    pin: Annotated[
        str, typer.Option(help="暗証番号（誤りは回数に数える） / Four digits; a wrong one uses a try.")
    ] = "1234",
) -> None:
    """標準入力のバイト列に、カードの利用者証明用の鍵で署名します。

    Sign the bytes of standard input with a card's key for user authentication.

    Prints JSON: certificate (DER) and signature in base64, as the fund takes them. For programs in any language, without
    a reader; which bytes a proof of presence has is in docs/presence.md.
    """
    from jpki_mock.card.holder import MAX_MESSAGE_BYTES, sign_as_holder
    from jpki_mock.card.in_process import open_card

    message = sys.stdin.buffer.read(MAX_MESSAGE_BYTES + 1)
    with card_errors(), closing(open_card(card)) as connection:
        signed = sign_as_holder(connection, pin, message)
    parts = {"certificate": signed.certificate, "signature": signed.signature}
    typer.echo(json.dumps({name: b64encode(value).decode() for name, value in parts.items()}))


def _faults(usual: Faults, options: list[str] | None) -> Faults:
    """Return the faults changed by options such as `delay-ms=60` or `corrupt-signature`.

    Raises InvalidInput.
    """
    pairs = (option.partition("=") for option in options or ())
    given = {name.replace("-", "_"): value or "true" for name, _, value in pairs}
    try:
        return Faults.model_validate(usual.model_dump() | given)
    except ValidationError as error:
        raise InvalidInput(f"Unknown fault or invalid value; the faults are {_FAULTS}.") from error


def _issue_to_file(jlis: Jlis, make: Callable[[], CardImage], out: Path) -> None:
    """Issue a card and write its file in one transaction: only the file has the keys."""
    with jlis.store.unit():
        image = make()
        save_image(image, out)
    for name in certificate_ids(image):
        typer.echo(f"issued {jlis.authorities.by_key(name.ca_key_sha256).id} {name.serial}")
