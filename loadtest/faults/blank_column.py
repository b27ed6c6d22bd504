"""A blank column published by an insurer: as a city once blanked its members' burden ratios by one setting.

The insurer's own program sends its newest file again, the burden columns empty. The fund holds it; a second person of the
insurer publishes it all the same; in the end the insurer takes it back.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from loadtest.dataset.member_files import read_cells
from loadtest.faults.fault import Remark, Scene
from loadtest.faults.insurer_client import REASON, OnShow, Payer, insurer_of, newest_files, rewrite
from loadtest.target import LoadError

COLUMNS = ("burden_ratio", "elderly_burden_ratio")
_LEAST_FILLED = 20
"""The fund holds no file for shares of fewer rows."""

_FOUND = "fill-dropped"


def fullest(files: Sequence[Path]) -> tuple[Path, int]:
    """The member file with the most filled cells of those columns, and how many. Raises LoadError where there are too few."""
    filled = {file: sum(map(_filled, read_cells(file))) for file in files}
    best = max(filled, key=filled.__getitem__, default=None)
    if best is None or filled[best] < _LEAST_FILLED:
        raise LoadError(f"no insurer has {_LEAST_FILLED} members with a burden ratio: a larger nation has")
    return best, filled[best]


def _filled(cells: Any) -> int:
    return sum(bool(cells[column]) for column in COLUMNS)


def write_blank(file: Path, target: Path) -> None:
    """The same member file with those columns empty, readable by its owner alone."""
    blank = dict.fromkeys(COLUMNS, "")
    rewrite(file, target, lambda row: {**row, **blank})


class BlankColumn:
    """Sends the file, looks that it is held, and has it published after a third of the fault's time; then undone."""

    def __init__(self, scene: Scene) -> None:
        """Raises LoadError where no insurer has enough to lose."""
        self._scene = scene
        self._file, self._filled = fullest(newest_files(scene))
        self._insurer = insurer_of(self._file)
        self._payer = Payer(scene, self._insurer)
        self._on_show: OnShow | None = None
        self._remarks: list[Remark] = []

    async def inflict(self) -> None:
        """Send the blank file, and after a while publish it. Raises LoadError."""
        blank = self._scene.folder / f"blank-{self._insurer}.csv"
        write_blank(self._file, blank)
        sent = await self._payer.say("upload", blank)
        self._note_held(sent)
        await asyncio.sleep(self._scene.window.seconds / 3)
        published = await self._payer.say("approve", sent["upload_id"], "--reason", REASON)
        self._on_show = OnShow(self._scene, self._payer, blank, published)
        self._scene.tell("the blank file shows, by a second person's word")

    async def lift(self) -> None:
        """Take it back. Raises LoadError."""
        if self._on_show is not None:
            await self._on_show.take_back()

    async def remarks(self, _: Sequence[bytes]) -> list[Remark]:
        """Whether it was held, and whom the fund names as having seen it."""
        if self._on_show is None:
            return self._remarks
        seen = await self._payer.say("seen-by", self._on_show.upload_id)
        facilities = seen["facilities"]
        return [
            *self._remarks,
            Remark("facilities_named_as_having_seen_it", len(facilities)),
            Remark("answers_named_as_withdrawn", sum(each["answers"] for each in facilities)),
        ]

    def _note_held(self, sent: dict[str, Any]) -> None:
        findings = (sent.get("report") or {}).get("findings", [])
        why = sorted({finding["code"] for finding in findings if finding["holds"]})
        held = sent["state"] == "held" and _FOUND in why
        broken = None if held else f"the blank file was not held for its empty column, but {sent['state']}"
        self._remarks = [Remark("cells_blanked", self._filled), Remark("held_for", why, broken)]
        if sent["state"] != "held":
            raise LoadError(f"the blank file was not held, but {sent['state']}")
