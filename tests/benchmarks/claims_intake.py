"""Rate of claims from a file into the history: `python -m tests.benchmarks.claims_intake --claims N`.

Runs the job's code in this process over the files of some months, all of enrolled members, with a real database of its
own. Prints one JSON object: claims per second of wall time and of CPU time (this process and PostgreSQL together: the
rate of one core), the CPU time of each, the rate of reading alone, and this process's peak memory during the job.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import asyncpg

from eligibility_api.claims.ingest import run_step
from eligibility_api.claims.reading.reader import Reader
from eligibility_api.contract.claims import CLAIMS_PATH
from eligibility_api.contract.codes import Sex
from eligibility_api.embedded_postgres.cluster import provision
from eligibility_api.embedded_postgres.server import EmbeddedPostgres
from eligibility_api.files.parts import PART_BYTES
from payer_mock.claims.claim import (
    Claim,
    Disease,
    Institution,
    Item,
    MedicalClaim,
    Member,
    PharmacyClaim,
    Prescription,
    Supply,
    Unit,
)
from payer_mock.claims.claim_file import encode_claim, examiner_of, write_sections
from tests.builders.claim_files import send
from tests.builders.database import Database
from tests.builders.fund import Fund, open_fund
from tests.builders.fund_clients import INSURER

CLAIMS_PER_INSTITUTION = 400
BORN = date(1950, 1, 1)

# Members with only the items that claims are matched by; the insurer is admitted by the fund.
_ENROL = """
WITH opened AS (
    INSERT INTO revision (insurer_number, client_id, kind, published_at) VALUES ($1, $2, 'file', now())
    RETURNING revision
), entitled AS (
    INSERT INTO entitlement (insurer_number, symbol_key, number_key, branch_key, birth_date)
    SELECT $1, '見本', lpad(n::text, 8, '0'), '00', $3::date + n % 20000 FROM generate_series(0, $4::integer - 1) n
    RETURNING entitlement, birth_date, number_key
)
INSERT INTO enrolment (entitlement, opened_by, person_key, register_match, mismatch, insurer_name, certificate_kind, symbol, number,
                       branch, relationship, name, name_kana, sex, birth_date, address, acquired_on, digest)
SELECT entitlement, revision, sha256(number_key::bytea), 'one', 'none', '試験健康保険組合', '01', '見本', number_key, '00', '1', '試験　見本',
       'シケン　ミホン', '2', birth_date, '架空県見本市', '2020-04-01', '\\x00'
