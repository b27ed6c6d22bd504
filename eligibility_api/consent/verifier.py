"""Proves an exported consent offline. Imports nothing of the server: only the published interface and the pure rules.

What it can prove is that the card of this certificate signed these words for this facility, and that everything in the
export fits together. What is the fund's word alone it names as such: whether it minted the challenge, the instant of the
registration, who compared the face, when the consent was ended; and, without the list itself, that the certificate was
not revoked.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from cryptography import x509
from pydantic import ValidationError

from eligibility_api.contract import consent
from eligibility_api.contract.codes import Purpose
from eligibility_api.contract.consent import UNTIL, Basis, ConsentEvidence
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.domain import challenge as challenges
from eligibility_api.domain.certificate import (
    TrustStore,
    UserCertificate,
    accept,
    check_period,
    check_signature,
    public_key_of,
)
from eligibility_api.domain.permits import ends_at
from eligibility_api.domain.revocation import RevocationDataRejected, validate_crl

MAX_BYTES = 64 * 1024
"""Longest export that is read; a real one has about 4 kB."""

LONGEST_CHALLENGE = timedelta(seconds=600)
"""No challenge for a consent lives longer: how long people may read."""


class Check(StrEnum):
    """What is looked at, one after the other."""

    FORMAT = "format"
    WORDS = "words"
    SIGNATURE = "signature"
    PATH = "certificate-path"
    PERIOD = "certificate-period"
    CHALLENGE = "challenge"
    WINDOW = "window"
    REVOCATION = "revocation"
    RECORD = "record"


class Status(StrEnum):
    """What came of it."""

    OK = "ok"
    FAILED = "failed"
    NOT_PROVED = "not-proved"


ESSENTIAL = (
    Check.FORMAT,
    Check.WORDS,
    Check.SIGNATURE,
    Check.PATH,
    Check.PERIOD,
    Check.CHALLENGE,
    Check.WINDOW,
)
"""What must hold for a consent to be proved; of the others none may fail."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One check and what came of it, in a sentence."""

    check: Check
    status: Status
    says: str


@dataclass(frozen=True, slots=True)
class Report:
    """All findings about one export, and what they amount to."""

    findings: Sequence[Finding]
    evidence: ConsentEvidence | None

    @property
    def proved(self) -> bool:
        """Whether everything essential holds and nothing failed."""
        held = {finding.check for finding in self.findings if finding.status is Status.OK}
        failed = any(finding.status is Status.FAILED for finding in self.findings)
        return not failed and held.issuperset(ESSENTIAL)

    @property
    def summary(self) -> str:
        """What is proved, and what is not."""
        if not self.proved or self.evidence is None:
            return "Not proved: see what failed or could not be looked at."
        if self.evidence.basis is Basis.PIN:
            shown = "Proved: possession of the card and of its PIN, for user authentication over these words."
        else:
            operator = self.evidence.operator or "not recorded"
            shown = (
                "Proved: the card was present and signed these words, without a PIN; that staff compared the face, and"
                f" who did (operator: {operator}), is the fund's record."
            )
        return f"{shown} {NO_PRESUMPTION}"


NO_PRESUMPTION = (
    "It is not an electronic signature with the legal presumption: only the signature certificate gives that."
)


class _Refused(Exception):
    """A check that did not hold; the text says why."""


class _Open(Exception):
    """A check for which something is missing; the text says what."""


def verify(
    document: bytes, *, trust: Sequence[x509.Certificate] | None = None, crl: bytes | None = None
) -> Report:
    """Look at an exported consent. `trust`: the authorities of user authentication that are believed; `crl`: the list
    (DER) that the fund names as its source.
    """
    try:
        if len(document) > MAX_BYTES:
            raise ValueError("too long")
        evidence = ConsentEvidence.model_validate_json(document)
    except ValidationError as error:
        places = ", ".join(sorted({".".join(str(part) for part in fault["loc"]) for fault in error.errors()}))
        return Report([Finding(Check.FORMAT, Status.FAILED, f"Not an exported consent: {places}.")], None)
    except ValueError:
        return Report([Finding(Check.FORMAT, Status.FAILED, "Not an exported consent: too long.")], None)
    looked = _Look(evidence, trust, crl)
    checks: dict[Check, Callable[[], str]] = {
        Check.FORMAT: lambda: f"An exported consent of the form {evidence.format}.",
        Check.WORDS: looked.words,
        Check.SIGNATURE: looked.signature,
        Check.PATH: looked.path,
        Check.PERIOD: looked.period,
        Check.CHALLENGE: looked.challenge,
        Check.WINDOW: looked.window,
        Check.REVOCATION: looked.revocation,
        Check.RECORD: looked.record,
    }
    return Report([_finding(check, look) for check, look in checks.items()], evidence)


def _finding(check: Check, look: Callable[[], str]) -> Finding:
    try:
        return Finding(check, Status.OK, look())
    except ShikakuError as refusal:
        return Finding(check, Status.FAILED, refusal.entry.engineer)
    except _Refused as reason:
        return Finding(check, Status.FAILED, str(reason))
    except OverflowError:
        return Finding(check, Status.FAILED, "It names an instant that cannot be.")
    except _Open as reason:
        return Finding(check, Status.NOT_PROVED, str(reason))


