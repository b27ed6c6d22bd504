"""The faults that a sandbox causes on demand, and the switches that turn them on for a while.

A fault is turned on for one request by its header `Sandbox-Fault`, or for the requests of a facility, an insurer or
everybody by a switch, which ends by itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from eligibility_api.contract.consent import CONSENTS_PATH
from eligibility_api.contract.own_access import OWN_ACCESS_PATH
from eligibility_api.contract.tokens import TOKEN_PATH

HEADER = "Sandbox-Fault"
EVERY_CALLER = "*"
"""The caller of a switch for all requests."""

MAX_FOR_SECONDS = 3600
MAX_SLOW_SECONDS = 60.0
DEFAULT_SLOW_SECONDS = 5.0

_MAX_HEADER = 200
_PROOF_PATHS = frozenset(
    {
        "/v1/eligibility/card",
        "/v1/eligibility/visual-check",
        "/v1/registrations",
        CONSENTS_PATH,
        OWN_ACCESS_PATH,
    }
)
"""Paths to which a card's proof is posted."""


class FaultName(StrEnum):
    """Every fault, in the order in which they are checked."""

    SLOW = "slow"
    TOKEN_EXPIRED = "token-expired"
    DATABASE_AWAY = "database-away"
    OVERLOADED = "overloaded"
    REVOCATION_STALE = "revocation-stale"
    CARD_SUSPENDED = "card-suspended"
    NONCE_REFUSED = "nonce-refused"
    MISMATCH = "mismatch"
    ANSWER_LOST = "answer-lost"
    SHUFFLED = "shuffled"


REFUSALS = {
    FaultName.TOKEN_EXPIRED: "token-expired",
    FaultName.DATABASE_AWAY: "database-unavailable",
    FaultName.OVERLOADED: "overloaded",
    FaultName.REVOCATION_STALE: "revocation-unavailable",
    FaultName.CARD_SUSPENDED: "certificate-suspended",
}
"""The code with which a fault answers a request, of which nothing is done then."""

_OF_PROOFS = frozenset({FaultName.REVOCATION_STALE, FaultName.CARD_SUSPENDED})

_REFUSED_NONCE = dict.fromkeys(_PROOF_PATHS, "challenge-expired") | {TOKEN_PATH: "assertion-used"}
"""The code with which a value that may be used once is refused, by the path to which it is posted."""


class FaultUnknown(ValueError):
    """A header names no fault, or its seconds are out of range."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault that a request meets. `seconds`: how long it waits if it is slow.

    `since`: when a switch turned it on; None: by the request's own header.
    """

    name: FaultName
    seconds: float = DEFAULT_SLOW_SECONDS
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Switch:
    """A fault for every request of a caller: an institution code, an insurer number, or `EVERY_CALLER`."""

    fault: FaultName
    caller: str
    since: datetime
    until: datetime
    seconds: float = DEFAULT_SLOW_SECONDS


def read_header(value: str) -> list[Fault]:
    """The faults of a header such as `slow;seconds=3, answer-lost`. Raises FaultUnknown."""
    if len(value) > _MAX_HEADER:
        raise FaultUnknown
    return [_fault(part.strip()) for part in value.split(",")]


def _fault(text: str) -> Fault:
    name, *parameters = (part.strip() for part in text.split(";"))
    try:
        fault = FaultName(name)
        if not parameters:
            return Fault(fault)
        [parameter] = parameters
        key, seconds = parameter.split("=")
        waits = float(seconds)
    except ValueError as error:
        raise FaultUnknown from error
    if fault is not FaultName.SLOW or key != "seconds" or not 0 <= waits <= MAX_SLOW_SECONDS:
        raise FaultUnknown
    return Fault(fault, waits)


def switched_on(switches: Iterable[Switch], callers: frozenset[str], now: datetime) -> Iterator[Fault]:
    """The faults of the switches that are on for a request of one of these callers."""
    for switch in switches:
        if switch.until > now and switch.caller in callers | {EVERY_CALLER}:
            yield Fault(switch.fault, switch.seconds, switch.since)


def refusal(
    faults: Iterable[Fault], method: str, path: str, token_issued_at: float | None
) -> tuple[FaultName, str] | None:
    """The first fault that answers a request, and the code of its answer.

    `token_issued_at`: when the request's token was issued (seconds since 1970), if it has a valid one: a switch makes
    those expire that are older than itself, so that a client that signs in again goes on.
    """
    is_proof = method == "POST" and path in _PROOF_PATHS
    for fault in sorted(faults, key=lambda fault: list(FaultName).index(fault.name)):
        code = REFUSALS.get(fault.name)
        if fault.name is FaultName.NONCE_REFUSED and method == "POST":
            code = _REFUSED_NONCE.get(path)
        if code is None or (fault.name in _OF_PROOFS and not is_proof):
            continue
        if fault.name is FaultName.TOKEN_EXPIRED and not _has_expired(fault, token_issued_at):
            continue
        return fault.name, code
    return None


def _has_expired(fault: Fault, token_issued_at: float | None) -> bool:
    if token_issued_at is None:
        return False
    return fault.since is None or token_issued_at < fault.since.timestamp()
