"""Request and response models of the fund's API."""

from datetime import date
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from jpki_mock.authority.values import Carrier, CertificateId
from jpki_mock.register.folding import Item, Kind
from jpki_mock.register.matching import Attributes, Match
from jpki_mock.register.register import Found

MAX_BATCH_SIZE = 5000
"""Maximum number of people in one batch."""

_Text = Annotated[str, Field(min_length=1, max_length=200)]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class CertificateReference(_Model):
    """A certificate, by its issuer's key and its serial number (decimal; at most 20 bytes)."""

    ca_key_sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    serial: str = Field(pattern=r"^[1-9][0-9]{0,48}$")

    @classmethod
    def of(cls, name: CertificateId) -> "CertificateReference":
        """Return the reference to a certificate."""
        return cls(ca_key_sha256=name.ca_key_sha256, serial=str(name.serial))

    def to_id(self) -> CertificateId:
        """Return the id of the certificate."""
        return CertificateId(self.ca_key_sha256, int(self.serial))


class PersonAnswer(_Model):
    """The holder and the carrier of a certificate, and the certificates that it renewed, nearest first."""

    person_key: str
    carrier: Carrier
    predecessors: list[CertificateReference]


class AttributesQuery(_Model):
    """A member's attributes, as the insurer has them."""

    name: _Text
    name_kana: _Text | None = None
    birth_date: date
    sex: str = Field(pattern=r"^[0-9]$")
    address: _Text | None = None

    def to_attributes(self) -> Attributes | None:
        """Return the attributes as the register's value; None if one is absent: nobody is found by a part of them."""
        if self.name_kana is None or self.address is None:
            return None
        return Attributes(self.name, self.name_kana, self.birth_date, self.sex, self.address)


class DifferenceAnswer(_Model):
    """An item that is spelled otherwise in the register, and the kind of folding; never the register's value."""

    item: Item
    kind: Kind


class MatchAnswer(_Model):
    """The number of matching residents, and the person key if there is exactly one.

    `variant`: the only one whom all items match after folding; `differences` names those that had to be folded.
    """

    match: Match
    person_key: str | None
    differences: list[DifferenceAnswer] = []

    @classmethod
    def of(cls, found: Found) -> "MatchAnswer":
        """Return the answer about a member."""
        named = [DifferenceAnswer(item=item, kind=kind) for item, kind in found.differences]
        return cls(match=found.match, person_key=found.person_key, differences=named)


class AttributesBatch(_Model):
    """The attributes of many members."""

    people: Annotated[list[AttributesQuery], Field(min_length=1, max_length=MAX_BATCH_SIZE)]


class BatchAnswer(_Model):
    """The match of each member, in the order of the request."""

    matches: list[MatchAnswer]


class TerminalRequest(_Model):
    """A terminal that the fund has admitted for the visual check."""

    terminal_id: str = Field(pattern=r"^[A-Za-z0-9._:-]{1,64}$")
    public_key: str = Field(max_length=1000, description="Base64 SubjectPublicKeyInfo (DER), P-256.")


class TerminalAnswer(_Model):
    """The terminal's certificate."""

    certificate: str = Field(description="Base64 DER.")
