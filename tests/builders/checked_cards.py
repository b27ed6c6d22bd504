"""Certificates of every status, terminals of several facilities, and proofs of their cards at a real fund."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from eligibility_api.contract.codes import Purpose
from eligibility_api.contract.tokens import Credential
from eligibility_api.domain.certificate import CertificateId
from eligibility_api.domain.challenge import Challenge
from eligibility_api.presence.query import VerifiedProof
from eligibility_api.presence.service import RIGHTS_FOR
from tests.builders.fund import Fund
from tests.builders.fund_clients import OTHER_CLINIC
from tests.builders.people import Person

UNKNOWN_AUTHORITY = bytes(32)


@dataclass
class Nation:
    """Certificates of every status and terminals of several facilities."""

    certificates: dict[str, CertificateId] = field(default_factory=dict)
    terminals: list[Credential] = field(default_factory=list)


def certificate_of(fund: Fund, person: Person) -> CertificateId:
    return fund.state.verifier.certificate(person.card.authentication.certificate).id


async def make_nation(fund: Fund) -> Nation:
    """Bind and change certificates, and admit terminals."""
    made = Nation()
    for kind in (
        "insured",
        "ended",
        "protected",
        "referenced",
        "revoked",
        "suspended",
        "no carrier",
        "phone",
    ):
        made.certificates[kind] = certificate_of(fund, person := await fund.insured())
        match kind:
            case "ended":
                await fund.change(person, "end", lost_on="2026-04-01", reason_of_loss="03")
            case "protected":
                change = "UPDATE enrolment SET nondisclosure = true WHERE name = $1"
                await fund.owner.fetch(change, [person.resident.name])
            case "referenced":
                body = fund.lookup_body(person) | {"reference_number": "P-1"}
                assert (await fund.post("/v1/reference-numbers", body)).status_code == 200
            case "revoked" | "suspended":
                await fund.owner.fetch(
                    "INSERT INTO revoked_certificate (authority, serial, status, revoked_at) VALUES ($1, $2, $3, now())",
                    [*_key(made.certificates[kind]), kind],
                )
            case "no carrier" | "phone":
                await fund.owner.fetch(
                    "UPDATE binding SET carrier = $3 WHERE authority = $1 AND serial = $2",
                    [*_key(made.certificates[kind]), None if kind == "no carrier" else kind],
                )
    made.certificates["not bound"] = certificate_of(fund, fund.person())
    made.certificates["of a stale mirror"] = CertificateId(UNKNOWN_AUTHORITY, 4711)
    made.terminals = [
        *[await fund.terminal() for _ in range(2)],
        await fund.terminal(institution_code=OTHER_CLINIC),
        await fund.terminal(),
        await fund.terminal(),
    ]
    closed, no_right = made.terminals[-2:]
    await fund.owner.fetch(
        "UPDATE client SET closed_at = now() WHERE client_id = $1::text::uuid", [closed.client_id]
    )
    await fund.owner.fetch(
        "UPDATE client SET rights = '{}' WHERE client_id = $1::text::uuid", [no_right.client_id]
    )
    return made


def _key(certificate: CertificateId) -> list[bytes]:
    return [certificate.authority, certificate.serial_bytes]


def proof_of(
    fund: Fund,
    certificate: CertificateId,
    terminal: Credential,
    nonce: bytes,
    life: timedelta = timedelta(minutes=5),
) -> VerifiedProof:
    """A proof whose signature was verified."""
    assert terminal.institution_code is not None
    client_id, expires_at = UUID(terminal.client_id), fund.clock() + life
    challenge = Challenge(Purpose.ELIGIBILITY, expires_at, terminal.institution_code, client_id, nonce)
    not_after = fund.clock() + timedelta(days=900)
    return VerifiedProof(challenge, client_id, RIGHTS_FOR[Purpose.ELIGIBILITY], certificate, not_after)
