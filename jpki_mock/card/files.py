"""Elementary files and applications as data: kinds of files, and access conditions.

`applications.py` builds the files of one card.
"""

from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from jpki_mock.card.pins import Secret

CardKey = RSAPrivateKey | EllipticCurvePrivateKey

FREE: frozenset[int] | None = None
NEVER: frozenset[int] = frozenset()


def after(*pin_files: int) -> frozenset[int]:
    """Return the access condition "any one of these PINs was verified"."""
    return frozenset(pin_files)


@dataclass(frozen=True, slots=True)
class DataFile:
    """A transparent file.

    One of the PIN files in `access` must be verified (FREE: always readable, NEVER: never).
    """

    content: bytes = field(repr=False)
    access: frozenset[int] | None = FREE
    padded: bool = False
    """The content is followed by filler; reading beyond the end returns what there is, without a warning."""


@dataclass(frozen=True, slots=True)
class PinFile:
    """A PIN or reference number to verify against."""

    secret: Secret


@dataclass(frozen=True, slots=True)
class KeyFile:
    """A private key, used after the PIN in `pin_file`.

    `visual_check`: also usable by an authenticated terminal; `corrupts`: its signatures are deliberately
    wrong.
    """

    key: CardKey = field(repr=False)
    pin_file: int
    visual_check: bool = False
    corrupts: bool = False


@dataclass(frozen=True, slots=True)
class InternalFile:
    """A file that can be selected, but neither read, verified nor signed with."""


ElementaryFile = DataFile | PinFile | KeyFile | InternalFile


@dataclass(frozen=True, slots=True)
class Application:
    """An application (AP): its identifier, and its files by file identifier (FID)."""

    aid: bytes
    files: dict[int, ElementaryFile] = field(default_factory=dict)
