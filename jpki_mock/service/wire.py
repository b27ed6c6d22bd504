"""What travels between the fund and J-LIS: requests and answers of the calls for the fund alone."""

from datetime import date
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from jpki_mock.authority.values import CertificateId
from jpki_mock.register.matching import Attributes, Match

MOST_PEOPLE = 5000
"""How many members one call may ask about."""

_Text = Annotated[str, Field(min_length=1, max_length=200)]


class _Wire(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class CertificateName(_Wire):
    """A certificate, by its issuer's key and its serial number (decimal; at most 20 bytes)."""

    ca_key_sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    serial: str = Field(pattern=r"^[1-9][0-9]{0,48}$")

    @classmethod
    def of(cls, name: CertificateId) -> "CertificateName":
        """Return a certificate's name as it travels."""
        return cls(ca_key_sha256=name.ca_key_sha256, serial=str(name.serial))

    def to_id(self) -> CertificateId:
        """Return the name as the rest of this package knows it."""
        return CertificateId(self.ca_key_sha256, int(self.serial))


class PersonAnswer(_Wire):
    """Whose a certificate is, and what it renewed, nearest first."""

    person_key: str
    predecessors: list[CertificateName]


class AttributesQuestion(_Wire):
    """What an insurer knows of a member."""

    name: _Text
    name_kana: _Text
    birth_date: date
    sex: str = Field(pattern=r"^[0-9]$")
    address: _Text

    def to_attributes(self) -> Attributes:
        """Return them as the register knows them."""
        return Attributes(self.name, self.name_kana, self.birth_date, self.sex, self.address)


class MatchAnswer(_Wire):
    """How many residents fit, and who, if it is one."""

    match: Match
    person_key: str | None


class AttributesBatch(_Wire):
    """Many members at once."""

    people: Annotated[list[AttributesQuestion], Field(min_length=1, max_length=MOST_PEOPLE)]


class BatchAnswer(_Wire):
    """The answer about each member, in the order of the question."""

    matches: list[MatchAnswer]


class TerminalRequest(_Wire):
    """A terminal that the fund admitted for the visual check."""

    terminal_id: str = Field(pattern=r"^[A-Za-z0-9._:-]{1,64}$")
    public_key: str = Field(max_length=1000, description="Base64 SubjectPublicKeyInfo (DER), P-256.")


class TerminalAnswer(_Wire):
    """The terminal's certificate."""

    certificate: str = Field(description="Base64 DER.")
