"""Questions to the fund that the desk waits for: each in a thread, so that the page shows the seconds meanwhile."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import date, datetime

from clinic_terminal.clock import JAPAN
from clinic_terminal.errors import TerminalError
from clinic_terminal.pages.terminal import PagesTerminal
from clinic_terminal.queries.number_lookup import LookupRequest, check_membership
from clinic_terminal.store.records import StoredMembership, Visit, Way
from clinic_terminal.store.visits import new_visit_id
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.contract.membership import MembershipQuery

log = logging.getLogger(__name__)

MAX_UNANSWERED = 16
"""Questions of this terminal that wait for an answer; a further one is refused."""

MAX_UNKEPT = 100
"""Visits that the store could not keep and this process keeps instead; a further one ends the oldest."""

_THREADS = 4


@dataclass(frozen=True, slots=True)
class Question:
    """What was asked, by whom and when; `began` in monotonic seconds."""

    visit_id: str
    membership: MembershipQuery
    request: LookupRequest
    operator: str
    at: datetime
    began: float


class TooManyQuestions(Exception):
    """The desk waits for as many answers as it may."""


class Asking:
    """Questions by number. An answer, or the reason why there is none, becomes a visit in the store.

    Where the store cannot keep it, the answer stays here, so that the desk sees it all the same.
    """

    def __init__(self, terminal: PagesTerminal, ticks: Callable[[], float]) -> None:
        """`ticks`: monotonic seconds."""
        self._terminal, self._ticks = terminal, ticks
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="asking")
        self._waiting: dict[str, Question] = {}
        self._unkept: dict[str, Visit] = {}
        self._sent: list[Future[None]] = []
        self._lock = threading.Lock()

    def ask(self, membership: MembershipQuery, request: LookupRequest, operator: str) -> str:
        """Send a question; returns the id of its visit. Raises TooManyQuestions."""
        question = Question(
            new_visit_id(), membership, request, operator, self._terminal.clock(), self._ticks()
        )
        with self._lock:
            if len(self._waiting) >= MAX_UNANSWERED:
                raise TooManyQuestions
            self._waiting[question.visit_id] = question
            self._sent = [one for one in self._sent if not one.done()]
            self._sent.append(self._threads.submit(self._answer, question))
        return question.visit_id

    def waiting(self) -> list[Question]:
        """The questions without an answer, oldest first."""
        with self._lock:
            return list(self._waiting.values())

    def find(self, visit_id: str) -> Question | None:
        """A question that waits for its answer."""
        with self._lock:
            return self._waiting.get(visit_id)

    def unkept(self, visit_id: str) -> Visit | None:
        """A visit that has its answer, and could not be kept."""
        with self._lock:
            return self._unkept.get(visit_id)

    def keep_again(self, visit_id: str) -> None:
        """Keep a visit that could not be kept before. Raises TerminalError `store-failed`."""
        visit = self.unkept(visit_id)
        if visit is not None:
            self._terminal.store.keep_visit(visit)
            with self._lock:
                self._unkept.pop(visit_id, None)

    def unkept_visits(self, day: date) -> list[Visit]:
        """The visits of a day that could not be kept, oldest first; those of other days are forgotten."""
        with self._lock:
            of_day = {
                key: visit for key, visit in self._unkept.items() if visit.at.astimezone(JAPAN).date() == day
            }
            self._unkept = of_day
            return list(of_day.values())

    def seconds(self, question: Question) -> int:
        """The whole seconds that a question has waited."""
        return int(self._ticks() - question.began)

    def drain(self) -> None:
        """Wait until the questions that were sent have their answers."""
        while questions := [one for one in self._sent if not one.done()]:
            wait(questions)

    def close(self) -> None:
        """Wait for the questions that were sent."""
        self._threads.shutdown()

    def _answer(self, question: Question) -> None:
        answer, code = None, None
        try:
            answer = self._terminal.funds.call(
                lambda fund: check_membership(fund, question.membership, question.request)
            )
        except ShikakuError as error:
            code = error.code
        except Exception as error:
            log.error("a look-up failed: %s", type(error).__name__)  # without values
            code = "exchange-internal"
        visit = Visit(
            visit_id=question.visit_id,
            at=question.at,
            way=Way.NUMBER,
            milliseconds=round((self._ticks() - question.began) * 1000),
            as_of=question.request.as_of,
            limit_certificate=question.request.limit_certificate,
            asked=StoredMembership.model_validate(question.membership.model_dump()),
            answer=answer,
            code=code,
            operator=question.operator,
        )
        kept = False
        try:
            self._terminal.store.keep_visit(visit)
            kept = True
        except TerminalError as error:
            log.error("a look-up was not kept: %s", error.code)
        finally:
            with self._lock:
                self._waiting.pop(question.visit_id, None)
                if not kept:
                    while len(self._unkept) >= MAX_UNKEPT:
                        del self._unkept[next(iter(self._unkept))]
                    self._unkept[visit.visit_id] = visit
