"""Which faults a request meets, and how they answer it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from eligibility_api.contract.errors import CATALOGUE
from eligibility_api.sandbox.faults import (
    DEFAULT_SLOW_SECONDS,
    EVERY_CALLER,
    MAX_SLOW_SECONDS,
    Fault,
    FaultName,
    FaultUnknown,
    Switch,
    read_header,
    refusal,
    switched_on,
)

NOW = datetime(2026, 11, 30, 12, 0, 0, 500_000, UTC)
CLINIC, PHARMACY = "1311111114", "1340100123"


@pytest.mark.parametrize(
    ("header", "faults"),
    [
        ("slow", [Fault(FaultName.SLOW, DEFAULT_SLOW_SECONDS)]),
        ("slow;seconds=0.5", [Fault(FaultName.SLOW, 0.5)]),
        (" slow ; seconds=60 , answer-lost", [Fault(FaultName.SLOW, 60), Fault(FaultName.ANSWER_LOST)]),
        *((name.value, [Fault(name)]) for name in FaultName),
    ],
)
def test_a_header_names_faults(header: str, faults: list[Fault]) -> None:
    assert read_header(header) == faults


@pytest.mark.parametrize(
    "header",
    [
        "",
        "unknown",
        "SLOW",
        "slow,",
        "slow;seconds",
        "slow;seconds=",
        "slow;seconds=x",
        "slow;seconds=-1",
        "slow;seconds=nan",
        "slow;seconds=inf",
        f"slow;seconds={MAX_SLOW_SECONDS + 0.1}",
        "slow;minutes=1",
        "slow;seconds=1;seconds=2",
        "answer-lost;seconds=1",
        "slow," * 100,
    ],
)
def test_a_header_with_a_mistake_is_not_ignored(header: str) -> None:
    with pytest.raises(FaultUnknown):
        read_header(header)


def switch(caller: str, seconds_ago: float = 0, for_seconds: float = 60) -> Switch:
    since = NOW - timedelta(seconds=seconds_ago)
    return Switch(FaultName.OVERLOADED, caller, since, since + timedelta(seconds=for_seconds))


@pytest.mark.parametrize(
    ("one", "callers", "is_on"),
    [
        (switch(CLINIC), {CLINIC}, True),
        (switch(CLINIC), {PHARMACY}, False),
        (switch(CLINIC), set(), False),
        (switch(EVERY_CALLER), {PHARMACY}, True),
        (switch(EVERY_CALLER), set(), True),
        (switch(CLINIC, seconds_ago=59), {CLINIC}, True),
        (switch(CLINIC, seconds_ago=60), {CLINIC}, False),
        (switch(EVERY_CALLER, seconds_ago=61), {CLINIC}, False),
    ],
)
def test_a_switch_is_for_its_caller_and_ends_by_itself(one: Switch, callers: set[str], is_on: bool) -> None:
    assert bool(list(switched_on([one], frozenset(callers), NOW))) is is_on


TAP, NUMBER = "/v1/eligibility/card", "/v1/eligibility/number"


@pytest.mark.parametrize(
    ("fault", "path", "code"),
    [
        (FaultName.TOKEN_EXPIRED, NUMBER, "token-expired"),
        (FaultName.DATABASE_AWAY, NUMBER, "database-unavailable"),
        (FaultName.OVERLOADED, NUMBER, "overloaded"),
        (FaultName.REVOCATION_STALE, TAP, "revocation-unavailable"),
        (FaultName.REVOCATION_STALE, NUMBER, None),
        (FaultName.CARD_SUSPENDED, TAP, "certificate-suspended"),
        (FaultName.CARD_SUSPENDED, "/v1/consents", "certificate-suspended"),
        (FaultName.CARD_SUSPENDED, "/v1/registrations", "certificate-suspended"),
        (FaultName.CARD_SUSPENDED, "/v1/own-access", "certificate-suspended"),
        (FaultName.CARD_SUSPENDED, "/v1/eligibility/visual-check", "certificate-suspended"),
        (FaultName.CARD_SUSPENDED, "/v1/presence/challenges", None),
        (FaultName.NONCE_REFUSED, TAP, "challenge-expired"),
        (FaultName.NONCE_REFUSED, "/v1/consents", "challenge-expired"),
        (FaultName.NONCE_REFUSED, "/v1/token", "assertion-used"),
        (FaultName.NONCE_REFUSED, NUMBER, None),
        (FaultName.SHUFFLED, TAP, None),
        (FaultName.SLOW, TAP, None),
        (FaultName.MISMATCH, "/v1/enrolments", None),
        (FaultName.ANSWER_LOST, TAP, None),
    ],
)
def test_a_fault_answers_where_its_cause_could_occur(fault: FaultName, path: str, code: str | None) -> None:
    answered = refusal([Fault(fault)], "POST", path, NOW.timestamp())
    assert answered == ((fault, code) if code else None)
    assert code is None or code in CATALOGUE


def test_of_several_faults_the_one_that_comes_first_at_the_fund_answers() -> None:
    faults = [Fault(FaultName.CARD_SUSPENDED), Fault(FaultName.DATABASE_AWAY), Fault(FaultName.ANSWER_LOST)]
    assert refusal(faults, "POST", TAP, None) == (FaultName.DATABASE_AWAY, "database-unavailable")


@pytest.mark.parametrize(
    ("since", "issued_seconds_ago", "expired"),
    [
        (None, 0, True),
        (NOW, 1, True),
        (NOW, 0.5, True),
        (NOW, -0.5, False),
        (NOW, None, False),
        (None, None, False),
    ],
)
def test_a_switch_expires_the_tokens_that_are_older(
    since: datetime | None, issued_seconds_ago: float | None, expired: bool
) -> None:
    issued_at = None if issued_seconds_ago is None else NOW.timestamp() - issued_seconds_ago
    fault = Fault(FaultName.TOKEN_EXPIRED, since=since)
    assert (refusal([fault], "POST", NUMBER, issued_at) is not None) is expired
