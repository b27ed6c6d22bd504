"""Challenges and proofs: who may ask, which source is queried for missing evidence, and which refusal comes first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from structlog.testing import capture_logs

from eligibility_api.contract.codes import Purpose, Right
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.domain import challenge as challenges
from eligibility_api.domain.certificate import CertificateId, TrustStore, key_sha256
from eligibility_api.domain.challenge import Challenge
from eligibility_api.domain.revocation import CertificateStatus, RevocationDataRejected
from eligibility_api.presence.query import Evidence, HolderAnswer, ProofCheck, VerifiedProof
from eligibility_api.presence.service import REFUSALS, check_spent, decide, issue_challenge
from eligibility_api.proofs.verifier import Verifier
from tests.builders.scripted_database import (
    AUDIENCE,
    CLIENT,
    CLINIC,
    MAC_KEYS,
    NOW,
    insurer,
    scripted_state,
    terminal,
)
from tests.unit.eligibility_api.domain.revocations import authority

pytestmark = pytest.mark.anyio

AUTHORITY = key_sha256(authority().public_key())
PROOF = VerifiedProof(
    Challenge(Purpose.ELIGIBILITY, NOW + timedelta(seconds=60), CLINIC, CLIENT, bytes(16)),
    CLIENT,
    (Right.ELIGIBILITY,),
    CertificateId(AUTHORITY, 4711),
    NOW + timedelta(days=1),
)
SPENT = ProofCheck(
    in_time=True,
    admitted=True,
    entitled=True,
    missing=None,
    revocation_status=CertificateStatus.GOOD,
    person_key=bytes(16),
    facility_kind=None,
    spent=True,
    record_id=UUID(int=1),
    recorded_at=NOW,
)
NO_STATUS = replace(SPENT, missing="revocation_status", revocation_status=None, spent=False)
NO_HOLDER = replace(SPENT, missing="holder", person_key=None, spent=False)
BOUND = HolderAnswer("bound", bytes(16))


@dataclass
class Attempt:
    """A result of the statement."""

    proof_check: ProofCheck


class Statement:
    """The statement, which has one result after the other, and keeps the evidence that it got."""

    def __init__(self, *checks: ProofCheck) -> None:
        self.checks = list(checks)
        self.evidence: list[Evidence] = []

    async def __call__(self, evidence: Evidence) -> Attempt:
        self.evidence.append(evidence)
        return Attempt(self.checks.pop(0))


class Responder:
    """J-LIS's OCSP responder with one answer."""

    def __init__(self, answer: CertificateStatus | Exception) -> None:
        self.answer = answer
        self.asked: list[tuple[int, timedelta, datetime | None]] = []

    async def status(
        self, ca: object, serial: int, max_age: timedelta, ended_at: datetime | None
    ) -> CertificateStatus:
        assert ca == authority()
        self.asked.append((serial, max_age, ended_at))
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


class Holders:
    """J-LIS's register with one answer."""

    def __init__(self, answer: HolderAnswer = BOUND) -> None:
        self.answer = answer
        self.asked = 0

    async def __call__(self) -> HolderAnswer:
        self.asked += 1
        return self.answer


def state_with(responder: Responder, **settings: Any) -> Any:
    verifier = Verifier(AUDIENCE, MAC_KEYS, TrustStore([authority()]))
    return scripted_state(jlis=responder, verifier=verifier, **settings)


async def decided(
    *checks: ProofCheck, ocsp: CertificateStatus | Exception = CertificateStatus.GOOD
) -> tuple[Sequence[Evidence], Responder, Holders]:
    """The evidence of each attempt, and the sources."""
    statement, responder, holders = Statement(*checks), Responder(ocsp), Holders()
    result = await decide(state_with(responder), PROOF, statement, holders)
    assert result.proof_check is checks[-1]
    return statement.evidence, responder, holders


async def test_with_a_fresh_mirror_and_a_bound_certificate_no_source_is_queried() -> None:
    evidence, responder, holders = await decided(SPENT)
    assert evidence == [Evidence()]
    assert (responder.asked, holders.asked) == ([], 0)


@pytest.mark.parametrize("status", CertificateStatus)
async def test_with_a_stale_mirror_ocsp_is_queried_once_and_its_answer_decides(
    status: CertificateStatus,
) -> None:
    evidence, responder, holders = await decided(NO_STATUS, SPENT, ocsp=status)
    assert evidence == [Evidence(), Evidence(ocsp=status)]
    assert (responder.asked, holders.asked) == ([(4711, timedelta(seconds=60), None)], 0)


@pytest.mark.parametrize(("ended_at", "asked"), [(NOW, None), (NOW - timedelta(microseconds=1), True)])
async def test_the_responder_is_asked_about_a_certificate_that_has_ended(
    ended_at: datetime, asked: bool | None
) -> None:
    """Rule Q6: its answer must speak of expired certificates."""
    statement, responder = Statement(NO_STATUS, SPENT), Responder(CertificateStatus.GOOD)
    proof = replace(PROOF, not_after=ended_at)
    await decide(state_with(responder), proof, statement, Holders())
    assert responder.asked == [(4711, timedelta(seconds=60), ended_at if asked else None)]


async def test_the_holder_of_an_unbound_certificate_is_asked_for_once() -> None:
    evidence, responder, holders = await decided(NO_HOLDER, SPENT)
    assert evidence == [Evidence(), Evidence(holder=BOUND)]
    assert (responder.asked, holders.asked) == ([], 1)


