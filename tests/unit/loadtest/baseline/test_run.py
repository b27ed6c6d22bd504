"""The run of a baseline measurement: proofs for its rounds, rounds on request, and what ends it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from loadtest.baseline import run
from loadtest.baseline.cases import BASELINE, FASTAPI, NUMBER, TAP, ProofQueue
from loadtest.baseline.proofs import ReadyProof
from loadtest.baseline.run import LATENCY, ROUNDS, Extent, run_baseline, run_rounds_on_request
from loadtest.dataset.provision import DatasetSize
from loadtest.errors import LoadError
from loadtest.machine import processes
from loadtest.machine.cores import Cores
from loadtest.machine.costs import API, DATABASE, GENERATOR
from loadtest.model.events import Membership
from loadtest.target import TargetEnvironment
from tests.unit.loadtest.baseline.builders import case_result
from tests.unit.loadtest.dataset.builders import terminal

FUND = "http://127.0.0.1:8400"
MEMBERSHIPS = [Membership("06130017", None, str(number), None, date(1980, 1, 1)) for number in range(6)]
COSTS = {API: 600.0, DATABASE: 200.0}
"""Of `case_result`: 6 and 2 seconds of processor time for 10,000 units."""

TAP_COSTS, NUMBER_COSTS = (
    COSTS | {LATENCY: pytest.approx(16e6 / 1400)},
    COSTS | {LATENCY: pytest.approx(16e6 / 3000)},
)
"""At 1,400 and 3,000 units a second each of 16 connections waits so long."""


@dataclass
class FakeMachine:
    """Replaces stack, dataset, servers and measurement; records what is done, in order."""

    done: list[Any] = field(default_factory=list)
    results: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Changes of results by case."""

    cards = 300
    """The factory's number of cards."""

    def make(self, count: int) -> list[ReadyProof]:
        self.done.append(("proofs", count))
        return [ReadyProof(0, 0, b"c", b"s")] * min(count, 3)

    async def measure(
        self, cases: Sequence[Any], _: object, *, rounds: int, seconds: float, connections: int
    ) -> dict[str, Any]:
        assert connections == 16
        names = [case.name for case in cases]
        self.done.append((names, rounds, seconds))
        return {name: case_result(name, **self.results.get(name, {})) for name in names}

    async def sign_in(self, url: str, _: object) -> None:
        self.done.append(("sign in", url))

    @contextmanager
    def stack(self, folder: Path, *, workers: int) -> Iterator[TargetEnvironment]:
        self.done.append(("stack", workers))
        try:
            yield TargetEnvironment({"TERMINAL_FUND_URL": FUND, "FUND_HOME": str(folder)}, 7)
        finally:
            self.done.append("stack ended")

    def set_up(self, *given: Any) -> Any:
        cases = [SimpleNamespace(name=name, requests=1) for name in (FASTAPI, BASELINE, NUMBER, TAP)]
        return run._Setup(cast(Any, cases), {}, cast(Any, self), ProofQueue([]), given[-1])


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> FakeMachine:
    fake = FakeMachine()
    dataset = SimpleNamespace(
        terminals=[terminal()],
        reference_data=SimpleNamespace(
            memberships=MEMBERSHIPS, answer=lambda question: {"validity": "1" if question.membership else "4"}
        ),
    )
    monkeypatch.setattr(run, "start_stack", fake.stack)
    monkeypatch.setattr(run, "provision", lambda *_: dataset)
    monkeypatch.setattr(run, "_set_up", fake.set_up)
    monkeypatch.setattr(run, "_sign_in", fake.sign_in)
    monkeypatch.setattr(run, "measure", fake.measure)
    monkeypatch.setattr(Cores, "choose", lambda: Cores(None, None))
    monkeypatch.setattr(processes, "with_descendants", lambda pid: {pid})
    return fake


def on_request(
    *lines: str, seconds: float = 2.0, progress: list[str] | None = None
) -> Iterator[dict[str, float]]:
    steps = [] if progress is None else progress
    return run_rounds_on_request(Extent(seconds, 300, 16), Path("nowhere"), steps.append, lines)


def test_each_requested_round_yields_its_costs_per_unit(machine: FakeMachine) -> None:
    assert list(on_request("tap\n", "number\n", " tap ")) == [TAP_COSTS, NUMBER_COSTS, TAP_COSTS]
    measured = [one for one in machine.done if isinstance(one, tuple) and len(one) == 3]
    warm_up, *rounds = measured
    assert warm_up[0] == [FASTAPI, BASELINE, NUMBER, TAP]
    assert rounds == [([TAP], 1, 2.0), ([NUMBER], 1, 2.0), ([TAP], 1, 2.0)]


def test_preparing_signs_in_and_makes_the_proofs_of_the_next_round(machine: FakeMachine) -> None:
    assert list(on_request("prepare", "tap")) == [{}, TAP_COSTS]
    place = machine.done.index(("sign in", FUND))
    # In the warm-up 2,000 and 1,400 units a second: a round of 2 s needs 6,800 proofs, twice as many are made.
    assert machine.done[place + 1 :] == [("proofs", 13_600), ([TAP], 1, 2.0), "stack ended"]


