"""Facilities of every kind with their terminals, in nationwide proportions; and their access tokens.

Within a kind a few are large and many small.
"""

from __future__ import annotations

import asyncio
import csv
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import NamedTuple
from urllib.parse import urlencode
from uuid import uuid4

from eligibility_api.contract.codes import FacilityKind
from eligibility_api.contract.numbers import check_digit
from eligibility_api.contract.tokens import TOKEN_PATH, Credential, token_form
from loadtest.arrivals import CHECKS_BY_KIND
from loadtest.clock import now
from loadtest.errors import LoadError
from loadtest.http_client.connection import Reply, request, with_body
from loadtest.http_client.pool import ConnectionPool
from loadtest.target import TargetEnvironment

_FEE_TABLE = {
    FacilityKind.CLINIC: 1,
    FacilityKind.HOSPITAL: 1,
    FacilityKind.DENTAL: 3,
    FacilityKind.PHARMACY: 4,
}
_PREFECTURE = 13
_TAIL = 0.7
"""Inequality among the facilities of a kind: the n-th has 1 / n^0.7 of the first's checks (an estimate)."""

_TERMINALS = ((0.05, 4), (0.25, 2))
"""The largest twentieth of a kind's facilities have four terminals, the next fifth two: 1.35 a facility (an
estimate).
"""

_COLUMNS = ("institution_code", "name", "kind", "rights", "terminals")
_RIGHTS = "eligibility registration consent prescription"

RENEW_BEFORE = timedelta(seconds=60)
"""The time before its token's expiry at which a terminal signs in again, if it can."""

_SIGN_IN_CONCURRENCY = 8
_FORM = "application/x-www-form-urlencoded"


@dataclass(slots=True)
class Terminal:
    """An admitted terminal. `weight`: its share of all checks; `token` is valid until `token_expires_at`."""

    credential: Credential
    kind: FacilityKind
    weight: float
    token: str = field(default="", repr=False)
    token_expires_at: datetime | None = None

    @property
    def institution_code(self) -> str:
        """The code of its facility."""
        assert self.credential.institution_code is not None
        return self.credential.institution_code

    def needs_token(self) -> bool:
        """Whether it should sign in before its next request."""
        return self.token_expires_at is None or self.token_expires_at - RENEW_BEFORE <= now()

    def has_valid_token(self) -> bool:
        """Whether its token has not expired, even if it is due for renewal."""
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
    """Shorten the tokens of terminals that have just signed in, so that their ages are spread evenly.

    So they are in production: some are renewed in every second.
    """
    at = now()
    for terminal in terminals:
        if terminal.token_expires_at is not None:
            lifetime = terminal.token_expires_at - at
            terminal.token_expires_at = at + RENEW_BEFORE + (lifetime - RENEW_BEFORE) * rng.random()


class FacilitySize(NamedTuple):
    """The size of one facility. `weight`: its share of all checks; `terminals`: their number."""

    kind: FacilityKind
    rank: int
    """Among those of its kind, from 0: the largest."""
    weight: float
    terminals: int


def facility_sizes(count: int) -> Iterator[FacilitySize]:
    """The sizes of `count` facilities, at least one of each kind, in proportion to the checks of the kinds."""
    total = sum(CHECKS_BY_KIND.values())
    for kind, share in CHECKS_BY_KIND.items():
        number = max(1, round(count * share / total))
        weights = [(rank + 1) ** -_TAIL for rank in range(number)]
        whole = sum(weights)
        for rank, weight in enumerate(weights):
            yield FacilitySize(kind, rank, share / total * weight / whole, _terminals(rank, number))


@dataclass(frozen=True, slots=True)
class PlannedFacility:
    """A facility to be admitted. `weight`: its share of all checks; `terminals`: their number."""

    institution_code: str
    kind: FacilityKind
    weight: float
    terminals: int


def planned_facilities(count: int) -> list[PlannedFacility]:
    """`count` facilities in the nation's proportions, with the codes of their prefecture."""
    return [_planned(size) for size in facility_sizes(count)]


def _planned(size: FacilitySize) -> PlannedFacility:
    district = 70 if size.kind is FacilityKind.HOSPITAL else 80
    code = f"{_PREFECTURE}{_FEE_TABLE[size.kind]}{district}{size.rank:04d}"
    return PlannedFacility(f"{code}{check_digit(code)}", size.kind, size.weight, size.terminals)


def _terminals(rank: int, number: int) -> int:
    """The terminals of a facility by its rank among `number` of its kind: larger ones have more."""
    return next((count for share, count in _TERMINALS if rank + 0.5 < share * number), 1)


def admit_facilities(target: TargetEnvironment, count: int, folder: Path) -> list[Terminal]:
    """Admit `count` facilities at the fund; returns their terminals, grouped by facility.

    Raises LoadError.
    """
    facilities = planned_facilities(count)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    list_file = folder / "facilities.csv"
    with list_file.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([_COLUMNS, *map(_admission, facilities)])
    target.run("eligibility-api", ("facility", "add", "--from", list_file, "--out-dir", folder))
    return [
        Terminal(Credential.load_terminal(file), facility.kind, facility.weight / facility.terminals)
        for facility in facilities
        for file in _files(facility, folder)
    ]


def _admission(facility: PlannedFacility) -> Sequence[str | int]:
    """A row of the list of facilities to be admitted."""
    name = f"見本{facility.kind} {facility.institution_code}"
    return facility.institution_code, name, facility.kind.value, _RIGHTS, facility.terminals


def _files(facility: PlannedFacility, folder: Path) -> list[Path]:
    numbers = range(1, facility.terminals + 1)
    return [folder / f"terminal-{facility.institution_code}-{number}.json" for number in numbers]


async def sign_in_all(pool: ConnectionPool, terminals: Sequence[Terminal]) -> None:
    """Sign in every terminal, with bounded concurrency. Raises LoadError, ConnectionFailed."""
    limit = asyncio.Semaphore(_SIGN_IN_CONCURRENCY)

    async def sign_in(terminal: Terminal) -> None:
        async with limit:
            reply = await terminal.sign_in(pool)
            if reply.status != 200:
                raise LoadError(f"a terminal could not sign in: {reply.status}")

    async with asyncio.TaskGroup() as group:
        for terminal in terminals:
            group.create_task(sign_in(terminal))
