"""Insurers at work during a run: their latest member files, and their program."""

from __future__ import annotations

import asyncio
import csv
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any

from eligibility_api.contract.errors import CATALOGUE, ErrorKind
from loadtest.dataset.member_files import Cells, member_files, read_cells
from loadtest.dataset.reference_data import PublishedFile
from loadtest.errors import LoadError
from loadtest.faults.fault import FaultContext
from loadtest.private_files import create_private

REASON = "負荷試験 / load test"
"""The reason of actions that require one."""


def latest_files(fault_context: FaultContext) -> list[Path]:
    """Every insurer's member file of the last month."""
    files = list(member_files(fault_context.folder / "population"))
    last = max((month for month, _ in files), default=0)
    return [file for month, file in files if month == last]


def insurer_of(file: Path) -> str:
    """The insurer of a member file."""
    return next(iter(read_cells(file)))["insurer_number"]


def rewrite(file: Path, target: Path, change: Callable[[Cells], Cells], rng: Random | None = None) -> None:
    """Write a member file with changed rows, readable by its owner only.

    `rng`: draws the order of the rows, since the fund recognises an identical file.
    """
    rows = list(read_cells(file))
    if rng is not None:
        rng.shuffle(rows)
    with create_private(target) as output:
        writer = csv.DictWriter(output, fieldnames=list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(map(change, rows))


class TechnicalFailure(LoadError):
    """The fund could not do what an insurer's program asked; it may be asked again."""


class InsurerClient:
    """One insurer's program, with its approver's key."""

    def __init__(self, fault_context: FaultContext, insurer: str) -> None:
        self._fault_context = fault_context
        self._insurer = insurer

    async def run(self, *arguments: str | Path) -> dict[str, Any]:
        """Run a command and return its JSON: the fund's answer, whatever its exit code.

        Raises TechnicalFailure, and LoadError for a refusal or if it prints no JSON.
        """
        folder, insurer = self._fault_context.folder, self._insurer
        keys = {
            "PAYER_CREDENTIAL": str(folder / "programs" / f"payer-{insurer}.json"),
            "PAYER_APPROVER": str(folder / "approvers" / f"approver-{insurer}.json"),
        }
        options = ("--insurer", insurer, "--json")
        printed = await asyncio.to_thread(
            self._fault_context.target.run_json, "payer-mock", *arguments, *options, variables=keys
        )
        if (problem := printed.get("problem")) is not None:
            technical = CATALOGUE[problem["code"]].kind is ErrorKind.TECHNICAL
            raise (TechnicalFailure if technical else LoadError)(
                f"payer-mock {arguments[0]}: {problem['code']}"
            )
        return printed


class Publication:
    """A file that an insurer has published, until it is undone."""

    def __init__(
        self, fault_context: FaultContext, client: InsurerClient, file: Path, upload: dict[str, Any]
    ) -> None:
        """`upload`: the fund's answer. Raises LoadError if the file is not published."""
        if upload["state"] != "published":
            raise LoadError(f"{file.name} could not be published: {upload['state']}")
        self._reference_data = fault_context.dataset.reference_data
        self._client = client
        self._file = file
        self.upload_id: str = upload["upload_id"]
        self._published = PublishedFile(datetime.fromisoformat(upload["known_from"]))

    async def undo(self) -> None:
        """Undo it, once, and add its period of validity to the reference data. Raises LoadError."""
        if self._published.undone_at is not None:
            return
        undone = await self._client.run("undo", self.upload_id, "--reason", REASON, "--approver")
        if undone["state"] != "undone":
            raise LoadError(f"{self._file.name} could not be undone: {undone['state']}")
        self._published = replace(self._published, undone_at=datetime.fromisoformat(undone["undone_from"]))
        self._reference_data.publish(self._file, self._published)
