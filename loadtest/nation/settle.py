"""Settling a nation in a house, step by step, each by the organisation whose it is."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from loadtest.clock import now
from loadtest.line.pool import Pool
from loadtest.nation.cards import Card, issue
from loadtest.nation.country import Country, spread
from loadtest.nation.everybody import Everybody
from loadtest.nation.keys import load_keys
from loadtest.nation.registration import register_all
from loadtest.nation.terminals import Terminal, admit, sign_in_all
from loadtest.nation.visitors import Visitors
from loadtest.surroundings import Surroundings

KEYS = 256
"""Size of the fleet of card keys; see `keys.py`."""

ASKED_ABOUT = 20_000
"""Residents, evenly from all the nation, about whom can be asked: what was said of them is held in memory."""

_SEED = "7001"
"""Of the residents: other people than anybody else's of a house, whom only the nation's insurers speak of."""

Tell = Callable[[str], None]
"""Tells the engineer what is being done."""


@dataclass(frozen=True, slots=True)
class Size:
    """How large a nation: residents, of whom how many have a card that is registered, and terminals."""

    people: int
    cards: int
    terminals: int


@dataclass(frozen=True, slots=True)
class Nation:
    """A nation that is settled: everything that a load needs to know."""

    terminals: list[Terminal]
    cards: list[Card]
    country: Country

    @property
    def visitors(self) -> Visitors:
        """Whom a schedule draws from."""
        return Visitors(self.terminals, self.cards, self.country.memberships)

    @property
    def everybody(self) -> Everybody:
        """Who knows the right answers."""
        return Everybody(self.country)


def settle(there: Surroundings, size: Size, folder: Path, tell: Tell) -> Nation:
    """Bring a nation into the house. Everything of it lies in `folder`. Raises LoadError, LineError, OSError.

    A house that has a nation already takes the same one again; one of another size would contradict it.
    """
    tell(f"{size.people} residents and their insurers' files of two months")
    people = ("--people", str(size.people), "--seed", _SEED)
    there.run("payer-mock", ("load", *people, "--folder", folder, "--json"))
    tell(f"{size.terminals} facilities")
    terminals = admit(there, size.terminals, folder / "terminals")
    tell(f"{size.cards} cards")
    residents = folder / "residents.jsonl"
    about = spread(residents, size.people, max(ASKED_ABOUT, size.cards))
    holders = about[:: max(1, len(about) // size.cards)][: size.cards]
    cards = issue(there.jpki_home, holders, load_keys(min(KEYS, size.cards)), now())
    tell(f"{len(cards)} first registrations")
    asyncio.run(_register(there.fund_url, terminals, cards))
    return Nation(terminals, cards, Country(folder / "country", residents, about))


async def _register(url: str, terminals: list[Terminal], cards: list[Card]) -> None:
    async with Pool(url, most=64, timeout_seconds=60) as pool:
        await sign_in_all(pool, terminals[:1])
        await register_all(pool, terminals[0], cards)
