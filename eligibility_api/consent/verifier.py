"""Verifies an exported consent offline, importing only the published interface and the pure rules.

It can prove that the card of this certificate signed these words for this facility, and that the export is
consistent. It reports as not proved what only the fund asserts: that it issued the challenge, the instant of
the registration, who compared the face, when the consent was ended; and, without the CRL itself, that the
certificate was not revoked.
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
from eligibility_api.contract.consent import Basis, ConsentEvidence
from eligibility_api.contract.consent_versions import until_of
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
from eligibility_api.domain.permits import begins_at, ends_at
from eligibility_api.domain.revocation import RevocationDataRejected, validate_crl

MAX_BYTES = 64 * 1024
"""Maximum size of an export; a real one has about 4 kB."""

MAX_CHALLENGE_LIFE = timedelta(seconds=600)
"""The longest validity of a challenge for a consent: the time to read the words."""


class Check(StrEnum):
    """The checks, in their order."""

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
    """The result of a check."""

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
"""The checks that must succeed for a consent to be proved; none of the others may fail."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One check, its result, and the reason in a sentence."""

    check: Check
    status: Status
    message: str


@dataclass(frozen=True, slots=True)
class Report:
    """All findings about one export, and the conclusion."""

    findings: Sequence[Finding]
    evidence: ConsentEvidence | None

    @property
    def proved(self) -> bool:
        """Whether every essential check succeeded and none failed."""
        passed = {finding.check for finding in self.findings if finding.status is Status.OK}
        failed = any(finding.status is Status.FAILED for finding in self.findings)
        return not failed and passed.issuperset(ESSENTIAL)

    @property
    def summary(self) -> str:
        """What is proved, and what is not."""
        if not self.proved or self.evidence is None:
            return "Not proved: see the checks that failed or could not be made."
        if self.evidence.basis is Basis.PIN:
            proved = (
                "Proved: possession of the card and of its PIN, for user authentication over these words."
            )
        else:
            operator = self.evidence.operator or "not recorded"
            proved = (
                "Proved: the card was present and signed these words, without a PIN; that staff compared the face, and"
                f" who did (operator: {operator}), is asserted by the fund only."
            )
        return f"{proved} {NO_PRESUMPTION}"


NO_PRESUMPTION = (
    "It is not an electronic signature with the legal presumption: only the signature certificate gives that."
)


class _CheckFailed(Exception):
    """A check failed; the text is the reason."""


class _NotProved(Exception):
    """A check could not be made; the text names what is missing."""


