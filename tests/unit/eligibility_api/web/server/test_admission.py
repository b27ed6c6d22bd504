"""One sweep ends what is overdue, starts what may start, and logs how often each limit refused."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from math import inf

import pytest
from structlog.testing import capture_logs

from eligibility_api.contract.errors import ShikakuError
from eligibility_api.platform.telemetry import METRICS
from eligibility_api.web.server import admission as admission_module
from eligibility_api.web.server import limits as rows
from eligibility_api.web.server.admission import Admission
from eligibility_api.web.server.fair_share import ACTIVE_SECONDS, NEW_VISIT_SECONDS, Verdict
from tests.builders.real_server import LIMITS, read_token


@dataclass(eq=False)
class Connection:
    """A connection that records what is asked of it."""

    deadline: float = inf
    awaits_client: bool = True
    expired: list[float] = field(default_factory=list)
    started: int = 0

    def expire(self, now: float) -> None:
        self.expired.append(now)

    overdue: int = 0

    def start_request(self) -> None:
        self.started += 1

    def refuse_overdue(self) -> None:
        self.overdue += 1


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def admission(clock: Clock) -> Admission:
    return Admission(replace(LIMITS, max_requests=512), read_token, clock)


def test_a_sweep_sets_the_gauges_of_the_load(admission: Admission) -> None:
    admission.open |= {Connection(), Connection(), Connection()}
    for _ in range(2):
        admission.requests.arrive("a", Connection(), now=100.0)
    admission.sweep()
    expected = {
        "shikaku_http_connections": 3,
        "shikaku_http_requests_in_progress": admission.requests.in_progress,
        "shikaku_http_requests_waiting": admission.requests.waiting,
    }
    assert {name: METRICS.get_sample_value(name) for name in expected} == expected
    assert admission.requests.in_progress == 2


@pytest.mark.parametrize(("deadline", "expired"), [(99.0, True), (100.0, True), (100.1, False), (inf, False)])
def test_a_connection_expires_at_its_deadline(admission: Admission, deadline: float, expired: bool) -> None:
    connection = Connection(deadline)
    admission.open.add(connection)
    admission.sweep()
    assert connection.expired == ([100.0] if expired else [])


def test_it_expires_once_unless_it_sets_another_deadline(admission: Admission, clock: Clock) -> None:
    connection = Connection(99.0)
    admission.open.add(connection)
    admission.sweep()
    clock.now += 1
    admission.sweep()
    assert connection.expired == [100.0]


def test_the_time_is_that_of_the_last_sweep(admission: Admission, clock: Clock) -> None:
    clock.now = 101.0
    assert admission.now == 100.0
    admission.sweep()
    assert admission.now == 101.0


def test_waiting_requests_start_when_other_clients_have_become_inactive(
    admission: Admission, clock: Clock
) -> None:
    requests = admission.requests
    for client in "bcdefgh":
        requests.arrive(client, Connection(), clock.now)
        requests.leave(client)
    clock.now += ACTIVE_SECONDS
    own = [Connection() for _ in range(10)]
    verdicts = [requests.arrive("a", connection, clock.now)[0] for connection in own]
    waiting = [one for one, verdict in zip(own, verdicts, strict=True) if verdict is Verdict.WAIT]
    assert waiting
    clock.now += 0.1
    admission.sweep()
    assert [connection.started for connection in waiting[:2]] == [1, 1]


@pytest.mark.anyio
async def test_while_a_request_waits_its_age_is_checked(admission: Admission, clock: Clock) -> None:
    loop = asyncio.get_running_loop()
    waiting = Connection()
    n = 0
    while admission.requests.arrive(n, waiting, clock.now)[0] is not Verdict.WAIT:
        n += 1
    admission.watch_line(loop)
    await asyncio.sleep(2 * admission_module._LINE_CHECK_SECONDS)
    assert waiting.overdue == 0
    clock.now += NEW_VISIT_SECONDS
    async with asyncio.timeout(10):
        while not waiting.overdue:
            await asyncio.sleep(0)
    assert (waiting.overdue, admission.requests.waiting, admission._line_check) == (1, 0, None)


@pytest.mark.anyio
async def test_a_check_that_comes_late_counts_no_age_of_its_own_delay(
    admission: Admission, clock: Clock
) -> None:
    """As after a moment without the processor, in which nothing that waits could start."""
    loop = asyncio.get_running_loop()
    waiting = Connection()
    n = 0
    while admission.requests.arrive(n, waiting, clock.now)[0] is not Verdict.WAIT:
        n += 1
    admission.watch_line(loop)
    found = []
    for delay in (10 * NEW_VISIT_SECONDS, 0.0):
        clock.now += delay
        assert admission._line_check is not None
        admission._line_check.cancel()
        admission._check_line(loop)
        found.append(waiting.overdue)
    assert found == [0, 1]


def test_refusals_are_logged_once_a_second_by_limit(admission: Admission, clock: Clock) -> None:
    with capture_logs() as log:
        for _ in range(3):
            admission.count_refusal(rows.URL_BYTES)
        admission.count_refusal(rows.TOKEN)
        admission.sweep()
        admission.count_refusal(rows.TOKEN)
        admission.sweep()
        assert [(line["reason"], line["entries"]) for line in log] == [("url-bytes", 3), ("token", 1)]
        clock.now += 1
        admission.sweep()
        admission.sweep()
    assert [(line["reason"], line["entries"]) for line in log[2:]] == [("token", 1)]


@pytest.mark.parametrize(
    ("token", "code"), [(None, "token-missing"), ("forged", "token-invalid"), ("", "token-invalid")]
)
def test_a_token_that_is_not_valid_names_nobody(admission: Admission, token: str | None, code: str) -> None:
    with pytest.raises(ShikakuError) as caught:
        admission.client_of(token)
    assert caught.value.code == code


def test_a_valid_token_names_its_client(admission: Admission) -> None:
    assert (admission.client_of("one"), admission.client_of("two")) == (1, 2)
