"""Registers the test persons at a fund in this process, and asks their questions."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time
from io import BytesIO
from pathlib import Path
from typing import Any

from clinic_terminal.messages.codes import LimitConsent
from clinic_terminal.store import TerminalStore
from clinic_terminal.visit.tap import TapRequest
from eligibility_api.contract.codes import Right, Role
from eligibility_api.contract.days import parse_day
from eligibility_api.contract.tokens import Credential
from eligibility_api.domain.dates import JAPAN
from eligibility_api.drug_master.store import load, shipped
from eligibility_api.registration.take_over import take_over
from jpki_mock.authority.keys import KeyProfile
from jpki_mock.authority.values import Carrier, Reason
from jpki_mock.card.image import load_image, save_image
from jpki_mock.errors import NotAllowed
from jpki_mock.personalisation import CardOrder, certificate_ids
from jpki_mock.register.resident import Resident
from payer_mock.claims.claim_file import encode_claim, examiner_of, write_sections
from payer_mock.claims.description import read_description
from shikaku.persons.answers import number_request
from shikaku.persons.care import claim_descriptions, prescriptions
from shikaku.persons.dataset import MEMBERSHIP, Dataset
from shikaku.persons.person import INSTITUTIONS, Change, Check, Person, Question
from tests.builders.claim_files import upload_and_process
from tests.builders.clinic.clinic_software import eligibility_request
from tests.builders.duplicate_checks import check_request
from tests.builders.fund import Fund
from tests.builders.staff import as_staff
from tests.persons.reception import PIN, Reception

OPERATOR = "試験 受付"
DOCTOR = as_staff(Role.DOCTOR, "試験　医師")
PRESCRIBER = (Right.ELIGIBILITY, Right.REGISTRATION, Right.CONSENT, Right.PRESCRIPTION)
CATEGORY_OF = {
    "medications": "medication",
    "treatments": "treatment",
    "surgeries": "surgery",
    "diagnoses": "diagnosis",
}
"""The category of consent of each history."""

Outcome = dict[str, Any] | str
"""A complete answer without unpredictable members, or a problem's code."""


