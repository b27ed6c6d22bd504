"""The two load tests: members, and claims."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import date, timedelta
from pathlib import Path

from payer_mock.claims.monthly_files import write_claim_files
from payer_mock.clock import day_in_japan, month_before, now, this_month
from payer_mock.load.claims import send_claim_files
from payer_mock.load.environment import TargetEnvironment, target_environment
from payer_mock.load.population import PopulationLoader
from payer_mock.load.processes import fund_cpu_seconds
from payer_mock.load.report import ClaimsLoadReport, MembersLoadReport
from payer_mock.population.month import advance_month


def run_members_load(people: int, seed: int, folder: Path) -> MembersLoadReport:
    """Load a population of `people`, then its files of the next month. Writes everything below `folder`.

    Raises LoadError, ShikakuError, OSError.
    """
    report = MembersLoadReport(people)
    with ExitStack() as stack:
        with report.timed("start"):
            target = stack.enter_context(target_environment(folder))
        _load_members(report, PopulationLoader(report, target, folder), seed)
    return report


def _load_members(report: MembersLoadReport, loader: PopulationLoader, seed: int) -> None:
    # The month before this one, so that the simulated month lies entirely in the past.
    population = loader.provision(seed, month_before(this_month()))
    report.first = loader.enrol("first_load", population.month)
    loader.record_peak_memory()
    with report.timed("month"):
        result = advance_month(loader.population_folder)
    report.monthly = loader.enrol("monthly", result.population.month)
    loader.record_peak_memory()


def run_claims_load(people: int, months: int, seed: int, folder: Path) -> ClaimsLoadReport:
    """Load so many claim months of a population of `people`. Writes everything below `folder`.

    Raises LoadError, ShikakuError, PopulationError, OSError.
    """
    report = ClaimsLoadReport(people)
    with ExitStack() as stack:
        with report.timed("start"):
            target = stack.enter_context(target_environment(folder))
        _load_claims(report, target, months, seed, folder)
    return report


def _load_claims(
    report: ClaimsLoadReport, target: TargetEnvironment, months: int, seed: int, folder: Path
) -> None:
    loader = PopulationLoader(report, target, folder)
    population = loader.provision(seed, this_month())
    loader.enrol("members", population.month)
    with report.timed("files"):
        files = _write_claim_files(loader.population_folder, _newest_due(), months, folder / "claims")
    used = _cpu_seconds(target)
    with report.timed("claims"):
        send_claim_files(report, files, loader.credentials)
    if used is not None:
        report.cpu_seconds = (_cpu_seconds(target) or used) - used
    loader.record_peak_memory()


def _newest_due() -> str:
    """The newest claim month (YYYY-MM) whose claims are visible: from its 11th on (OQS 7.3)."""
    return f"{day_in_japan(now() - timedelta(days=10)):%Y-%m}"


def _write_claim_files(population: Path, newest: str, months: int, out: Path) -> list[Path]:
    """The claim files of so many claim months, up to the newest (YYYY-MM)."""
    files: list[Path] = []
    for _ in range(months):
        files += write_claim_files(population, date.fromisoformat(f"{newest}-01"), out).files
        newest = month_before(newest)
    return files


def _cpu_seconds(target: TargetEnvironment) -> float | None:
    return None if target.stack_pid is None else fund_cpu_seconds(target.stack_pid)
