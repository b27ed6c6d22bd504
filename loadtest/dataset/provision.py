"""Provisions a dataset in a stack, step by step, each by the organisation in charge."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from jpki_mock.register.resident import Resident
from loadtest.clock import now
from loadtest.dataset.bulk_load import provision_bulk
from loadtest.dataset.bulk_population import BulkPartition, BulkPopulation
from loadtest.dataset.cards import Card, issue_cards, register_cards
from loadtest.dataset.keys import load_keys
from loadtest.dataset.nation import SEED, check_nation
from loadtest.dataset.reference_data import AnswerIndex, ReferenceData, sample_residents
from loadtest.dataset.terminals import Terminal, admit_facilities, sign_in_all
from loadtest.dataset.visitors import Visitors
from loadtest.http_client.pool import ConnectionPool
from loadtest.target import Progress, TargetEnvironment
from loadtest.tasks import unwrap_exception_group

KEYS = 256
"""The number of card keys; see `keys.py`."""

MAX_REFERENCE_RESIDENTS = 20_000
"""The maximum of residents who can be asked about, evenly spaced: their rows are held in memory."""

MAX_UPLOADED = 20_000
"""The maximum of residents who are uploaded in member files; more would take long and test nothing else."""


@dataclass(frozen=True, slots=True)
class DatasetSize:
    """The size of a dataset: residents, registered cards, and terminals.

    `uploaded`: the maximum of residents from member files; the others are the bulk population.
    """

    people: int
    cards: int
    terminals: int
    uploaded: int = MAX_UPLOADED

    @property
    def by_upload(self) -> int:
        """The number of residents from member files."""
        return min(self.people, self.uploaded)

    @property
    def bulk(self) -> BulkPopulation | None:
        """The other residents."""
        others = self.people - self.by_upload
        return BulkPopulation.of(others) if others else None

    @property
    def bulk_cards(self) -> int:
        """The bulk population's cards: in proportion to its people, and at least one of either."""
        others = self.people - self.by_upload
        if not others or self.cards < 2:
            return 0
        return min(self.cards - 1, max(1, round(self.cards * others / self.people)))


@dataclass(frozen=True, slots=True)
class Dataset:
    """A provisioned dataset: everything that a load needs to know."""

    terminals: list[Terminal]
    cards: list[Card]
    reference_data: ReferenceData
    bulk: BulkPopulation | None = None

    @property
    def visitors(self) -> Visitors:
        """The population that a schedule draws from."""
        part = None if self.bulk is None else BulkPartition(self.bulk.people)
        return Visitors(self.terminals, self.cards, self.reference_data.memberships, part)

    @property
    def answer_index(self) -> AnswerIndex:
        """The expected answers."""
        return AnswerIndex(self.reference_data, self.bulk)


def provision(target: TargetEnvironment, size: DatasetSize, folder: Path, progress: Progress) -> Dataset:
    """Provision a dataset in the stack, with its files in `folder`.

    Raises LoadError, ConnectionFailed, OSError.

    A stack that has a dataset already accepts the same one again; any other nation is refused.
    """
    check_nation(target, size.by_upload)
    progress(f"{size.by_upload:,} residents and their insurers' files of two months")
    people = ("--people", str(size.by_upload), "--seed", SEED)
    target.run("payer-mock", ("load", *people, "--folder", folder, "--json"))
    if size.bulk is not None:
        progress(f"a bulk population of {size.bulk.people:,}")
        provision_bulk(target, size.bulk, progress)
    progress(f"{size.terminals} facilities")
    terminals = admit_facilities(target, size.terminals, folder / "terminals")
    progress(f"{size.cards} cards")
    residents_file = folder / "residents.jsonl"
    about = sample_residents(residents_file, size.by_upload, max(MAX_REFERENCE_RESIDENTS, size.cards))
    keys = load_keys(min(KEYS, size.cards))
    cards = issue_cards(target.jpki_home, _cardholders(size, about), keys, now())
    progress(f"{len(cards)} first registrations")
    with unwrap_exception_group():
        cards = asyncio.run(_register(target.fund_url, terminals, cards))
    reference_data = ReferenceData(folder / "population", residents_file, about)
    return Dataset(terminals, cards, reference_data, size.bulk)


def _cardholders(size: DatasetSize, about: Sequence[Resident]) -> list[Resident]:
    """The residents who have a card, evenly spaced."""
    count = size.cards - size.bulk_cards
    holders = list(about[:: max(1, len(about) // count)][:count])
    if size.bulk is not None:
        holders += map(size.bulk.resident, size.bulk.cardholders(size.bulk_cards))
    return holders


async def _register(url: str, terminals: list[Terminal], cards: list[Card]) -> list[Card]:
    async with ConnectionPool(url, max_connections=64, timeout_seconds=60) as pool:
        await sign_in_all(pool, terminals[:1])
        return await register_cards(pool, terminals[0], cards)
