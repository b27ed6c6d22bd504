"""The card image: one JSON file that is one card, with its keys, certificates, PINs and retry counters.

Whoever issues a card writes this file; the emulator plays it and keeps its retry counters in it.
What the card answers to a command is decided elsewhere (`card.py` and its neighbours).
"""

import base64
from datetime import date
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    field_validator,
    model_validator,
)

from jpki_mock.card.my_number import could_be_real
from jpki_mock.files import write_file


def _decoded(value: object) -> object:
    return base64.b64decode(value, validate=True) if isinstance(value, str) else value


def _encoded(value: bytes) -> str:
    return base64.b64encode(value).decode("ascii")


Base64 = Annotated[bytes, BeforeValidator(_decoded), PlainSerializer(_encoded, when_used="json")]
"""Raw bytes in Python, standard base64 text in the file."""

Sex = Literal["0", "1", "2", "9"]
"""As the card codes it (ISO/IEC 5218): 1 male, 2 female, 9 other, 0 unknown."""

SecretName = Literal["authentication", "signature", "attributes", "reference_a", "reference_b"]
"""Everything a holder types that the card counts wrong tries of: three PINs, two reference numbers."""

_REFERENCES = ("reference_a", "reference_b")


class _Part(BaseModel):
    """Unchangeable, closed, and never echoing a secret in a validation error."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class Attributes(_Part):
    """The four items (4情報) printed on the card: name, address, birth date, sex."""

    name: str
    address: str
    birth_date: date
    sex: Sex


class KeySlot(_Part):
    """One key of the card with its certificate and the certificate of the CA that issued it."""

    private_key: str = Field(repr=False)
    """PEM, PKCS #8, unencrypted; RSA, or P-384 for the coming card generation."""
    certificate: Base64
    ca_certificate: Base64


class Pin(_Part):
    """A PIN or reference number (照合番号) with its retry counter; `value` None: the card has no such PIN."""

    value: str | None = Field(repr=False)
    tries_left: int = Field(ge=0)
    limit: int = Field(ge=1, le=15)

    @model_validator(mode="after")
    def _counter_within_limit(self) -> Self:
        if self.tries_left > self.limit:
            raise ValueError("more tries left than the limit allows")
        return self


class Pins(_Part):
    """The PINs: authentication (4 digits), signature (6-16 capital letters and digits), attributes (4 digits)."""

    authentication: Pin
    signature: Pin
    attributes: Pin


class Faults(_Part):
    """What this card does wrong on purpose; the defaults are a sound card."""

    delay_ms: int = Field(default=0, ge=0)
    """Milliseconds that every APDU takes longer."""
    pull_at_apdu: int | None = Field(default=None, ge=1)
    """The card leaves the reader instead of answering this APDU, counted from 1 since it was inserted."""
    lose_answer_at_apdu: int | None = Field(default=None, ge=1)
    """The card carries this APDU out, what it counts is counted, and leaves the reader before it answers."""
    first_command_6f00: bool = False
    """The first command after power-on answers 6F00, as one measured card does."""
    corrupt_signature: bool = False
    """Signatures have the right form and do not verify."""
    locked_status: Literal["6984", "6983"] = "6984"
    """Status word of VERIFY on a locked PIN: real cards and text-book implementations differ."""


class CardImage(_Part):
    """One card (or phone acting as one), complete."""

    format: Literal["shikaku-card/1"] = "shikaku-card/1"
    carrier: Literal["card", "android"] = "card"
    expires_on: date
    attributes: Attributes
    photo: Base64 | None = None
    authentication: KeySlot
    signature: KeySlot | None = None
    pins: Pins
    reference_a: Pin
    """照合番号A: twelve digits in the place of the My Number, with a wrong check digit."""
    reference_b: Pin
    """照合番号B: era YYMMDD of birth, YYYY of expiry, four-digit security code."""
    terminal_authority: Base64 | None = None
    """Certificate of the CA whose terminals may use the PIN-less route; None: this card lacks the route."""
    faults: Faults = Faults()

    @field_validator("reference_a")
    @classmethod
    def _never_a_real_number(cls, reference: Pin) -> Pin:
        if reference.value is not None and could_be_real(reference.value):
            raise ValueError(
                "reference number A must have a wrong check digit: no card holds a real My Number"
            )
        return reference

    def secret(self, name: SecretName) -> Pin:
        """Return the PIN or reference number of this name."""
        found: Pin = getattr(self if name in _REFERENCES else self.pins, name)
        return found

    def with_tries_left(self, name: SecretName, tries_left: int) -> Self:
        """Return this card with another retry counter for one PIN or reference number."""
        changed = self.secret(name).model_copy(update={"tries_left": tries_left})
        if name in _REFERENCES:
            return self.model_copy(update={name: changed})
        return self.model_copy(update={"pins": self.pins.model_copy(update={name: changed})})

    def with_faults(self, faults: Faults) -> Self:
        """Return this card with other faults."""
        return self.model_copy(update={"faults": faults})


def load_image(path: Path) -> CardImage:
    """Read a card from its file.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: the file is not a card image.
    """
    return CardImage.model_validate_json(path.read_bytes())


def save_image(image: CardImage, path: Path) -> None:
    """Write a card to its file, whole or not at all, readable by its owner only."""
    write_file(path, image.model_dump_json(indent=2).encode())
