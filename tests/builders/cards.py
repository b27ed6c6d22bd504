"""Cards for tests: images with throw-away keys and certificates, independent of the package's certificate authority.

Keys are generated once per process. All persons are fictitious.
"""

from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from jpki_mock.card import profile
from jpki_mock.card.card import Card, Dependencies
from jpki_mock.card.image import Attributes, CardImage, KeySlot, Pin, Pins, save_image

Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey

AUTHENTICATION_PIN: Final = "1234"
SIGNATURE_PIN: Final = "ABC123"
ATTRIBUTES_PIN: Final = "5678"
REFERENCE_A: Final = "123456789010"
"""Not a My Number: its check digit would have to be 8."""
REFERENCE_B: Final = "02010120350042"
NOW: Final = datetime(2026, 4, 1, 1, 0, tzinfo=UTC)
"""The fixed current time of tests."""


@cache
def rsa_key(number: int) -> rsa.RSAPrivateKey:
    """An RSA-2048 key; the same for the same number."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@cache
def p384_key() -> ec.EllipticCurvePrivateKey:
    """A P-384 key, always the same."""
    return ec.generate_private_key(ec.SECP384R1())


@cache
def p256_key(number: int) -> ec.EllipticCurvePrivateKey:
    """A P-256 key; the same for the same number."""
    return ec.generate_private_key(ec.SECP256R1())


def certificate(
    key: Key,
    *,
    subject: str = "SYNTHETIC 0001",
    issuer: str = "SHIKAKU TEST CA",
    issuer_key: Key | None = None,
    start: datetime = NOW - timedelta(days=1),
    end: datetime = NOW + timedelta(days=3650),
    serial: int = 1,
) -> bytes:
    """A certificate (DER) of a key, signed by `issuer_key` or self-signed."""
    names = [x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]) for name in (subject, issuer)]
    builder = x509.CertificateBuilder(names[1], names[0], key.public_key(), serial, start, end)
    return builder.sign(issuer_key or key, SHA256()).public_bytes(Encoding.DER)


@cache
def key_slot(key: Key, ca_key: Key | None = None) -> KeySlot:
    """A key slot with a certificate issued by a test CA; always the same for the same keys."""
    authority = ca_key or rsa_key(9)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    return KeySlot(
        private_key=pem,
        certificate=certificate(key, issuer_key=authority),
        ca_certificate=certificate(authority, subject="SHIKAKU TEST CA"),
    )


def pin(value: str | None, limit: int, tries_left: int | None = None) -> Pin:
    """A PIN with its counter; by default with all tries left."""
    return Pin(value=value, limit=limit, tries_left=limit if tries_left is None else tries_left)


def pins(**changes: Pin) -> Pins:
    """The three PINs of the standard card."""
    standard = {
        "authentication": pin(AUTHENTICATION_PIN, 3),
        "signature": pin(SIGNATURE_PIN, 5),
        "attributes": pin(ATTRIBUTES_PIN, 3),
    }
    return Pins(**(standard | changes))


@cache
def terminal_authority() -> bytes:
    """The certificate (DER) of the terminal CA that the standard card trusts."""
    return certificate(p256_key(8), subject="SHIKAKU TEST TERMINAL CA", issuer="SHIKAKU TEST TERMINAL CA")


def terminal_certificate(**changes: Any) -> bytes:
    """A terminal's certificate (DER) issued by that CA."""
    standard: dict[str, Any] = {
        "key": p256_key(7),
        "subject": "terminal-1",
        "issuer": "SHIKAKU TEST TERMINAL CA",
        "issuer_key": p256_key(8),
        "end": NOW + timedelta(days=30),
    }
    return certificate(**(standard | changes))


def card_image(**changes: Any) -> CardImage:
    """The standard card: RSA keys, all PINs, PIN-less route; `changes` replace fields."""
    standard: dict[str, Any] = {
        "expires_on": date(2035, 1, 1),
        "attributes": Attributes(
            name="試験　太郎", address="架空県模擬市見本町１番地", birth_date=date(1990, 1, 1), sex="1"
        ),
        "photo": b"\x89PNG\r\n\x1a\n",
        "authentication": key_slot(rsa_key(1)),
        "signature": key_slot(rsa_key(2)),
        "pins": pins(),
        "reference_a": pin(REFERENCE_A, 10),
        "reference_b": pin(REFERENCE_B, 10),
        "terminal_authority": terminal_authority(),
    }
    return CardImage(**(standard | changes))


def card_file(folder: Path, name: str = "card.json", **changes: Any) -> Path:
    """Save the image of such a card to a file."""
    path = folder / name
    save_image(card_image(**changes), path)
    return path


class TestCard(Card):
    """A card with fake dependencies: fixed time, predictable "random" bytes; records waiting times and saved images."""

    __test__ = False

    def __init__(self, image: CardImage | None = None, *, now: datetime = NOW) -> None:
        self.waited: list[float] = []
        self.saved: list[CardImage] = []
        dependencies = Dependencies(
            clock=lambda: now,
            randomness=lambda size: bytes(index % 256 for index in range(size)),
            sleep=self.waited.append,
            save=self.saved.append,
        )
        super().__init__(image or card_image(), dependencies)
        self.power_on()

    def send(self, text: str) -> str:
        """Send a command in hexadecimal (spaces free); return the response the same way."""
        return self.transmit(bytes.fromhex(text)).hex().upper()

    def status(self, text: str) -> str:
        """Send a command in hexadecimal; return the status word only."""
        return self.send(text)[-4:]


def select(aid: bytes = profile.JPKI) -> str:
    """SELECT of an application, in hexadecimal."""
    return f"00A4040C{len(aid):02X}{aid.hex()}"


def verify(pin_file: int, value: str) -> str:
    """VERIFY by short identifier, in hexadecimal."""
    return f"002000{0x80 | pin_file:02X}{len(value):02X}{value.encode().hex()}"
