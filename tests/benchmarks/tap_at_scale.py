"""A card check's database time at small and at large scale: `python -m tests.benchmarks.tap_at_scale 100000 10000000`.

Fills one database for each size on a server of its own (`loadtest/dataset/bulk_load.py`: 1.2 enrolments a person, a bound
certificate each), then runs the card statement on each in turn for persons drawn at random. Prints for each size median
and p99 in milliseconds, the database's size, and the ratio of the medians to that of the smallest.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import secrets
import tempfile
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median, quantiles
from uuid import UUID, uuid4

import asyncpg

from eligibility_api.contract.codes import Purpose, Right
from eligibility_api.database.connections import Database
from eligibility_api.database.migrate import migrate
from eligibility_api.domain.certificate import CertificateId
from eligibility_api.domain.challenge import NONCE_BYTES, Challenge
from eligibility_api.eligibility.store import CardQuery, use_proof
from eligibility_api.embedded_postgres.cluster import provision
from eligibility_api.embedded_postgres.server import EmbeddedPostgres
from eligibility_api.presence.query import Evidence, VerifiedProof
from loadtest.dataset.bulk_load import bulk_load
from loadtest.dataset.bulk_population import BulkPopulation

AUTHORITY = bytes(32)
INSTITUTION_CODE = "1311111114"

MAX_AGE = timedelta(days=1)
WARM_UP_TAPS = 2_000

_PREPARE = """
INSERT INTO facility (institution_code, name, kind) VALUES ('{institution}', '架空診療所', 'clinic');
INSERT INTO client (client_id, institution_code, public_key, rights)
    VALUES ('{terminal}', '{institution}', '{{}}', '{{eligibility}}');
INSERT INTO authority VALUES ('\\x{authority}', 1, '\\x00', now(), now() + interval '2 days', now() + interval '12 hours');
"""


@dataclass(slots=True)
class Country:
    """A filled database and the times measured in it, in milliseconds."""

    people: int
    terminal: UUID
    size_mib: float
    times: list[float] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The name of its database."""
        return f"country_{self.people}"

    async def tap(self, database: Database, person: int) -> None:
        """Run the card statement once."""
        expires_at = (datetime.now(UTC) + timedelta(minutes=1)).replace(microsecond=0)
        nonce = secrets.token_bytes(NONCE_BYTES)
        challenge = Challenge(Purpose.ELIGIBILITY, expires_at, INSTITUTION_CODE, self.terminal, nonce)
        certificate = CertificateId(AUTHORITY, BulkPopulation.serial(person))
        proof = VerifiedProof(
            challenge, self.terminal, (Right.ELIGIBILITY,), certificate, expires_at + timedelta(days=365)
        )
        query = CardQuery(datetime.now(UTC).date(), None, None)
        started = time.perf_counter()
        row = await use_proof(database, proof, query, Evidence(), max_age=MAX_AGE)
        self.times.append((time.perf_counter() - started) * 1000)
        assert len(row.enrolments) >= 1


async def fill(server: EmbeddedPostgres, people: int) -> Country:
    """Create and fill a database for `people`."""
    name, terminal = f"country_{people}", uuid4()
    connection = await asyncpg.connect(server.dsn("owner"))
    for statement in provision(name):
        await connection.execute(statement)
    await connection.close()
    await migrate(server.dsn("owner", name))
    connection = await asyncpg.connect(server.dsn("owner", name))
    places = {"institution": INSTITUTION_CODE, "authority": AUTHORITY.hex()}
    await connection.execute(_PREPARE.format(terminal=terminal, **places))
    await bulk_load(
        server.dsn("owner", name),
        BulkPopulation.of(people),
        authority=AUTHORITY,
        person_keys={},
        progress=_discard,
    )
    size = await connection.fetchval("SELECT pg_database_size(current_database())")
    await connection.close()
    return Country(people, terminal, size / 2**20)


def _discard(_: str) -> None:
    pass


async def fill_all(server: EmbeddedPostgres, sizes: list[int]) -> list[Country]:
    """Create all databases."""
    countries = []
    for people in sizes:
        started = time.perf_counter()
        countries.append(await fill(server, people))
        print(f"{people:>12,} people filled in {time.perf_counter() - started:.0f} s", flush=True)
    return countries


async def measure(server: EmbeddedPostgres, countries: list[Country], taps: int) -> None:
    """Warm up, then measure the databases in turn."""
    databases = [Database(server.dsn("api", country.name), pool_connections=1) for country in countries]
    for database in databases:
        await database.open()
    draw = random.Random(1)
    for number in range(taps + WARM_UP_TAPS):
        if number == WARM_UP_TAPS:
            for country in countries:
                country.times.clear()
        for country, database in zip(countries, databases, strict=True):
            await country.tap(database, draw.randint(1, country.people))
    for database in databases:
        await database.close()


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("people", type=int, nargs="+")
    options.add_argument("--taps", type=int, default=5_000)
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="shikaku-scale-") as home:
        with EmbeddedPostgres(Path(home)) as server:
            countries = asyncio.run(fill_all(server, sorted(chosen.people)))
        # Restarted, so that everything written by the filling is on disk and no tap has to flush it.
        with EmbeddedPostgres(Path(home)) as server:
            asyncio.run(measure(server, countries, chosen.taps))
    smallest = median(countries[0].times)
    print(f"{'people':>12}{'median ms':>12}{'p99 ms':>12}{'store MiB':>12}{'ratio':>8}")
    for country in countries:
        p99, middle = quantiles(country.times, n=100)[98], median(country.times)
        print(
            f"{country.people:>12,}{middle:>12.2f}{p99:>12.2f}{country.size_mib:>12,.0f}{middle / smallest:>8.2f}"
        )


if __name__ == "__main__":
    main()
