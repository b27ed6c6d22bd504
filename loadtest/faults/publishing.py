"""An insurer publishes a file while everybody asks, and takes it back: each answer is the old or the new, never a mixture.

The file renews the certificates of all its members: days of issue and validity that every answer about them shows. It is
no fault of anybody's, and inflicted like one, since nobody may notice it.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from loadtest.clock import today_in_japan
from loadtest.faults.expectation import Expectation
from loadtest.faults.fault import Fault, Remark, Scene, always
from loadtest.faults.payer import REASON, Payer, insurer_of, newest_files, rewrite
from loadtest.nation.country import Shown
from loadtest.surroundings import LoadError

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
        self._scene = scene
        self._payer: Payer | None = None
        self._file: Path | None = None
        self._upload: dict[str, Any] = {}
        self._shown: Shown | None = None
        self._seconds = 0.0

    async def inflict(self) -> None:
        """Send it, and have it published. Raises LoadError, OSError."""
        files = newest_files(self._scene)
        if not files:
            raise LoadError("this nation has no insurer with a file")
        file = max(files, key=lambda path: path.stat().st_size)
        insurer, certificate = insurer_of(file), renewed(today_in_japan(), int(time.time()))
        target = self._scene.folder / f"renewed-{insurer}.csv"
        rewrite(file, target, lambda row: {**row, **certificate})
        self._payer, began = Payer(self._scene, insurer), time.monotonic()
        sent = await self._payer.say("upload", target, "--approver", "--reason", REASON)
        self._seconds = time.monotonic() - began
        if sent["state"] != "published":
            raise LoadError(f"the renewed file could not be published: {sent['state']}")
        self._upload, self._file = sent, target
        self._shown = Shown(datetime.fromisoformat(sent["known_from"]))
        self._scene.tell("the renewed file shows")

    async def lift(self) -> None:
        """Take it back; from when to when it showed is told to whoever knows the right answers. Raises LoadError."""
        if (
            self._payer is None
            or self._shown is None
            or self._file is None
            or self._shown.undone_at is not None
        ):
            return
        undone = await self._payer.say("undo", self._upload["upload_id"], "--reason", REASON)
        if undone["state"] != "undone":
            raise LoadError(f"the renewed file could not be taken back: {undone['state']}")
        self._shown = replace(self._shown, undone_at=datetime.fromisoformat(undone["undone_from"]))
        self._scene.nation.country.show(self._file, self._shown)

    async def remarks(self, _: Sequence[bytes]) -> list[Remark]:
        """How much was published, and in which time."""
        report = self._upload.get("report") or {}
        return [
            Remark("rows_published", report.get("rows", 0)),
            Remark("members_changed", report.get("changed", 0)),
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
