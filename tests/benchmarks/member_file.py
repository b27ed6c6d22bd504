"""Rate of a member file: `python -m tests.benchmarks.member_file --rows N`, with a fund in this process.

The database is a real one of its own; the resident register is a fake that matches everybody at no cost. Prints one JSON
object: rows per second of upload and check (of the month's file), of a first load and of the month's file end to end,
and the peak memory of this process: API, job and loader together.
"""

from __future__ import annotations

import argparse
import asyncio
import cProfile
import hashlib
import json
import resource
import tempfile
import time
from datetime import date
from pathlib import Path
from typing import Any

import asyncpg

from eligibility_api.contract.member_file import MEMBER_COLUMNS
from eligibility_api.embedded_postgres.cluster import provision
from eligibility_api.embedded_postgres.server import EmbeddedPostgres
from eligibility_api.uploads.job import run_step
from eligibility_api.uploads.queue import UploadContext
from tests.builders.database import Database
from tests.builders.fund import Fund, open_fund
from tests.builders.fund_clients import INSURER
from tests.builders.member_files import get, upload


class MatchingRegister:
    """A fake resident register that costs nothing."""

    async def match_many(self, people: str, number: int) -> list[tuple[str, bytes | None]]:
        """One match each, with a person key derived from the request."""
        asked = hashlib.blake2b(people.encode()).digest()
        return [
            ("one", hashlib.blake2b(asked + place.to_bytes(4), digest_size=16).digest())
            for place in range(number)
        ]


def _cells(number: int, changed: bool) -> dict[str, str]:
    year, month, day = 1950 + number % 70, 1 + number % 12, 1 + number % 28
    cells = {
        "insurer_number": INSURER,
        "symbol": f"見本{number % 900}",
        "number": f"{number // 3:08d}",
        "branch": f"{number % 3:02d}",
        "relationship": "2" if number % 3 else "1",
        "name": f"試験　見本{number}",
        "name_kana": "シケン　ミホン",
        "sex": str(1 + number % 2),
        "birth_date": date(year, month, day).isoformat(),
        "postal_code": "000-0010",
        "address": f"架空県見本市中央{number % 4000}丁目{number % 17}番地",
        "acquired_on": "2024-04-01",
        "issued_on": "2024-04-01",
        "valid_from": "2024-04-01",
    }
    if number % 3:
        cells |= {"insured_name": f"試験　見本{number - number % 3}", "insured_birth_date": "1970-01-01"}
    if number % 20 == 0:
        cells |= {"limit_kind": "01", "limit_class": "A03"}
        cells |= {"limit_valid_from": "2024-08-01", "limit_valid_to": "2025-07-31"}
    return cells | ({"postal_code": "000-0020"} if changed else {})


def _file(path: Path, rows: int, changed_share: float) -> Path:
    every = round(1 / changed_share) if changed_share else 0
    with path.open("w", encoding="utf-8") as out:
        out.write(",".join(MEMBER_COLUMNS) + "\n")
        for number in range(rows):
            cells = _cells(number, bool(every) and number % every == 0)
            out.write(",".join(cells.get(name, "") for name in MEMBER_COLUMNS) + "\n")
    return path


async def _body(path: Path) -> Any:
    with path.open("rb") as source:
        while block := source.read(256 * 1024):
            yield block


async def _time(fund: Fund, context: UploadContext, path: Path) -> dict[str, float]:
    """Seconds of upload, check (matching with it) and publishing."""
    begun = time.perf_counter()
    response = await upload(fund, _body(path), publish="on-request")
    assert response.status_code == 202, response.text
    sent = time.perf_counter()
    while await run_step(context):
        pass
    checked = time.perf_counter()
    upload_id = response.json()["upload_id"]
    answer = await get(fund, f"/v1/uploads/{upload_id}")
    assert answer["state"] == "checked", answer
    await fund.post(f"/v1/uploads/{upload_id}/publish", {}, fund.insurer)
    asked = time.perf_counter()
    while await run_step(context):
        pass
    done = time.perf_counter()
    assert (await get(fund, f"/v1/uploads/{upload_id}"))["state"] == "published"
    return {"upload": sent - begun, "check": checked - sent, "publish": done - asked}


async def measure(rows: int, *, profile: bool) -> dict[str, Any]:
    """The figures of `rows` members: a first load, then the same members with one in twenty changed."""
    with tempfile.TemporaryDirectory() as home, EmbeddedPostgres(Path(home) / "postgres") as server:
        connection = await asyncpg.connect(server.dsn("owner"))
        for statement in provision("benchmark"):
            await connection.execute(statement)
        await connection.close()
        async with open_fund(Database(server, "benchmark"), Path(home)) as fund:
            first, month = (_file(Path(home) / f"{share}.csv", rows, share) for share in (0.0, 0.05))
            register: Any = MatchingRegister()
            context = UploadContext(fund.state.settings, fund.state.clock, register, fund.batch)
            profiler = cProfile.Profile()
            if profile:
                profiler.enable()
            figures = {"first": await _time(fund, context, first), "month": await _time(fund, context, month)}
            if profile:
                profiler.disable()
                profiler.print_stats("tottime")
    return _figures(rows, figures)


def _figures(rows: int, figures: dict[str, dict[str, float]]) -> dict[str, Any]:
    month, first = figures["month"], figures["first"]
    return {
        "rows": rows,
        "upload_check_per_s": round(rows / (month["upload"] + month["check"])),
        "first_load_per_s": round(rows / sum(first.values())),
        "monthly_per_s": round(rows / sum(month.values())),
        "peak_mib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        "seconds": {name: {k: round(v, 2) for k, v in of.items()} for name, of in figures.items()},
    }


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--profile", action="store_true", help="Print a profile of this process.")
    return parser.parse_args()


def main() -> None:
    """Measure and print."""
    arguments = _arguments()
    print(json.dumps(asyncio.run(measure(arguments.rows, profile=arguments.profile)), indent=1))


if __name__ == "__main__":
    main()
