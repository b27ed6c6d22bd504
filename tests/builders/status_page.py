"""The fund's notice of its state, `/status` and `/status.json`, over a readiness and a clock that a test sets."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

from fastapi import FastAPI

from eligibility_api.contract.readiness import Readiness
from eligibility_api.state import current_state
from eligibility_api.status import endpoints
from eligibility_api.status.board import Board

NOW = datetime(2026, 12, 1, 3, 0, tzinfo=UTC)
IN_ORDER = Readiness(ready=True, database=True, migrated=True, partitions=True, revocation_mirror=True)
WITHOUT_DATABASE = Readiness(ready=False, database=False)


@dataclass
class StatusService:
    """What a worker's state gives to the notice. `read` takes the place of `board.read_readiness`."""

    home: Path
    readiness: Readiness = field(default_factory=IN_ORDER.model_copy)
    now: datetime = NOW
    reads: int = 0
    settings: SimpleNamespace = field(init=False)

    def __post_init__(self) -> None:
        self.settings = SimpleNamespace(home=self.home)

    def clock(self) -> datetime:
        """The time."""
        return self.now

    async def read(self, _: object) -> Readiness:
        """The readiness, counted."""
        self.reads += 1
        return self.readiness

    def app(self) -> FastAPI:
        """An application with a board of its own."""
        app = FastAPI()
        app.include_router(endpoints.router)
        app.state.board = Board()
        app.dependency_overrides[current_state] = lambda: self
        return app
