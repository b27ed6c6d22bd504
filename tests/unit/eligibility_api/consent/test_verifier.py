"""An exported consent is verified with a trust store alone; every alteration fails a check or is reported as not proved."""

from __future__ import annotations

import base64
import copy
import hashlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal
from uuid import UUID

import pytest
from cryptography import x509

from eligibility_api.consent import verifier
from eligibility_api.consent.verifier import MAX_BYTES, Check, Report, Status, verify
from eligibility_api.contract import consent
from eligibility_api.contract.codes import Purpose
from eligibility_api.contract.consent import ConsentEvidence, ConsentStatement
from eligibility_api.contract.consent_versions import STATEMENT_VERSIONS
from jpki_mock.authority.values import Period
from tests.unit.eligibility_api.consent.evidence import LIST, certificate, document, exported, issued
from tests.unit.eligibility_api.domain.revocations import NOW, SERIAL, authority, crl, entry

TRUST = [authority()]
Members = dict[str, Any]


def report_on(members: Members, **more: Any) -> Report:
    return verify(document(members), **({"trust": TRUST, "crl": LIST} | more))


def by_status(report: Report, status: Status) -> set[Check]:
    return {finding.check for finding in report.findings if finding.status is status}


@pytest.mark.parametrize("visual", [False, True])
def test_a_good_consent_is_proved(visual: bool) -> None:
    report = report_on(exported(visual=visual))
    assert report.proved
    assert by_status(report, Status.FAILED) == set()
    assert by_status(report, Status.NOT_PROVED) == {Check.RECORD}


def test_the_summary_names_what_is_proved_and_what_is_not() -> None:
    pin, visual = (report_on(exported(visual=visual)).summary for visual in (False, True))
    assert "possession of the card and of its PIN" in pin
    assert "without a PIN" in visual
    assert "受付　見本" in visual
    assert all("not an electronic signature with the legal presumption" in text for text in (pin, visual))


def test_a_home_visit_has_no_end() -> None:
    statement = exported()["statement"] | {"care": "2", "until": "withdrawal"}
    assert report_on(exported(statement=statement, available_until=None)).proved


def test_without_a_trust_store_the_certificate_is_not_proved() -> None:
    report = report_on(exported(), trust=None, crl=None)
    assert not report.proved
    assert by_status(report, Status.NOT_PROVED) >= {Check.PATH, Check.PERIOD}
    assert by_status(report, Status.FAILED) == set()


def test_without_the_crl_the_revocation_status_is_not_proved() -> None:
    report = report_on(exported(), crl=None)
    assert report.proved
    assert Check.REVOCATION in by_status(report, Status.NOT_PROVED)


def test_with_ocsp_the_revocation_status_is_not_proved() -> None:
    report = report_on(exported(revocation={"source": "ocsp", "checked_at": NOW.isoformat()}))
    assert report.proved
    assert Check.REVOCATION in by_status(report, Status.NOT_PROVED)


def _flipped(text: str) -> str:
    data = bytearray(base64.b64decode(text))
    data[-1] ^= 1
    return base64.b64encode(data).decode()


def _put(*path: str, value: Any) -> Callable[[Members], None]:
    def touch(members: Members) -> None:
        for name in path[:-1]:
            members = members[name]
        members[path[-1]] = value(members[path[-1]]) if callable(value) else value

    return touch


def _later(text: str) -> str:
    return (NOW + timedelta(seconds=1)).isoformat()


WORDS, SIGNATURE, CHALLENGE, WINDOW = Check.WORDS, Check.SIGNATURE, Check.CHALLENGE, Check.WINDOW
REVOCATION, FORMAT, PATH, PERIOD = Check.REVOCATION, Check.FORMAT, Check.PATH, Check.PERIOD

