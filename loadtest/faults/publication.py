"""An insurer publishes a file while everybody asks, and takes it back: each answer is the old or the new, never a mixture.

The file renews the certificates of all its members: days of issue and validity that every answer about them shows. It is
no fault of anybody's, and inflicted like one, since nobody may notice it.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from loadtest.clock import now, today_in_japan
from loadtest.faults.fault import Expectation, Fault, Remark, Scene, always
from loadtest.faults.insurer_client import REASON, OnShow, Payer, insurer_of, newest_files, rewrite
from loadtest.target import LoadError

_YEAR, _DAYS_APART = 365, 3_000


def renewed(day: date, number: int) -> dict[str, str]:
    """What a certificate says that is renewed on a day. By its number it says something else than the last one: the fund
    would know the same file again.
    """
    until = day + timedelta(days=_YEAR + number % _DAYS_APART)
    return {"issued_on": day.isoformat(), "valid_from": day.isoformat(), "valid_to": until.isoformat()}


class Publication:
    """The largest insurer's newest file with renewed certificates: published at once, and undone in the end."""

    def __init__(self, scene: Scene) -> None:
        """Raises LoadError where no insurer has a file."""
        self._scene = scene
        files = newest_files(scene)
        if not files:
            raise LoadError("this nation has no insurer with a file")
        self._file = max(files, key=lambda path: path.stat().st_size)
        self._insurer = insurer_of(self._file)
        self._on_show: OnShow | None = None
        self._report: dict[str, Any] = {}
        self._seconds = 0.0

    async def inflict(self) -> None:
        """Send it, and have it published. Raises LoadError, OSError."""
        certificate = renewed(today_in_japan(), int(now().timestamp()))
        target = self._scene.folder / f"renewed-{self._insurer}.csv"
        rewrite(self._file, target, lambda row: {**row, **certificate})
        payer, began = Payer(self._scene, self._insurer), time.monotonic()
        sent = await payer.say("upload", target, "--approver", "--reason", REASON)
        self._seconds = time.monotonic() - began
        self._report = sent.get("report") or {}
        self._on_show = OnShow(self._scene, payer, target, sent)
        self._scene.tell("the renewed file shows")

    async def lift(self) -> None:
        """Take it back. Raises LoadError."""
        if self._on_show is not None:
            await self._on_show.take_back()

    async def remarks(self, _: Sequence[bytes]) -> list[Remark]:
        """How much was published, and in which time."""
        return [
            Remark("rows_published", self._report.get("rows", 0)),
            Remark("members_changed", self._report.get("changed", 0)),
            Remark("published_after_s", round(self._seconds, 1)),
        ]


PUBLISH = Fault(
    "publish",
    "an insurer's file with renewed certificates is published, and undone",
    always(
        Expectation(
            "No check fails for it, or waits for it. Each answer is that of before or that of after the instant from which"
            " the file shows, by the instant that it names, and never a mixture; undone, the former answers show again."
        )
    ),
    Publication,
)
