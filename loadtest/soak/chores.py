"""What goes on beside the taps: insurers send claims, and the operator makes back-ups."""

from __future__ import annotations

import asyncio
import csv
import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from loadtest.clock import day_in_japan, now
from loadtest.dataset.member_files import Cells, membership_of, read_cells
from loadtest.dataset.provision import Dataset
from loadtest.errors import LoadError
from loadtest.faults.insurer_client import InsurerClient, TechnicalFailure
from loadtest.model.replay import Key, key_of
from loadtest.private_files import create_private
from loadtest.target import TargetEnvironment

_VISIBLE_AFTER = timedelta(days=10)
"""Claims of a month are visible from its 11th on (rule H1)."""


@dataclass(slots=True)
class ClaimSender:
    """Sends claim files one after the other; from the beginning again once all have been sent."""

    files: Sequence[Path]
    client_of: Callable[[str], InsurerClient]
    """The program of an insurer."""
    sent: int = 0
    refused: list[str] = field(default_factory=list)
    failures: int = 0
    """Technical failures, such as in a fault's time: the next call sends the same file."""

    def send_next(self) -> None:
        """Send one file and wait until its claims are stored. Raises LoadError."""
        file = self.files[self.sent % len(self.files)]
        insurer = file.name.split("-")[1]
        try:
            answer = asyncio.run(self.client_of(insurer).run("send-claims", file))
        except TechnicalFailure:
            self.failures += 1
            return
        self.sent += 1
        if answer["state"] != "done":
            self.refused.append(f"{file.name}: {answer['state']}")


def claim_files(target: TargetEnvironment, dataset: Dataset, folder: Path) -> list[Path]:
    """Write the claim files of the newest visible month, of everybody but the cardholders and their families.

    Their histories must stay empty: the run compares them. Raises LoadError.
    """
    population, claimants = folder / "population", folder / "claimants"
    cards = dataset.reference_data.keys_of(card.resident_id for card in dataset.cards)
    copy_members(population, claimants, cards)
    month = f"{day_in_japan(now() - _VISIBLE_AFTER):%Y-%m}"
    target.run("payer-mock", ("claims-files", claimants, "--month", month, "--out", folder / "claims"))
    files = sorted((folder / "claims").glob("claims-*.UKE"))
    if not files:
        raise LoadError("the population has no claims: increase --people")
    return files


def copy_members(population: Path, target: Path, without: set[Key]) -> None:
    """Copy a population's newest member files, without these memberships and those of the same number."""
    numbers = {key[:3] for key in without}
    parameters = population / "population.json"
    month = json.loads(parameters.read_text(encoding="utf-8"))["month"]
    (target / month).mkdir(mode=0o700, parents=True)
    shutil.copy(parameters, target)
    for file in sorted((population / month).glob("members-*.csv")):
        rows = list(read_cells(file))
        kept = [row for row in rows if key_of(membership_of(row))[:3] not in numbers]
        if kept:
            _write(target / month / file.name, kept)


def _write(file: Path, rows: Sequence[Cells]) -> None:
    with create_private(file) as output:
        writer = csv.DictWriter(output, fieldnames=list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def back_up(target: TargetEnvironment) -> None:
    """Make a back-up of the running database. Raises LoadError."""
    target.run("eligibility-api", ("backup",))