TAMPERED: list[tuple[str, Callable[[Members], None], set[Check]]] = [
    ("format", _put("format", value="shikaku-consent/2"), {FORMAT}),
    ("basis", _put("basis", value="visual-check"), {SIGNATURE, CHALLENGE}),
    ("basis-none", _put("basis", value="emergency"), {FORMAT}),
    ("given_at", _put("given_at", value=_later), {WINDOW}),
    ("given_at-without-offset", _put("given_at", value="2026-04-01T01:00:00"), {FORMAT}),
    ("given_at-no-instant", _put("given_at", value="9999-12-31T23:59:59Z"), {CHALLENGE, PERIOD, WINDOW}),
    ("available_until", _put("available_until", value=_later), {WINDOW}),
    ("available_until-none", _put("available_until", value=None), {WINDOW}),
    ("words", _put("words", value=lambda text: text + " "), {WORDS}),
    ("words-of-a-byte-less", _put("words", value=lambda text: text[:-1]), {WORDS}),
    ("language", _put("statement", "language", value="en"), {WORDS, SIGNATURE}),
    ("version", _put("statement", "version", value=1), {WORDS, SIGNATURE}),
    ("version-unknown", _put("statement", "version", value=3), {FORMAT}),
    ("day", _put("statement", "day", value="2026-04-03"), {FORMAT}),
    ("available_from", _put("available_from", value=NOW.isoformat()), {WINDOW}),
    ("institution", _put("statement", "institution_code", value="0110113719"), {WORDS, SIGNATURE, CHALLENGE}),
    ("institution-name", _put("statement", "institution_name", value="架空病院"), {WORDS, SIGNATURE}),
    ("category", _put("statement", "categories", value=["surgery"]), {WORDS, SIGNATURE}),
    ("care", _put("statement", "care", value="3"), {WORDS, SIGNATURE, WINDOW}),
    ("until", _put("statement", "until", value="withdrawal"), {WORDS, SIGNATURE, WINDOW}),
    ("audience", _put("audience", value="urn:shikaku:other"), {SIGNATURE}),
    ("terminal", _put("terminal_id", value=str(UUID(int=9))), {SIGNATURE, CHALLENGE}),
    ("presence", _put("presence_record", value=str(UUID(int=9))), {SIGNATURE}),
    ("challenge", _put("challenge", value=issued(nonce=bytes([1]) * 16)), {SIGNATURE}),
    ("challenge-none", _put("challenge", value="abc"), {SIGNATURE, CHALLENGE}),
    ("challenge-mac", _put("challenge", value=lambda text: text[:-2] + "AA"), {SIGNATURE}),
    ("signature", _put("signature", value=_flipped), {SIGNATURE}),
    ("certificate", _put("certificate", value=_flipped), {PATH, PERIOD, REVOCATION}),
    ("crl-number", _put("revocation", "crl_number", value=8), {REVOCATION}),
    ("crl-digest", _put("revocation", "crl_sha256", value="00" * 32), {REVOCATION}),
    ("crl-from", _put("revocation", "this_update", value=_later), {REVOCATION}),
    ("crl-to", _put("revocation", "next_update", value=_later), {REVOCATION}),
    ("checked-after", _put("revocation", "checked_at", value=_later), {REVOCATION}),
    ("revocation-status", _put("revocation", "status", value="revoked"), {FORMAT}),
    ("ended-before", _put("ended_at", value="2026-01-01T00:00:00Z"), {WINDOW}),
]


@pytest.mark.parametrize(("touch", "failed"), [row[1:] for row in TAMPERED], ids=[row[0] for row in TAMPERED])
def test_every_alteration_fails_its_checks(touch: Callable[[Members], None], failed: set[Check]) -> None:
    members = copy.deepcopy(exported())
    touch(members)
    report = report_on(members)
    assert by_status(report, Status.FAILED) == failed
    assert not report.proved