def test_the_first_request_waits_until_the_stack_is_warm(machine: FakeMachine) -> None:
    progress: list[str] = []
    rounds = on_request("tap", progress=progress)
    assert machine.done == []  # nothing is started before the first answer is wanted
    next(rounds)
    assert progress == ["warming up", "ready"]
    assert machine.done[0] == ("stack", 1)


def test_the_stack_ends_with_the_requests(machine: FakeMachine) -> None:
    assert list(on_request()) == []
    assert machine.done[-1] == "stack ended"


def test_a_reader_that_goes_away_ends_the_stack(machine: FakeMachine) -> None:
    rounds = cast(Any, on_request("tap", "tap"))
    next(rounds)
    with pytest.raises(GeneratorExit):
        rounds.throw(GeneratorExit)
    assert machine.done[-2:] == [([TAP], 1, 2.0), "stack ended"]


@pytest.mark.parametrize(
    "line", ["", "\n", "tapp", "TAP", "fastapi", "baseline", "prepare tap", "tap,number"]
)
def test_another_line_is_refused_and_the_requests_are_named(machine: FakeMachine, line: str) -> None:
    with pytest.raises(LoadError, match="is none of: prepare, tap, number"):
        list(on_request(line))


def test_a_round_without_a_proof_is_refused_and_not_reported_as_free(machine: FakeMachine) -> None:
    machine.results[TAP] = {"units": 0, "rates": []}
    rounds = on_request("number", "tap")
    assert next(rounds) == NUMBER_COSTS
    with pytest.raises(LoadError, match="no proof is left"):
        next(rounds)


def test_a_failure_in_a_round_is_refused(machine: FakeMachine) -> None:
    rounds = on_request("number", "tap")
    next(rounds)
    machine.results[TAP] = {"failures": 2, "first_failure": "401 token-expired"}
    with pytest.raises(LoadError, match="tap: 401 token-expired"):
        next(rounds)


@pytest.mark.parametrize("case", [FASTAPI, BASELINE, NUMBER, TAP])
def test_a_failure_in_the_warm_up_ends_the_measurement_before_it_begins(
    machine: FakeMachine, case: str
) -> None:
    machine.results[case] = {"failures": 1, "first_failure": "503 overloaded"}
    with pytest.raises(LoadError, match=f"{case}: 503 overloaded"):
        run_baseline(Extent(10.0, 300, 16), Path("nowhere"), lambda _: None)
    assert len([one for one in machine.done if isinstance(one, tuple) and len(one) == 3]) == 1


def test_a_measurement_has_rounds_of_all_cases_and_proofs_for_all_of_them(machine: FakeMachine) -> None:
    progress: list[str] = []
    report = run_baseline(Extent(10.0, 300, 16), Path("nowhere"), progress.append)
    assert machine.done == [
        ("stack", 1),
        ("proofs", 5000),
        ([FASTAPI, BASELINE, NUMBER, TAP], 2, 0.5),
        ("proofs", 68_000),  # 3,400 a second for 10 s, and as many in reserve
        ([FASTAPI, BASELINE, NUMBER, TAP], ROUNDS, 2.0),
        "stack ended",
    ]
    assert report.conditions == {"seconds": 10.0, "rounds": 5, "connections": 16, "people": 300, "cards": 300}
    assert report.pinned == "nothing pinned: one core for all"
    assert "68000 proofs, signed in advance" in progress


@pytest.mark.parametrize(("connections", "terminals"), [(1, 4), (16, 8), (64, 32), (256, 128)])
def test_two_connections_share_a_terminal(connections: int, terminals: int) -> None:
    assert Extent(1.0, 300, connections).dataset == DatasetSize(people=300, cards=300, terminals=terminals)


def test_every_card_has_a_proof_in_the_warm_up(machine: FakeMachine) -> None:
    machine.cards = 4000
    next(on_request("tap"))
    assert machine.done[1] == ("proofs", 8000)


def test_only_members_about_whom_the_fund_answers_are_looked_up(machine: FakeMachine) -> None:
    valid = {"0", "3"}
    reference_data = SimpleNamespace(
        memberships=MEMBERSHIPS,
        answer=lambda question: (
            {"validity": "1"} if question.membership.number in valid else {"refused": "x"}
        ),
    )
    dataset = cast(Any, SimpleNamespace(terminals=[terminal()], reference_data=reference_data))
    assert [one.number for one in run._valid_memberships(dataset)] == ["0", "3"]


def test_the_server_side_is_the_stack_and_the_compared_applications(
    machine: FakeMachine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "with_descendants", lambda pid: {pid, 8, 9})
    kinds = {TAP: {API: lambda: {20}, DATABASE: lambda: {30, 31}}, FASTAPI: {API: lambda: {40}}}
    target = TargetEnvironment({}, 7)
    assert run._server_side(target, cast(Any, kinds)) == {7, 8, 9, 20, 30, 31, 40}


def test_the_generator_is_not_pinned_with_the_servers_though_it_holds_their_sockets(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    own = os.getpid()
    monkeypatch.setattr(processes, "listening_on", lambda port: {own, 40} if port == 8400 else set())
    kinds = run._kinds(TargetEnvironment({"FUND_HOME": "fund"}, None), FUND)
    assert kinds[API]() == {40}
    assert GENERATOR not in kinds
