"""The floor's measurement from nothing: a house of one worker, a small nation in it, the compared applications beside."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from math import ceil
from pathlib import Path
from typing import Any

import uvloop

from eligibility_api.contract.codes import Validity
from loadtest.baseline.config import VARIABLE, Ground
from loadtest.baseline.proofs import Mint
from loadtest.baseline.report import FloorReport
from loadtest.baseline.rounds import CONNECTIONS, Costs, Measured, measure
from loadtest.baseline.server import served
from loadtest.baseline.targets import (
    FASTAPI,
    FLOOR,
    NUMBER,
    TAP,
    NumberLookUp,
    Proofs,
    Smallest,
    Subject,
    Tap,
)
from loadtest.clock import today_in_japan
from loadtest.dataset.provision import Dataset, DatasetSize, provision
from loadtest.target import Progress
from loadtest.dataset.terminals import sign_in_all
from loadtest.http_client.pool import ConnectionPool
from loadtest.machine import processes
from loadtest.machine.cores import Cores
from loadtest.machine.costs import API, DATABASE, ProcessKinds, database_processes
from loadtest.model.answer import Question
from loadtest.model.events import Membership
from loadtest.target import LoadError, TargetEnvironment, start_stack

ROUNDS = 5
_TERMINALS = 8
_WARM_SECONDS = 0.5
_WARM_PROOFS = 5000
"""Enough for the warm-up of a machine that is twice as quick as those it was written on."""

_SPARE = 2.0
"""Proofs made for each that the warm-up lets expect."""

_MEMBERSHIPS = 1000


@dataclass(frozen=True, slots=True)
class _Bench:
    """Everything in its place: the subjects, whose processor time is whose, and the proofs."""

    subjects: Sequence[Subject]
    costs: Costs
    mint: Mint
    proofs: Proofs


def run_floor(seconds: float, cards: int, folder: Path, tell: Progress) -> FloorReport:
    """Measure each of the four for `seconds`, in rounds. Everything made lies in `folder`.

    Raises LoadError, ConnectionFailed, OSError.
    """
    cores = Cores.choose()
    size = DatasetSize(people=cards, cards=cards, terminals=_TERMINALS)
    with ExitStack() as stack:
        tell("a house with one API worker")
        target = stack.enter_context(start_stack(folder, workers=1))
        dataset = provision(target, size, folder, tell)
        bench = _set_up(stack, target, dataset, folder)
        cores.pin_server(_served_side(target, bench.costs))
        measured = _measure(bench, cores, seconds, tell)
    conditions = {
        "seconds": seconds, "rounds": ROUNDS, "connections": CONNECTIONS, "people": cards, "cards": cards,
    }  # fmt: skip
    return FloorReport(measured, cores.describe(), conditions)


def _set_up(stack: ExitStack, target: TargetEnvironment, dataset: Dataset, folder: Path) -> _Bench:
    ground = Ground.of(target)
    ground.save(folder / "ground.json")
    bare = stack.enter_context(served("bare", {VARIABLE: str(folder / "ground.json")}))
    smallest = stack.enter_context(served("smallest", {}))
    asyncio.run(_sign_in(target.fund_url, dataset))
    cards = [card for card in dataset.cards if _is_told(dataset, person=card.resident_id)]
    proofs = Proofs(cards)
    subjects: list[Subject] = [
        Smallest(smallest.url),
        Tap.of_floor(bare.url, proofs, len(dataset.terminals)),
        NumberLookUp(target.fund_url, dataset.terminals, _known(dataset)),
        Tap.of_fund(target.fund_url, proofs, dataset.terminals),
    ]
    fund = _kinds(target, target.fund_url)
    costs = {FASTAPI: _kinds(target, smallest.url), FLOOR: _kinds(target, bare.url), NUMBER: fund, TAP: fund}
    mint = Mint.of(ground, [terminal.credential for terminal in dataset.terminals], cards)
    return _Bench(subjects, costs, mint, proofs)


async def _sign_in(url: str, dataset: Dataset) -> None:
    async with ConnectionPool(url, max_connections=64, timeout_seconds=30) as pool:
        await sign_in_all(pool, dataset.terminals)


def _known(dataset: Dataset) -> list[Membership]:
    """Memberships that hold today."""
    candidates = dataset.reference_data.memberships[: 2 * _MEMBERSHIPS]
    return [one for one in candidates if _is_told(dataset, membership=one)][:_MEMBERSHIPS]


def _is_told(dataset: Dataset, **whom: Any) -> bool:
    """Whether the answer is that an insurance is valid: so that everything measured is of one kind."""
    question = Question(today_in_japan(), dataset.terminals[0].institution_code, **whom)
    return dataset.reference_data.answer(question).get("validity") == Validity.VALID


def _kinds(target: TargetEnvironment, url: str) -> ProcessKinds:
    port = int(url.rpartition(":")[2])
    return {API: partial(_api, port), DATABASE: partial(database_processes, target.fund_home)}


def _api(port: int) -> set[int]:
    """A server's processes; this one holds the compared applications' sockets too."""
    return processes.listening_on(port) - {os.getpid()}


def _served_side(target: TargetEnvironment, costs: Costs) -> set[int]:
    """All processes of the house, its database and the compared applications."""
    assert target.stack_pid is not None
    found = (find() for kinds in costs.values() for find in kinds.values())
    return processes.with_descendants(target.stack_pid).union(*found)


def _measure(bench: _Bench, cores: Cores, seconds: float, tell: Progress) -> dict[str, Measured]:
    """Warm up, which also tells how many proofs are needed; make them; measure."""
    tell("warming up")
    bench.proofs.add(bench.mint.make(max(_WARM_PROOFS, 2 * bench.mint.cards)))
    warm = _rounds(bench, cores, rounds=2, seconds=_WARM_SECONDS)
    if wrong := [f"{name}: {one.first_failure}" for name, one in warm.items() if one.failures]:
        raise LoadError("; ".join(wrong))
    needed = ceil((warm[FLOOR].per_second + warm[TAP].per_second) * seconds * _SPARE)
    tell(f"{needed} proofs, signed beforehand")
    bench.proofs.add(bench.mint.make(needed))
    tell(f"{ROUNDS} rounds of {len(bench.subjects)} × {seconds / ROUNDS:.1f} s")
    return _rounds(bench, cores, rounds=ROUNDS, seconds=seconds / ROUNDS)


def _rounds(bench: _Bench, cores: Cores, *, rounds: int, seconds: float) -> dict[str, Measured]:
    with cores.generating(), asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(measure(bench.subjects, bench.costs, rounds=rounds, seconds=seconds))