def _appointment(day: str, begins: str | None, ends: str) -> Members:
    """An export of a consent for the day of an appointment, given at NOW (2026-04-01, ten o'clock in Japan)."""
    parts = exported()["statement"] | {"care": "3", "until": "appointment", "day": day}
    return exported(statement=parts, available_from=begins, available_until=ends)


@pytest.mark.parametrize(
    ("day", "begins", "ends"),
    [
        ("2026-04-04", "2026-04-04T00:00:00+09:00", "2026-04-05T00:00:00+09:00"),
        ("2026-04-01", None, "2026-04-02T00:00:00+09:00"),
    ],
    ids=["later", "today"],
)
def test_a_consent_for_an_appointment_is_proved_with_its_day(day: str, begins: str | None, ends: str) -> None:
    """Rule W12."""
    report = report_on(_appointment(day, begins, ends))
    assert by_status(report, Status.FAILED) == set()
    assert report.proved


@pytest.mark.parametrize(
    ("day", "begins", "ends"),
    [
        ("2026-04-04", None, "2026-04-05T00:00:00+09:00"),
        ("2026-04-04", "2026-04-03T00:00:00+09:00", "2026-04-05T00:00:00+09:00"),
        ("2026-04-04", "2026-04-04T00:00:00+09:00", "2026-04-06T00:00:00+09:00"),
        ("2026-04-04", "2026-04-04T00:00:00+09:00", NOW.isoformat()),
        ("2026-04-01", "2026-04-01T00:00:00+09:00", "2026-04-02T00:00:00+09:00"),
    ],
    ids=["no-beginning", "day-before", "two-days", "over", "before-given"],
)
def test_other_instants_than_those_of_the_appointments_day_fail(
    day: str, begins: str | None, ends: str
) -> None:
    """Rule W12."""
    assert by_status(report_on(_appointment(day, begins, ends)), Status.FAILED) == {WINDOW}


VERSION_1 = Path(__file__).parent / "version_1"
"""An export as an earlier release wrote it, under version 1 of the statement, with its authority and CRL."""


def test_an_export_of_version_1_made_before_verifies() -> None:
    trust = [x509.load_pem_x509_certificate((VERSION_1 / "authority.pem").read_bytes())]
    document, listed = (VERSION_1 / "consent.json").read_bytes(), (VERSION_1 / "list.crl").read_bytes()
    assert "私は、架空診療所（1311111114）が私の情報を見ることに同意します。" in document.decode()
    report = verify(document, trust=trust, crl=listed)
    assert (
        ConsentEvidence.model_validate_json(document).model_dump_json(indent=2) == document.decode().strip()
    )
    assert by_status(report, Status.FAILED) == set()
    assert by_status(report, Status.NOT_PROVED) == {Check.RECORD}
    assert report.proved


@pytest.mark.parametrize("name", ["consent_id", "operator", "ended_at"])
def test_assertions_of_the_fund_alone_are_reported_as_not_proved(name: str) -> None:
    value = {"consent_id": str(UUID(int=9)), "operator": "架空", "ended_at": NOW.isoformat()}[name]
    assert Check.RECORD in by_status(report_on(exported(visual=True) | {name: value}), Status.NOT_PROVED)


def test_another_certificate_of_the_same_authority_fails() -> None:
    other = base64.b64encode(certificate("somebody else's card")).decode()
    assert by_status(report_on(exported(certificate=other)), Status.FAILED) == {SIGNATURE}


def test_a_certificate_of_an_untrusted_authority_fails() -> None:
    other = base64.b64encode(certificate(signer="other authority")).decode()
    assert by_status(report_on(exported(certificate=other)), Status.FAILED) == {PATH, PERIOD, REVOCATION}


@pytest.mark.parametrize("days", [-2, 2])
def test_a_certificate_outside_its_validity_at_the_registration_fails(days: int) -> None:
    middle = NOW + timedelta(days=days)
    other = certificate(period=Period(middle - timedelta(days=1), middle + timedelta(days=1)))
    report = report_on(exported(certificate=base64.b64encode(other).decode()))
    assert by_status(report, Status.FAILED) == {PERIOD}