@dataclass
class Scenario:
    """All persons at one fund. `set_up` asks the questions marked `before`; ask the others after `apply_changes`."""

    data: Dataset
    fund: Fund
    reception: Reception
    insurers: dict[str, Credential]
    cards: Path
    before_changes: datetime | None = None
    enrolment_ids: dict[tuple[str, int], str] = field(default_factory=dict)
    outcomes_before: dict[tuple[str, int], Outcome] = field(default_factory=dict)
    papers: dict[str, str] = field(default_factory=dict)
    """After the changes, of the persons with a `paper`: the reason on their insurer's list, or `notice`."""
    terminals: dict[str, Credential] = field(default_factory=dict)
    """Terminals that prescribe and check, `here` and `elsewhere`."""

    async def set_up(self) -> None:
        """Register everything before the changes, and ask the questions marked `before`."""
        self.fund.jlis.register.add(Resident.model_validate(p.resident()) for p in self.data.persons)
        for person in self.data.persons:
            await self._enrol(person, late=False)
            if person.has_card:
                self._issue(person)
                if person.card.registered_on is not None:
                    await self._take_over(person, person.card.registered_on)
                elif person.card.registered:
                    operator = OPERATOR if person.card.no_pin else None
                    await self.reception.register(self.card(person), operator=operator)
        for person in self.data.persons:
            for position, question in enumerate(person.questions):
                if question.when == "before":
                    self.outcomes_before[person.id, position] = await self.ask(person, question)
        self.before_changes = self.fund.clock()

    async def _take_over(self, person: Person, registered_on: str) -> None:
        """Take over a registration of an earlier day (rule B3)."""
        der = load_image(self.card(person)).authentication.certificate
        trust = self.fund.state.verifier.trust
        async with self.fund.owner.transaction() as connection:
            day = date.fromisoformat(registered_on)
            assert await take_over(connection, self.fund.state.jlis, trust, der, day)

    async def apply_changes(self) -> None:
        """Register late enrolments and apply all changes."""
        for person in self.data.persons:
            await self._enrol(person, late=True)
            for change in person.changes:
                await self._change(person, change)
        assert await self.fund.mirror()
        for person in self.data.persons:
            if person.paper is not None:
                self.papers[person.id] = await self._paper(person)
        await self._record_care()

    async def _record_care(self) -> None:
        """Send the claims, and record the other clinic's prescriptions."""
        async with self.fund.owner.transaction() as connection:
            await load(connection, shipped())
        for where, institution in INSTITUTIONS.items():
            code = institution["institution_code"]
            self.terminals[where] = await self.fund.terminal(institution_code=code, rights=PRESCRIBER)
        for insurer, described in claim_descriptions(self.data).items():
            [name] = [name for name, one in self.data.insurers.items() if one.number == insurer]
            file, claims = BytesIO(), read_description(json.dumps(described)).claims
            month = date.fromisoformat(f"{described['claim_month']}-01")
            write_sections(file, month, examiner_of(insurer), map(encode_claim, claims))
            sent = await upload_and_process(self.fund, file.getvalue(), self.insurers[name])
            assert (sent["report"]["accepted"], sent["report"]["unmatched"]) == (len(claims), 0)
        for person in self.data.persons:
            record = await self.identify(person, "elsewhere") if person.prescriptions else ""
            for body in prescriptions(person, record):
                answer = await self.fund.post(
                    "/v1/prescriptions", body, self.terminals["elsewhere"], headers=DOCTOR
                )
                assert answer.status_code == 201, answer.text

    async def identify(self, person: Person, where: str = "here") -> str:
        """The record of a tap by the person at a terminal that prescribes."""
        answer = await self.fund.tap(load_image(self.card(person)), self.terminals[where])
        return str(answer.json()["record_id"])

    async def is_duplicate(self, person: Person, check: Check) -> bool:
        """Whether the check of duplicate medication finds something; without consent it names nothing."""
        body = check_request(self.data, check, await self.identify(person))
        answer = await self.fund.post("/v1/duplicate-checks", body, self.terminals["here"], headers=DOCTOR)
        assert answer.status_code == 200, answer.text
        facts = answer.json()
        assert (facts["complete"], facts["findings"], facts["contraindicated"]) == (True, [], False)
        return bool(facts["duplicate"])

    async def history(self, person: Person, resource: str) -> dict[str, Any]:
        """A history of the person under a consent to its category alone."""
        terminal, category = self.terminals["here"], CATEGORY_OF[resource]
        consent = await self.fund.consent(load_image(self.card(person)), (category,), terminal)
        assert consent.status_code == 201, consent.text
        headers = {"Authorization": f"Bearer {await self.fund.token(terminal)}"} | DOCTOR
        path = f"/v1/consents/{consent.json()['consent_id']}/{resource}"
        answer = await self.fund.http.get(path, headers=headers)
        assert answer.status_code == 200, answer.text
        page: dict[str, Any] = answer.json()
        return page

    async def _paper(self, person: Person) -> str:
        insurer = self.insurers[person.enrolments[0].insurer]
        response = await self.fund.get("/v1/paper-certificates", insurer)
        assert response.status_code == 200, response.text
        reasons = {need["enrolment_id"]: str(need["reason"]) for need in response.json()["members"]}
        return reasons.get(self.enrolment_ids[person.id, 1], "notice")

    async def ask(self, person: Person, question: Question) -> Outcome:
        """Ask the fund one question through the reception."""
        if question.by == "number":
            known = {"known_at": self.before_changes} if question.known else {}
            return await self.reception.look_up(number_request(self.data, person, question) | known)
        operator = OPERATOR if question.by == "visual-check" else None
        day = date.fromisoformat(question.as_of or self.data.today)
        return await self.reception.tap(
            self.card(person, old=question.card == "old"),
            TapRequest(day, operator),
            registers=question.agrees,
        )

    async def message(self, person: Person, question: Question, store: TerminalStore) -> Any:
        """The message that a clinic's software gets for a question; None where there is none."""
        day = question.as_of or self.data.today
        if question.by != "number":
            operator = OPERATOR if question.by == "visual-check" else None
            card = self.card(person, old=question.card == "old")
            return await self.reception.face(card, TapRequest(date.fromisoformat(day), operator))
        asked = number_request(self.data, person, question)
        items = {name: asked.get(name) for name in ("insurer_number", "symbol", "number", "branch")}
        # Digits and days of a message have one form; how a certificate is typed does not concern it.
        items["insurer_number"] = unicodedata.normalize("NFKC", asked["insurer_number"])
        birth_date = parse_day(asked["birth_date"])
        limit = LimitConsent.GIVEN if question.limit else LimitConsent.NOT_GIVEN
        head = {"qualification_confirmation_date": date.fromisoformat(day)}
        request = eligibility_request(head, **items, birth_date=birth_date, limit_consent=limit)
        return await self.reception.message(store, request)

    def card(self, person: Person, *, old: bool = False) -> Path:
        """The file of the person's newest card, or of the first one."""
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
        if order.carrier is Carrier.ANDROID:
            own = self.fund.jlis.cards.issue(replace(order, carrier=Carrier.CARD), issued)
            save_image(own, self.cards / person.lost_file)
        save_image(self.fund.jlis.cards.issue(order, issued), self.card(person))

    async def _enrol(self, person: Person, *, late: bool) -> None:
        for of, given in enumerate(person.enrolments, start=1):
            if given.late is late:
                member = self.data.enrolment(person, of, "before")
                answer = await self._post(given.insurer, "/v1/enrolments", member, 201)
                self.enrolment_ids[person.id, of] = answer["enrolment_id"]
            tickets = [
                self.data.ticket(person, of, ticket)
                for ticket in given.tickets
                if (given.late or ticket.late) is late
            ]
            if tickets:
                await self._post(given.insurer, "/v1/medical-tickets", {"tickets": tickets})

    async def _change(self, person: Person, change: Change) -> None:
        jlis, now = self.fund.jlis, self.fund.clock()
        match change.kind:
            case "end" | "correct" | "confirm":
                await self._change_enrolment(person, change)
            case "suspend":
                for certificate in certificate_ids(load_image(self.cards / person.lost_file)):
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
        insurer = person.enrolments[change.of - 1].insurer
        match change.kind:
            case "end":
                former = self.data.enrolment(person, change.of, "before")
                member = {name: former[name] for name in MEMBERSHIP}
                await self._post(insurer, "/v1/enrolments/end", member | change.items)
            case "correct":
                body = self.data.correction(person, change.of)
                await self._post(insurer, "/v1/enrolments/correct", body)
            case "confirm":
                body = {"enrolment_id": self.enrolment_ids[person.id, change.of]}
                await self._post(insurer, "/v1/mismatches/confirm", body)

    async def _post(self, insurer: str, path: str, body: dict[str, Any], status: int = 200) -> dict[str, Any]:
        response = await self.fund.post(path, _without_absent(body), self.insurers[insurer])
        assert response.status_code == status, (path, response.text)
        answer: dict[str, Any] = response.json()
        return answer


def _without_absent(items: dict[str, Any]) -> dict[str, Any]:
    """The items that are not None."""
    return {name: value for name, value in items.items() if value is not None}


def questions(data: Dataset) -> Iterator[tuple[str, int, Question]]:
    """Every question of the data: the person's id, its position, and the question."""
    for person in data.persons:
        for position, question in enumerate(person.questions):
            yield person.id, position, question
