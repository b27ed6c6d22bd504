"""Signatures of webhooks: the published vectors of Standard Webhooks, and what a receiver rejects."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from eligibility_api.contract.webhook_signatures import (
    ID_HEADER,
    MAX_BODY_BYTES,
    SIGNATURE_HEADER,
    TIMESTAMP_HEADER,
    WebhookRejected,
    asymmetric_signature,
    parse_secret,
    public_key_text,
    secret_text,
    signed_headers,
    symmetric_signature,
    verify,
)

SECRET, OTHER = bytes(range(32)), bytes(range(1, 33))
NOW = datetime(2026, 11, 30, 3, 0, tzinfo=UTC)
BODY = b'{"type":"file.published","timestamp":"2026-11-30T03:00:00+00:00","data":{}}'
HEADERS = signed_headers([SECRET], "01980c5e-0000-7000-8000-000000000000", NOW, BODY)
KEYS = pytest.mark.parametrize("key", [secret_text(SECRET), public_key_text(SECRET)], ids=["v1", "v1a"])


@pytest.mark.parametrize(
    ("secret", "message_id", "timestamp", "body", "signature"),
    [
        # The example of the specification's page and of its libraries.
        (
            "whsec_plJ3nmyCDGBKInavdOK15jsl",
            "msg_loFOjxBNrRLzqYUf",
            1_731_705_121,
            b'{"event_type":"ping","data":{"success":true}}',
            "v1,rAvfW3dJ/X/qxhsaXPOyyCGmRKsaKWcsNccKXlIktD0=",
        ),
        # Of the documentation on verifying by hand, whose scheme the specification took over.
        (
            "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            1_614_265_330,
            b'{"test": 2432232314}',
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        ),
    ],
)
def test_published_vectors(secret: str, message_id: str, timestamp: int, body: bytes, signature: str) -> None:
    assert symmetric_signature(parse_secret(secret), message_id, timestamp, body) == signature
    headers = {ID_HEADER: message_id, TIMESTAMP_HEADER: str(timestamp), SIGNATURE_HEADER: signature}
    assert verify(secret, headers, body, datetime.fromtimestamp(timestamp, UTC)) == message_id
    assert verify(secret.removeprefix("whsec_"), headers, body, datetime.fromtimestamp(timestamp, UTC))


def test_v1a_is_ed25519_over_the_same_bytes() -> None:
    version, text = asymmetric_signature(SECRET, "msg_a", 1_700_000_000, BODY).split(",")
    key = Ed25519PublicKey.from_public_bytes(base64.b64decode(public_key_text(SECRET).removeprefix("whpk_")))
    key.verify(base64.b64decode(text), b"msg_a.1700000000." + BODY)
    assert version == "v1a"


@KEYS
def test_a_signed_message_is_accepted(key: str) -> None:
    assert verify(key, HEADERS, BODY, NOW) == HEADERS[ID_HEADER]


@given(
    secret=st.binary(min_size=24, max_size=64), body=st.binary(max_size=500), changed=st.binary(max_size=500)
)
def test_a_signature_holds_for_its_bytes_only(secret: bytes, body: bytes, changed: bytes) -> None:
    headers = signed_headers([secret], "msg_a", NOW, body)
    for key in (secret_text(secret), public_key_text(secret)):
        assert verify(key, headers, body, NOW) == "msg_a"
        if changed != body:
            with pytest.raises(WebhookRejected):
                verify(key, headers, changed, NOW)


@KEYS
@pytest.mark.parametrize(
    "changes",
    [
        {ID_HEADER: ""},
        {ID_HEADER: "another"},
        {ID_HEADER: "a" * 1_001},
        {TIMESTAMP_HEADER: ""},
        {TIMESTAMP_HEADER: "a"},
        {TIMESTAMP_HEADER: "-1"},
        {TIMESTAMP_HEADER: "1e9"},
        {TIMESTAMP_HEADER: "9" * 12},
        {TIMESTAMP_HEADER: str(int(NOW.timestamp()) + 1)},
        {SIGNATURE_HEADER: ""},
        {SIGNATURE_HEADER: "v1"},
        {SIGNATURE_HEADER: "v1,"},
        {SIGNATURE_HEADER: "v1a,!"},
        {SIGNATURE_HEADER: "v2," + HEADERS[SIGNATURE_HEADER].split(" ")[0].split(",")[1]},
        {SIGNATURE_HEADER: "v1," + HEADERS[SIGNATURE_HEADER].split(" ")[1].split(",")[1]},
        {SIGNATURE_HEADER: "v1a," + HEADERS[SIGNATURE_HEADER].split(" ")[0].split(",")[1]},
        {SIGNATURE_HEADER: "あ,あ"},
        {SIGNATURE_HEADER: " ".join([HEADERS[SIGNATURE_HEADER]] * 20)},
    ],
    ids=range(18),
)
def test_what_is_missing_or_malformed_is_not_accepted(key: str, changes: dict[str, str]) -> None:
    with pytest.raises(WebhookRejected):
        verify(key, {**HEADERS, **changes}, BODY, NOW)
    remaining = {name: value for name, value in HEADERS.items() if name not in changes}
    with pytest.raises(WebhookRejected):
        verify(key, remaining, BODY, NOW)


@KEYS
@pytest.mark.parametrize(
    ("seconds", "accepted"), [(-301, False), (-300, True), (300, True), (301, False)], ids=str
)
def test_a_message_of_another_time_is_not_accepted(key: str, seconds: int, accepted: bool) -> None:
    now = NOW + timedelta(seconds=seconds)
    if accepted:
        verify(key, HEADERS, BODY, now)
    else:
        with pytest.raises(WebhookRejected):
            verify(key, HEADERS, BODY, now)


@KEYS
def test_a_body_that_is_no_event_is_refused_by_its_length(key: str) -> None:
    body = b" " * (MAX_BODY_BYTES + 1)
    with pytest.raises(WebhookRejected, match="too long"):
        verify(key, signed_headers([SECRET], "msg_a", NOW, body), body, NOW)


def test_during_a_rotation_either_secret_verifies_and_no_other() -> None:
    """Rule E8."""
    headers = signed_headers([OTHER, SECRET], "msg_a", NOW, BODY)
    for secret in (OTHER, SECRET):
        assert verify(secret_text(secret), headers, BODY, NOW) == "msg_a"
        assert verify(public_key_text(secret), headers, BODY, NOW) == "msg_a"
    for key in (secret_text(bytes(32)), public_key_text(bytes(32))):
        with pytest.raises(WebhookRejected):
            verify(key, headers, BODY, NOW)


@pytest.mark.parametrize("key", ["whsec_!", "whpk_", "whpk_AAAA", "whsec_あ"])
def test_a_malformed_key_is_refused(key: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - of several libraries
        verify(key, HEADERS, BODY, NOW)
