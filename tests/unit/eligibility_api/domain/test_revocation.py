"""Validation of CRLs."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import CRLEntryExtensionOID, ExtensionOID
from hypothesis import given
from hypothesis import strategies as st

from eligibility_api.domain.revocation import (
    CLOCK_TOLERANCE,
    CertificateStatus,
    MirroredList,
    RevocationDataRejected,
    RevocationList,
    validate_crl,
)
from tests.conformance import der
from tests.conformance.forgery import extension
from tests.unit.eligibility_api.domain.revocations import (
    HOUR,
    NOW,
    P384,
    Fields,
    authority,
    crl,
    edited_crl,
    entry,
)

MOMENT = timedelta(seconds=1)
GOOD = crl(entries=[entry(1), entry(2, x509.ReasonFlags.certificate_hold)])
KNOWN = MirroredList(7, hashlib.sha256(GOOD).digest())
NOWHERE = x509.ObjectIdentifier("2.25.1")

# Serial numbers that are not positive: `cryptography` still reads them, and warns.
pytestmark = pytest.mark.filterwarnings("ignore:Parsed a serial number which wasn't positive")


def validate(content: bytes, known: MirroredList | None = None) -> RevocationList:
    return validate_crl(content, authority(), now=NOW, known=known)


def statuses(content: bytes) -> dict[int, str]:
    return {revocation.serial: revocation.status.value for revocation in validate(content).entries()}


def test_a_valid_list_is_accepted_with_number_window_and_digest() -> None:
    """Rule Q1."""
    accepted = validate(GOOD)
    assert (accepted.number, accepted.this_update, accepted.next_update) == (7, NOW - HOUR, NOW + HOUR)
    assert accepted.sha256 == KNOWN.sha256
    assert [revocation.revoked_at for revocation in accepted.entries()] == [NOW - HOUR] * 2


@pytest.mark.parametrize(
    ("changes", "known"),
    [
        ({}, None),
        ({"number": 8}, KNOWN),
        ({"number": 700}, KNOWN),
        ({"this_update": NOW}, None),
        ({"this_update": NOW + CLOCK_TOLERANCE}, None),
        ({"next_update": NOW + MOMENT}, None),
        ({"number": 0}, None),
        ({"extensions": [(x509.UnrecognizedExtension(NOWHERE, b"?"), False)]}, None),
    ],
)
def test_a_current_list_that_is_not_older_is_accepted(
    changes: dict[str, Any], known: MirroredList | None
) -> None:
    """Rule Q1."""
    assert validate(crl(**changes), known).number == changes.get("number", 7)


def test_the_mirrored_list_is_accepted_again() -> None:
    """Rule Q1."""
    assert validate(GOOD, KNOWN).number == KNOWN.number


@pytest.mark.parametrize(
    ("changes", "known", "why"),
    [
        ({"number": 6}, KNOWN, "older than"),
        ({"number": 0}, KNOWN, "older than"),
        ({}, MirroredList(7, bytes(32)), "same number"),
        ({"number": None}, None, "with a number"),
        ({"signer": "another generation"}, None, "another authority"),
        ({"this_update": NOW + CLOCK_TOLERANCE + MOMENT}, None, "issued in the future"),
        ({"next_update": NOW}, None, "past its next update"),
        ({"next_update": NOW - MOMENT}, None, "past its next update"),
    ],
)
def test_other_lists_are_rejected(changes: dict[str, Any], known: MirroredList | None, why: str) -> None:
    """Rule Q1."""
    with pytest.raises(RevocationDataRejected, match=why):
        validate(crl(**changes), known)


@pytest.mark.parametrize(
    "value",
    [
        x509.DeltaCRLIndicator(6),
        x509.IssuingDistributionPoint(None, None, False, False, None, True, False),
        x509.IssuingDistributionPoint(None, None, True, False, None, False, False),
        x509.IssuingDistributionPoint(
            None, None, False, False, frozenset({x509.ReasonFlags.key_compromise}), False, False
        ),
        x509.UnrecognizedExtension(NOWHERE, b"?"),
    ],
    ids=["delta", "indirect", "of some certificates", "of some reasons", "unknown"],
)
def test_a_list_that_may_be_partial_is_rejected(value: x509.ExtensionType) -> None:
    """Rule Q3."""
    with pytest.raises(RevocationDataRejected, match="critical extension"):
        validate(crl(extensions=[(value, True)]))


@pytest.mark.parametrize("reason", [None, *x509.ReasonFlags])
def test_every_reason_but_a_hold_is_a_revocation(reason: x509.ReasonFlags | None) -> None:
    """Rule Q4."""
    hold = reason is x509.ReasonFlags.certificate_hold
    expected = CertificateStatus.SUSPENDED if hold else CertificateStatus.REVOKED
    assert statuses(crl(entries=[entry(4711, reason)])) == {4711: expected.value}


def _swap(place: int, value: bytes) -> Callable[[Fields], None]:
    def edit(fields: Fields) -> None:
        fields[place] = value

    return edit


def _more(added: bytes) -> Callable[[Fields], None]:
    def edit(fields: Fields) -> None:
        kept = der.parts(der.content(fields[-1]))
        fields[-1] = der.element(0xA0, der.element(der.SEQUENCE, *kept, added))

    return edit


def _without_next_update(fields: Fields) -> None:
    del fields[4]


_YEAR_0 = der.element(der.GENERALIZED_TIME, b"00000101000000Z")
_X400 = der.element(der.SEQUENCE, der.element(0xA3))


def test_a_list_signed_again_unchanged_is_accepted() -> None:
    """Rule Q1."""
    assert validate(edited_crl(lambda _: None, GOOD), KNOWN).number == KNOWN.number


@pytest.mark.parametrize(
    "edit",
    [
        _swap(0, der.integer(3)),
        _swap(3, _YEAR_0),
        _swap(4, _YEAR_0),
        _without_next_update,
        _more(extension(ExtensionOID.CRL_NUMBER, der.integer(8))),
        _more(extension(ExtensionOID.ISSUER_ALTERNATIVE_NAME, _X400)),
    ],
    ids=["version 4", "year 0", "until year 0", "without next update", "two numbers", "x400 name"],
)
def test_unreadable_lists_are_rejected_though_the_authority_signed_them(
    edit: Callable[[Fields], None],
) -> None:
    """Rule Q1."""
    with pytest.raises(RevocationDataRejected):
        validate(edited_crl(edit, GOOD))


@pytest.mark.parametrize(
    ("digest", "algorithm"), [(hashes.SHA1(), der.RSA_SHA1), (hashes.MD5(), der.RSA_MD5)], ids=["sha1", "md5"]
)
def test_a_list_signed_with_a_broken_hash_is_rejected(digest: hashes.HashAlgorithm, algorithm: bytes) -> None:
    """Rule Q1."""
    with pytest.raises(RevocationDataRejected, match="another authority"):
        validate(edited_crl(_swap(1, algorithm), GOOD, digest=digest))


def _entry(serial: int, *extensions: bytes, at: bytes = b"260331000000Z") -> bytes:
    more = (der.element(der.SEQUENCE, *extensions),) if extensions else ()
    return der.element(der.SEQUENCE, der.integer(serial), der.element(der.UTC_TIME, at), *more)


def _listing(*entries: bytes) -> bytes:
    return edited_crl(_swap(5, der.element(der.SEQUENCE, *entries)), GOOD)


_REASON = extension(CRLEntryExtensionOID.CRL_REASON, der.element(0x0A, b"\6"))


@pytest.mark.parametrize(
    "content",
    [
        _listing(_entry(1, extension(CRLEntryExtensionOID.CRL_REASON, der.element(0x0A, b"\7")))),
        _listing(_entry(1, _REASON, _REASON)),
        _listing(_entry(1, extension(CRLEntryExtensionOID.CERTIFICATE_ISSUER, _X400, b"\xff"))),
        _listing(_entry(1, extension(NOWHERE, der.NULL, b"\xff"))),
        crl(entries=[entry(1, extensions=[(x509.CertificateIssuer([x509.DNSName("ca.invalid")]), True)])]),
    ],
    ids=["reason 7", "two reasons", "x400 name", "unknown and critical", "of another issuer"],
)
def test_a_list_with_an_unusable_entry_is_rejected(content: bytes) -> None:
    """Rules Q1, Q3."""
    with pytest.raises(RevocationDataRejected):
        statuses(content)


def test_entries_without_a_positive_serial_number_are_ignored() -> None:
    """Rule Q4."""
    assert statuses(_listing(_entry(-5), _entry(0), _entry(9))) == {9: "revoked"}


def test_a_list_of_a_p384_authority_is_accepted() -> None:
    """Rule Q1."""
    content = crl(signer=P384)
    assert validate_crl(content, authority(P384), now=NOW, known=None).number == 7
    with pytest.raises(RevocationDataRejected, match="another authority"):
        validate(content)


def test_a_signature_with_unused_bits_is_rejected() -> None:
    """Rule Q1."""
    # Such a bit must be zero; every second signature ends so.
    even = next(content for content in map(_numbered, range(100)) if content[-1] & 1 == 0)
    tbs, algorithm, signature = der.parts(even)
    respelled = der.element(der.BIT_STRING, b"\1", der.content(signature)[1:])
    validate(even)
    with pytest.raises(RevocationDataRejected):
        validate(der.element(der.SEQUENCE, tbs, algorithm, respelled))


def _numbered(number: int) -> bytes:
    return crl(number=number)


def test_every_flipped_bit_of_a_valid_list_is_rejected() -> None:
    """Rule Q1."""
    for place in range(len(GOOD) * 8):
        flipped = bytearray(GOOD)
        flipped[place // 8] ^= 1 << place % 8
        with pytest.raises(RevocationDataRejected):
            validate(bytes(flipped))


@given(st.binary(max_size=2000))
def test_arbitrary_bytes_are_rejected(content: bytes) -> None:
    """Rule Q1."""
    with pytest.raises(RevocationDataRejected):
        validate(content)


@given(st.integers(0, 10**6))
def test_a_list_is_replaced_only_by_one_with_a_higher_number(known: int) -> None:
    """Rule Q1."""
    other = MirroredList(known, bytes(32))
    if known < KNOWN.number:
        assert validate(GOOD, other).number == KNOWN.number
    else:
        with pytest.raises(RevocationDataRejected):
            validate(GOOD, other)
