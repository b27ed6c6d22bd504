"""Requests of several clients share the capacity of a worker."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import assume
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from eligibility_api.web.server.fair_share import (
    ACTIVE_SECONDS,
    NEW_VISIT_SECONDS,
    VISIT_UNDER_WAY_SECONDS,
    FairShare,
    Verdict,
)
from eligibility_api.web.server.request_kind import LOOK_UP, NOT_COUNTED, USUAL, RequestKind
from eligibility_api.web.server.work_window import NEW_VISITS_PART

CAPACITY = 1024
FREE, SHARED, LEAST = CAPACITY // 128, CAPACITY // 32, CAPACITY // 128
START, WAIT, REFUSE = Verdict.START, Verdict.WAIT, Verdict.REFUSE


def arrivals(share: FairShare[str], client: str, count: int, now: float = 0.0) -> Counter[Verdict]:
    """So many requests of a client at once; their verdicts."""
    first = share.in_progress + share.waiting
    return Counter(share.arrive(client, f"{client}{first + n}", now)[0] for n in range(count))


def filled(*counts: tuple[str, int]) -> FairShare[str]:
    share: FairShare[str] = FairShare(CAPACITY)
    for client, count in counts:
        arrivals(share, client, count)
    return share


def test_a_client_alone_uses_all_of_the_capacity() -> None:
    share: FairShare[str] = FairShare(CAPACITY)
    assert arrivals(share, "a", CAPACITY) == {START: SHARED, WAIT: CAPACITY - SHARED}
    assert arrivals(share, "a", 1) == {REFUSE: 1}


def test_a_client_alone_is_served_in_the_order_of_its_requests() -> None:
    share: FairShare[int] = FairShare(CAPACITY)
    for n in range(CAPACITY):
        share.arrive("a", n, 0.0)
    started: list[int] = []
    while share.in_progress:
        started += share.leave("a")
    assert started == list(range(SHARED, CAPACITY))


@pytest.mark.parametrize("clients", [2, 4, 8, 16, 40])
def test_a_client_that_takes_all_leaves_each_other_one_its_share(clients: int) -> None:
    share = filled(*((f"c{n}", 1) for n in range(clients - 1)))
    arrivals(share, "greedy", CAPACITY * 2)
    for n in range(clients - 1):
        assert share.arrive(f"c{n}", f"again{n}", 0.0)[0] is START


def test_beyond_the_free_part_a_client_has_no_more_in_progress_than_its_share() -> None:
    share = filled(("a", 1), ("b", 1), ("c", 1))
    assert arrivals(share, "greedy", 100)[START] == SHARED // 4


def test_while_few_requests_are_in_progress_none_waits() -> None:
    share = filled(*((f"c{n}", 0) for n in range(100)))
    assert arrivals(share, "a", FREE) == {START: FREE}


def test_each_client_may_have_a_few_in_progress_however_many_are_active() -> None:
    share = filled(*((f"c{n}", 1) for n in range(80)))
    assert arrivals(share, "new", LEAST + 1) == {START: LEAST, WAIT: 1}


def test_waiting_clients_take_turns_however_many_requests_each_has() -> None:
    waiting: FairShare[tuple[str, int]] = FairShare(CAPACITY)
    running = []
    for client, count in (("a", 120), ("b", 60), ("c", 60)):
        for n in range(count):
            if waiting.arrive(client, (client, n), 0.0)[0] is START:
                running.append((client, n))
    started: list[str] = []
    while len(started) < 60:
        for request in waiting.leave(running.pop(0)[0]):
            running.append(request)
            started.append(request[0])
    counts = Counter(started[30:])
    assert max(counts.values()) - min(counts[client] for client in "abc") <= 2


def test_at_the_capacity_the_newest_of_the_client_with_the_most_gives_way() -> None:
    share: FairShare[int] = FairShare(CAPACITY)
    for n in range(CAPACITY):
        share.arrive("greedy", n, 0.0)
    assert share.arrive("honest", -1, 0.0) == (START, CAPACITY - 1)
    assert share.in_progress + share.waiting == CAPACITY


def test_at_the_capacity_a_client_with_as_many_as_the_others_is_refused() -> None:
    share = filled(("a", CAPACITY // 2), ("b", CAPACITY // 2))
    for client in ("a", "b"):
        assert share.arrive(client, "more", 0.0) == (REFUSE, None)


def test_a_withdrawn_request_is_not_started() -> None:
    share: FairShare[int] = FairShare(CAPACITY)
    for n in range(CAPACITY):
        share.arrive("a", n, 0.0)
    share.withdraw("a", SHARED)
    assert share.leave("a") == [SHARED + 1]


def test_when_others_become_inactive_the_share_grows() -> None:
    share = filled(*((f"c{n}", 1) for n in range(7)))
    arrivals(share, "a", 100, now=ACTIVE_SECONDS)
    for n in range(7):
        share.leave(f"c{n}")
    before = share.in_progress
    assert before == FREE
    assert share.forget_inactive(ACTIVE_SECONDS / 2) == []
    assert len(share.forget_inactive(ACTIVE_SECONDS + 0.1)) == SHARED - before


def test_an_inactive_client_is_forgotten() -> None:
    share = filled(*((f"c{n}", 1) for n in range(1_000)))
    for n in range(1_000):
        share.leave(f"c{n}")
    share.forget_inactive(ACTIVE_SECONDS * 2)
    assert len(share._clients) == 0


WINDOW = CAPACITY // 8
"""Look-ups in the window of work."""
NEW = int(WINDOW * NEW_VISITS_PART)
"""Look-ups of new visits in it."""
UNDER_WAY = RequestKind(LOOK_UP, continues_visit=True)


def full(seconds: float = 0.0) -> FairShare[str]:
    """A worker on which as many clients as it can begin have a new visit in progress each."""
    share: FairShare[str] = FairShare(CAPACITY)
    for n in range(NEW):
        assert share.arrive(f"c{n}", f"request {n}", seconds)[0] is START
    return share


def test_all_clients_together_have_no_more_in_progress_than_the_window() -> None:
    share = full()
    assert share.arrive("another", "more", 0.0)[0] is WAIT
    assert share.leave("c0") == ["more"]


@pytest.mark.parametrize("cost", [1, 3, 5, 10, 20, 40])
def test_a_request_takes_the_capacity_of_what_it_costs(cost: int) -> None:
    share: FairShare[int] = FairShare(CAPACITY)
    verdicts = [share.arrive(n, n, 0.0, RequestKind(cost))[0] for n in range(CAPACITY)]
    assert verdicts.count(START) == max(-(-NEW * LOOK_UP // cost), FREE)


def test_requests_that_cost_nothing_start_on_a_full_worker() -> None:
    share = full()
    assert share.arrive("liveness", "more", 0.0, NOT_COUNTED)[0] is START


def test_the_last_part_of_the_window_is_kept_for_visits_under_way() -> None:
    share = full()
    verdicts = Counter(share.arrive(f"v{n}", f"visit {n}", 0.0, UNDER_WAY)[0] for n in range(WINDOW))
    assert verdicts == {START: WINDOW - NEW, WAIT: NEW}


def test_visits_under_way_start_before_new_ones_that_waited_longer() -> None:
    share = full()
    for n in range(WINDOW - NEW):
        share.arrive(f"v{n}", f"visit {n}", 0.0, UNDER_WAY)
    assert share.arrive("new", "new", 0.0)[0] is WAIT
    assert share.arrive("visit", "under way", 0.01, UNDER_WAY)[0] is WAIT
    started = [request for n in range(WINDOW - NEW + 2) for request in share.leave(f"c{n}")]
    assert started == ["under way", "new"]


def test_a_clients_visit_under_way_passes_its_own_new_ones() -> None:
    share = full()
    assert share.arrive("a", "new", 0.0)[0] is WAIT
    assert share.arrive("a", "under way", 0.0, UNDER_WAY)[0] is START


@pytest.mark.parametrize(
    ("kind", "waited", "refused"),
    [
        (USUAL, NEW_VISIT_SECONDS - 0.001, False),
        (USUAL, NEW_VISIT_SECONDS, True),
        (UNDER_WAY, NEW_VISIT_SECONDS, False),
        (UNDER_WAY, VISIT_UNDER_WAY_SECONDS - 0.001, False),
        (UNDER_WAY, VISIT_UNDER_WAY_SECONDS, True),
    ],
)
def test_on_a_full_worker_a_request_is_refused_by_its_age(
    kind: RequestKind, waited: float, refused: bool
) -> None:
    share = full()
    for n in range(WINDOW - NEW):
        share.arrive(f"v{n}", f"visit {n}", 0.0, UNDER_WAY)
    assert share.arrive("a", "waiting", 0.0, kind)[0] is WAIT
    assert share.remove_overdue(0.0) == []
    assert share.remove_overdue(waited) == (["waiting"] if refused else [])
    assert share.waiting == (0 if refused else 1)


def test_what_waits_is_not_refused_on_a_worker_that_is_full_for_a_moment() -> None:
    """As when many requests arrive that then wait for another organisation."""
    share = full()
    share.arrive("a", "waiting", 0.0)
    assert share.remove_overdue(NEW_VISIT_SECONDS) == []
    share.window.step_aside(USUAL)
    assert share.remove_overdue(2 * NEW_VISIT_SECONDS) == []
    share.window.begin(USUAL)
    assert share.remove_overdue(3 * NEW_VISIT_SECONDS) == []  # full again, and not yet for long
    assert share.remove_overdue(4 * NEW_VISIT_SECONDS + 0.001) == ["waiting"]


def test_on_a_worker_that_is_not_full_what_waits_behind_its_own_is_not_refused_by_its_age() -> None:
    share = filled(("a", CAPACITY))
    assert share.remove_overdue(60.0) == []
    assert share.waiting == CAPACITY - SHARED


def test_a_request_that_waits_for_somebody_else_leaves_its_capacity_to_others() -> None:
    share = full()
    share.arrive("another", "more", 0.0)
    assert share.step_aside(USUAL) == ["more"]
    share.window.begin(USUAL)  # it comes back, whether or not there is capacity
    assert share.leave("c0") == []
    assert share.arrive("yet another", "later", 0.0)[0] is WAIT
    assert share.leave("c1") == ["later"]


KINDS = (USUAL, UNDER_WAY, NOT_COUNTED, RequestKind(40), RequestKind(3, continues_visit=True))


class Sharing(RuleBasedStateMachine):
    """Any order of arrivals, ends, withdrawals, waits elsewhere and time, of requests of any kind."""

    def __init__(self) -> None:
        super().__init__()
        self.share: FairShare[int] = FairShare(32)
        self.now = 0.0
        self.number = 0
        self.in_progress: dict[int, tuple[str, RequestKind]] = {}
        self.waiting: dict[int, tuple[str, RequestKind]] = {}
        self.elsewhere: set[int] = set()

    def started(self, requests: list[int]) -> None:
        for request in requests:
            self.in_progress[request] = self.waiting.pop(request)

    def leave_place(self, request: int) -> None:
        client, kind = self.in_progress.pop(request)
        if request in self.elsewhere:
            self.elsewhere.discard(request)
            self.share.window.begin(kind)
        self.started(self.share.leave(client, kind))

    @rule(client=st.sampled_from("abcdefgh"), count=st.integers(1, 20), kind=st.sampled_from(KINDS))
    def arrive(self, client: str, count: int, kind: RequestKind) -> None:
        for _ in range(count):
            self.number += 1
            held = Counter(one for one, _ in [*self.in_progress.values(), *self.waiting.values()])
            before = held.total()
            verdict, displaced = self.share.arrive(client, self.number, self.now, kind)
            if displaced is not None:
                victim, victims_kind = self.waiting.pop(displaced)
                clients = {one for one, _ in self.waiting.values()} | {victim}
                assert before == 32
                assert held[victim] == max(held[one] for one in clients)
                assert held[victim] > held[client] + 1
                left = {kind.continues_visit for one, kind in self.waiting.values() if one == victim}
                assert not victims_kind.continues_visit or False not in left
            if verdict is REFUSE:
                assert before == 32
                assert all(held[other] <= held[client] + 1 for other, _ in self.waiting.values())
            else:
                (self.in_progress if verdict is START else self.waiting)[self.number] = client, kind

    @precondition(lambda self: self.in_progress)
    @rule(data=st.data())
    def leave(self, data: st.DataObject) -> None:
        self.leave_place(data.draw(st.sampled_from(sorted(self.in_progress))))

    @precondition(lambda self: self.in_progress.keys() - self.elsewhere)
    @rule(data=st.data())
    def step_aside(self, data: st.DataObject) -> None:
        request = data.draw(st.sampled_from(sorted(self.in_progress.keys() - self.elsewhere)))
        self.elsewhere.add(request)
        self.started(self.share.step_aside(self.in_progress[request][1]))

    @precondition(lambda self: self.waiting)
    @rule(data=st.data())
    def withdraw(self, data: st.DataObject) -> None:
        request = data.draw(st.sampled_from(sorted(self.waiting)))
        client, _ = self.waiting.pop(request)
        self.share.withdraw(client, request)

    @rule(seconds=st.floats(0, 3))
    def pass_time(self, seconds: float) -> None:
        self.now += seconds
        for request in self.share.remove_overdue(self.now):
            _, kind = self.waiting.pop(request)
            assert not self.share.window.has_capacity(continues_visit=kind.continues_visit)
        self.started(self.share.forget_inactive(self.now))

    @rule()
    def end_all(self) -> None:
        """Whatever waits is started by the end of what is in progress."""
        assume(self.waiting)
        while self.in_progress:
            self.leave_place(min(self.in_progress))
        assert not self.waiting

    @invariant()
    def counts_agree(self) -> None:
        assert self.share.in_progress == len(self.in_progress)
        assert self.share.waiting == len(self.waiting)
        assert self.share.in_progress + self.share.waiting <= 32
        work = sum(kind.cost for one, (_, kind) in self.in_progress.items() if one not in self.elsewhere)
        assert self.share.window.in_progress == work

    @invariant()
    def nothing_waits_while_little_is_in_progress(self) -> None:
        assert not self.waiting or self.in_progress

    @invariant()
    def each_client_is_served_in_its_own_order(self) -> None:
        for client in {one for one, _ in self.waiting.values()}:
            own = [request for request, (of, _) in self.waiting.items() if of == client]
            assert own == sorted(own)


TestSharing = Sharing.TestCase
