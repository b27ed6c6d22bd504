"""Runs a baseline measurement: a stack with one API worker, a small dataset, the compared applications."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from math import ceil
from pathlib import Path
from typing import Any

import uvloop

from eligibility_api.contract.codes import Validity
from loadtest.baseline.cases import (
    BASELINE,
    FASTAPI,
    NUMBER,
    TAP,
    Case,
    MinimalRoute,
    NumberLookUp,
    ProofQueue,
    Tap,
)
from loadtest.baseline.config import VARIABLE, BaselineConfig
from loadtest.baseline.proofs import ProofFactory
from loadtest.baseline.report import BaselineReport
from loadtest.baseline.rounds import CaseProcesses, CaseResult, measure
from loadtest.baseline.server import serve
from loadtest.clock import today_in_japan
from loadtest.dataset.provision import Dataset, DatasetSize, provision
from loadtest.dataset.terminals import sign_in_all
from loadtest.errors import LoadError
from loadtest.http_client.pool import ConnectionPool
from loadtest.machine import processes
from loadtest.machine.cores import Cores
from loadtest.machine.costs import API, DATABASE, ProcessKinds, database_processes
from loadtest.model.answer import Question
from loadtest.model.events import Membership
from loadtest.target import Progress, TargetEnvironment, start_stack

ROUNDS = 5
PREPARE = "prepare"
_ON_REQUEST = (TAP, NUMBER)
"""The cases that are measured on request: those of the fund."""

LATENCY = "latency"
"""Of a round on request: microseconds of the clock for each unit, as the connection that asks sees them."""

_MIN_TERMINALS = 4
_CONNECTIONS_OF_A_TERMINAL = 2
_WARM_UP_SECONDS = 0.5
_WARM_UP_PROOFS = 5000
"""Enough for the warm-up of a machine twice as fast as those on which this was developed."""

_PROOF_RESERVE = 2.0
"""Proofs made for each one that the warm-up lets expect."""

_MEMBERSHIPS = 1000


@dataclass(frozen=True, slots=True)
class Extent:
    """How much is measured: seconds of each case or round, cards, and connections that have a request in progress."""

    seconds: float
    cards: int
    connections: int

    @property
    def dataset(self) -> DatasetSize:
        """The dataset: a cardholder for each card, a terminal for each two connections."""
        terminals = max(_MIN_TERMINALS, self.connections // _CONNECTIONS_OF_A_TERMINAL)
        return DatasetSize(people=self.cards, cards=self.cards, terminals=terminals)

    def as_json(self) -> dict[str, int | float]:
        """For a report."""
        cards = {"people": self.cards, "cards": self.cards}
        return {"seconds": self.seconds, "rounds": ROUNDS, "connections": self.connections, **cards}


@dataclass(frozen=True, slots=True)
class _Setup:
    """The cases, their processes, and the proofs."""

    cases: Sequence[Case]
    processes: CaseProcesses
    factory: ProofFactory
    proofs: ProofQueue
    connections: int


def run_baseline(extent: Extent, folder: Path, progress: Progress) -> BaselineReport:
    """Measure each of the four cases for `extent.seconds`, in rounds; all files are in `folder`.

    Raises LoadError, ConnectionFailed, OSError.
    """
    cores = Cores.choose()
    with ExitStack() as stack:
        progress("a stack with one API worker")
        target = stack.enter_context(start_stack(folder, workers=1))
        dataset = provision(target, extent.dataset, folder, progress)
        setup = _set_up(stack, target, dataset, folder, extent.connections)
        cores.pin_server(_server_side(target, setup.processes))
        results = _measure(setup, cores, extent.seconds, progress)
    return BaselineReport(results, cores.describe(), extent.as_json())


def run_rounds_on_request(
    extent: Extent, folder: Path, progress: Progress, requests: Iterable[str]
) -> Iterator[dict[str, float]]:
    """Carry out each line of `requests`: `prepare`, or the name of a case of the fund to measure for one round.

    Two versions of the code are compared by alternating requests to a process of each, so that any other load on the
    machine affects both. Preparing signs in and makes the proofs of the next round, so that rounds follow each other
    at once. Yields microseconds per unit: processor time by kind of process, and `LATENCY`; nothing for `prepare`.
    Raises LoadError, also for another line and for a tap without a proof; ConnectionFailed, OSError.
    """
    cores = Cores.choose()
    seconds = extent.seconds
    with ExitStack() as stack:
        target = stack.enter_context(start_stack(folder, workers=1))
        dataset = provision(target, extent.dataset, folder, progress)
        setup = _set_up(stack, target, dataset, folder, extent.connections)
        cores.pin_server(_server_side(target, setup.processes))
        expected = _warm_up(setup, cores, progress)
        progress("ready")
        for line in requests:
            if line.strip() == PREPARE:
                setup = _sign_in_again(setup, target, dataset)
                setup.proofs.add(setup.factory.make(ceil(expected * seconds * _PROOF_RESERVE)))
                yield {}
                continue
            result = _requested_round(setup, cores, line.strip(), seconds)
            latency = extent.connections / result.per_second * 1e6
            yield {kind: result.cpu_us(kind) for kind in (API, DATABASE)} | {LATENCY: latency}


def _requested_round(setup: _Setup, cores: Cores, name: str, seconds: float) -> CaseResult:
    """Measure a case of the fund for one round. Raises LoadError for another name, a failure, or no unit."""
    if name not in _ON_REQUEST:
        raise LoadError(f"{name!r} is none of: {', '.join((PREPARE, *_ON_REQUEST))}")
    cases = [case for case in setup.cases if case.name == name]
    results = _run_rounds(replace(setup, cases=cases), cores, rounds=1, seconds=seconds)
    _raise_for_failures(results)
    if not results[name].units:
        raise LoadError(f"{name}: no proof is left; `{PREPARE}` must precede each round")
    return results[name]


def _set_up(
    stack: ExitStack, target: TargetEnvironment, dataset: Dataset, folder: Path, connections: int
) -> _Setup:
    config = BaselineConfig.of(target)
    config.save(folder / "baseline.json")
    baseline = stack.enter_context(serve("baseline", {VARIABLE: str(folder / "baseline.json")}))
    fastapi = stack.enter_context(serve("fastapi", {}))
    asyncio.run(_sign_in(target.fund_url, dataset))
    cards = [card for card in dataset.cards if _is_valid(dataset, person=card.resident_id)]
    proofs = ProofQueue(cards)
    cases: list[Case] = [
        MinimalRoute(fastapi.url),
        Tap.of_baseline(baseline.url, proofs, len(dataset.terminals)),
        NumberLookUp(target.fund_url, dataset.terminals, _valid_memberships(dataset)),
        Tap.of_fund(target.fund_url, proofs, dataset.terminals),
    ]
    fund = _kinds(target, target.fund_url)
    of_cases = {
        FASTAPI: _kinds(target, fastapi.url), BASELINE: _kinds(target, baseline.url), NUMBER: fund, TAP: fund,
    }  # fmt: skip
    factory = ProofFactory.of(config, [terminal.credential for terminal in dataset.terminals], cards)
    return _Setup(cases, of_cases, factory, proofs, connections)


def _sign_in_again(setup: _Setup, target: TargetEnvironment, dataset: Dataset) -> _Setup:
    """Sign in again, since tokens expire after minutes, and let the fund's cases use the new tokens."""
    asyncio.run(_sign_in(target.fund_url, dataset))
    minimal_route, baseline, *_ = setup.cases
    number = NumberLookUp(target.fund_url, dataset.terminals, _valid_memberships(dataset))
    tap = Tap.of_fund(target.fund_url, setup.proofs, dataset.terminals)
    return replace(setup, cases=[minimal_route, baseline, number, tap])