def test_a_challenge_expired_or_not_yet_issued_at_the_registration_fails() -> None:
    for expires_at in (NOW, NOW + timedelta(minutes=11)):
        report = report_on(exported(challenge=issued(expires_at=expires_at)))
        assert by_status(report, Status.FAILED) == {CHALLENGE}


def test_a_challenge_for_a_presence_fails_for_a_consent() -> None:
    report = report_on(exported(challenge=issued(purpose=Purpose.ELIGIBILITY)))
    assert by_status(report, Status.FAILED) == {CHALLENGE}


@pytest.mark.parametrize(
    ("listed", "message"),
    [
        (crl(number=8), "not the one"),
        (crl(entries=[entry(SERIAL + 1)]), "not the one"),
        (crl(signer="other authority"), "not valid"),
        (b"no list", "not valid"),
    ],
)
def test_another_crl_than_the_named_one_fails(listed: bytes, message: str) -> None:
    report = report_on(exported(), crl=listed)
    [finding] = [f for f in report.findings if f.status is Status.FAILED]
    assert (finding.check, message in finding.message) == (REVOCATION, True)


@pytest.mark.parametrize("reason", [None, x509.ReasonFlags.certificate_hold])
def test_a_crl_that_lists_the_certificate_as_revoked_or_suspended_fails(
    reason: x509.ReasonFlags | None,
) -> None:
    listed = crl(entries=[entry(SERIAL, reason)])
    members = exported()
    members["revocation"]["crl_sha256"] = hashlib.sha256(listed).hexdigest()
    assert by_status(report_on(members, crl=listed), Status.FAILED) == {REVOCATION}


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b"\xff", b"{" * 100_000, b" " * (MAX_BYTES + 1)])
def test_a_document_that_is_no_export_fails_the_format_check(content: bytes) -> None:
    report = verify(content, trust=TRUST)
    assert [(f.check, f.status) for f in report.findings] == [(FORMAT, Status.FAILED)]
    assert not report.proved
    assert report.summary.startswith("Not proved")


class _StatementOfTwoVersions(ConsentStatement):
    version: Literal[1, 3] = 3


class _EvidenceOfTwoVersions(ConsentEvidence):
    statement: _StatementOfTwoVersions


@pytest.fixture
def later_version(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A later version of the statement, the current one, whose window is 12 hours instead of 24."""
    window = timedelta(hours=12)
    monkeypatch.setitem(STATEMENT_VERSIONS, 3, replace(STATEMENT_VERSIONS[1], window=window))
    monkeypatch.setattr(consent, "STATEMENT_VERSION", 3)
    monkeypatch.setattr(verifier, "ConsentEvidence", _EvidenceOfTwoVersions)
    yield
    consent._rest.cache_clear()


def _export(version: int, hours: int) -> Members:
    """An export of an online consultation under a version, that ends after `hours`."""
    parts = exported()["statement"] | {"care": "3", "until": "consultation", "version": version}
    until = (NOW + timedelta(hours=hours)).isoformat()
    return exported(statement=_StatementOfTwoVersions.model_validate(parts), available_until=until)


@pytest.mark.usefixtures("later_version")
def test_a_consent_is_verified_by_the_window_of_its_own_version() -> None:
    former, current = _export(1, 24), _export(3, 12)
    assert "長くても登録から24時間" in former["words"]
    assert "長くても登録から12時間" in current["words"]
    assert [report_on(members).proved for members in (former, current)] == [True, True]


@pytest.mark.usefixtures("later_version")
@pytest.mark.parametrize(("version", "hours"), [(1, 12), (3, 24)])
def test_the_window_of_another_version_fails(version: int, hours: int) -> None:
    assert by_status(report_on(_export(version, hours)), Status.FAILED) == {WINDOW}
