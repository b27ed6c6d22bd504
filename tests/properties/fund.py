"""The fund without a database: versions in memory, changed and answered by its own rules."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Any

from pydantic import TypeAdapter

from eligibility_api.contract.codes import Category, FacilityKind
from eligibility_api.contract.enrolment import Mismatch
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.domain import eligibility, timeline
from eligibility_api.domain.enrolment_version import Channel, EnrolmentVersion, Ticket
from eligibility_api.domain.membership import CONTENT, comparable, digest
from eligibility_api.domain.timeline import KnownValue, Period
from loadtest.model.answer import Question
from loadtest.model.events import (
    Corrected,
    Ended,
    Enrolled,
    Event,
    FilePublished,
    FileUndone,
    Membership,
    MismatchConfirmed,
    MismatchOpened,
    Row,
    TicketRegistered,
)

VERSION = TypeAdapter(EnrolmentVersion)
TICKET = TypeAdapter(Ticket)
GROUPS = ("elderly_certificate", "limit_certificate")
NEVER = datetime(1970, 1, 1, tzinfo=UTC)
NOT_ANSWERED_BY_RULE: dict[str, Any] = {
    **dict.fromkeys(("version", "record_id", "answered_at", "reference_number", "certificate_renewal"), True),
    "results": {"__all__": {"limit_certificate_consent_at"}},
}


@dataclass(slots=True)
class Stored:
    """A version with the instants between which it is known, and the events that opened and closed it."""

    enrolment: EnrolmentVersion
    opened: Event
    closed: Event | None = None

    @property
    def period(self) -> Period:
        return Period(
            self.enrolment.version,
            self.enrolment.acquired_on,
            self.enrolment.lost_on,
            digest_of(self.enrolment),
        )

    @property
    def known(self) -> KnownValue[EnrolmentVersion]:
        return KnownValue(self.enrolment, self.opened.at, self.closed.at if self.closed else None)


def digest_of(enrolment: EnrolmentVersion) -> bytes:
    """The digest of a version's content."""
    content: dict[str, Any] = {name: getattr(enrolment, name) for name in CONTENT}
    for name in GROUPS:
        content[name] = content[name] and content[name].model_dump(mode="json", exclude_none=True)
    content["specific_diseases"] = [
        d.model_dump(mode="json", exclude_none=True) for d in enrolment.specific_diseases
    ]
    return digest(content)


