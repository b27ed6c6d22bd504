"""The words between master and workers, in Locust's own messages."""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from pathlib import Path

from pydantic import TypeAdapter

from loadtest.scenario.plan import Plan

HELLO, ASSIGNMENT, REFUSED, BEGIN, END, FIGURES = (
    f"shikaku-{name}" for name in ("hello", "assignment", "refused", "begin", "end", "figures")
)
"""Worker to master: `HELLO` with its version, and `FIGURES` of its engine. Master to worker: its `ASSIGNMENT`, or that it
is `REFUSED`; `BEGIN` a plan, `END` it.
"""


PREPARING, READY, RUNNING, FAILED = "preparing", "ready", "running", "failed"
"""States of a worker's engine."""

PLAN: TypeAdapter[Plan] = TypeAdapter(Plan)


@cache
def version() -> str:
    """A digest of the laboratory's sources: master and workers must run the same ones."""
    digest, package = sha256(), Path(__file__).parents[1]
    for path in sorted(package.rglob("*.py")):
        digest.update(f"{path.relative_to(package)}\0".encode() + path.read_bytes())
    return digest.hexdigest()[:16]
