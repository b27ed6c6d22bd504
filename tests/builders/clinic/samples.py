"""Sample values for the terminal's tests: certificates, a credential, an enrolment, an outcome."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID
from joserfc.jwk import ECKey

from clinic_terminal.timings import Timings
from clinic_terminal.visit.tap import TapOutcome
from eligibility_api.contract.codes import CertificateKind, ReasonOfLoss, Relationship, Sex, Validity
from eligibility_api.contract.eligibility import EligibilityAnswer
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.contract.member_items import Enrolment
from eligibility_api.contract.own_access import AccessAtReader, OwnAccessAnswer
from eligibility_api.contract.tokens import Credential

AUDIENCE = "https://fund.example"
INSTITUTION = "1311111114"
TERMINAL = "terminal-1"
RECORD = "019ab000-0000-7000-8000-0000000000a1"
NOW = datetime(2026, 4, 1, 9, 0, tzinfo=UTC)

Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


@cache
def rsa_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@cache
def p384_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP384R1())


@cache
def p256_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


@cache
def certificate_of(key: Key) -> bytes:
    """A self-signed certificate (DER): the terminal uses only its key."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "SYNTHETIC")])
    builder = x509.CertificateBuilder(
        name, name, key.public_key(), x509.random_serial_number(), NOW, NOW + timedelta(days=365)
    )
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


def credential(
    key: ec.EllipticCurvePrivateKey | None = None, visual_check_certificate: bytes | None = None
) -> Credential:
    """A terminal's credential, with a self-signed certificate for visual checks unless another is given."""
    own = key or p256_key()
    certificate = visual_check_certificate or certificate_of(own)
    return Credential(
        client_id=TERMINAL,
        audience=AUDIENCE,
        private_key=ECKey.import_key(own).as_dict(private=True),
        institution_code=INSTITUTION,
        visual_check_certificate=certificate,
    )


def credential_without_certificate() -> Credential:
    """The credential of a terminal without a certificate for visual checks."""
    return credential().model_copy(update={"visual_check_certificate": None})


def enrolment(**changes: Any) -> Enrolment:
    fields: dict[str, Any] = {
        "certificate_kind": CertificateKind.GENERAL,
        "insurer_number": "01130012",
        "insurer_name": "架空健康保険組合",
        "symbol": "12",
        "number": "345",
        "branch": "00",
        "relationship": Relationship.INSURED,
        "insured_name": None,
        "name": "架空 花子",
        "name_kana": "カクウ ハナコ",
        "name_alias": None,
        "name_alias_kana": None,
        "sex": Sex.FEMALE,
        "sex_on_certificate": None,
        "birth_date": date(1980, 2, 3),
        "address": "架空県架空市1-1",
        "postal_code": "000-0000",
        "acquired_on": date(2020, 4, 1),
        "lost_on": None,
        "reason_of_loss": None,
        "issued_on": None,
        "valid_from": None,
        "valid_to": None,
        "burden_ratio": None,
        "burden_expected": False,
        "preschool": False,
        "elderly_certificate": None,
        "limit_certificate_consent": False,
        "limit_certificate": None,
        "specific_disease_consent": False,
        "specific_diseases": [],
        "medical_tickets": [],
    }
    return Enrolment(**fields | changes)


def ended_enrolment() -> Enrolment:
    return enrolment(lost_on=date(2026, 3, 1), reason_of_loss=ReasonOfLoss.OTHER_INSURANCE)


def answer(
    validity: Validity = Validity.VALID, results: list[Enrolment] | None = None, **changes: Any
) -> EligibilityAnswer:
    fields: dict[str, Any] = {
        "validity": validity,
        "as_of": date(2026, 4, 1),
        "answered_at": NOW,
        "record_id": RECORD,
        "version": "version-1",
        "results": [enrolment()] if results is None else results,
    }
    return EligibilityAnswer(**fields | changes)


MEMBERSHIP = {
    "insurer_number": "01130012",
    "symbol": "12",
    "number": "345",
    "branch": "00",
    "birth_date": "1980-02-03",
}
"""The membership of `enrolment()`, as typed."""


def own_access(*accesses: AccessAtReader) -> OwnAccessAnswer:
    """A one-time code, with the list of accesses if there are some."""
    return OwnAccessAnswer(
        code="K7Q-29M-XD4-T8R-W3H-P5K",
        address="https://fund.example/portal",
        made_at=NOW,
        expires_at=NOW + timedelta(minutes=5),
        record_id="record-1",
        accesses=list(accesses) or None,
    )


def timings(**changes: Any) -> Timings:
    fields: dict[str, Any] = {
        "total": 5210.0,
        "waiting": 5000.0,
        "card": 100.0,
        "network": 90.0,
        "software": 20.0,
        "apdus": 10,
        "steps": {"select": 10.0},
    }
    return Timings(**fields | changes)


def outcome(
    answer: EligibilityAnswer | None = None,
    problem: ShikakuError | None = None,
    tries_left: int | None = None,
    registered: bool = False,
) -> TapOutcome:
    return TapOutcome(timings(), answer, problem, tries_left, registered)
