"""The load of receipts: a country's members enrolled, months of its receipt files sent until the last receipt counts."""

from __future__ import annotations

import time
from contextlib import ExitStack
from datetime import date, timedelta
from pathlib import Path

from eligibility_api.contract.claims import ClaimsAnswer, ClaimsState
from payer_mock.claims.nation import write_claims_files
from payer_mock.clock import day_in_japan, month_before, now, this_month
from payer_mock.desk.claims import follow_claims, insurer_of_claims, send_claims
from payer_mock.desk.following import wait_until
from payer_mock.load.keys import Crew, Keys, largest_first
from payer_mock.load.nation import Nation
from payer_mock.load.processes import fund_processor_seconds
from payer_mock.load.report import ClaimsLoad
from payer_mock.load.surroundings import LoadError, Surroundings, surroundings


def run_claims(people: int, months: int, seed: int, folder: Path) -> ClaimsLoad:
    """Load so many claim months of a country of so many people. Everything that it makes lies in `folder`.

    Raises LoadError, ShikakuError, CountryError, OSError.
    """
    report = ClaimsLoad(people)
    with ExitStack() as stack:
        with report.timed("start"):
            there = stack.enter_context(surroundings(folder))
        _load(report, there, months, seed, folder)
    return report


def _load(report: ClaimsLoad, there: Surroundings, months: int, seed: int, folder: Path) -> None:
    nation = Nation(report, there, folder)
    made = nation.settle(seed, this_month())
    nation.enrol("members", made.month)
    with report.timed("files"):
        files = _write(nation.country_folder, _newest_due(), months, folder / "claims")
    used = _processor_seconds(there)
    with report.timed("claims"):
        _send(report, files, nation.keys)
    if used is not None:
        report.processor_seconds = (_processor_seconds(there) or used) - used
    nation.look_at_memory()


def _newest_due() -> str:
    """The newest claim month (YYYY-MM) whose receipts show already: they do from the 11th of it on (OQS 7.3)."""
    return f"{day_in_japan(now() - timedelta(days=10)):%Y-%m}"


def _write(country: Path, newest: str, months: int, out: Path) -> list[Path]:
    """The receipt files of so many claim months, up to the newest (YYYY-MM)."""
    files: list[Path] = []
    for _ in range(months):
        files += write_claims_files(country, date.fromisoformat(f"{newest}-01"), out).files
        newest = month_before(newest)
    return files


def _send(report: ClaimsLoad, files: list[Path], keys: Keys) -> None:
    """Send every file, several insurers at a time, and wait until the last receipt counts."""
    crew = Crew()

    def send(file: Path) -> ClaimsAnswer:
        insurer_number = insurer_of_claims(file)
        if insurer_number is None:
            raise LoadError(f"{file.name} tells no insurer")
        with keys.client(insurer_number) as client:
            answer = follow_claims(client, send_claims(client, file), crew.wait)
        if answer.state is not ClaimsState.DONE or answer.report is None:
            raise LoadError(f"{file.name}: {answer.state} ({answer.refusal})")
        return answer

    began = time.perf_counter()
    with crew.pool() as pool:
        for answer in list(pool.map(send, largest_first(files))):
            wait_until(answer.known_from, now, time.sleep)
            _count(report, answer)
    report.stored_after = time.perf_counter() - began


def _count(report: ClaimsLoad, answer: ClaimsAnswer) -> None:
    report.files += 1
    if (found := answer.report) is not None:
        report.receipts += found.claims
        report.good += found.accepted
        report.unmatched += found.unmatched
        report.faults.update({fault.value: count for fault, count in found.faults.items()})


def _processor_seconds(there: Surroundings) -> float | None:
    return None if there.house is None else fund_processor_seconds(there.house)
