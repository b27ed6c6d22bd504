"""Idempotency keys and digests of requests, and how long an answer waits for its change to be visible."""

from __future__ import annotations

import asyncio
import time
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from eligibility_api.contract import examples
from eligibility_api.contract.enrolment import EndRequest
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.enrolment import change
from eligibility_api.enrolment.change import wait_until_visible
from eligibility_api.enrolment.idempotency import Call, idempotency_key, request_digest

SECRET = bytes(range(32))
REQUEST = EndRequest.model_validate(examples.END)


@given(st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=64))
def test_a_key_is_visible_ascii_and_taken_as_it_is(key: str) -> None:
    assert idempotency_key(key) == key


@pytest.mark.parametrize("key", [None, "", " ", "a b", "a\n", "é", "鍵", "\x7f", "x" * 65])
def test_another_key_is_refused_as_missing(key: str | None) -> None:
    with pytest.raises(ShikakuError, match="idempotency-key-missing"):
        idempotency_key(key)


def digest(kind: str = "enrolment.end", secret: bytes = SECRET, **changes: Any) -> bytes:
    return request_digest(kind, EndRequest.model_validate(examples.END | changes), secret=secret)


def test_the_same_request_has_the_same_digest_whatever_the_order_and_spelling_of_its_members() -> None:
    backwards = EndRequest.model_validate(dict(reversed(examples.END.items())))
    assert request_digest("enrolment.end", backwards, secret=SECRET) == digest()
    without_branch = {name: value for name, value in examples.END.items() if name != "branch"}
    absent = EndRequest.model_validate(without_branch)
    assert request_digest("enrolment.end", absent, secret=SECRET) == digest(branch=None)


def test_another_request_kind_or_secret_has_another_digest() -> None:
    others = [
        digest("enrolment.add"),
        digest(secret=bytes(32)),
        digest(number="1235"),
        digest(branch=None),
        digest(lost_on="2026-04-02"),
        digest(reason_of_loss="01"),
    ]
    assert len({digest(), *others}) == len(others) + 1


def test_the_digest_of_a_renamed_kind_matches_those_stored_before() -> None:
    assert digest("enrolment.unlink") == digest("enrolment.split")


def test_a_call_contains_the_digest_and_nothing_of_the_request() -> None:
    call = Call.of("01130012", "key", "enrolment.end", REQUEST, secret=SECRET)
    assert (call.insurer_number, call.key, call.digest) == ("01130012", "key", digest())
    assert examples.END["number"].encode() not in call.digest


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The waits, instead of waiting; the clock stands at 100 s."""
    taken: list[float] = []

    async def sleep(seconds: float) -> None:
        taken.append(seconds)

    monkeypatch.setattr(change.asyncio, "sleep", sleep)  # type: ignore[attr-defined]
    monkeypatch.setattr(time, "monotonic", lambda: 100.0)
    return taken


@pytest.mark.parametrize(
    ("fixed", "ahead_ms", "seconds", "late"),
    [
        (100.0, 250, 0.251, False),
        (99.9, 250, 0.151, False),
        (99.75, 250, 0.001, False),
        (99.7, 250, 0.0, True),
        (90.0, 250, 0.0, True),
    ],
)
def test_an_answer_waits_until_its_instant_is_past_and_a_late_one_is_logged(
    waits: list[float], fixed: float, ahead_ms: int, seconds: float, late: bool
) -> None:
    with capture_logs() as log:
        asyncio.run(wait_until_visible(fixed, timedelta(milliseconds=ahead_ms)))
    assert waits == [pytest.approx(seconds, abs=1e-9)]
    assert [line["event"] for line in log] == (["published_late"] if late else [])
