"""First steps of every load test: generate residents and a population, admit insurers, enrol members."""

from __future__ import annotations

from pathlib import Path

from payer_mock.load.environment import TargetEnvironment
from payer_mock.load.insurers import InsurerCredentials
from payer_mock.load.members import upload_members
from payer_mock.load.processes import fund_peaks, own_peak
from payer_mock.load.report import LoadReport, UploadRound
from payer_mock.population.files import UNREPORTED, Population, member_file
from payer_mock.population.generate import generate_population


class PopulationLoader:
    """Generates a population in a folder and loads it into a fund."""

    def __init__(self, report: LoadReport, target: TargetEnvironment, folder: Path) -> None:
        self.population_folder = folder / "population"
        self.credentials = InsurerCredentials(target.fund_url, folder / "programs", folder / "approvers")
        self._residents = folder / "residents.jsonl"
        self._report = report
        self._target = target

    def provision(self, seed: int, month: str) -> Population:
        """Generate residents and their population as of a month (YYYY-MM), and admit the insurers.

        Raises LoadError.
        """
        with self._report.timed("residents"):
            numbers = ("--people", str(self._report.people), "--seed", str(seed))
            self._target.run("jpki-mock", "residents", *numbers, "--out", self._residents)
        with self._report.timed("population"):
            population = generate_population(self._residents, self.population_folder, seed=seed, month=month)
        with self._report.timed("admission"):
            insurers = self.population_folder / "insurers.csv"
            folders = (
                "--out-dir",
                self.credentials.programs,
                "--approvers-out-dir",
                self.credentials.approvers,
            )
            self._target.run("eligibility-api", "insurer", "add", "--from", insurers, *folders)
        return population

    def enrol(self, part: str, month: str) -> UploadRound:
        """Upload and publish the member files of a month. Raises LoadError, ShikakuError."""
        folder = self.population_folder / month
        unreported = member_file(folder, UNREPORTED)
        files = [path for path in folder.iterdir() if path != unreported]
        self._report.insurers = len(files)
        with self._report.timed(part):
            return upload_members(files, self.credentials)

    def record_peak_memory(self) -> None:
        """Record the peak memory of each process so far."""
        peaks = self._report.peaks
        peaks["loader"] = own_peak()
        if self._target.stack_pid is not None:
            peaks |= {f"fund {pid}": peak for pid, peak in fund_peaks(self._target.stack_pid).items()}
