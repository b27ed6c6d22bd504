"""The insurers of a nation at work while it is under load: their newest files, and their program."""

from __future__ import annotations

import asyncio
import csv
import json
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from loadtest.dataset.member_files import Cells, member_files, read_cells
from loadtest.dataset.reference_data import PublishedFile
from loadtest.faults.fault import Scene
from loadtest.target import LoadError

REASON = "負荷試験 / load test"
"""Why, where a reason is asked for."""


def newest_files(scene: Scene) -> list[Path]:
    """Every insurer's member file of the last month."""
    files = list(member_files(scene.folder / "country"))
    last = max((month for month, _ in files), default=0)
    return [file for month, file in files if month == last]


def insurer_of(file: Path) -> str:
    """Whose member file it is."""
    return next(iter(read_cells(file)))["insurer_number"]


def rewrite(file: Path, target: Path, change: Callable[[Cells], Cells]) -> None:
    """The same member file with its rows changed, readable by its owner alone."""
    rows: Iterable[Cells] = list(read_cells(file))
    target.touch(mode=0o600)
    with target.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.DictWriter(lines, fieldnames=list(next(iter(rows))), lineterminator="\n")
        writer.writeheader()
        writer.writerows(map(change, rows))


class Payer:
    """One insurer's program, with its approver's key beside."""

    def __init__(self, scene: Scene, insurer: str) -> None:
        self._scene = scene
        self._insurer = insurer

    async def say(self, *words: str | Path) -> dict[str, Any]:
        """What a command of it answers, whatever its exit code. Raises LoadError where it answers nothing."""
        keys = {
            "PAYER_CREDENTIAL": str(self._scene.folder / "programs" / f"payer-{self._insurer}.json"),
            "PAYER_APPROVER": str(self._scene.folder / "approvers" / f"approver-{self._insurer}.json"),
        }
        words = (*words, "--insurer", self._insurer, "--json")
        said = await asyncio.to_thread(self._scene.there.ask, "payer-mock", *words, variables=keys)
        try:
            answer: dict[str, Any] = json.loads(said)
        except ValueError as error:
            raise LoadError(f"payer-mock {words[0]} told nothing") from error
        return answer


class OnShow:
    """A file that an insurer has had published, until it is taken back."""

    def __init__(self, scene: Scene, payer: Payer, file: Path, upload: dict[str, Any]) -> None:
        """`upload`: what the fund said of it. Raises LoadError where it is not published."""
        if upload["state"] != "published":
            raise LoadError(f"{file.name} could not be published: {upload['state']}")
        self._country = scene.dataset.reference_data
        self._payer = payer
        self._file = file
        self.upload_id: str = upload["upload_id"]
        self._shown = PublishedFile(datetime.fromisoformat(upload["known_from"]))

    async def take_back(self) -> None:
        """Undo it, once; from when to when it showed is told to whoever knows the right answers. Raises LoadError."""
        if self._shown.undone_at is not None:
            return
        undone = await self._payer.say("undo", self.upload_id, "--reason", REASON)
        if undone["state"] != "undone":
            raise LoadError(f"{self._file.name} could not be taken back: {undone['state']}")
        self._shown = replace(self._shown, undone_at=datetime.fromisoformat(undone["undone_from"]))
        self._country.show(self._file, self._shown)