@dataclass
class MemoryFund:
    """Apply events and answer questions with `eligibility_api.domain` only."""

    entitlements: dict[tuple[object, ...], int] = field(default_factory=dict)
    stored: list[Stored] = field(default_factory=list)
    tickets: list[tuple[int, KnownValue[Ticket]]] = field(default_factory=list)
    files: dict[str, FilePublished] = field(default_factory=dict)

    def apply(self, event: Event) -> None:
        """Apply one event. Raises ShikakuError or RowsOverlap, without any change."""
        match event:
            case Enrolled():
                self._enrol(event)
            case Ended():
                version = timeline.plan_end(self._periods(event.membership), event.lost_on)
                self._change(version, event, lost_on=event.lost_on, reason_of_loss=event.reason_of_loss)
            case Corrected():
                self._correct(event, **event.items)
            case MismatchOpened():
                self._correct(event, mismatch=Mismatch.OPEN)
            case MismatchConfirmed():
                self._correct(event, mismatch=Mismatch.CONFIRMED, person_key=key_of(event.person))
            case TicketRegistered():
                ticket = TICKET.validate_python({"version": len(self.tickets), "ticket": event.ticket})
                self.tickets.append((self._entitlement(event.membership), KnownValue(ticket, event.at)))
            case FilePublished():
                self._publish(event)
            case FileUndone():
                self._undo(event)

    def answer(self, question: Question, known: Sequence[EnrolmentVersion]) -> dict[str, Any]:
        """The answer as JSON, without the fields that no rule determines; or the refusal."""
        try:
            answered = eligibility.answer(self._inputs(question, known), version_key=bytes(32))
        except ShikakuError as error:
            return {"refused": error.code}
        return answered.model_dump(mode="json", exclude=NOT_ANSWERED_BY_RULE)

    def _inputs(self, question: Question, known: Sequence[EnrolmentVersion]) -> eligibility.AnswerInputs:
        asked = self._asked(question.membership) if question.membership else frozenset()
        persons = {e.person_key for e in known if e.entitlement in asked} | {key_of(question.person)}
        return eligibility.AnswerInputs(
            record_id="0",
            answered_at=NEVER,
            as_of=question.as_of,
            channel=Channel.NUMBER if question.membership else Channel.CARD,
            facility_kind=FacilityKind(question.facility_kind),
            institution_code=question.institution_code,
            person_key=key_of(question.person),
            enrolments=[
                e for e in known if e.entitlement in asked or (e.person_key and e.person_key in persons)
            ],
            asked=asked,
            consents=frozenset(Category(consent) for consent in question.consents),
        )

    def known(self, instant: datetime) -> list[EnrolmentVersion]:
        """The versions known at an instant, with the tickets known then."""
        tickets: dict[int, list[Ticket]] = {}
        for entitlement, known in self.tickets:
            tickets.setdefault(entitlement, []).extend(timeline.known_at([known], instant))
        versions = timeline.known_at((stored.known for stored in self.stored), instant)
        return [replace(e, tickets=tickets.get(e.entitlement, ())) for e in versions]

    def _asked(self, membership: Membership) -> frozenset[int]:
        insurer, symbol, number, branch, birth_date = comparison(membership)
        return frozenset(
            entitlement
            for key, entitlement in self.entitlements.items()
            if (key[:3], key[4]) == ((insurer, symbol, number), birth_date)
            and (membership.branch is None or key[3] == branch)
        )

    def _entitlement(self, membership: Membership) -> int:
        return self.entitlements.setdefault(comparison(membership), len(self.entitlements))

    def _current(self, membership: Membership) -> list[Stored]:
        entitlement = self._entitlement(membership)
        return [s for s in self.stored if s.enrolment.entitlement == entitlement and s.closed is None]

    def _periods(self, membership: Membership) -> list[Period]:
        return [stored.period for stored in self._current(membership)]

    def _enrol(self, event: Enrolled) -> None:
        new = self._version_of(event.row)
        timeline.plan_enrol(self._periods(event.row.membership), Stored(new, event).period)
        self._open(new, event)

    def _correct(self, event: Corrected | MismatchOpened | MismatchConfirmed, **items: Any) -> None:
        current = self._current(event.membership)
        former = next((s for s in current if s.enrolment.acquired_on == event.acquired_on), None)
        if former is None:
            raise ShikakuError("enrolment-unknown")
        others = [s.period for s in current if s is not former]
        timeline.plan_enrol(others, Stored(changed(former.enrolment, **items), event).period)
        self._change(former.enrolment.version, event, **items)

    def _publish(self, event: FilePublished) -> None:
        rows: dict[int, list[EnrolmentVersion]] = {}
        for row in event.rows:
            enrolment = self._version_of(row)
            rows.setdefault(enrolment.entitlement, []).append(enrolment)
        plans = [self._plan(event, enrolment) for enrolment in rows.values()]
        self.files[event.name] = event
        for plan, new in zip(plans, rows.values(), strict=True):
            for version in plan.close:
                self._close(version, event)
            for number in plan.open:
                self._open(new[number], event)

    def _plan(self, event: FilePublished, rows: Sequence[EnrolmentVersion]) -> timeline.Plan:
        entitlement = rows[0].entitlement
        current = [
            s.period for s in self.stored if s.enrolment.entitlement == entitlement and s.closed is None
        ]
        new = [
            replace(Stored(enrolment, event).period, version=number) for number, enrolment in enumerate(rows)
        ]
        return timeline.plan_replace(current, new)

    def _undo(self, event: FileUndone) -> None:
        """Each entitlement whose latest change was the file goes back to what the file closed."""
        file = self.files[event.name]
        for entitlement in dict.fromkeys(self._entitlement(row.membership) for row in file.rows):
            versions = [s for s in self.stored if s.enrolment.entitlement == entitlement]
            changes = [c for s in versions for c in (s.opened, s.closed) if c is not None]
            if changes and max(changes, key=lambda c: c.at) is file:
                opened, closed = ([s for s in versions if c(s) is file] for c in (opened_by, closed_by))
                for stored in opened:
                    self._close(stored.enrolment.version, event)
                for stored in closed:
                    self._open(stored.enrolment, event)

    def _version_of(self, row: Row) -> EnrolmentVersion:
        mismatch = Mismatch.NONE if row.person is not None else Mismatch.OPEN
        values = {
            **row.membership._asdict(),
            **row.items,
            "person_key": key_of(row.person),
            "mismatch": mismatch,
        }
        entitlement = self._entitlement(row.membership)
        return VERSION.validate_python({**values, "version": 0, "entitlement": entitlement})

    def _change(self, version: int, event: Event, **items: Any) -> None:
        self._close(version, event)
        self._open(changed(self.stored[version].enrolment, **items), event)

    def _close(self, version: int, event: Event) -> None:
        self.stored[version].closed = event

    def _open(self, enrolment: EnrolmentVersion, event: Event) -> None:
        self.stored.append(Stored(replace(enrolment, version=len(self.stored)), event))


def changed(enrolment: EnrolmentVersion, **items: Any) -> EnrolmentVersion:
    """The version with other items, given as plain values."""
    values: dict[str, Any] = {name: getattr(enrolment, name) for name in EnrolmentVersion.__slots__}
    return VERSION.validate_python(values | items)


def opened_by(stored: Stored) -> Event:
    return stored.opened


def closed_by(stored: Stored) -> Event | None:
    return stored.closed


def key_of(person: str | None) -> bytes | None:
    """The register's key of a person."""
    return person.encode() if person is not None else None


def comparison(membership: Membership) -> tuple[str, str, str, str, date]:
    """A membership normalised for comparison, as the fund does it."""
    insurer, symbol, number, branch, birth_date = membership
    return (insurer, *comparable(symbol, number, branch), birth_date)
