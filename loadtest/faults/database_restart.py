"""The database restarted: the embedded PostgreSQL is killed under load, and comes back by the fund's own means."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Sequence
from contextlib import suppress

from loadtest.faults import stack_processes
from loadtest.faults.fault import Remark, Scene
from loadtest.target import LoadError

_LOOK_S = 0.1
_PATIENCE_S = 120.0


class Restart:
    """Kills the first process of PostgreSQL without a word, and looks how long until there is another."""

    def __init__(self, scene: Scene) -> None:
        """Raises LoadError where no embedded database runs here."""
        self._scene = scene
        stack_processes.postmaster(scene.there)
        self._killed: int | None = None
        self._looking: asyncio.Task[float | None] | None = None

    async def inflict(self) -> None:
        """Kill it. Raises LoadError where none runs."""
        self._killed = stack_processes.postmaster(self._scene.there)
        stack_processes.kill(self._killed)
        self._looking = asyncio.create_task(self._until_another())

    async def lift(self) -> None:
        """Nothing: who owns the database has to bring it back."""

    async def remarks(self, answers: Sequence[bytes]) -> list[Remark]:
        """After how many seconds another ran, and whether each answer has its record, which gives it again."""
        if self._looking is None:
            return []
        after = await self._looking
        never = None if after is not None else f"no database again within {_PATIENCE_S:g} s"
        said = await asyncio.to_thread(self._scene.there.run, "eligibility-api", ("audit", "recompute"))
        lost = without_record(answers, said.splitlines())
        unrecorded = f"{lost} answers have no record that gives them again" if lost else None
        return [
            Remark("another_postmaster_after_s", after, never),
            Remark("answers_held_against_their_records", len(answers), unrecorded),
        ]

    async def _until_another(self) -> float | None:
        began = time.monotonic()
        while (passed := time.monotonic() - began) < _PATIENCE_S:
            with suppress(LoadError):
                if stack_processes.postmaster(self._scene.there) != self._killed:
                    return round(passed, 1)
            await asyncio.sleep(_LOOK_S)
        return None


def without_record(answers: Sequence[bytes], recomputed: Sequence[str]) -> int:
    """How many answers (JSON) are not among those that the records give again (JSON, one each)."""
    again = {told["record_id"]: told for told in map(json.loads, recomputed)}
    return sum(again.get(told["record_id"]) != told for told in map(json.loads, answers))
