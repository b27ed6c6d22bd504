"""The collection of proofs as it lies in `bad_proofs.json`: its form, and how it is read.

The file is for every program that verifies proofs, in whatever language: surroundings (whom to trust, under which
keys challenges are made), good proofs, and bad ones. Each bad proof differs from the good one that it names in
exactly one way: a verifier that leaves out the check in question would accept it.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Self
from uuid import UUID

from cryptography import x509
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from eligibility_api.contract.codes import Purpose
from eligibility_api.contract.eligibility import Proof
from eligibility_api.contract.wire import Bytes
from eligibility_api.domain.certificate import TrustStore
from eligibility_api.domain.challenge import MacKeys

DATA = Path(__file__).with_name("bad_proofs.json")


class Presented(BaseModel):
    """One proof, and who presents it, when and for what."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    of: str | None = Field(default=None, description="The good proof that a bad one differs from.")
    difference: str
    expected: str | None = Field(default=None, description="The catalogue's code; absent for a good proof.")
    over_http: str | None = Field(default=None, description="Where the border refuses before the verifier.")
    purpose: Purpose
    institution_code: str
    terminal: UUID
    at: AwareDatetime
    challenge: str
    certificate: Bytes
    certificate_padding: int = Field(default=0, description="As many zero bytes follow the certificate.")
    signature: Bytes

    def proof(self) -> Proof:
        """What a verifier is given."""
        der = self.certificate + bytes(self.certificate_padding)
        return Proof(challenge=self.challenge, certificate=der, signature=self.signature)


class ChallengeKeys(BaseModel):
    """The MAC keys of challenges, in hexadecimal, by their ids; `current` is the newest."""

    current: str
    keys: dict[str, str]


class Trust(BaseModel):
    """The believed authorities' certificates (PEM), one list a kind."""

    authentication: list[str]
    signature: list[str]


class Surroundings(BaseModel):
    """What a verifier of the collection is set up with."""

    audience: str
    challenge_keys: ChallengeKeys
    trust: Trust

    def mac_keys(self) -> MacKeys:
        """The challenge keys as the fund holds them."""
        keys = {bytes.fromhex(name): bytes.fromhex(key) for name, key in self.challenge_keys.keys.items()}
        return MacKeys(current=bytes.fromhex(self.challenge_keys.current), keys=keys)

    def trust_store(self) -> TrustStore:
        """The trust stores as the fund holds them."""
        return TrustStore(_certificates(self.trust.authentication), _certificates(self.trust.signature))


def _certificates(texts: list[str]) -> list[x509.Certificate]:
    return [x509.load_pem_x509_certificate(text.encode()) for text in texts]


class Collection(BaseModel):
    """The whole file."""

    about: str
    surroundings: Surroundings
    good: list[Presented]
    bad: list[Presented]

    @classmethod
    @cache
    def load(cls) -> Self:
        """The collection as it is committed."""
        return cls.model_validate_json(DATA.read_bytes())

    def good_one(self, name: str | None) -> Presented:
        """The good proof of that name."""
        return next(proof for proof in self.good if proof.name == name)
