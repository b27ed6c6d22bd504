"""A tap's database time in a small and in a large country: `python -m tests.benchmarks.tap_at_scale 100000 10000000`.

Fills one database a size on a server of its own (a member, a bound certificate and an entitlement each; the constraint
is built after the load), then puts the hot statement to each in turn about people drawn at random. Prints, for each
size, medians and p99 in milliseconds, the store's size, and the ratio of the medians to the smallest's.
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
from eligibility_api.domain.certificate import CertificateId
from eligibility_api.domain.challenge import NONCE_BYTES, Challenge
from eligibility_api.eligibility.store import Asked, use_proof
from eligibility_api.platform.cluster import provision
from eligibility_api.platform.database import Database
from eligibility_api.platform.embedded import EmbeddedPostgres
from eligibility_api.platform.migrate import migrate
from eligibility_api.presence.statement import Evidence, Presented

AUTHORITY = bytes(32)
INSTITUTION_CODE = "1311111114"
INSURER_NUMBER = "01130012"
CHUNK = 500_000
FIRST_SERIAL = 2**56
"""So that each serial has eight bytes, in SQL as in the store."""

FRESH = timedelta(days=1)
WARMING = 2_000

_PREPARE = """
INSERT INTO facility (institution_code, name, kind) VALUES ('{institution}', '架空診療所', 'clinic');
INSERT INTO insurer (insurer_number, name) VALUES ('{insurer}', '架空健康保険協会');
INSERT INTO client (client_id, institution_code, public_key, rights)
    VALUES ('{terminal}', '{institution}', '{{}}', '{{eligibility}}');
INSERT INTO client (client_id, insurer_number, public_key, rights)
    VALUES (gen_random_uuid(), '{insurer}', '{{}}', '{{enrolment}}');
INSERT INTO authority VALUES ('\\x{authority}', 1, '\\x00', now(), now() + interval '2 days', now() + interval '12 hours');
INSERT INTO revision (insurer_number, client_id, kind, published_at)
    SELECT insurer_number, client_id, 'file', now() FROM client WHERE insurer_number IS NOT NULL;
ALTER TABLE enrolment DROP CONSTRAINT enrolment_once;
"""

_PLAIN_INDEXES = """
SELECT indexname, indexdef FROM pg_indexes
WHERE tablename IN ('enrolment', 'entitlement', 'binding')
  AND indexname NOT IN (SELECT conname FROM pg_constraint)
"""

_FILL = """
WITH people AS (
    SELECT n, sha256(int8send(n)) AS hash, date '1930-01-01' + (n % 34000)::int AS born FROM generate_series($1::bigint, $2) n
), entitled AS (
    INSERT INTO entitlement (insurer_number, symbol_key, number_key, branch_key, birth_date)
    SELECT '01130012', '見本', n::text, '00', born FROM people
    RETURNING entitlement, number_key::bigint AS n
), bound AS (
    INSERT INTO binding (authority, serial, person_key, basis, record_id)
    SELECT decode(repeat('00', 32), 'hex'), int8send(n + 72057594037927936), substr(hash, 1, 16), 'first-registration', uuidv7() FROM people
)
INSERT INTO enrolment (entitlement, opened_by, person_key, register_match, insurer_name, certificate_kind, symbol, number,
                       branch, relationship, name, name_kana, sex, birth_date, postal_code, address, acquired_on, digest)
SELECT e.entitlement, r.revision, substr(p.hash, 1, 16), 'one', '架空健康保険協会', '01', '見本', p.n::text, '00', '1',
       '試験　見本' || p.n, 'シケン　ミホン', '1', p.born, '000-0000', '架空県見本市１丁目' || p.n || '番', '2024-04-01',
       substr(p.hash, 17)
FROM people p JOIN entitled e USING (n) CROSS JOIN revision r
"""

_FINISH = """
ALTER TABLE enrolment ADD CONSTRAINT enrolment_once EXCLUDE USING gist (
    int8range(entitlement, entitlement, '[]') WITH &&,
    daterange(acquired_on, lost_on) WITH &&,
    int8range(opened_by, closed_by) WITH &&
);
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
        """Its database."""
        return f"country_{self.people}"

    async def tap(self, database: Database, person: int) -> None:
        """Put the hot statement, once."""
        expires_at = (datetime.now(UTC) + timedelta(minutes=1)).replace(microsecond=0)
        nonce = secrets.token_bytes(NONCE_BYTES)
        challenge = Challenge(Purpose.ELIGIBILITY, expires_at, INSTITUTION_CODE, self.terminal, nonce)
        certificate = CertificateId(AUTHORITY, person + FIRST_SERIAL)
        presented = Presented(
            challenge, self.terminal, (Right.ELIGIBILITY,), certificate, expires_at + timedelta(days=365)
        )
        asked = Asked(datetime.now(UTC).date(), None, None)
        started = time.perf_counter()
        seen = await use_proof(database, presented, asked, Evidence(), fresh=FRESH)
        self.times.append((time.perf_counter() - started) * 1000)
        assert len(seen.enrolments) == 1


async def fill(server: EmbeddedPostgres, people: int) -> Country:
    """Make a country of `people`."""
    name, terminal = f"country_{people}", uuid4()
    connection = await asyncpg.connect(server.dsn("owner"))
    for statement in provision(name):
        await connection.execute(statement)
    await connection.close()
    await migrate(server.dsn("owner", name))
    connection = await asyncpg.connect(server.dsn("owner", name))
    places = {"institution": INSTITUTION_CODE, "insurer": INSURER_NUMBER, "authority": AUTHORITY.hex()}
    await connection.execute(_PREPARE.format(terminal=terminal, **places))
    indexes = await connection.fetch(_PLAIN_INDEXES)
    for index in indexes:
        await connection.execute(f"DROP INDEX {index['indexname']}")
    for first in range(1, people + 1, CHUNK):
        await connection.execute(_FILL, first, min(first + CHUNK - 1, people), timeout=3600)
    for index in indexes:
        await connection.execute(index["indexdef"], timeout=3600)
    await connection.execute(_FINISH, timeout=3600)
    await connection.execute("VACUUM ANALYZE", timeout=3600)
    size = await connection.fetchval("SELECT pg_database_size(current_database())")
    await connection.close()
    return Country(people, terminal, size / 2**20)


async def fill_all(server: EmbeddedPostgres, sizes: list[int]) -> list[Country]:
    """Make every country."""
    countries = []
    for people in sizes:
        started = time.perf_counter()
        countries.append(await fill(server, people))
        print(f"{people:>12,} people filled in {time.perf_counter() - started:.0f} s", flush=True)
    return countries


async def measure(server: EmbeddedPostgres, countries: list[Country], taps: int) -> None:
    """Warm up, and measure in turn."""
    databases = [Database(server.dsn("api", country.name), pool_connections=1) for country in countries]
    for database in databases:
        await database.open()
    draw = random.Random(1)
    for turn in range(taps + WARMING):
        if turn == WARMING:
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
        # A start anew: what the filling wrote is on the disk, and no tap has to write it.
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
