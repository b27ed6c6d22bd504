"""The card image: a JSON file with the keys, certificates, PINs and retry counters of one card.

Issuing a card writes the file; the emulator loads it and saves the retry counters in it.
The card's behaviour is implemented in `card.py` and `commands.py`.
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
"""The secrets with a retry counter: three PINs, two reference numbers."""

_REFERENCES = ("reference_a", "reference_b")


class _Part(BaseModel):
    """Immutable, without extra fields, and without secrets in validation errors."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class Attributes(_Part):
    """The four items (基本4情報) printed on the card: name, address, birth date, sex."""

    name: str
    address: str
    birth_date: date
    sex: Sex


class KeySlot(_Part):
    """One key of the card with its certificate and the certificate of the CA that issued it."""

    private_key: str = Field(repr=False)
    """PEM, PKCS #8, unencrypted; RSA, or P-384 for the next card generation."""
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
    """The PINs of a card.

    Authentication (4 digits), signature (6-16 capital letters and digits), attributes (4 digits).
    """

    authentication: Pin
    signature: Pin
    attributes: Pin


class Faults(_Part):
    """Deliberate faults of the card; by default none."""

    delay_ms: int = Field(default=0, ge=0)
    """Additional delay of every APDU in milliseconds."""
    pull_at_apdu: int | None = Field(default=None, ge=1)
    """The card leaves the reader instead of executing this APDU, counted from 1 since insertion."""
    lose_answer_at_apdu: int | None = Field(default=None, ge=1)
    """The card executes this APDU, including its retry counters, and leaves the reader before it responds."""
    first_command_6f00: bool = False
    """The first command after power-on returns 6F00, as one measured card does."""
    corrupt_signature: bool = False
    """Signatures have the right form but do not verify."""
    locked_status: Literal["6984", "6983"] = "6984"
    """Status word of VERIFY on a locked PIN: real cards (6984) differ from the standard (6983)."""


class CardImage(_Part):
    """A complete card, or a phone used as one."""

    format: Literal["shikaku-card/1"] = "shikaku-card/1"
    carrier: Literal["card", "android"] = "card"
    expires_on: date
    attributes: Attributes
    photo: Base64 | None = None
    """None: a card that was issued before its holder's first birthday."""
    authentication: KeySlot
    signature: KeySlot | None = None
    pins: Pins
    reference_a: Pin
    """照合番号A: twelve digits in the place of the My Number, with a wrong check digit."""
    reference_b: Pin
    """照合番号B: era YYMMDD of birth, YYYY of expiry, four-digit security code."""
    terminal_authority: Base64 | None = None
    """Certificate of the CA whose terminals may use the PIN-less route; None: the card does not have the
    route, as one without a photo.
    """
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
    """Write a card to its file atomically, readable by its owner only."""
    write_file(path, image.model_dump_json(indent=2).encode())
