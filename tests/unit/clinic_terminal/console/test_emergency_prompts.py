"""The questions of an access without consent, typed by a person."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from clinic_terminal.console.emergency_prompts import InteractiveDisaster, InteractiveEmergency
from clinic_terminal.outcome import GivenUpError
from eligibility_api.contract.emergency import DisasterConsent, EmergencyReason
from tests.builders.clinic.fake_permits import FOUND


@dataclass
class Person:
    """Types `answers` in turn, then ends the input; `shown` records questions and messages."""

    answers: list[str]
    shown: list[str] = field(default_factory=list)

    def prompts(self) -> InteractiveEmergency:
        return InteractiveEmergency(self.answer, self.answer, self.shown.append)

    def answer(self, question: str) -> str:
        self.shown.append(question)
        if not self.answers:
            raise EOFError
        return self.answers.pop(0)


def test_the_reason_is_chosen_by_its_number() -> None:
    person = Person(["", "9", "none", "2"])
    assert person.prompts().reason() is EmergencyReason.LIFE_THREATENING
    assert person.shown[0] == "  1. 意識がない / unconscious"


def test_the_note_is_asked_for_until_there_is_one() -> None:
    assert Person(["", "  ", " 救急搬送 "]).prompts().note() == "救急搬送"


def test_the_one_time_password_is_stripped() -> None:
    assert Person(["123456 "]).prompts().one_time_password() == "123456"


@pytest.mark.parametrize("ask", ["reason", "note", "one_time_password"])
def test_the_end_of_the_input_gives_up(ask: str) -> None:
    with pytest.raises(GivenUpError):
        getattr(Person([]).prompts(), ask)()


def test_a_search_is_typed_field_by_field_and_again_where_it_is_invalid() -> None:
    person = Person(["試験　見本", "", "S55.2.31", "2", "架空県見本市1-2-3", "S55.5.17"])
    search = InteractiveDisaster("見本 医師", None, person.answer, person.shown.append).search()
    assert (search.name, search.name_kana, str(search.birth_date)) == ("試験　見本", None, "1980-05-17")
    assert [question.split(" / ")[0] for question in person.shown[-2:]] == [
        "入力を確認してください：\nPlease check:",
        "生年月日",
    ]


def test_an_incomplete_search_is_typed_again_from_the_start() -> None:
    items = ["試験　見本", "", "S55.5.17", "2", "架空県見本市1-2-3"]
    person = Person(["", "", "S55.5.17", "2", "架空県見本市1-2-3", *items])
    assert (
        InteractiveDisaster("見本 医師", None, person.answer, person.shown.append).search().name
        == "試験　見本"
    )


@pytest.mark.parametrize(
    ("typed", "consent"),
    [
        (["1"], DisasterConsent.ORAL),
        (["9", "x", "2"], DisasterConsent.UNCONSCIOUS),
        ([""], None),
        (["3", ""], None),
    ],
)
def test_the_consent_is_asked_for_after_the_insurance_was_shown(
    typed: list[str], consent: DisasterConsent | None
) -> None:
    person = Person(typed)
    prompts = InteractiveDisaster("見本 医師", None, person.answer, person.shown.append)
    assert prompts.consent(FOUND) is consent
    assert person.shown[0].endswith("01130012 架空健康保険")
    assert person.shown[1].endswith("見本・12・01")


def test_a_person_without_insurance_today_is_found_too() -> None:
    person = Person([""])
    prompts = InteractiveDisaster("見本 医師", None, person.answer, person.shown.append)
    assert prompts.consent(FOUND.model_copy(update={"memberships": []})) is None
    assert "有効な資格はありません" in person.shown[0]


def test_a_stated_consent_is_not_asked_for() -> None:
    person = Person([])
    prompts = InteractiveDisaster("見本 医師", DisasterConsent.ORAL, person.answer, person.shown.append)
    assert (prompts.consent(FOUND), person.shown) == (DisasterConsent.ORAL, [])
