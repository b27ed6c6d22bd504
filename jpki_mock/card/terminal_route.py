"""The PIN-less route: a terminal authenticates to the card, which then signs a visual check (目視確認).

It replaces 特定機関認証 of real cards and is a divergence: the real protocol is not public.
Three steps, all within one selection of the JPKI application: the terminal's certificate, the card's
challenge, the terminal's signature over it.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509 import Certificate, InvalidVersion, load_der_x509_certificate

from jpki_mock.card import profile, status
from jpki_mock.card.apdu import Command
from jpki_mock.card.status import Refused

CHAINED = 0x10
"""Bit of the class byte: the data continues in the next command (ISO/IEC 7816-4, 5.3.3)."""
_CERTIFICATE, _SIGNATURE = 0x06C1, 0x00C1
"""P1 and P2: the kind of data that the terminal sends."""


@dataclass(slots=True)
class TerminalRoute:
    """The state of a terminal's authentication; reset with every selection of an application.

    `authority` is the certificate (DER) of the CA of terminals, None if the card does not have the route.
    """

    authority: bytes | None
    clock: Callable[[], datetime]
    is_open: bool = False
    _terminal_key: EllipticCurvePublicKey | None = field(default=None, repr=False)
    _challenge: bytes | None = field(default=None, repr=False)
    _chain: bytes = b""

    def manage(self, command: Command) -> None:
        """Execute SET PUBLIC IC KEY: receive the terminal's certificate or its signature.

        A certificate may come in several commands.

        Raises:
            Refused: 6A86 for other parameters, 6700 for no data or too much, 6E00 for a chained signature; as
                `_present` and `_prove`.
        """
        data, self._chain = self._chain + command.data, b""
        if command.p1p2 not in (_CERTIFICATE, _SIGNATURE):
            raise Refused(status.WRONG_PARAMETERS)
        if not command.data or len(data) > profile.TERMINAL_CERTIFICATE_MAXIMUM:
            raise Refused(status.WRONG_LENGTH)
        if command.p1p2 == _CERTIFICATE and command.cla & CHAINED:
            self._chain = data
        elif command.p1p2 == _CERTIFICATE:
            self._present(data)
        elif command.cla & CHAINED:
            raise Refused(status.UNKNOWN_CLASS)
        else:
            self._prove(command.data)

    def break_chain(self) -> None:
        """Discard the parts of a certificate, since another command came in between."""
        self._chain = b""

    def note_challenge(self, challenge: bytes) -> None:
        """Store the challenge that GET CHALLENGE returned; only the latest can be answered."""
        self._challenge = challenge if len(challenge) == profile.TERMINAL_CHALLENGE_BYTES else None

    def _present(self, certificate: bytes) -> None:
        """Accept the terminal's certificate (DER) and discard any former authentication.

        Raises:
            Refused: 6A88 without an authority, 6A80 for no certificate, 6982 for one that is not trusted.
        """
        self._discard()
        if self.authority is None:
            raise Refused(status.REFERENCE_NOT_FOUND)
        self._terminal_key = _trusted_key(certificate, self.authority, self.clock())

    def _prove(self, signature: bytes) -> None:
        """Verify the terminal's ECDSA-SHA256 signature (DER) over tag and challenge, and open the route.

        Raises:
            Refused: 6985 without certificate or challenge, 6982 if the signature is invalid.
        """
        key, challenge, self._challenge = self._terminal_key, self._challenge, None
        if key is None or challenge is None:
            raise Refused(status.CONDITIONS_NOT_SATISFIED)
        try:
            key.verify(signature, profile.TERMINAL_AUTHENTICATION_TAG + challenge, ECDSA(SHA256()))
        except InvalidSignature as error:
            self._discard()
            raise Refused(status.SECURITY_NOT_SATISFIED) from error
        self.is_open = True

    def _discard(self) -> None:
        self.is_open, self._terminal_key, self._challenge = False, None, None


def _trusted_key(der: bytes, authority: bytes, now: datetime) -> EllipticCurvePublicKey:
    certificate = _parsed(der)
    key = certificate.public_key()
    if not isinstance(key, EllipticCurvePublicKey) or not isinstance(key.curve, SECP256R1):
        raise Refused(status.SECURITY_NOT_SATISFIED)
    if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
        raise Refused(status.SECURITY_NOT_SATISFIED)
    try:
        certificate.verify_directly_issued_by(load_der_x509_certificate(authority))
    except (InvalidSignature, ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise Refused(status.SECURITY_NOT_SATISFIED) from error
    return key


def _parsed(der: bytes) -> Certificate:
    try:
        certificate = load_der_x509_certificate(der)
        certificate.public_key()
    except (ValueError, TypeError, InvalidVersion, UnsupportedAlgorithm) as error:
        raise Refused(status.WRONG_DATA) from error
    return certificate
