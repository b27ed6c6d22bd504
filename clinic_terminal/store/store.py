"""`TerminalStore`: what the terminal's processes keep and share, each kind until its end."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Self
from uuid import UUID

from clinic_terminal.clock import JAPAN
from clinic_terminal.store.charts import Charts
from clinic_terminal.store.database import StoreDatabase
from clinic_terminal.store.records import (
    Kind,
    Original,
    Permit,
    Reception,
    StoredMembership,
    Visit,
    Way,
)
from clinic_terminal.store.requests import TakenRequests
from clinic_terminal.store.visits import Visits, end_of, new_visit_id
from eligibility_api.contract.eligibility import EligibilityAnswer
from eligibility_api.contract.identifiers import UnreadableIdentifier, insurer_number, membership_key

RECEPTION_DAYS = 7
"""As long as the fund keeps the results of a batch."""
UNLIMITED_PERMIT_DAYS = 400
"""A consent that lasts until it is withdrawn is forgotten here after so many days; the fund still has it."""


class TerminalStore:
    """The store. Thread-safe; each call is one short transaction. A context manager.

    Every call may raise TerminalError `store-failed`. `answer_days`: how many days after today last answers
    are kept; 0 for none. `requests`: those taken from the exchange folder. `charts`: what the clinic's charts have.
    """

    def __init__(self, database: StoreDatabase, *, answer_days: int = 0) -> None:
        self.requests = TakenRequests(database)
        self.charts = Charts(database, answer_days)
        self._visits = Visits(database)
        self._database = database
        self._answer_days = answer_days

    @classmethod
    def open(cls, home: Path, *, answer_days: int = 0) -> Self:
        """Open or create the store in the folder `home`.

        Raises TerminalError `store-key-missing`, `store-key-wrong`, `store-newer`, `store-failed`.
        """
        return cls(StoreDatabase.open(home), answer_days=answer_days)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def transaction(self) -> AbstractContextManager[None]:
        """Calls that are one transaction: what is read in it is changed by nobody else before its end."""
        return self._database.transaction()

    def version(self) -> tuple[int, int]:
        """A value that is another one after every change of the store."""
        return self._database.version()

    def purge(self, now: datetime) -> int:
        """Delete what has ended; the number of entries."""
        return self._database.purge(now)

    # -- Permits ------------------------------------------------------------------------------------------

    def keep_permit(self, permit: Permit) -> None:
        """Keep a permit until it ends; one with the same id is replaced."""
        own = self._permit_key(permit.permit_id)
        keys = [own, *(self._membership(Kind.PERMIT, membership) for membership in permit.memberships)]
        if permit.reference_number is not None:
            keys.append(self._database.digest(Kind.PERMIT, "reference", permit.reference_number))
        ends_at = permit.available_until or permit.given_at + timedelta(days=UNLIMITED_PERMIT_DAYS)
        with self._database.transaction():
            self._database.delete(own)
            self._database.put(Kind.PERMIT, permit.model_dump_json().encode(), ends_at, keys)

    def drop_permit(self, permit_id: UUID) -> None:
        """Forget a permit, which the fund no longer accepts."""
        self._database.delete(self._permit_key(permit_id))

    def permits_for(
        self, *, insurer_number: str, symbol: str | None, number: str, at: datetime
    ) -> tuple[Permit, ...]:
        """The permits about this membership that have not ended at `at`, newest first; of any branch."""
        key = self._membership_key(Kind.PERMIT, insurer_number, symbol, number)
        return self._permits(key, at)

    def permits_by_reference(self, reference_number: str, at: datetime) -> tuple[Permit, ...]:
        """The permits about the person with this number of the facility, newest first."""
        return self._permits(self._database.digest(Kind.PERMIT, "reference", reference_number), at)

    def _permit_key(self, permit_id: UUID) -> bytes:
        return self._database.digest(Kind.PERMIT, "id", str(permit_id))

    def _permits(self, key: bytes, at: datetime) -> tuple[Permit, ...]:
        found = (Permit.model_validate_json(entry.value) for entry in self._database.find(Kind.PERMIT, key))
        return tuple(permit for permit in found if permit.is_available(at))

    # -- Receptions of bulk requests -----------------------------------------------------------------------

    def keep_reception(self, reception: Reception) -> None:
        """Keep the reception of a bulk request; one with the same number is replaced."""
        key = self._database.digest(Kind.RECEPTION, reception.number)
        ends_at = reception.received_at + timedelta(days=RECEPTION_DAYS)
        with self._database.transaction():
            self._database.delete(key)
            self._database.put(Kind.RECEPTION, reception.model_dump_json().encode(), ends_at, [key])

    def reception(self, number: str) -> Reception | None:
        """The reception with this number, if it is known."""
        found = self._database.find(Kind.RECEPTION, self._database.digest(Kind.RECEPTION, number))
        return Reception.model_validate_json(found[0].value) if found else None

    # -- Visits and last answers ---------------------------------------------------------------------------

    def record_visit(self, answer: EligibilityAnswer, at: datetime, way: Way = Way.SOFTWARE) -> None:
        """Keep the answer of a visit as `keep_visit` does."""
        self.keep_visit(Visit(visit_id=new_visit_id(), at=at, way=way, answer=answer))

    def keep_visit(self, visit: Visit) -> None:
        """Keep a visit until midnight in Japan, and its answer as last answer for the days of the setting.

        The first visit of a person makes the chart with which later ones are compared.
        """
        answer, day = visit.answer, visit.at.astimezone(JAPAN).date()
        with self._database.transaction():
            if answer is None or not answer.results:
                self._visits.put(visit, end_of(day))
                return
            keys = self._keys_of(Kind.VISIT, answer)
            self._visits.put(self.charts.meet(visit), end_of(day), keys)
            if self._answer_days > 0:
                keys = self._keys_of(Kind.ANSWER, answer)
                value = answer.model_dump_json().encode()
                self._database.put(Kind.ANSWER, value, end_of(day, self._answer_days), keys)

    def visits(self, day: date) -> tuple[Visit, ...]:
        """The visits of a day, oldest first."""
        return self._visits.of_day(day)

    def visit(self, visit_id: str) -> Visit | None:
        """The visit with this id, until midnight."""
        return self._visits.find(visit_id)

    def change_visit(self, visit: Visit) -> None:
        """Replace a visit by the one with its id."""
        self._visits.change(visit)

    def answers_of_day(self, membership: StoredMembership, day: date) -> tuple[EligibilityAnswer, ...]:
        """The answers of a day about this membership, newest first; as `last_answer` compares it."""
        visits = self._visits.with_key(self._membership(Kind.VISIT, membership), day)
        answers = (visit.answer for visit in visits)
        return tuple(one for one in answers if one is not None and _is_about(one, membership))

    def last_answer(
        self,
        insurer_number: str,
        symbol: str | None,
        number: str,
        branch: str | None = None,
        birth_date: date | None = None,
    ) -> EligibilityAnswer | None:
        """The last answer about this membership; branch and birth date are compared where both are known."""
        key = self._membership_key(Kind.ANSWER, insurer_number, symbol, number)
        wanted = StoredMembership(
            insurer_number=insurer_number, symbol=symbol, number=number, branch=branch, birth_date=birth_date
        )
        for entry in self._database.find(Kind.ANSWER, key):
            answer = EligibilityAnswer.model_validate_json(entry.value)
            if _is_about(answer, wanted):
                return answer
        return None

    # -- Originals of replaced characters ------------------------------------------------------------------

    def keep_originals(self, originals: Iterable[Original], at: datetime) -> None:
        """Keep the original texts of a result's file as long as last answers, at least until midnight."""
        ends_at = end_of(at.astimezone(JAPAN).date(), self._answer_days)
        with self._database.transaction():
            for original in originals:
                key = self._database.digest(Kind.ORIGINAL, original.file)
                self._database.put(Kind.ORIGINAL, original.model_dump_json().encode(), ends_at, [key])

    def originals(self, file: str) -> tuple[Original, ...]:
        """The original texts of the result's file with this name, in the order in which they were kept."""
        found = self._database.find(Kind.ORIGINAL, self._database.digest(Kind.ORIGINAL, file))
        return tuple(Original.model_validate_json(entry.value) for entry in reversed(found))

    def _keys_of(self, kind: Kind, answer: EligibilityAnswer) -> set[bytes]:
        """A key for each membership of an answer."""
        return {
            self._membership_key(kind, result.insurer_number, result.symbol, result.number)
            for result in answer.results
        }

    def _membership(self, kind: Kind, membership: StoredMembership) -> bytes:
        return self._membership_key(kind, membership.insurer_number, membership.symbol, membership.number)

    def _membership_key(self, kind: Kind, insurer: str, symbol: str | None, number: str) -> bytes:
        """By insurer, symbol and number in their canonical forms: however they are written."""
        return self._database.digest(
            kind, "membership", _insurer(insurer), membership_key(symbol or ""), membership_key(number)
        )


def _insurer(text: str) -> str:
    try:
        return insurer_number(text)
    except UnreadableIdentifier:
        return text  # matches itself only


def _is_about(answer: EligibilityAnswer, wanted: StoredMembership) -> bool:
    return any(
        _insurer(result.insurer_number) == _insurer(wanted.insurer_number)
        and membership_key(result.number) == membership_key(wanted.number)
        and (wanted.branch is None or result.branch is None or wanted.branch == result.branch)
        and (wanted.birth_date is None or wanted.birth_date == result.birth_date)
        for result in answer.results
    )
