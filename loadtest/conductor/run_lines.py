"""The lines between `loadtest run` and its conductor, which is a process of its own.

`loadtest run` sends an order, an assignment for each worker, then `START`; it closes the pipe to end the conductor.
The conductor sends where it listens, that every worker is ready, its progress, the answers of the sample, and
finally each worker's result; or that it failed.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from loadtest.generator.messages import Answers, Done, Message
from loadtest.scenario.plan import Plan

START = b"start\n"

MAX_LINE_LENGTH = 1 << 30
"""Bytes: an assignment contains a whole dataset."""


class Order(Message):
    """A run of a plan. `workers`: how many; `is_alone`: the only one is in the conductor's own process."""

    plan: Plan
    workers: int
    is_alone: bool = False


class Listening(Message):
    """Workers may come. `port`: of the loopback address."""

    type: Literal["listening"] = "listening"
    port: int


class Ready(Message):
    """Every worker has loaded its assignment, and signed its terminals in."""

    type: Literal["ready"] = "ready"


class Progress(Message):
    """Totals of all workers so far, once a second; `p99_ms`: the largest of theirs."""

    type: Literal["progress"] = "progress"
    seconds: float
    offered: int
    answered: int
    errors: int
    p99_ms: float

    @property
    def sentence(self) -> str:
        """For people."""
        return (
            f"{self.seconds:,.0f} s: {self.offered:,} checks offered,"
            f" {self.answered:,} answered, p99 {self.p99_ms:,.0f} ms, {self.errors:,} errors"
        )


class Failed(Message):
    """The run failed. `reason`: for the engineer."""

    type: Literal["failed"] = "failed"
    reason: str


Line = Listening | Ready | Progress | Answers | Done | Failed

_LINE: TypeAdapter[Line] = TypeAdapter(Annotated[Line, Field(discriminator="type")])


def parse_line(line: bytes) -> Line:
    """Parse a line of the conductor. Raises pydantic.ValidationError."""
    return _LINE.validate_json(line)