def verify(
    document: bytes, *, trust: Sequence[x509.Certificate] | None = None, crl: bytes | None = None
) -> Report:
    """Verify an exported consent.

    `trust`: the trusted authorities of user authentication; `crl`: the CRL (DER) that the export names as its
    source.
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
    checks = _Checks(evidence, trust, crl)
    methods: dict[Check, Callable[[], str]] = {
        Check.FORMAT: lambda: f"An exported consent of the format {evidence.format}.",
        Check.WORDS: checks.words,
        Check.SIGNATURE: checks.signature,
        Check.PATH: checks.path,
        Check.PERIOD: checks.period,
        Check.CHALLENGE: checks.challenge,
        Check.WINDOW: checks.window,
        Check.REVOCATION: checks.revocation,
        Check.RECORD: checks.record,
    }
    return Report([_finding(check, method) for check, method in methods.items()], evidence)


def _finding(check: Check, method: Callable[[], str]) -> Finding:
    try:
        return Finding(check, Status.OK, method())
    except ShikakuError as refusal:
        return Finding(check, Status.FAILED, refusal.entry.engineer)
    except _CheckFailed as reason:
        return Finding(check, Status.FAILED, str(reason))
    except OverflowError:
        return Finding(check, Status.FAILED, "It contains an impossible instant.")
    except _NotProved as reason:
        return Finding(check, Status.NOT_PROVED, str(reason))


class _Checks:
    """The checks of one export. Each returns its message, or raises `_CheckFailed` or `_NotProved`."""

    def __init__(
        self, evidence: ConsentEvidence, trust: Sequence[x509.Certificate] | None, crl: bytes | None
    ) -> None:
        self.evidence = evidence
        self.trust = TrustStore(trust) if trust is not None else None
        self.crl = crl

    def words(self) -> str:
        """The stored words are those of the statement: what was displayed."""
        statement = self.evidence.statement
        if consent.words(statement) != self.evidence.words:
            raise _CheckFailed("The words are not those of the statement.")
        return f"The words are those of the statement, version {statement.version} ({statement.language})."

    def signature(self) -> str:
        """The certificate's key signed these words, for this facility, terminal, challenge and presence."""
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
        """A trusted authority issued the certificate, for user authentication."""
        if self.trust is None:
            raise _NotProved("No trust store was given: the certificate's issuer is not verified.")
        certificate = self._accepted()
        return f"A user-authentication certificate of a trusted authority ({certificate.id.authority.hex()[:16]})."

    def period(self) -> str:
        """The certificate was valid when the consent was registered."""
        check_period(self._accepted(), self.evidence.given_at)
        return "The certificate was in its validity period at the registration."

    def _accepted(self) -> UserCertificate:
        if self.trust is None:
            raise _NotProved("No trust store was given.")
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
        if evidence.given_at < challenge.expires_at - MAX_CHALLENGE_LIFE:
            raise _CheckFailed("The consent was registered before its challenge can have been issued.")
        return "For this facility, terminal and purpose, and in time; that the fund issued it is the fund's assertion."

    def window(self) -> str:
        """The consent lasts as long as its statement's version says; that need not be the current version."""
        evidence = self.evidence
        statement, given_at = evidence.statement, evidence.given_at
        version, care, day = statement.version, statement.care, statement.day
        if statement.until is not until_of(version, care, day):
            raise _CheckFailed("The duration in the words is not that of this form of care.")
        if evidence.available_from != begins_at(day, given_at):
            raise _CheckFailed("The beginning is not that of the day in the words.")
        if evidence.available_until != ends_at(version, care, given_at, day):
            raise _CheckFailed("The end is not the registration plus the duration in the words.")
        if evidence.ended_at is not None and evidence.ended_at < evidence.given_at:
            raise _CheckFailed("It was ended before it was given.")
        return f"Lasts as the words say, until {evidence.available_until or 'it is withdrawn'}."

    def revocation(self) -> str:
        """The certificate was not revoked, by the CRL itself if it was given."""
        revocation = self.evidence.revocation
        if revocation.checked_at > self.evidence.given_at:
            raise _CheckFailed("The revocation status was checked after the registration.")
        if revocation.source == "ocsp":
            raise _NotProved("By OCSP, whose response is not stored: the fund's assertion.")
        if self.crl is None:
            raise _NotProved(f"By CRL {revocation.crl_number}, which was not given: the fund's assertion.")
        self._check_crl(self.crl)
        return f"CRL {revocation.crl_number} does not contain the certificate."

    def _check_crl(self, der: bytes) -> None:
        revocation, certificate = self.evidence.revocation, self._accepted()
        assert self.trust is not None
        ca = self.trust.authentication[certificate.id.authority]
        try:
            crl = validate_crl(der, ca, now=revocation.checked_at, known=None)
            revoked = any(entry.serial == certificate.id.serial for entry in crl.entries())
        except RevocationDataRejected as reason:
            raise _CheckFailed(f"The CRL is not valid: {reason}.") from reason
        named = (revocation.crl_number, revocation.crl_sha256, revocation.this_update, revocation.next_update)
        if named != (crl.number, crl.sha256.hex(), crl.this_update, crl.next_update):
            raise _CheckFailed("The CRL is not the one that the export names.")
        if revoked:
            raise _CheckFailed("The CRL lists the certificate as revoked or suspended.")

    def record(self) -> str:
        """What only the fund asserts."""
        raise _NotProved(
            "The consent's id, the instant within its challenge's validity, the operator, and its end are the fund's record."
        )
