"""CPU time of a request for medicines: `python -m tests.benchmarks.history_look_up --people 20000 [--explain]`.

Fills a database of its own with members who have a few claims each, and two patients: an ordinary one (a clinic's and a
pharmacy's claim every other month) and a chronic one (two of each every month, for five years). Prints for each of them,
per request: rows returned, milliseconds of CPU of the API's process and of the database's, and the median time.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import tempfile
import time
from datetime import date
from pathlib import Path
from statistics import median
from uuid import UUID

import asyncpg
from pydantic_core import to_json

from eligibility_api.clients.operator import Operator
from eligibility_api.consent.access_check import CONSENT_BASES
from eligibility_api.contract.claims import ClaimKind
from eligibility_api.contract.codes import Role
from eligibility_api.contract.history import CareSetting, Grouping, HistoryResource
from eligibility_api.domain.claims import Act, Claim, Content, Disease, Drug, Member
from eligibility_api.history import service
from eligibility_api.history.service import HistoryQuery, HistoryRequest, PermitReference
from eligibility_api.history.store import statement
from tests.benchmarks.history_country import Country, filled, months_back

DRUGS = [f"9900001{number:02}" for number in range(1, 40)]
PHARMACY, CLINIC = "1340100013", "1311111114"
REQUESTS = 200
_TICKS = os.sysconf("SC_CLK_TCK")


def _member(number: str) -> Member:
    return Member(
        insurer_number="01130012", symbol="見本", number=number, branch="00", birth_date=date(1950, 5, 17)
    )


def _claim(member: Member, months: int, place: int, *, pharmacy: bool) -> Claim:
    day = months_back(months).replace(day=3 + 5 * place)
    codes = DRUGS[place * 5 : place * 5 + 5]
    if pharmacy:
        drugs = tuple(Drug(code, "2", "21", 28, (), day, day, "003", None, None) for code in codes)
        content = Content("架空薬局", CLINIC, "架空診療所", drugs, (), ())
    else:
        acts = tuple(Act(f"1120074{number:02}", None, "12", 1, ((day.day, 1),)) for number in range(10))
        drugs = tuple(Drug(code, "1", "31", 1, ((day.day, 1),)) for code in codes[:1])
        diseases = tuple(
            Disease(f"83300{number:02}", None, ("8002",), day, "1", False) for number in range(6)
        )
        content = Content("架空診療所", None, None, drugs, acts, diseases)
    return Claim(
        kind=ClaimKind.PHARMACY if pharmacy else ClaimKind.MEDICAL,
        setting=CareSetting.PHARMACY if pharmacy else CareSetting.OUTPATIENT,
        institution_code=f"{PHARMACY if pharmacy else CLINIC}"[:-1] + str(place),
        claim_month=months_back(months - 1),
        treatment_month=months_back(months),
        member=member,
        content=content,
    )


def ordinary(number: str) -> list[Claim]:
    """A clinic's and a pharmacy's claim every other month."""
    return [
        _claim(_member(number), months, 0, pharmacy=pharmacy)
        for months in range(2, 61, 2)
        for pharmacy in (False, True)
    ]


def chronic(number: str) -> list[Claim]:
    """Two of each every month, for five years."""
    return [
        _claim(_member(number), months, place, pharmacy=pharmacy)
        for months in range(2, 61)
        for place in (0, 1)
        for pharmacy in (False, True)
    ]


def _backend_seconds(pid: int) -> float:
    """CPU seconds of a database process until now."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


async def measure(country: Country, name: str, permit: UUID, months: int) -> None:
    """Repeat the request, and print its cost."""
    query = HistoryQuery(months_back(months), None, None, 200, None)
    request = HistoryRequest(
        country.caller, PermitReference(permit, CONSENT_BASES), Operator(Role.PHARMACIST), query
    )

    async def once() -> tuple[int, int]:
        answer = await service.medications(country.state, request, Grouping.NONE, None)
        return answer["total"], len(to_json(answer))

    for _ in range(20):
        total, size = await once()
    backend = (await country.state.database.fetch("SELECT pg_backend_pid() AS pid", ()))[0]["pid"]
    cpu, database = time.process_time(), _backend_seconds(backend)
    times = []
    for _ in range(REQUESTS):
        began = time.perf_counter()
        await once()
        times.append((time.perf_counter() - began) * 1000)
    cpu, database = time.process_time() - cpu, _backend_seconds(backend) - database
    print(
        f"{name}, {months} months: {total} rows, {size / 1024:.0f} KiB; CPU {cpu / REQUESTS * 1000:.2f} ms of the API,"
        f" {database / REQUESTS * 1000:.2f} ms of the database; median {median(times):.2f} ms"
    )


async def explain(country: Country, permit: UUID) -> None:
    """Print the plan of a chronic patient's request."""
    connection = await asyncpg.connect(country.api_dsn)
    await connection.execute("SET plan_cache_mode = force_generic_plan")
    parameters = (
        country.caller.client_id, permit, "consent", "pharmacist", None, months_back(60), months_back(0),
    )  # fmt: skip
    look_up = statement(HistoryResource.MEDICATIONS, CONSENT_BASES, at_instant=False)
    for row in await connection.fetch(f"EXPLAIN (ANALYZE, BUFFERS) {look_up}", *parameters):
        print(row[0])
    await connection.close()


async def main() -> None:
    """Fill, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--people", type=int, default=20_000, help="Number of members in addition to the two patients."
    )
    parser.add_argument("--explain", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="shikaku-history-") as home:
        async with filled(Path(home), arguments.people, {"1": ordinary("1"), "2": chronic("2")}) as country:
            for months in (35, 60):
                for name, number in (("ordinary", "1"), ("chronic", "2")):
                    await measure(country, name, country.permits[number], months)
            if arguments.explain:
                await explain(country, country.permits["2"])


if __name__ == "__main__":
    asyncio.run(main())
