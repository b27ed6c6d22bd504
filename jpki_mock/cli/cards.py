"""Commands about cards: issuing, renewing, putting one into the virtual reader."""

from datetime import date
from pathlib import Path
from typing import Annotated, Literal

import typer

from jpki_mock.authority.keys import KeyProfile
from jpki_mock.authority.values import Carrier
from jpki_mock.card.image import CardImage, save_image
from jpki_mock.cli.common import noon_of, open_jlis, read_card, read_day
from jpki_mock.clock import system_clock
from jpki_mock.jlis import Jlis
from jpki_mock.personalisation import CardOrder, certificate_ids

_Out = Annotated[Path, typer.Option(help="The card file to write.")]


def add_to(app: typer.Typer) -> None:
    """Add these commands to the application."""
    for command in (issue, renew, plug):
        app.command()(command)


def issue(
    resident: Annotated[str, typer.Option(help="The resident's id.")],
    out: _Out,
    *,
    pin: Annotated[str, typer.Option(help="Four digits.")] = "1234",
    sign_pin: Annotated[str, typer.Option(help="6 to 16 capital letters and digits.")] = "ABC123",
    carrier: Annotated[Carrier, typer.Option()] = Carrier.CARD,
    key: Annotated[Literal["rsa", "p384"], typer.Option()] = "rsa",
    no_signature: Annotated[bool, typer.Option("--no-signature", help="No signature certificate.")] = False,
    no_pin: Annotated[bool, typer.Option("--no-pin", help="A card without PINs, for visual check.")] = False,
    issued_on: Annotated[date | None, typer.Option(parser=read_day, metavar="DAY", hidden=True)] = None,
) -> None:
    """Issue a card to a resident. Without a signature certificate below the age of 15."""
    order = CardOrder(
        resident_id=resident,
        pin=None if no_pin else pin,
        sign_pin=sign_pin,
        carrier=carrier,
        key=KeyProfile.P384 if key == "p384" else KeyProfile.RSA,
        signature=not no_signature,
    )
    with open_jlis() as jlis:
        _hand_out(jlis, jlis.cards.issue(order, noon_of(issued_on)), out)


def renew(
    card: Annotated[Path, typer.Argument(help="The old card's file.")],
    out: _Out,
) -> None:
    """Renew a card's certificates; the old ones are revoked and linked to the new ones."""
    image = read_card(card)
    with open_jlis() as jlis:
        _hand_out(jlis, jlis.cards.renew(image, system_clock()), out)


def plug(
    card: Annotated[Path, typer.Argument(help="The card's file.")],
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port of the virtual reader.")] = 35963,
    host: Annotated[str, typer.Option(help="Where the virtual reader's driver listens.")] = "127.0.0.1",
) -> None:
    """Put a card into the virtual PC/SC reader (vpcd) until interrupted."""
    from jpki_mock.card.vpcd import serve_card

    read_card(card)
    serve_card(card, host, port)


def _hand_out(jlis: Jlis, image: CardImage, out: Path) -> None:
    save_image(image, out)
    for name in certificate_ids(image):
        typer.echo(f"issued {jlis.authorities.by_key(name.ca_key_sha256).id} {name.serial}")
