"""A wrong member file: an insurer's program sends its latest file again with a mistake.

The fund holds it; a second person of the insurer approves it all the same; finally the insurer undoes it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from loadtest.errors import LoadError
from loadtest.faults.fault import FaultContext, Finding
from loadtest.faults.insurer_client import REASON, InsurerClient, Publication, insurer_of
from loadtest.sections import Text


@dataclass(frozen=True, slots=True)
class Mistake:
    """A mistake in a member file.

    `name`: of the wrong file; `write`: writes it, its rows in a random order; `counted`: the report's name for its size, and the size;
    `held_for`: the code of the finding for which the fund must hold it.
    """

    name: str
    write: Callable[[Path, Path, Random], None]
    counted: tuple[str, int]
    held_for: str


class WrongFile:
    """Sends the file, checks that it is held, has it approved, and undoes it.

    It is approved after a third of the fault's time.
    """

    def __init__(self, fault_context: FaultContext, file: Path, mistake: Mistake) -> None:
        """`file`: a member file of the dataset."""
        self._fault_context = fault_context
        self._file, self._mistake = file, mistake
        self._insurer = insurer_of(self._file)
        self._client = InsurerClient(fault_context, self._insurer)
        self._publication: Publication | None = None
        self._rows = 0
        self._findings: list[Finding] = []

    async def inject(self) -> None:
        """Send the wrong file, and approve it after a while. Raises LoadError."""
        wrong = self._fault_context.folder / f"{self._mistake.name}-{self._insurer}.csv"
        self._mistake.write(self._file, wrong, Random())  # noqa: S311 - no secret
        upload = await self._client.run("upload", wrong)
        self._check_held(upload)
        await asyncio.sleep(self._fault_context.window.seconds / 3)
        published = await self._client.run("approve", upload["upload_id"], "--reason", REASON)
        self._publication = Publication(self._fault_context, self._client, wrong, published)
        report = published.get("report") or {}
        self._rows = report.get("changed", 0) + report.get("new", 0)
        self._fault_context.progress("the wrong file is published, approved by a second person")

    async def remove(self) -> None:
        """Undo the file. Raises LoadError."""
        if self._publication is not None:
            await self._publication.undo()

    async def findings(self, _: Sequence[bytes]) -> list[Finding]:
        """Whether the file was held, and the facilities that the fund names as recipients of its values."""
        findings = [*self._findings, Finding("members_changed", self._rows, took_hold=self._rows > 0)]
        if self._publication is None:
            return findings
        corrections = await self._client.run("seen-by", self._publication.upload_id)
        facilities = corrections["facilities"]
        return [
            *findings,
            Finding("facilities_affected", len(facilities)),
            Finding("answers_affected", sum(each["answers"] for each in facilities)),
        ]

    def _check_held(self, upload: dict[str, Any]) -> None:
        state = upload["state"]
        findings = (upload.get("report") or {}).get("findings", [])
        codes = sorted({finding["code"] for finding in findings if finding["holds"]})
        violation = None
        if state != "held" or self._mistake.held_for not in codes:
            violation = Text(
                f"誤りのあるファイルが {self._mistake.held_for} で保留されず（状態：{state}）",
                f"the wrong file was not held for {self._mistake.held_for}, but {state}",
            )
        bad = (upload.get("report") or {}).get("bad_rows", 0)
        refused = Text(
            f"誤りのあるファイルの{bad}行が支払基金に拒否されました。参照モデルは、すべての行が取り込まれるものとしています",
            f"the fund refused {bad} rows of the wrong file, which the reference model takes as accepted",
        )
        self._findings = [
            Finding(*self._mistake.counted),
            Finding("held_for", codes, violation),
            Finding("rows_refused", bad, refused if bad else None),
        ]
        if state != "held":
            raise LoadError(f"the wrong file was not held, but {state}")