class _Look:
    """The checks of one export. Each returns its sentence, or raises what is wrong or missing."""

    def __init__(
        self, evidence: ConsentEvidence, trust: Sequence[x509.Certificate] | None, crl: bytes | None
    ) -> None:
        self.evidence = evidence
        self.trust = TrustStore(trust) if trust is not None else None
        self.crl = crl

    def words(self) -> str:
        """The words kept are those that the statement makes: what was shown."""
        statement = self.evidence.statement
        if consent.words(statement) != self.evidence.words:
            raise _Refused("The words are not those of the statement.")
        return f"The words are those of the statement, version {statement.version} ({statement.language})."

    def signature(self) -> str:
        """The certificate's key signed just these words, for this facility, terminal, challenge and presence."""
        evidence = self.evidence
        message = consent.to_be_signed(
            evidence.statement,
            visual_check=evidence.basis is Basis.VISUAL_CHECK,
            audience=evidence.audience,
            terminal_id=str(evidence.terminal_id),
            challenge=evidence.challenge,
            presence_record=evidence.presence_record,
        )
        check_signature(public_key_of(evidence.certificate), evidence.signature, message)
        return "Signed by the certificate's key over these words, for this facility, terminal and presence."

    def path(self) -> str:
        """An authority that is believed issued the certificate, for user authentication."""
        if self.trust is None:
            raise _Open("No trust store was given: whose certificate it is stays open.")
        certificate = self._accepted()
        return f"A user-authentication certificate of a trusted authority ({certificate.id.authority.hex()[:16]})."

    def period(self) -> str:
        """The certificate was valid when the consent was registered."""
        check_period(self._accepted(), self.evidence.given_at)
        return "The certificate was in its period at the registration."

    def _accepted(self) -> UserCertificate:
        if self.trust is None:
            raise _Open("No trust store was given.")
        return accept(self.evidence.certificate, self.trust)

    def challenge(self) -> str:
        """The challenge is of this facility and terminal, for a consent of this basis, and was in time."""
        evidence = self.evidence
        challenge = challenges.parse_unverified(evidence.challenge)
        visual = evidence.basis is Basis.VISUAL_CHECK
        challenges.check(
            challenge,
            purpose=Purpose.VISUAL_CONSENT if visual else Purpose.CONSENT,
            institution_code=evidence.statement.institution_code,
            terminal=evidence.terminal_id,
            now=evidence.given_at,
        )
        if evidence.given_at < challenge.expires_at - LONGEST_CHALLENGE:
            raise _Refused("The consent was registered before its challenge can have been made.")
        return "For this facility, terminal and purpose, and in time; that the fund minted it is the fund's word."

    def window(self) -> str:
        """The consent lasts as long as its words say."""
        evidence = self.evidence
        care = evidence.statement.care
        if evidence.statement.until is not UNTIL[care]:
            raise _Refused("The words' duration is not the one of this care.")
        if evidence.available_until != ends_at(care, evidence.given_at):
            raise _Refused("The end is not the registration and the words' duration.")
        if evidence.ended_at is not None and evidence.ended_at < evidence.given_at:
            raise _Refused("It ended before it was given.")
        return f"Lasts as the words say, until {evidence.available_until or 'it is withdrawn'}."

    def revocation(self) -> str:
        """The certificate was not revoked: by the list itself, where it is there."""
        revocation = self.evidence.revocation
        if revocation.checked_at > self.evidence.given_at:
            raise _Refused("The standing was looked at after the registration.")
        if revocation.source == "ocsp":
            raise _Open("By OCSP, whose answer is not kept: the fund's word.")
        if self.crl is None:
            raise _Open(f"By list {revocation.crl_number}, which was not given: the fund's word.")
        self._hold_against(self.crl)
        return f"List {revocation.crl_number} does not hold the certificate."

    def _hold_against(self, der: bytes) -> None:
        revocation, certificate = self.evidence.revocation, self._accepted()
        assert self.trust is not None
        ca = self.trust.authentication[certificate.id.authority]
        try:
            believed = validate_crl(der, ca, now=revocation.checked_at, known=None)
            revoked = any(entry.serial == certificate.id.serial for entry in believed.entries())
        except RevocationDataRejected as reason:
            raise _Refused(f"The list is not believed: {reason}.") from reason
        told = (revocation.crl_number, revocation.crl_sha256, revocation.this_update, revocation.next_update)
        if told != (
            believed.number,
            believed.sha256.hex(),
            believed.this_update,
            believed.next_update,
        ):
            raise _Refused("The list is not the one that the fund names.")
        if revoked:
            raise _Refused("The list holds the certificate as revoked or suspended.")

    def record(self) -> str:
        """What only the fund says."""
        raise _Open(
            "The consent's id, the instant within its challenge's life, the operator, and its end are the fund's record."
        )