FROM entitled, opened
"""


@dataclass(frozen=True, slots=True)
class Clocks:
    """Clock readings in seconds: wall time, and CPU time of this process and of PostgreSQL."""

    wall: float
    process: float
    database: float

    @classmethod
    def now(cls, postmaster: int) -> Clocks:
        """The current clock readings."""
        return cls(time.perf_counter(), time.process_time(), _cpu_of(postmaster))

    def since(self, before: Clocks) -> Clocks:
        """The time since `before`."""
        return Clocks(self.wall - before.wall, self.process - before.process, self.database - before.database)


def _cpu_of(postmaster: int) -> float:
    """CPU seconds of a server and all its children, including those that have exited."""
    ticks = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(stat.parent.name) == postmaster:
            ticks += sum(map(int, fields[11:15]))
        elif int(fields[1]) == postmaster:
            ticks += sum(map(int, fields[11:13]))
    return ticks / os.sysconf("SC_CLK_TCK")


def _claims(count: int, month: date) -> Iterator[Claim]:
    """A month's claims: two of three medical, the others of pharmacies; two claims per member, of different
    institutions.
    """
    members = (count + 1) // 2
    for number in range(count):
        who = number % members
        member = Member(
            insurer_number=INSURER,
            symbol="見本",
            number=f"{who:08d}",
            branch="00",
            birth_date=BORN + timedelta(days=who % 20000),
            name="試験　見本",
            sex=Sex.FEMALE,
        )
        place = number // CLAIMS_PER_INSTITUTION
        prescriber = Institution(code=f"131{place % 10**6:06d}9", name=f"架空第{place}診療所")
        if place % 3 < 2:
            yield _medical(number, member, prescriber, month)
        else:
            pharmacy = Institution(code=f"134{place % 10**6:06d}9", name=f"架空第{place}薬局")
            yield _dispensed(number, member, pharmacy, prescriber, month)


def _medical(number: int, member: Member, institution: Institution, month: date) -> MedicalClaim:
    day = 1 + number % 28
    acts = [
        Unit(act=act, acts=(Item(code=f"19900{number % 7}{act}0"),), days={day: 1}, points=75)
        for act in ("12", "13", "25", "28", "60", "60", "60", "80")
    ]
    drugs = [
        Unit(
            act="21",
            drugs=tuple(Item(code=f"9900001{k}{unit}", quantity="1") for k in range(2)),
            days={day: 28},
            points=4,
        )
        for unit in range(2)
    ]
    return MedicalClaim(
        institution=institution,
        member=member,
        treatment_month=month,
        diseases=tuple(
            Disease(name=f"架空病{number % 11}{k}", began_on=date(2024, 4, 1 + k), main=k == 0)
            for k in range(3)
        ),
        units=(*acts, *drugs),
    )


def _dispensed(
    number: int, member: Member, pharmacy: Institution, prescriber: Institution, month: date
) -> PharmacyClaim:
    on = month.replace(day=1 + number % 28)
    supply = Supply(prescribed_on=on, dispensed_on=on, times=28)
    return PharmacyClaim(
        institution=pharmacy,
        member=member,
        treatment_month=month,
        prescriber=prescriber,
        prescriptions=tuple(
            Prescription(
                form="1",
                usage=usage,
                drugs=tuple(Item(code=f"9900001{k}{usage[-1]}", quantity="3") for k in range(2)),
                supplies=(supply,),
            )
            for usage in ("003", "006")
        ),
    )


def _file(path: Path, count: int, month: date) -> Path:
    claim_month = (month + timedelta(days=31)).replace(day=1)
    with path.open("wb") as file:
        write_sections(file, claim_month, examiner_of(INSURER), map(encode_claim, _claims(count, month)))
    return path


async def _body(path: Path) -> AsyncIterator[bytes]:
    with path.open("rb") as source:
        while block := source.read(256 * 1024):
            yield block


def _reading(path: Path) -> float:
    """CPU seconds of the reader alone."""
    reader = Reader(INSURER)
    before = time.process_time()
    with path.open("rb") as source:
        while block := source.read(PART_BYTES):
            reader.feed(block)
    reader.finish()
    return time.process_time() - before


async def _process(fund: Fund, postmaster: int, path: Path, count: int) -> dict[str, Any]:
    response = await send(fund, _body(path))
    assert response.status_code == 202, response.text
    Path("/proc/self/clear_refs").write_text("5")
    before = Clocks.now(postmaster)
    while await run_step(fund.batch):
        pass
    spent = Clocks.now(postmaster).since(before)
    answer = (await fund.get(f"{CLAIMS_PATH}/{response.json()['file_id']}")).json()
    assert answer["report"]["accepted"] == count, answer
    return _figures(path, count, spent) | {
        name: answer["report"][name] for name in ("accepted", "unmatched", "replacing")
    }


def _figures(path: Path, count: int, spent: Clocks) -> dict[str, Any]:
    peak = next(line for line in Path("/proc/self/status").read_text().splitlines() if "VmHWM" in line)
    return {
        "claims_per_s": round(count / spent.wall),
        "claims_per_core_s": round(count / (spent.process + spent.database)),
        "reading_only_per_core_s": round(count / _reading(path)),
        "us_process": round(spent.process / count * 1e6),
        "us_database": round(spent.database / count * 1e6),
        "bytes_per_claim": round(path.stat().st_size / count),
        "peak_mib": round(int(peak.split()[1]) / 1024),
    }


async def _execute(dsn: str, *statements: str) -> None:
    connection = await asyncpg.connect(dsn)
    for statement in statements:
        await connection.execute(statement)
    await connection.close()


async def _enrol(fund: Fund, members: int) -> None:
    """Enrol `members` by one statement, which takes longer than the fund's statement timeout."""
    connection = await asyncpg.connect(fund.database.dsn("owner"))
    await connection.execute(_ENROL, INSURER, fund.insurer.client_id, BORN, members)
    await connection.execute("ANALYZE")
    await connection.close()


async def measure(count: int, months: int) -> list[dict[str, Any]]:
    """The figures of each month's file of `count` claims."""
    with tempfile.TemporaryDirectory() as home, EmbeddedPostgres(Path(home) / "postgres") as server:
        await _execute(server.dsn("owner"), *provision("benchmark"))
        postmaster = int((Path(home) / "postgres" / "data" / "postmaster.pid").read_text().split()[0])
        async with open_fund(Database(server, "benchmark"), Path(home)) as fund:
            await _enrol(fund, (count + 1) // 2)
            stats = []
            for place in range(months):
                path = _file(Path(home) / "claims.uke", count, date(2025 + place // 12, 1 + place % 12, 1))
                stats.append(await _process(fund, postmaster, path, count))
            return stats


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--claims", type=int, default=50_000)
    parser.add_argument("--months", type=int, default=2, help="Number of files, each of another month.")
    return parser.parse_args()


def main() -> None:
    """Measure and print."""
    arguments = _arguments()
    stats = asyncio.run(measure(arguments.claims, arguments.months))
    print(json.dumps({"claims": arguments.claims, "months": stats}, indent=1))


if __name__ == "__main__":
    main()
