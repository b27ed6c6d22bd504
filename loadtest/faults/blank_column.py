"""Blank column: an insurer publishes a file with empty burden columns.

A city once did so through one setting. The insurer's own program sends its latest file again with these
columns empty. The fund holds it; a second person of the insurer approves it all the same; finally the insurer
undoes it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from loadtest.dataset.member_files import read_cells
from loadtest.faults.fault import FaultContext, Finding
from loadtest.faults.insurer_client import (
    REASON,
    InsurerClient,
    Publication,
    insurer_of,
    latest_files,
    rewrite,
)
from loadtest.scenario.sections import Text
from loadtest.target import LoadError

COLUMNS = ("burden_ratio", "elderly_burden_ratio")
_MIN_FILLED = 20
"""The fund does not hold files for shares of fewer rows."""

_FINDING = "fill-dropped"


def fullest(files: Sequence[Path]) -> tuple[Path, int]:
    """The member file with the most values in those columns, and their number.

    Raises LoadError if there are too few.
    """
    filled = {file: sum(map(_filled, read_cells(file))) for file in files}
    best = max(filled, key=filled.__getitem__, default=None)
    if best is None or filled[best] < _MIN_FILLED:
        raise LoadError(f"no insurer has {_MIN_FILLED} members with a burden ratio: increase --people")
    return best, filled[best]


def _filled(cells: Any) -> int:
    return sum(bool(cells[column]) for column in COLUMNS)


def write_blank(file: Path, target: Path) -> None:
    """Write a member file with those columns empty, readable by its owner only."""
    blank = dict.fromkeys(COLUMNS, "")
    rewrite(file, target, lambda row: {**row, **blank})


class BlankColumn:
    """Sends the file, checks that it is held, has it approved, and undoes it.

    It is approved after a third of the fault's time.
    """

    def __init__(self, fault_context: FaultContext) -> None:
        """Raises LoadError if no insurer has enough values."""
        self._fault_context = fault_context
        self._file, self._filled = fullest(latest_files(fault_context))
        self._insurer = insurer_of(self._file)
        self._client = InsurerClient(fault_context, self._insurer)
        self._publication: Publication | None = None
        self._findings: list[Finding] = []

    async def inject(self) -> None:
        """Send the blank file, and approve it after a while. Raises LoadError."""
        blank = self._fault_context.folder / f"blank-{self._insurer}.csv"
        write_blank(self._file, blank)
        upload = await self._client.run("upload", blank)
        self._check_held(upload)
        await asyncio.sleep(self._fault_context.window.seconds / 3)
        published = await self._client.run("approve", upload["upload_id"], "--reason", REASON)
        self._publication = Publication(self._fault_context, self._client, blank, published)
        self._fault_context.progress("the blank file is published, approved by a second person")

    async def remove(self) -> None:
        """Undo the file. Raises LoadError."""
        if self._publication is not None:
            await self._publication.undo()

    async def findings(self, _: Sequence[bytes]) -> list[Finding]:
        """Whether the file was held, and the facilities that the fund names as recipients of its values."""
        if self._publication is None:
            return self._findings
        corrections = await self._client.run("seen-by", self._publication.upload_id)
        facilities = corrections["facilities"]
        return [
            *self._findings,
            Finding("facilities_affected", len(facilities)),
            Finding("answers_affected", sum(each["answers"] for each in facilities)),
        ]

    def _check_held(self, upload: dict[str, Any]) -> None:
        state = upload["state"]
        findings = (upload.get("report") or {}).get("findings", [])
        codes = sorted({finding["code"] for finding in findings if finding["holds"]})
        violation = None
        if state != "held" or _FINDING not in codes:
            violation = Text(
                f"空の列を含むファイルが保留されず（状態：{state}）",
                f"the blank file was not held for its empty column, but {state}",
            )
        self._findings = [
            Finding("cells_blanked", self._filled),
            Finding("held_for", codes, violation),
        ]
        if state != "held":
            raise LoadError(f"the blank file was not held, but {state}")
