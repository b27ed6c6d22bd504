"""Facilities of every kind with their terminals, in the nation's proportions; and their access tokens.

Checks by kind of facility: the ministry's table for October 2025 (clinics 115.72 M, pharmacies 111.51 M, dental 24.01 M,
hospitals 23.34 M). Within a kind a few are large and many small.
"""

from __future__ import annotations

import asyncio
import csv
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from urllib.parse import urlencode
from uuid import uuid4

from eligibility_api.contract.codes import FacilityKind
from eligibility_api.contract.numbers import check_digit
from eligibility_api.contract.tokens import TOKEN_PATH, Credential, token_form
from loadtest.clock import now
from loadtest.http_client.connection import Reply, request, with_body
from loadtest.http_client.pool import ConnectionPool
from loadtest.target import LoadError, TargetEnvironment

SHARES = {
    FacilityKind.CLINIC: 115.72,
    FacilityKind.PHARMACY: 111.51,
    FacilityKind.DENTAL: 24.01,
    FacilityKind.HOSPITAL: 23.34,
}
"""Checks in a month by kind of facility, in millions."""

_FEE_TABLE = {
    FacilityKind.CLINIC: 1,
    FacilityKind.HOSPITAL: 1,
    FacilityKind.DENTAL: 3,
    FacilityKind.PHARMACY: 4,
}
_PREFECTURE = 13
_TAIL = 0.7
"""How unequal the facilities of a kind are: the n-th has 1 / n^0.7 of the first's checks (an estimate)."""

_TERMINALS = ((0.05, 4), (0.25, 2))
"""The largest twentieth of a kind's facilities have four terminals, the next fifth two: 1.35 a facility (an estimate)."""

_COLUMNS = ("institution_code", "name", "kind", "rights", "terminals")
_RIGHTS = "eligibility registration consent prescription"

RENEW_BEFORE = timedelta(seconds=60)
"""So long before its token's end a terminal signs in anew, as long as that works."""

_SIGN_IN_AT_ONCE = 8
_FORM = "application/x-www-form-urlencoded"


@dataclass(slots=True)
class Terminal:
    """An admitted terminal. `weight`: its part of all checks; `token` until `token_until`."""

    credential: Credential
    kind: FacilityKind
    weight: float
    token: str = field(default="", repr=False)
    token_expires_at: datetime | None = None

    @property
    def institution_code(self) -> str:
        """Its facility's."""
        assert self.credential.institution_code is not None
        return self.credential.institution_code

    def needs_token(self) -> bool:
        """Whether it should sign in before it asks anything."""
        return self.token_expires_at is None or self.token_expires_at - RENEW_BEFORE <= now()

    def has_valid_token(self) -> bool:
        """Whether its token still lives, although it should be renewed."""
        return self.token_expires_at is not None and now() < self.token_expires_at

    async def sign_in(self, pool: ConnectionPool) -> Reply:
        """Exchange an assertion for a token (RFC 7523). Raises ConnectionFailed."""
        at = now()
        form = urlencode(token_form(self.credential, now=at, jti=str(uuid4()))).encode()
        head = request("POST", TOKEN_PATH, host=pool.host, content_type=_FORM)
        reply = await pool.exchange(with_body(head, form))
        if reply.status == 200:
            answer = json.loads(reply.body)
            self.token, self.token_expires_at = (
                answer["access_token"],
                at + timedelta(seconds=answer["expires_in"]),
            )
        return reply


def spread_token_ages(terminals: Sequence[Terminal], rng: Random) -> None:
    """Terminals that signed in just now take their tokens for older ones, of evenly spread ages.

    In a running nation they are, so that some are renewed in every second.
    """
    at = now()
    for terminal in terminals:
        if terminal.token_expires_at is not None:
            life = terminal.token_expires_at - at
            terminal.token_expires_at = at + RENEW_BEFORE + (life - RENEW_BEFORE) * rng.random()


@dataclass(frozen=True, slots=True)
class PlannedFacility:
    """A facility to be. `weight`: its part of all checks, with so many `terminals`."""

    institution_code: str
    kind: FacilityKind
    weight: float
    terminals: int


def places(count: int) -> list[PlannedFacility]:
    """So many facilities, at least one of each kind, their numbers in the proportion of their checks."""
    total = sum(SHARES.values())
    numbers = {kind: max(1, round(count * share / total)) for kind, share in SHARES.items()}
    return [place for kind, number in numbers.items() for place in _of_kind(kind, number)]


def _of_kind(kind: FacilityKind, number: int) -> list[PlannedFacility]:
    tail = [(rank + 1) ** -_TAIL for rank in range(number)]
    share = SHARES[kind] / sum(SHARES.values())
    district = 70 if kind is FacilityKind.HOSPITAL else 80
    codes = (f"{_PREFECTURE}{_FEE_TABLE[kind]}{district}{rank:04d}" for rank in range(number))
    return [
        PlannedFacility(
            f"{code}{check_digit(code)}", kind, share * part / sum(tail), _terminals(rank, number)
        )
        for rank, (code, part) in enumerate(zip(codes, tail, strict=True))
    ]


def _terminals(rank: int, number: int) -> int:
    """How many terminals the facility of a rank among so many of its kind has: the larger ones more."""
    return next((count for share, count in _TERMINALS if rank + 0.5 < share * number), 1)


def admit(target: TargetEnvironment, count: int, folder: Path) -> list[Terminal]:
    """Have so many facilities admitted; their terminals, those of one facility together. Raises LoadError."""
    wanted = places(count)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    fleet = folder / "fleet.csv"
    with fleet.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([_COLUMNS, *map(_admission, wanted)])
    target.run("eligibility-api", ("facility", "add", "--from", fleet, "--out-dir", folder))
    return [
        Terminal(Credential.load_terminal(file), place.kind, place.weight / place.terminals)
        for place in wanted
        for file in _files(place, folder)
    ]


def _admission(place: PlannedFacility) -> Sequence[str | int]:
    """A line of the fleet's file."""
    name = f"見本{place.kind} {place.institution_code}"
    return place.institution_code, name, place.kind.value, _RIGHTS, place.terminals


def _files(place: PlannedFacility, folder: Path) -> list[Path]:
    numbers = range(1, place.terminals + 1)
    return [folder / f"terminal-{place.institution_code}-{number}.json" for number in numbers]


async def sign_in_all(pool: ConnectionPool, terminals: Sequence[Terminal]) -> None:
    """Have every terminal signed in, a few at a time. Raises LoadError, ConnectionFailed."""
    gate = asyncio.Semaphore(_SIGN_IN_AT_ONCE)

    async def one(terminal: Terminal) -> None:
        async with gate:
            reply = await terminal.sign_in(pool)
            if reply.status != 200:
                raise LoadError(f"a terminal could not sign in: {reply.status}")

    async with asyncio.TaskGroup() as group:
        for terminal in terminals:
            group.create_task(one(terminal))
