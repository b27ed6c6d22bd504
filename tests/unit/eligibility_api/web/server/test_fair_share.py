"""Requests of several clients share the capacity of a worker."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import assume
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from eligibility_api.web.server.fair_share import ACTIVE_SECONDS, FairShare, Verdict

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


@pytest.mark.parametrize("clients", [2, 4, 8, 16, 100])
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
    share = filled(*((f"c{n}", 1) for n in range(200)))
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


class Sharing(RuleBasedStateMachine):
    """Any order of arrivals, ends, withdrawals and time."""

    def __init__(self) -> None:
        super().__init__()
        self.share: FairShare[int] = FairShare(32)
        self.now = 0.0
        self.number = 0
        self.in_progress: dict[int, str] = {}
        self.waiting: dict[int, str] = {}

    def started(self, requests: list[int]) -> None:
        for request in requests:
            self.in_progress[request] = self.waiting.pop(request)

    @rule(client=st.sampled_from("abcdefgh"), count=st.integers(1, 20))
    def arrive(self, client: str, count: int) -> None:
        for _ in range(count):
            self.number += 1
            held = Counter([*self.in_progress.values(), *self.waiting.values()])
            before = held.total()
            verdict, displaced = self.share.arrive(client, self.number, self.now)
            if displaced is not None:
                victim = self.waiting.pop(displaced)
                assert before == 32
                assert held[victim] == max(held[one] for one in set(self.waiting.values()) | {victim})
                assert held[victim] > held[client] + 1
            if verdict is REFUSE:
                assert before == 32
                assert all(held[other] <= held[client] + 1 for other in set(self.waiting.values()))
            else:
                (self.in_progress if verdict is START else self.waiting)[self.number] = client

    @precondition(lambda self: self.in_progress)
    @rule(data=st.data())
    def leave(self, data: st.DataObject) -> None:
        request = data.draw(st.sampled_from(sorted(self.in_progress)))
        self.started(self.share.leave(self.in_progress.pop(request)))

    @precondition(lambda self: self.waiting)
    @rule(data=st.data())
    def withdraw(self, data: st.DataObject) -> None:
        request = data.draw(st.sampled_from(sorted(self.waiting)))
        self.share.withdraw(self.waiting.pop(request), request)

    @rule(seconds=st.floats(0, 3))
    def pass_time(self, seconds: float) -> None:
        self.now += seconds
        self.started(self.share.forget_inactive(self.now))

    @rule()
    def end_all(self) -> None:
        """Whatever waits is started by the end of what is in progress."""
        assume(self.waiting)
        while self.in_progress:
            request = min(self.in_progress)
            self.started(self.share.leave(self.in_progress.pop(request)))
        assert not self.waiting

    @invariant()
    def counts_agree(self) -> None:
        assert self.share.in_progress == len(self.in_progress)
        assert self.share.waiting == len(self.waiting)
        assert self.share.in_progress + self.share.waiting <= 32

    @invariant()
    def nothing_waits_while_little_is_in_progress(self) -> None:
        assert not self.waiting or self.in_progress

    @invariant()
    def each_client_is_served_in_its_own_order(self) -> None:
        for client in set(self.waiting.values()):
            own = [request for request, of in self.waiting.items() if of == client]
            assert own == sorted(own)


TestSharing = Sharing.TestCase
