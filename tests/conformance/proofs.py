"""The collection of proofs in `bad_proofs.json`: its models, and how to load it.

The file serves every program that verifies proofs, in any language: the environment (trusted authorities, challenge
keys), good proofs, and bad ones. Each bad proof differs from the good one that it names in exactly one way: a verifier
without the check in question would accept it.
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


class PresentedProof(BaseModel):
    """One proof, with the terminal, facility, instant and purpose of its presentation."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    of: str | None = Field(default=None, description="The good proof that a bad one differs from.")
    difference: str
    expected: str | None = Field(default=None, description="The catalogue's code; absent for a good proof.")
    over_http: str | None = Field(
        default=None, description="Another code if request validation rejects it first."
    )
    purpose: Purpose
    institution_code: str
    terminal: UUID
    at: AwareDatetime
    challenge: str
    certificate: Bytes
    certificate_padding: int = Field(default=0, description="Number of zero bytes after the certificate.")
    signature: Bytes

    def proof(self) -> Proof:
        """The proof as given to a verifier."""
        der = self.certificate + bytes(self.certificate_padding)
        return Proof(challenge=self.challenge, certificate=der, signature=self.signature)


class ChallengeKeys(BaseModel):
    """The MAC keys of challenges, in hexadecimal, by their ids; `current` is the newest."""

    current: str
    keys: dict[str, str]


class Trust(BaseModel):
    """The trusted authorities' certificates (PEM), one list per kind."""

    authentication: list[str]
    signature: list[str]


class Environment(BaseModel):
    """The configuration of a verifier of the collection."""

    audience: str
    challenge_keys: ChallengeKeys
    trust: Trust

    def mac_keys(self) -> MacKeys:
        """The challenge keys in the fund's form."""
        keys = {bytes.fromhex(name): bytes.fromhex(key) for name, key in self.challenge_keys.keys.items()}
        return MacKeys(current=bytes.fromhex(self.challenge_keys.current), keys=keys)

    def trust_store(self) -> TrustStore:
        """The trust stores in the fund's form."""
        return TrustStore(_certificates(self.trust.authentication), _certificates(self.trust.signature))


def _certificates(texts: list[str]) -> list[x509.Certificate]:
    return [x509.load_pem_x509_certificate(text.encode()) for text in texts]


class Collection(BaseModel):
    """The whole file."""

    about: str
    environment: Environment
    good: list[PresentedProof]
    bad: list[PresentedProof]

    @classmethod
    @cache
    def load(cls) -> Self:
        """The committed collection."""
        return cls.model_validate_json(DATA.read_bytes())

    def good_one(self, name: str | None) -> PresentedProof:
        """The good proof of that name."""
        return next(proof for proof in self.good if proof.name == name)