async def test_after_the_holder_was_asked_for_the_revocation_status_is_evaluated_again() -> None:
    evidence, responder, holders = await decided(NO_STATUS, NO_HOLDER, NO_STATUS, SPENT)
    good = CertificateStatus.GOOD
    assert evidence == [
        Evidence(),
        Evidence(ocsp=good),
        Evidence(holder=BOUND),
        Evidence(ocsp=good, holder=BOUND),
    ]
    assert (len(responder.asked), holders.asked) == (2, 1)


async def test_if_neither_source_has_a_status_it_is_a_technical_failure_and_logged_with_its_reason() -> None:
    with capture_logs() as log, pytest.raises(ShikakuError) as failed:
        await decided(NO_STATUS, ocsp=RevocationDataRejected("no answer: ReadTimeout"))
    assert (failed.value.code, failed.value.entry.kind, failed.value.retry_after) == (
        "revocation-unavailable",
        "technical",
        10,
    )
    assert [(line["event"], line["reason"]) for line in log] == [
        ("ocsp_response_rejected", "no answer: ReadTimeout")
    ]


UNSPENDABLE = [
    ({"in_time": False, "admitted": False, "entitled": False}, "challenge-expired"),
    ({"admitted": False, "entitled": False}, "client-closed"),
    ({"entitled": False}, "right-missing"),
]


@pytest.mark.parametrize(("changes", "code"), UNSPENDABLE)
@pytest.mark.parametrize("check", [SPENT, NO_STATUS, NO_HOLDER], ids=["spent", "no status", "no holder"])
async def test_a_proof_that_cannot_be_spent_is_refused_before_any_source_is_queried(
    check: ProofCheck, changes: dict[str, Any], code: str
) -> None:
    statement, responder, holders = (
        Statement(replace(check, **changes)),
        Responder(CertificateStatus.GOOD),
        Holders(),
    )
    with pytest.raises(ShikakuError, match=code):
        await decide(state_with(responder), PROOF, statement, holders)
    assert (responder.asked, holders.asked) == ([], 0)


async def test_a_proof_that_expires_while_a_source_is_queried_is_refused() -> None:
    with pytest.raises(ShikakuError, match="challenge-expired"):
        await decided(NO_STATUS, replace(NO_STATUS, in_time=False))


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"spent": False}, "challenge-used"),
        ({"spent": False, "revocation_status": CertificateStatus.REVOKED}, "challenge-used"),
        ({"revocation_status": CertificateStatus.REVOKED}, "certificate-revoked"),
        ({"revocation_status": CertificateStatus.SUSPENDED}, "certificate-suspended"),
        ({}, None),
    ],
)
def test_after_the_statement_a_used_challenge_is_refused_before_a_revoked_certificate(
    changes: dict[str, Any], code: str | None
) -> None:
    check, state = replace(SPENT, **changes), scripted_state()
    if code is None:
        check_spent(state, PROOF, check)
        return
    with pytest.raises(ShikakuError, match=code):
        check_spent(state, PROOF, check)
    # The statement recorded what it found of a proof that it used.
    assert len(state.refusals) == (not check.spent)


def test_only_a_good_certificate_is_accepted() -> None:
    """Rule Q4. Nothing but a status that is known to be good passes."""
    assert set(REFUSALS) == set(CertificateStatus) - {CertificateStatus.GOOD}
    for status in [None, *REFUSALS]:
        with pytest.raises((ShikakuError, AssertionError)):
            check_spent(scripted_state(), PROOF, replace(SPENT, revocation_status=status))


RIGHTS = {
    Purpose.ELIGIBILITY: {Right.ELIGIBILITY},
    Purpose.FIRST_REGISTRATION: {Right.REGISTRATION},
    Purpose.VISUAL_REGISTRATION: {Right.REGISTRATION, Right.VISUAL_CHECK},
    Purpose.VISUAL_CHECK: {Right.VISUAL_CHECK},
    Purpose.CONSENT: {Right.CONSENT},
    Purpose.VISUAL_CONSENT: {Right.CONSENT, Right.VISUAL_CHECK},
    Purpose.OWN_ACCESS: {Right.OWN_ACCESS},
}


@pytest.mark.parametrize("purpose", Purpose)
def test_a_challenge_needs_every_right_of_its_purpose_and_no_other(purpose: Purpose) -> None:
    issue_challenge(scripted_state(), terminal(*RIGHTS[purpose]), purpose)
    for right in RIGHTS[purpose]:
        with pytest.raises(ShikakuError, match="right-missing"):
            issue_challenge(scripted_state(), terminal(*set(Right) - {right}), purpose)


@pytest.mark.parametrize("life", [None, timedelta(seconds=5), timedelta(minutes=10)])
def test_a_challenge_names_its_terminal_purpose_and_end(life: timedelta | None) -> None:
    answer = issue_challenge(
        scripted_state(challenge_seconds=42), terminal(Right.ELIGIBILITY), Purpose.ELIGIBILITY, life=life
    )
    issued = challenges.verify(answer.challenge, audience=AUDIENCE, keys=MAC_KEYS)
    assert (issued.purpose, issued.institution_code, issued.terminal) == (Purpose.ELIGIBILITY, CLINIC, CLIENT)
    assert issued.expires_at == answer.expires_at == NOW + (life or timedelta(seconds=42))


def test_no_two_challenges_are_alike() -> None:
    caller = terminal(Right.ELIGIBILITY)
    issued = {issue_challenge(scripted_state(), caller, Purpose.ELIGIBILITY).challenge for _ in range(100)}
    assert len(issued) == 100


def test_an_insurers_program_gets_no_challenge_even_with_the_right() -> None:
    with pytest.raises(ShikakuError, match="right-missing"):
        issue_challenge(scripted_state(), insurer(Right.ELIGIBILITY), Purpose.ELIGIBILITY)
