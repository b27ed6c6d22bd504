"""The reference model on its own: the events of one life, and the answers by day and by what was known."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from loadtest.model.ages import age, birthday, in_seventies, preschool
from loadtest.model.answer import Question, answer_at
from loadtest.model.events import (
    Corrected,
    Enrolled,
    Event,
    FilePublished,
    FileUndone,
    Membership,
    MismatchConfirmed,
    MismatchOpened,
    Row,
    TicketRegistered,
    death,
    marriage,
    move,
)
from loadtest.model.replay import EventRejected, replay

CLINIC = "1311111114"
BORN = date(1980, 5, 17)
SOCIETY = Membership("06130017", "見本", "12-3", "00", BORN)
MUNICIPAL = Membership("138057", None, "77", "01", BORN)
WELFARE = Membership("12143210", None, "1234566", None, BORN)
ITEMS: dict[str, Any] = {
    "certificate_kind": "01",
    "insurer_name": "試験健康保険組合",
    "relationship": "1",
    "name": "試験　見本",
    "name_kana": "シケン　ミホン",
    "sex": "2",
    "address": "架空県見本市１番地",
    "acquired_on": date(2024, 4, 1),
}
START = datetime(2026, 1, 1, tzinfo=UTC)
ENDS = date(2026, 4, 1)


def at(hours: int) -> datetime:
    return START + timedelta(hours=hours)


def person(as_of: date = ENDS, **more: Any) -> Question:
    return Question(as_of, CLINIC, person="見本", **more)


def number(membership: Membership = SOCIETY, as_of: date = ENDS, **more: Any) -> Question:
    return Question(as_of, CLINIC, membership=membership, **more)


ENROLLED = Enrolled(at(1), Row(SOCIETY, "見本", ITEMS))
LIFE: list[Event] = [
    ENROLLED,
    *move(at(2), at(4), SOCIETY, Row(MUNICIPAL, "見本", ITEMS), ENDS),
    *marriage(at(5), MUNICIPAL, ENDS, {"name": "架空　見本"}),
    *death(at(6), MUNICIPAL, date(2027, 1, 1)),
]


@pytest.mark.parametrize(
    ("question", "hour", "validity", "shown"),
    [
        (person(), 0, "4", []),
        (person(), 1, "1", ["06130017"]),
        (person(), 2, "2", ["06130017"]),
        (person(), 3, "2", ["06130017"]),
        (person(), 4, "1", ["138057"]),
        (person(ENDS - timedelta(days=1)), 4, "1", ["06130017"]),
        (person(date(2024, 3, 31)), 4, "4", []),
        (person(date(2027, 1, 1)), 5, "1", ["138057"]),
        (person(date(2027, 1, 1)), 6, "2", ["138057"]),
        (number(), 3, "2", ["06130017"]),
        (number(), 4, "3", ["06130017"]),
        (number(SOCIETY._replace(number="１２３", branch=None)), 4, "3", ["06130017"]),
        (number(SOCIETY._replace(branch="01")), 4, "4", []),
        (number(MUNICIPAL), 4, "1", ["138057"]),
        (number(MUNICIPAL._replace(birth_date=date(1980, 5, 18))), 4, "4", []),
    ],
)
def test_answers_depend_on_the_day_and_on_what_was_known(
    question: Question, hour: int, validity: str, shown: list[str]
) -> None:
    answer = answer_at(LIFE, question, at(hour))
    assert (answer["validity"], [result["insurer_number"] for result in answer["results"]]) == (
        validity,
        shown,
    )


def test_a_new_name_is_shown_from_the_instant_at_which_it_was_known() -> None:
    names = [answer_at(LIFE, person(), at(hour))["results"][0]["name"] for hour in (4, 5)]
    assert names == ["試験　見本", "架空　見本"]


@pytest.mark.parametrize(
    ("question", "event", "expected"),
    [
        (person(), MismatchOpened(at(2), SOCIETY, date(2024, 4, 1)), {"refused": "card-not-usable"}),
        (
            number(),
            MismatchOpened(at(2), SOCIETY, date(2024, 4, 1)),
            {"refused": "eligibility-not-confirmable"},
        ),
        (
            person(),
            Corrected(at(2), SOCIETY, date(2024, 4, 1), {"self_disclosure_blocked": True}),
            {"refused": "card-not-usable"},
        ),
    ],
)
def test_a_refusal(question: Question, event: Event, expected: dict[str, str]) -> None:
    assert answer_at([ENROLLED, event], question, at(2)) == expected


def test_a_confirmed_mismatch_is_answered_and_protection_hides_the_address() -> None:
    acquired_on = date(2024, 4, 1)
    events = [
        ENROLLED,
        MismatchOpened(at(2), SOCIETY, acquired_on),
        MismatchConfirmed(at(3), SOCIETY, acquired_on, "見本"),
        Corrected(at(4), SOCIETY, acquired_on, {"nondisclosure": True}),
    ]
    addresses = [answer_at(events, number(), at(hour))["results"][0]["address"] for hour in (3, 4)]
    assert addresses == ["架空県見本市１番地", None]


def test_medical_aid_is_unregistered_without_a_ticket() -> None:
    ticket = {
        "institution_code": CLINIC,
        "month": "2026-04",
        "valid_from": ENDS,
        "valid_to": date(2026, 4, 30),
    }
    aid = Enrolled(at(1), Row(WELFARE, "見本", {**ITEMS, "certificate_kind": "A1"}))
    events = [aid, TicketRegistered(at(2), WELFARE, ticket)]
    assert [answer_at(events, person(), at(hour))["validity"] for hour in (1, 2)] == ["6", "1"]
    other = Question(ENDS, "0110113719", person="見本")
    assert answer_at(events, other, at(2))["validity"] == "6"


def test_two_members_with_the_same_number_are_distinguished_by_the_branch() -> None:
    twin = Enrolled(at(2), Row(SOCIETY._replace(branch="01"), "双子", ITEMS))
    without_branch = SOCIETY._replace(branch=None)
    answer = answer_at([ENROLLED, twin], number(without_branch), at(2))
    assert (answer["validity"], answer["results"]) == ("5", [])
    assert answer_at([ENROLLED, twin], number(), at(2))["validity"] == "1"


def test_undoing_a_file_restores_former_periods_but_keeps_later_changes() -> None:
    wrong = {**ITEMS, "name": "誤記　見本"}
    events: list[Event] = [
        ENROLLED,
        FilePublished(at(2), "monthly", [Row(SOCIETY, "見本", wrong), Row(MUNICIPAL, "別人", wrong)]),
        *marriage(at(3), MUNICIPAL, date(2024, 4, 1), {"name": "架空　見本"}),
        FileUndone(at(4), "monthly"),
    ]
    names = {m: answer_at(events, number(m), at(4))["results"][0]["name"] for m in (SOCIETY, MUNICIPAL)}
    assert names == {SOCIETY: "試験　見本", MUNICIPAL: "架空　見本"}
    assert answer_at(events, number(), at(3))["results"][0]["name"] == "誤記　見本"


@pytest.mark.parametrize(
    ("event", "code"),
    [
        (Enrolled(at(2), Row(SOCIETY, "見本", ITEMS)), "enrolment-overlap"),
        (death(at(2), MUNICIPAL, ENDS)[0], "enrolment-unknown"),
        (marriage(at(2), SOCIETY, ENDS, {})[0], "enrolment-unknown"),
        (FilePublished(at(2), "monthly", [Row(SOCIETY, None, ITEMS)] * 2), "rows-overlap"),
    ],
)
def test_an_impossible_event_is_rejected(event: Event, code: str) -> None:
    with pytest.raises(EventRejected) as raised:
        replay([ENROLLED, event], at(2))
    assert raised.value.code == code


def test_ages() -> None:
    leap = date(1952, 2, 29)
    assert [age(leap, day) for day in (date(2027, 2, 28), date(2027, 3, 1))] == [74, 75]
    assert [birthday(leap, years) for years in (75, 76)] == [date(2027, 3, 1), date(2028, 2, 29)]
    assert [in_seventies(date(1956, 4, 2), day) for day in (date(2026, 4, 30), date(2026, 5, 1))] == [
        False,
        True,
    ]
    assert [preschool(date(2020, 4, 1), day) for day in (date(2026, 3, 31), date(2026, 4, 1))] == [
        True,
        False,
    ]
