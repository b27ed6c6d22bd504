"""Golden files of named test persons, as a clinic's software gets them: the day is fixed, the answers are the data's."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from clinic_terminal.exchange.face import Tap, face_message
from clinic_terminal.messages import json_codec, xml_codec
from clinic_terminal.messages.characters import Encoding
from clinic_terminal.messages.codes import LimitConsent
from clinic_terminal.messages.headers import Message
from clinic_terminal.visit.consent import ConsentOutcome
from clinic_terminal.visit.tap import TapOutcome
from eligibility_api.contract.categories import CATEGORIES
from eligibility_api.contract.codes import Care, Category
from eligibility_api.contract.consent import Allowed, Basis, ConsentAnswer
from eligibility_api.contract.eligibility import EligibilityAnswer
from eligibility_api.contract.errors import ShikakuError
from shikaku.persons.answers import expected_answer, number_request
from shikaku.persons.dataset import load_dataset
from shikaku.persons.person import Person, Question
from tests.builders.clinic.clinic_software import ClinicSoftware, eligibility_request
from tests.builders.clinic.samples import INSTITUTION, timings
from tests.builders.golden import FOLDER, compare
from tests.builders.message_reader import read_in_declared_encoding, read_result

TODAY = date(2026, 11, 30)
NOW = datetime(2026, 11, 30, 1, 2, 3, tzinfo=UTC)
DATA = load_dataset(TODAY)
PERSONS = FOLDER / "persons"
EVERYTHING = tuple(category for category, entry in CATEGORIES.items() if entry.window)


@dataclass(frozen=True, slots=True)
class Case:
    """One question of a person (from 1), and what the patient consented to at the tap."""

    person: str
    position: int
    consented: tuple[Category, ...] = ()

    @property
    def name(self) -> str:
        question = self.question
        ending = "-consented" if self.consented else ""
        return f"{self.person}-{self.position}-{question.by}{ending}.xml"

    @property
    def found(self) -> Person:
        return DATA.person(self.person)

    @property
    def question(self) -> Question:
        return self.found.questions[self.position - 1]

    @property
    def prefix(self) -> str:
        return "OQSsiquc01res" if self.question.by == "number" else "OQSsiquc01res_face"


CASES = (
    Case("P01-valid", 1),
    Case("P01-valid", 1, EVERYTHING),
    Case("P01-valid", 2),
    Case("P01-valid", 3),
    Case("P02-ended", 1),
    Case("P03-newer", 2),
    Case("P13-limit-a01", 1),
    Case("P34-aid-with-ticket", 1),
    Case("P35-aid-unregistered", 1),
    Case("P36-aid-beside-insurance", 1),
    Case("P55-rare-character", 1),
    Case("P57-alias", 1),
    Case("P70-revoked", 1),
    Case("P91-expires-soon", 1),
)


def answer_of(case: Case) -> EligibilityAnswer:
    """The answer that the data expects, at a fixed instant."""
    expected = expected_answer(DATA, case.found, case.question)
    for result in expected["results"]:
        if result["limit_certificate_consent"]:
            result["limit_certificate_consent_at"] = NOW
    unpredictable: dict[str, Any] = {"answered_at": NOW, "record_id": "record", "version": "v"}
    return EligibilityAnswer.model_validate(expected | unpredictable)


def face_of(case: Case) -> Message:
    if case.question.problem is not None:
        outcome = TapOutcome(timings(), problem=ShikakuError(case.question.problem))
    else:
        outcome = TapOutcome(timings(), answer_of(case), consent=consent_of(case))
    message = face_message(Tap(outcome, INSTITUTION, NOW, "ArnHCeDfNjMCFzg=", TODAY))
    assert message is not None
    return message


def consent_of(case: Case) -> ConsentOutcome | None:
    if not case.consented:
        return None
    until = NOW + timedelta(hours=24)
    given = [Allowed(category=one, given_at=NOW, available_until=until) for one in case.consented]
    answer = ConsentAnswer(
        consent_id=UUID(int=1),
        basis=Basis.PIN,
        care=Care.OUTPATIENT,
        allowed=given,
        record_id="record",
        eligibility=answer_of(case),
    )
    return ConsentOutcome(answer)


def result_of(case: Case, office: ClinicSoftware) -> Message:
    office.fund.answer = answer_of(case)
    asked = number_request(DATA, case.found, case.question)
    items = {name: asked.get(name) for name in ("insurer_number", "symbol", "number", "branch")}
    request = eligibility_request(
        {"qualification_confirmation_date": TODAY},
        **items,
        birth_date=date.fromisoformat(asked["birth_date"]),
        limit_consent=LimitConsent.GIVEN if case.question.limit else LimitConsent.NOT_GIVEN,
    )
    result: Message = office.ask("OQSsiquc01req", request)
    return result


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_person_is_written_as_the_golden_file(case: Case, office: ClinicSoftware) -> None:
    message = result_of(case, office) if case.question.by == "number" else face_of(case)
    content = xml_codec.encode(message, Encoding.UTF_8).content
    compare(PERSONS / case.name, content)
    read = read_result(case.prefix, content)
    for encoding in Encoding:
        written = xml_codec.encode(message, encoding).content
        again = read_result(case.prefix, read_in_declared_encoding(written))
        assert set(again["MessageBody"]) == set(read["MessageBody"])
    assert json_codec.decode(json_codec.encode(message), type(message)).message == message


def test_every_golden_file_is_of_a_case() -> None:
    assert {path.name for path in PERSONS.iterdir()} == {case.name for case in CASES}
