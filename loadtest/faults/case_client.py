"""A client beside the generators, which sends cases in turn: each has one right answer."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import cycle
from time import perf_counter

from loadtest.clock import now, today_in_japan
from loadtest.dataset.cards import Card
from loadtest.dataset.provision import Dataset
from loadtest.dataset.reference_data import ReferenceData
from loadtest.dataset.request_bodies import problem_code
from loadtest.dataset.terminals import Terminal
from loadtest.faults.fault import FaultContext, Finding
from loadtest.http_client.connection import ConnectionFailed, Reply
from loadtest.http_client.pool import ConnectionPool
from loadtest.model.answer import Question
from loadtest.model.events import Membership
from loadtest.scenario.answer_check import AnswerChecker
from loadtest.scenario.answer_sample import CheckQuery, SampledAnswer
from loadtest.scenario.visits import Outcome
from loadtest.sections import Text
from loadtest.tasks import cancel_and_wait

SHARE, MIN_PER_S = 0.1, 5.0
"""Its cases for each check of the run, and their minimum rate."""

_TIMEOUT_S = 10.0
_MAX_CONNECTIONS = 100

SERVED = "served"
"""The expected answer of a case that is no refusal."""


@dataclass(frozen=True, slots=True)
class Case:
    """A request or several, and the expected answer to the last one: the code of the refusal, or `SERVED`.

    `what`: the case in words; `query`: what the reference model is asked, if the case is served.
    """

    what: str
    expected: str
    send: Callable[[ConnectionPool, Terminal], Awaitable[Reply]]
    query: CheckQuery | None = None


class CaseClient:
    """Signs one terminal in, and sends all cases in turn, until it is removed, and each of them once at least."""

    def __init__(
        self, fault_context: FaultContext, cases: Callable[[Dataset, Terminal], Sequence[Case]]
    ) -> None:
        """`cases`: returns the cases of a dataset, for the terminal that sends them."""
        self._fault_context = fault_context
        self._cases = cases
        self._per_s = max(MIN_PER_S, SHARE * fault_context.checks_per_s)
        self._sending: asyncio.Task[None] | None = None
        self._answers: Counter[tuple[str, str, str]] = Counter()
        self._served: list[SampledAnswer] = []
        self._began, self._started_at = perf_counter(), now()
        self._kinds = 0
        self._all_answered = asyncio.Event()

    async def inject(self) -> None:
        """Start to send."""
        self._sending = asyncio.create_task(self._send_all())

    async def remove(self) -> None:
        """Stop, once each case has its answer, which may be late on a busy machine.

        Raises the error with which it failed, such as ConnectionFailed if it could not sign in.
        """
        if self._sending is None:
            return
        all_answered = asyncio.create_task(self._all_answered.wait())
        await asyncio.wait({self._sending, all_answered}, return_when=asyncio.FIRST_COMPLETED)
        all_answered.cancel()
        await cancel_and_wait(self._sending)

    async def findings(self, _: Sequence[bytes]) -> list[Finding]:
        """The number of expected answers, all unexpected ones, and wrong ones by the reference model."""
        expected = sum(n for (_, wanted, answer), n in self._answers.items() if answer == wanted)
        unexpected = [(key, n) for key, n in self._answers.items() if key[1] != key[2]]
        listed = "; ".join(f"{n} × {answer} for {wanted}: {what}" for (what, wanted, answer), n in unexpected)
        violation = Text(f"想定外の応答（{listed}）", listed) if unexpected else None
        sent = self._answers.total()
        return [
            Finding("cases_sent", sent, took_hold=sent > 0),
            Finding("answered_as_expected", expected, violation),
            compared(self._fault_context.dataset, self._served, self._started_at),
        ]

    async def _send_all(self) -> None:
        dataset, url = self._fault_context.dataset, self._fault_context.target.fund_url
        terminal = dataset.terminals[-1]
        pool = ConnectionPool(url, max_connections=_MAX_CONNECTIONS, timeout_seconds=_TIMEOUT_S)
        async with pool, asyncio.TaskGroup() as group:
            await terminal.sign_in(pool)
            cases = self._cases(dataset, terminal)
            self._kinds = len({case.what for case in cases})
            for case in cycle(cases):
                group.create_task(self._send(pool, terminal, case))
                await asyncio.sleep(1 / self._per_s)

    async def _send(self, pool: ConnectionPool, terminal: Terminal, case: Case) -> None:
        began = perf_counter()
        try:
            reply = await case.send(pool, terminal)
        except ConnectionFailed as error:
            self._count(case, f"network: {error}")
            return
        self._count(case, _answer(reply))
        if case.query is not None and reply.status == 200:
            outcome = Outcome(reply.status, reply.body)
            ended = perf_counter()
            self._served.append(SampledAnswer(case.query, outcome, began - self._began, ended - self._began))

    def _count(self, case: Case, answer: str) -> None:
        self._answers[case.what, case.expected, answer] += 1
        if len({one for one, _, _ in self._answers}) == self._kinds:
            self._all_answered.set()


def compared(dataset: Dataset, served: Sequence[SampledAnswer], started_at: datetime) -> Finding:
    """The number of answers that were compared with the reference model. `started_at`: when their seconds begin."""
    checker = AnswerChecker(dataset.answer_index, started_at)
    wrong = checker.count_wrong(served)
    violation = None
    if wrong:
        listed = ", ".join(f"{count} × {fault}" for fault, count in wrong.items())
        violation = Text(f"回答が誤り（{listed}）", f"wrong answers: {listed}")
    return Finding("answers_compared", len(served), violation)


def confirmable(reference_data: ReferenceData, terminal: Terminal) -> Iterable[Membership]:
    """The memberships about which the fund answers."""
    day, code, kind = today_in_japan(), terminal.institution_code, terminal.kind
    return (
        each
        for each in reference_data.memberships
        if "refused" not in reference_data.answer(Question(day, code, kind, membership=each))
    )


def usable_card(dataset: Dataset, terminal: Terminal, *, other_than: Card | None = None) -> Card:
    """A card about whose holder the fund answers. `other_than`: its key is another one than this card's."""
    day, code, kind = today_in_japan(), terminal.institution_code, terminal.kind
    index = dataset.answer_index
    return next(
        card
        for card in dataset.cards
        if (other_than is None or card.key_number != other_than.key_number)
        and "refused" not in index.answer(Question(day, code, kind, person=card.resident_id), now())
    )


def _answer(reply: Reply) -> str:
    if reply.status == 200:
        return SERVED
    code = problem_code(reply.body)
    return code if reply.status < 500 else f"{reply.status} {code}"
