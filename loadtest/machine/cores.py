"""Processor affinity of a measurement: the server side on one core, the generator on another."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from loadtest.machine import processes


@dataclass(frozen=True, slots=True)
class Cores:
    """The cores of the server side (API and database) and of the generator; None on a single core."""

    server: int | None
    generator: int | None

    @classmethod
    def choose(cls) -> Cores:
        """The first and the last core that this process may use."""
        usable = sorted(os.sched_getaffinity(0))
        return cls(usable[0], usable[-1]) if len(usable) > 1 else cls(None, None)

    def describe(self) -> str:
        """A sentence on what is pinned where."""
        if self.server is None:
            return "nothing pinned: one core for all"
        return f"API and database on core {self.server}, generator on core {self.generator}"

    def pin_server(self, pids: set[int]) -> None:
        """Pin processes of the server side to its core."""
        if self.server is not None:
            processes.pin(pids, self.server)

    @contextmanager
    def generating(self) -> Iterator[None]:
        """Pin this process to the generator's core for the duration of the block."""
        before = os.sched_getaffinity(0)
        if self.generator is not None:
            processes.pin({os.getpid()}, self.generator)
        try:
            yield
        finally:
            os.sched_setaffinity(0, before)
