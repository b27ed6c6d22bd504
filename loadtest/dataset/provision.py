"""Settling a nation in a house, step by step, each by the organisation whose it is."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from jpki_mock.register.resident import Resident
from loadtest.clock import now
from loadtest.dataset.answer_index import AnswerIndex
from loadtest.dataset.bulk_population import BulkPartition, BulkPopulation
from loadtest.dataset.bulk_provision import gather
from loadtest.dataset.cards import Card, issue
from loadtest.dataset.keys import load_keys
from loadtest.dataset.reference_data import ReferenceData, spread
from loadtest.dataset.registration import register_all
from loadtest.dataset.terminals import Terminal, admit, sign_in_all
from loadtest.dataset.visitors import Visitors
from loadtest.http_client.pool import ConnectionPool
from loadtest.target import TargetEnvironment
from loadtest.tasks import unwrap_exception_group

KEYS = 256
"""Size of the fleet of card keys; see `keys.py`."""

ASKED_ABOUT = 20_000
"""Residents, evenly from all the nation, about whom can be asked: what was said of them is held in memory."""

UPLOADED = 20_000
"""Residents who come by uploads; more would take long, and say the same."""

_SEED = "7001"
"""Of the residents: other people than anybody else's of a house, whom only the nation's insurers speak of."""

Progress = Callable[[str], None]
"""Tells the engineer what is being done."""


@dataclass(frozen=True, slots=True)
class DatasetSize:
    """How large a nation: residents, of whom how many have a card that is registered, and terminals.

    `uploaded` of the residents come by their insurers' files; the others are a crowd that is filled in.
    """

    people: int
    cards: int
    terminals: int
    uploaded: int = UPLOADED

    @property
    def by_upload(self) -> int:
        """Whom insurers' files tell of."""
        return min(self.people, self.uploaded)

    @property
    def bulk(self) -> BulkPopulation | None:
        """The others."""
        others = self.people - self.by_upload
        return BulkPopulation.of(others) if others else None

    @property
    def crowd_cards(self) -> int:
        """How many of the cards are the crowd's: as its part of the people is, and one at least of either."""
        others = self.people - self.by_upload
        if not others or self.cards < 2:
            return 0
        return min(self.cards - 1, max(1, round(self.cards * others / self.people)))


@dataclass(frozen=True, slots=True)
class Dataset:
    """A nation that is settled: everything that a load needs to know."""

    terminals: list[Terminal]
    cards: list[Card]
    reference_data: ReferenceData
    bulk: BulkPopulation | None = None

    @property
    def visitors(self) -> Visitors:
        """Whom a schedule draws from."""
        share = None if self.bulk is None else BulkPartition(self.bulk.people)
        return Visitors(self.terminals, self.cards, self.reference_data.memberships, share)

    @property
    def answer_index(self) -> AnswerIndex:
        """Who knows the right answers."""
        return AnswerIndex(self.reference_data, self.bulk)


def provision(target: TargetEnvironment, size: DatasetSize, folder: Path, tell: Progress) -> Dataset:
    """Bring a nation into the house. Everything of it lies in `folder`. Raises LoadError, ConnectionFailed, OSError.

    A house that has a nation already takes the same one again; one of another size would contradict it.
    """
    tell(f"{size.by_upload:,} residents and their insurers' files of two months")
    people = ("--people", str(size.by_upload), "--seed", _SEED)
    target.run("payer-mock", ("load", *people, "--folder", folder, "--json"))
    if size.bulk is not None:
        tell(f"a crowd of {size.crowd.people:,}")
        gather(target, size.bulk, tell)
    tell(f"{size.terminals} facilities")
    terminals = admit(target, size.terminals, folder / "terminals")
    tell(f"{size.cards} cards")
    about = spread(folder / "residents.jsonl", size.by_upload, max(ASKED_ABOUT, size.cards))
    cards = issue(target.jpki_home, _holders(size, about), load_keys(min(KEYS, size.cards)), now())
    tell(f"{len(cards)} first registrations")
    with unwrap_exception_group():
        asyncio.run(_register(target.fund_url, terminals, cards))
    reference_data = ReferenceData(folder / "country", folder / "residents.jsonl", about)
    return Dataset(terminals, cards, reference_data, size.bulk)


def _holders(size: DatasetSize, about: Sequence[Resident]) -> list[Resident]:
    """Who has a card, evenly from all the nation."""
    own = size.cards - size.crowd_cards
    holders = list(about[:: max(1, len(about) // own)][:own])
    if size.bulk is not None:
        holders += map(size.bulk.resident, size.bulk.holders(size.crowd_cards))
    return holders


async def _register(url: str, terminals: list[Terminal], cards: list[Card]) -> None:
    async with ConnectionPool(url, max_connections=64, timeout_seconds=60) as pool:
        await sign_in_all(pool, terminals[:1])
        await register_all(pool, terminals[0], cards)