async def _sign_in(url: str, dataset: Dataset) -> None:
    async with ConnectionPool(url, max_connections=64, timeout_seconds=30) as pool:
        await sign_in_all(pool, dataset.terminals)


def _valid_memberships(dataset: Dataset) -> list[Membership]:
    candidates = dataset.reference_data.memberships[: 2 * _MEMBERSHIPS]
    return [membership for membership in candidates if _is_valid(dataset, membership=membership)][
        :_MEMBERSHIPS
    ]


def _is_valid(dataset: Dataset, **subject: Any) -> bool:
    """Whether the expected answer is a valid insurance: all measured answers are of one kind."""
    question = Question(today_in_japan(), dataset.terminals[0].institution_code, **subject)
    return dataset.reference_data.answer(question).get("validity") == Validity.VALID


def _kinds(target: TargetEnvironment, url: str) -> ProcessKinds:
    port = int(url.rpartition(":")[2])
    return {API: partial(_servers, port), DATABASE: partial(database_processes, target.fund_home)}


def _servers(port: int) -> set[int]:
    """A server's processes, without this process, which holds the compared applications' sockets too."""
    return processes.listening_on(port) - {os.getpid()}


def _server_side(target: TargetEnvironment, of_cases: CaseProcesses) -> set[int]:
    """All processes of the stack, its database and the compared applications."""
    assert target.stack_pid is not None
    found = (find() for kinds in of_cases.values() for find in kinds.values())
    return processes.with_descendants(target.stack_pid).union(*found)


def _measure(setup: _Setup, cores: Cores, seconds: float, progress: Progress) -> dict[str, CaseResult]:
    """Warm up, make the proofs that are needed, and measure."""
    needed = ceil(_warm_up(setup, cores, progress) * seconds * _PROOF_RESERVE)
    progress(f"{needed} proofs, signed in advance")
    setup.proofs.add(setup.factory.make(needed))
    progress(f"{ROUNDS} rounds of {len(setup.cases)} × {seconds / ROUNDS:.1f} s")
    return _run_rounds(setup, cores, rounds=ROUNDS, seconds=seconds / ROUNDS)


def _warm_up(setup: _Setup, cores: Cores, progress: Progress) -> float:
    """Warm up, and return the number of proofs that a second needs. Raises LoadError for a failure."""
    progress("warming up")
    setup.proofs.add(setup.factory.make(max(_WARM_UP_PROOFS, 2 * setup.factory.cards)))
    results = _run_rounds(setup, cores, rounds=2, seconds=_WARM_UP_SECONDS)
    _raise_for_failures(results)
    return results[BASELINE].per_second + results[TAP].per_second


def _raise_for_failures(results: Mapping[str, CaseResult]) -> None:
    """Raise LoadError with each case's first failure, if there is one."""
    if failures := [f"{name}: {result.first_failure}" for name, result in results.items() if result.failures]:
        raise LoadError("; ".join(failures))


def _run_rounds(setup: _Setup, cores: Cores, *, rounds: int, seconds: float) -> dict[str, CaseResult]:
    with cores.generating(), asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        rates = measure(
            setup.cases, setup.processes, rounds=rounds, seconds=seconds, connections=setup.connections
        )
        return runner.run(rates)
