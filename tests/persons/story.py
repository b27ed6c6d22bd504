"""Plays the test persons' lives at a fund: residents, cards, enrolments, first registrations, and what happens later."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

from clinic_terminal.visit.tap import TapRequest
from demo.persons.answers import number_question
from demo.persons.person import Asked, Change, Person
from demo.persons.stage import MEMBERSHIP, Stage
from eligibility_api.contract.tokens import Credential
from eligibility_api.domain.dates import JAPAN
from jpki_mock.authority.keys import KeyProfile
from jpki_mock.authority.values import Carrier, Reason
from jpki_mock.card.image import load_image, save_image
from jpki_mock.errors import NotAllowed
from jpki_mock.personalisation import CardOrder, certificate_ids
from jpki_mock.register.resident import Resident
from tests.builders.fund import Fund
from tests.persons.desk import PIN, Desk

Outcome = dict[str, Any] | str
"""A whole answer less what no one can foresee, or a problem's code."""


@dataclass
class Story:
    """All persons at one fund. After `begin` one may ask what is asked before the changes, after `go_on` the rest."""

    stage: Stage
    fund: Fund
    desk: Desk
    insurers: dict[str, Credential]
    cards: Path
    between: datetime | None = None
    enrolment_ids: dict[tuple[str, int], str] = field(default_factory=dict)
    earlier: dict[tuple[str, int], Outcome] = field(default_factory=dict)

    async def begin(self) -> None:
        """Everything up to the changes, and the questions that are asked then."""
        self.fund.jlis.register.add(Resident.model_validate(p.resident()) for p in self.stage.persons)
        for person in self.stage.persons:
            await self._enrol(person, late=False)
            if person.has_card:
                self._issue(person)
                if person.card.registered:
                    await self.desk.register(self.card(person))
        for person in self.stage.persons:
            for place, asked in enumerate(person.asked):
                if asked.when == "before":
                    self.earlier[person.id, place] = await self.ask(person, asked)
        self.between = self.fund.clock()

    async def go_on(self) -> None:
        """The changes."""
        for person in self.stage.persons:
            await self._enrol(person, late=True)
            for change in person.changes:
                await self._change(person, change)
        assert await self.fund.mirror()

    async def ask(self, person: Person, asked: Asked) -> Outcome:
        """Put one question to the fund, as the desk does."""
        if asked.by == "number":
            known = {"known_at": self.between} if asked.known else {}
            return await self.desk.ask(number_question(self.stage, person, asked) | known)
        operator = "試験 受付" if asked.by == "visual-check" else None
        day = date.fromisoformat(asked.as_of or self.stage.today)
        return await self.desk.tap(self.card(person, old=asked.card == "old"), TapRequest(day, operator))

    def card(self, person: Person, *, old: bool = False) -> Path:
        """The file of her card: the newest one, or the first."""
        renewed = self.cards / f"{person.id}-renewed.json"
        return renewed if renewed.exists() and not old else self.cards / person.card_file

    def _issue(self, person: Person) -> None:
        card = person.card
        order = CardOrder(
            resident_id=person.id,
            pin=None if card.no_pin else PIN,
            carrier=Carrier(card.carrier),
            key=KeyProfile.P384 if card.key == "p384" else KeyProfile.RSA,
        )
        issued = self.fund.clock()
        if card.issued_on is not None:
            issued = datetime.combine(date.fromisoformat(card.issued_on), time(12), JAPAN)
        save_image(self.fund.jlis.cards.issue(order, issued), self.card(person))

    async def _enrol(self, person: Person, *, late: bool) -> None:
        for of, enrolled in enumerate(person.enrolled, start=1):
            if enrolled.late is not late:
                continue
            member = self.stage.enrolment(person, of, "before")
            answer = await self._tell(enrolled.insurer, "/v1/enrolments", member, 201)
            self.enrolment_ids[person.id, of] = answer["enrolment_id"]
            tickets = [self.stage.ticket(person, of, ticket) for ticket in enrolled.tickets]
            if tickets:
                await self._tell(enrolled.insurer, "/v1/medical-tickets", {"tickets": tickets})

    async def _change(self, person: Person, change: Change) -> None:
        jlis, now = self.fund.jlis, self.fund.clock()
        match change.kind:
            case "end" | "correct" | "confirm":
                await self._change_enrolment(person, change)
            case "suspend":
                for certificate in certificate_ids(load_image(self.card(person))):
                    with suppress(NotAllowed):
                        jlis.certificates.suspend(certificate, now)
            case "revoke":
                for certificate in certificate_ids(load_image(self.card(person))):
                    jlis.certificates.revoke(certificate, Reason.KEY_COMPROMISE, now)
            case "renew":
                renewed = jlis.cards.renew(load_image(self.card(person)), now)
                save_image(renewed, self.cards / f"{person.id}-renewed.json")
            case "lock":
                image = load_image(self.card(person))
                save_image(image.with_tries_left("authentication", 0), self.card(person))
            case "die":
                jlis.record_death(person.id, date.fromisoformat(change.items["on"]), now)

    async def _change_enrolment(self, person: Person, change: Change) -> None:
        insurer = person.enrolled[change.of - 1].insurer
        match change.kind:
            case "end":
                former = self.stage.enrolment(person, change.of, "before")
                member = {name: former[name] for name in MEMBERSHIP}
                await self._tell(insurer, "/v1/enrolments/end", member | change.items)
            case "correct":
                body = self.stage.correction(person, change.of)
                await self._tell(insurer, "/v1/enrolments/correct", body)
            case "confirm":
                named = {"enrolment_id": self.enrolment_ids[person.id, change.of]}
                await self._tell(insurer, "/v1/mismatches/confirm", named)

    async def _tell(self, insurer: str, path: str, body: dict[str, Any], status: int = 200) -> dict[str, Any]:
        response = await self.fund.post(path, _said(body), self.insurers[insurer])
        assert response.status_code == status, (path, response.text)
        answer: dict[str, Any] = response.json()
        return answer


def _said(items: dict[str, Any]) -> dict[str, Any]:
    """Without what is absent."""
    return {name: value for name, value in items.items() if value is not None}


def questions(stage: Stage) -> Iterator[tuple[str, int, Asked]]:
    """Every question of the data: whose, its place, and itself."""
    for person in stage.persons:
        for place, asked in enumerate(person.asked):
            yield person.id, place, asked
