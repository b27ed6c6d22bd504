"""Publication under load: an insurer publishes a file and undoes it.

Each answer must be the old or the new one. The file renews the certificates of all its members: days of issue
and validity, which every answer about them shows. This is normal operation, injected like a fault because no
check may be affected by it.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from loadtest.clock import now, today_in_japan
from loadtest.errors import LoadError
from loadtest.faults.fault import Expectation, Fault, FaultContext, Finding, always
from loadtest.faults.insurer_client import (
    REASON,
    InsurerClient,
    Publication,
    insurer_of,
    latest_files,
    rewrite,
)
from loadtest.sections import Text

_YEAR, _DAYS_RANGE = 365, 3_000


def renewed(day: date, number: int) -> dict[str, str]:
    """The columns of a certificate renewed on a day.

    They vary with `number`, since the fund recognises an identical file.
    """
    until = day + timedelta(days=_YEAR + number % _DAYS_RANGE)
    return {"issued_on": day.isoformat(), "valid_from": day.isoformat(), "valid_to": until.isoformat()}


class RenewedCertificates:
    """Publishes the largest insurer's latest file with renewed certificates, and undoes it."""

    def __init__(self, fault_context: FaultContext) -> None:
        """Raises LoadError if no insurer has a file."""
        self._fault_context = fault_context
        files = latest_files(fault_context)
        if not files:
            raise LoadError("the dataset has no insurer with a file")
        self._file = max(files, key=lambda path: path.stat().st_size)
        self._insurer = insurer_of(self._file)
        self._publication: Publication | None = None
        self._report: dict[str, Any] = {}
        self._seconds = 0.0

    async def inject(self) -> None:
        """Send the file and have it published. Raises LoadError, OSError."""
        certificate = renewed(today_in_japan(), int(now().timestamp()))
        target = self._fault_context.folder / f"renewed-{self._insurer}.csv"
        rewrite(self._file, target, lambda row: {**row, **certificate})
        client, began = InsurerClient(self._fault_context, self._insurer), time.monotonic()
        upload = await client.run("upload", target, "--approver", "--reason", REASON)
        self._seconds = time.monotonic() - began
        self._report = upload.get("report") or {}
        self._publication = Publication(self._fault_context, client, target, upload)
        self._fault_context.progress("the renewed file is published")

    async def remove(self) -> None:
        """Undo the file. Raises LoadError."""
        if self._publication is not None:
            await self._publication.undo()

    async def findings(self, _: Sequence[bytes]) -> list[Finding]:
        """The size of the publication, and its duration."""
        changed = self._report.get("changed", 0)
        return [
            Finding("rows_published", self._report.get("rows", 0)),
            Finding("members_changed", changed, took_hold=changed > 0),
            Finding("published_after_s", round(self._seconds, 1)),
        ]


PUBLISH = Fault(
    "publish",
    Text(
        "保険者が資格確認書などの更新を含むファイルを反映し、その後取り消し",
        "an insurer's file with renewed certificates is published, and undone",
    ),
    always(
        Expectation(
            Text(
                "照会は失敗も遅延もしません。各回答は、その回答日時に応じて反映前または反映後の内容であり、混在しません。"
                "取り消し後は元の回答に戻ります。",
                "No check fails for it, or waits for it. Each answer is that of before or that of after the instant from"
                " which the file is in effect, by the instant that it names, and never a mixture; undone, the former"
                " answers are given again.",
            )
        )
    ),
    RenewedCertificates,
)
