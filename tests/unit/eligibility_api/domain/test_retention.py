"""Whether revocation data speak of an expired certificate (rule Q6): what a list and a response say of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from hypothesis import given
from hypothesis import strategies as st

from eligibility_api.domain.retention import ARCHIVE_CUTOFF, EXPIRED_CERTS_ON_CRL, covers, kept_since
from eligibility_api.domain.revocation import (
    CertificateStatus,
    RevocationDataRejected,
    validate_crl,
    validate_ocsp,
)
from jpki_mock.authority.values import CaId, Kind, Reason
from jpki_mock.jlis import Jlis
from jpki_mock.settings import Settings
from jpki_mock.tlv import generalized_time, tlv
from tests.unit.eligibility_api.domain.revocations import (
    FRESH,
    NONCE,
    NOW,
    SERIAL,
    answer,
    authority,
    crl,
    edited_answer,
)
from tests.unit.jpki_mock.builders import NOW as ISSUED
from tests.unit.jpki_mock.builders import a_resident, issued, key_maker

ENDED = NOW - timedelta(days=30)
SECOND = timedelta(seconds=1)

UNREADABLE = [
    b"",
    b"\x18\x0f20260301000000",
    b"\x18\x0e2026030100000Z",
    b"\x17\x0d260301000000Z",
    b"\x18\x0f20261301000000Z",
    b"\x18\x13202603010000000000Z",
    b"\x18\x1320260301000000+0900",
]
"""Not GeneralizedTime in DER, or no instant."""


@pytest.fixture
def jlis(tmp_path: Path) -> Iterator[Jlis]:
    """A J-LIS whose register has an adult."""
    with Jlis(Settings(home=tmp_path / "home"), ISSUED, key_maker()) as opened:
        opened.register.add([a_resident()])
        yield opened


def extension(
    value: bytes, oid: x509.ObjectIdentifier = EXPIRED_CERTS_ON_CRL
) -> tuple[x509.UnrecognizedExtension, bool]:
    return x509.UnrecognizedExtension(oid, value), False


def list_with_extension(value: bytes, oid: x509.ObjectIdentifier = EXPIRED_CERTS_ON_CRL) -> bytes:
    return crl(extensions=[extension(value, oid)])


def since_of(der: bytes) -> datetime | None:
    return validate_crl(der, authority(), now=NOW, known=None).expired_since


def test_a_list_states_since_when_it_keeps_expired_certificates() -> None:
    assert since_of(list_with_extension(generalized_time(ENDED))) == ENDED


@pytest.mark.parametrize("value", UNREADABLE)
def test_what_cannot_be_read_states_nothing(value: bytes) -> None:
    assert since_of(list_with_extension(value)) is None


def test_another_extension_states_nothing() -> None:
    assert since_of(list_with_extension(generalized_time(ENDED), ARCHIVE_CUTOFF)) is None
    assert since_of(crl()) is None


def test_a_list_with_extension_it_critically_is_not_known() -> None:
    """Rule Q3."""
    value = x509.UnrecognizedExtension(EXPIRED_CERTS_ON_CRL, generalized_time(ENDED))
    with pytest.raises(RevocationDataRejected):
        since_of(crl(extensions=[(value, True)]))


@pytest.mark.parametrize(
    ("since", "ended_at", "covered"),
    [
        (None, None, True),
        (NOW, None, True),
        (None, ENDED, False),
        (ENDED, ENDED, True),
        (ENDED - SECOND, ENDED, True),
        (ENDED + SECOND, ENDED, False),
    ],
)
def test_data_speak_of_a_certificate_that_ended_since(
    since: datetime | None, ended_at: datetime | None, covered: bool
) -> None:
    assert covers(since, ended_at) is covered


def response(cutoff: bytes | None, status: ocsp.OCSPCertStatus = ocsp.OCSPCertStatus.GOOD) -> bytes:
    """A response with an archive cutoff in its single response."""
    if cutoff is None:
        return answer(status=status)

    def add(fields: list[bytes]) -> None:
        place = next(i for i, field in enumerate(fields) if field[0] == 0x30)
        _, single = fields[place][:1], _content(_content(fields[place]))
        oid = bytes.fromhex("06092B0601050507300106")
        extensions = tlv(0xA1, tlv(0x30, tlv(0x30, oid + tlv(0x04, cutoff))))
        fields[place] = tlv(0x30, tlv(0x30, single + extensions))

    assert status is ocsp.OCSPCertStatus.GOOD
    return edited_answer(add)


def _content(element: bytes) -> bytes:
    size = element[1]
    start = 2 if size < 0x80 else 2 + (size & 0x7F)
    return element[start:]


def status_of(der: bytes, ended_at: datetime | None) -> CertificateStatus:
    return validate_ocsp(
        der, ca=authority(), serial=SERIAL, nonce=NONCE, now=NOW, max_age=FRESH, ended_at=ended_at
    )


@pytest.mark.parametrize("cutoff", [None, generalized_time(ENDED + SECOND), *UNREADABLE])
def test_good_of_an_expired_certificate_needs_the_archive_cutoff(cutoff: bytes | None) -> None:
    """Rule Q6; of one that has not ended the cutoff does not matter."""
    with pytest.raises(RevocationDataRejected, match="expired"):
        status_of(response(cutoff), ENDED)
    assert status_of(response(cutoff), None) is CertificateStatus.GOOD


@pytest.mark.parametrize("cutoff", [ENDED, ENDED - timedelta(days=100)])
def test_good_with_an_early_enough_cutoff_is_accepted(cutoff: datetime) -> None:
    assert status_of(response(generalized_time(cutoff)), ENDED) is CertificateStatus.GOOD


def test_revoked_is_revoked_without_a_cutoff() -> None:
    assert status_of(answer(status=ocsp.OCSPCertStatus.REVOKED), ENDED) is CertificateStatus.REVOKED


@given(st.integers(0, 2**31))
def test_an_instant_is_read_as_it_was_written(seconds: int) -> None:
    instant = datetime.fromtimestamp(seconds, UTC)
    extensions = x509.Extensions(
        [
            x509.Extension(
                ARCHIVE_CUTOFF, False, x509.UnrecognizedExtension(ARCHIVE_CUTOFF, generalized_time(instant))
            )
        ]
    )
    assert kept_since(extensions, ARCHIVE_CUTOFF) == instant


@pytest.mark.slow
@pytest.mark.parametrize(
    "revoked_at",
    [ISSUED, datetime.fromisoformat("2031-03-01T00:00:00+00:00")],
    ids=["before expiry", "after it"],
)
@pytest.mark.parametrize("reason", [Reason.REQUEST, Reason.LOSS])
def test_jliss_list_and_responder_refuse_a_revoked_card_on_every_day_of_its_grace_period(
    jlis: Jlis, reason: Reason, revoked_at: datetime
) -> None:
    """Rule Q6 (E1): the fund's own validation of what J-LIS publishes on each of the days."""
    name = issued(jlis)
    jlis.certificates.revoke(name, reason, revoked_at)
    end = jlis.certificates.records.find(name).period.end
    ca = jlis.authorities.get(CaId(Kind.AUTHENTICATION, 1))
    days = [day for day in range(1, 104) if end + timedelta(days=day) >= revoked_at]
    assert len(days) > 90
    expected = CertificateStatus.SUSPENDED if reason is Reason.LOSS else CertificateStatus.REVOKED
    for day in days:
        now = end + timedelta(days=day)
        accepted = validate_crl(
            jlis.revocation_lists.current(ca.id, now), ca.certificate, now=now, known=None
        )
        assert {entry.serial: entry.status for entry in accepted.entries()} == {name.serial: expected}
        assert covers(accepted.expired_since, end)
    for day in (days[0], days[len(days) // 2], days[-1]):
        now = end + timedelta(days=day)
        der = jlis.responder.answer(ca.id, _request(ca.certificate, name.serial), now)
        status = validate_ocsp(
            der, ca=ca.certificate, serial=name.serial, nonce=NONCE, now=now, max_age=FRESH, ended_at=end
        )
        assert status is expected


def test_jliss_responder_clears_an_expired_card_until_the_grace_period_ends(jlis: Jlis) -> None:
    name = issued(jlis)
    end = jlis.certificates.records.find(name).period.end
    ca = jlis.authorities.get(CaId(Kind.AUTHENTICATION, 1))

    def status(now: datetime) -> CertificateStatus:
        der = jlis.responder.answer(ca.id, _request(ca.certificate, name.serial), now)
        return validate_ocsp(
            der, ca=ca.certificate, serial=name.serial, nonce=NONCE, now=now, max_age=FRESH, ended_at=end
        )

    assert status(end + timedelta(days=103)) is CertificateStatus.GOOD
    with pytest.raises(RevocationDataRejected):
        status(end + timedelta(days=103, seconds=1))


def _request(ca: x509.Certificate, serial: int) -> bytes:
    key = x509.SubjectKeyIdentifier.from_public_key(ca.public_key()).digest
    digest = hashes.Hash(hashes.SHA1())
    digest.update(ca.subject.public_bytes())
    builder = ocsp.OCSPRequestBuilder().add_certificate_by_hash(digest.finalize(), key, serial, hashes.SHA1())
    return builder.add_extension(x509.OCSPNonce(NONCE), critical=False).build().public_bytes(Encoding.DER)
