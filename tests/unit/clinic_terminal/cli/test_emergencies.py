"""Looking without consent: the reason first, then who it is, then the second factor, then the notice."""

from __future__ import annotations

import json
from typing import Any

import pytest

from eligibility_api.contract.codes import Category, Role, Validity
from eligibility_api.contract.emergency import EmergencyReason
from tests.unit.clinic_terminal.builders import MEMBERSHIP, answer
from tests.unit.clinic_terminal.fake_card import VERIFY, FakeCard
from tests.unit.clinic_terminal.fake_permits import NOTICE, PERMIT
from tests.unit.clinic_terminal.set_up import Desk

BY = ("--operator", "見本 医師", "--role", "doctor")
SAID = {"reason": "unconscious", "note": "意識なし", "one_time_password": "123456"}
ITEMS = {"name": "試験　見本", "birth_date": "S55.5.17", "sex": "2", "address": "架空県見本市1-2-3"}


def emergency(desk: Desk, *options: str, **changes: Any) -> dict[str, Any]:
    said = {name: value for name, value in (SAID | changes).items() if value is not None}
    return desk.report("emergency", "--stdin", *BY, *options, typed=json.dumps(said))


def disaster(desk: Desk, *options: str, **changes: Any) -> dict[str, Any]:
    return desk.report("disaster", "--stdin", *BY, *options, typed=json.dumps(ITEMS | changes))


def test_an_unconscious_patient_is_identified_by_her_card_without_its_pin(desk: Desk) -> None:
    report = emergency(desk)
    assert (report["outcome"], report["exit_code"], report["permit_id"]) == ("shown", 0, str(PERMIT))
    assert report["permit"]["notice"] == NOTICE
    assert desk.fund.calls[-2:] == ["/v1/emergencies", f"/v1/emergencies/{PERMIT}/medications"]
    assert isinstance(desk.card, FakeCard)
    assert (desk.card.sent(VERIFY), desk.card.closed) == ([], 1)


def test_the_reason_the_record_and_who_looks_travel(desk: Desk) -> None:
    emergency(desk, "--role", "pharmacist", "--what", "medications,surgeries")
    [request] = desk.fund.permits.reasoned
    assert str(request.identified_by) == desk.fund.answer.record_id
    assert (request.reason, request.note, request.one_time_password) == (
        EmergencyReason.UNCONSCIOUS,
        "意識なし",
        "123456",
    )
    assert (request.operator, request.role) == ("見本 医師", Role.PHARMACIST)
    assert request.categories == (Category.MEDICATION, Category.PRESCRIPTION, Category.SURGERY)
    assert desk.fund.headers[-1]["Operator-Role"] == "pharmacist"


def test_without_a_card_the_numbers_identify_her(desk: Desk) -> None:
    assert emergency(desk, "--by-number", membership=MEMBERSHIP)["exit_code"] == 0
    assert (desk.opened, desk.fund.calls[1]) == ([], "/v1/eligibility/number")


@pytest.mark.parametrize("left_out", ["reason", "note", "one_time_password"])
def test_what_a_program_left_out_is_named(desk: Desk, left_out: str) -> None:
    report = emergency(desk, **{left_out: None})
    assert (report["exit_code"], report["problem"]["code"]) == (30, "request-invalid")
    assert report["problem"]["errors"][0]["place"] == left_out
    assert desk.fund.permits.reasoned == []


def test_a_dead_line_is_told_before_anything_is_asked(desk: Desk) -> None:
    desk.fund.failures["/v1/token"] = ["lost"]
    assert emergency(desk, reason=None)["problem"]["code"] == "fund-unreachable"


def test_without_a_reason_the_card_is_not_even_read(desk: Desk) -> None:
    emergency(desk, reason="curious")
    assert desk.opened == []


@pytest.mark.parametrize("changes", [{"one_time_password": "12345"}, {"note": " "}])
def test_what_is_not_of_its_form_is_not_sent(desk: Desk, changes: dict[str, str]) -> None:
    assert emergency(desk, **changes)["problem"]["code"] == "request-invalid"
    assert desk.fund.permits.reasoned == []


def test_without_a_membership_by_number_nothing_is_looked_at(desk: Desk) -> None:
    assert emergency(desk, "--by-number")["problem"]["code"] == "request-invalid"


@pytest.mark.parametrize(
    ("path", "failure", "code"),
    [
        ("/v1/emergencies", "right-missing", 30),
        (f"/v1/emergencies/{PERMIT}/medications", "consent-expired", 30),
        ("/v1/emergencies", "lost", 40),
        ("/v1/eligibility/visual-check", "certificate-revoked", 30),
    ],
)
def test_a_refusal_ends_it(desk: Desk, path: str, failure: str, code: int) -> None:
    desk.fund.failures[path] = [failure]
    assert emergency(desk)["exit_code"] == code


def test_several_that_the_numbers_fit_are_refused_by_the_fund(desk: Desk) -> None:
    desk.fund.answer = answer(Validity.AMBIGUOUS, [])
    desk.fund.failures["/v1/emergencies"] = ["request-invalid"]
    report = emergency(desk, "--by-number", membership=MEMBERSHIP)
    assert (report["exit_code"], report["history"]) == (30, {})


def test_people_see_the_notice_after_the_data(desk: Desk) -> None:
    result = desk.run("emergency", "--stdin", *BY, pin=json.dumps(SAID))
    assert result.stdout.index("見本錠５ｍｇ") < result.stdout.index(NOTICE)
    assert "123456" not in result.output


def test_in_a_disaster_somebody_is_searched_for_by_her_items(desk: Desk) -> None:
    report = disaster(desk, "--not-asked")
    assert (report["exit_code"], report["permit"]["basis"]) == (0, "disaster")
    [search] = desk.fund.permits.searched
    assert (search.name, str(search.birth_date), search.consent) == (
        "試験　見本",
        "1980-05-17",
        "not-possible",
    )
    assert desk.fund.calls[-1] == f"/v1/disaster-searches/{PERMIT}/medications"


def test_in_a_disaster_a_membership_does_too(desk: Desk) -> None:
    said = json.dumps({"membership": MEMBERSHIP})
    report = desk.report("disaster", "--stdin", *BY, typed=said)
    assert report["exit_code"] == 0
    assert desk.fund.permits.searched[0].consent == "oral"


@pytest.mark.parametrize("changes", [{"sex": None}, {"birth_date": "yesterday"}, {"membership": MEMBERSHIP}])
def test_a_search_of_another_form_is_not_sent(desk: Desk, changes: dict[str, Any]) -> None:
    report = disaster(desk, **changes)
    assert (report["exit_code"], report["problem"]["code"]) == (30, "request-invalid")
    assert desk.fund.permits.searched == []


def test_where_disaster_mode_is_off_nobody_is_shown(desk: Desk) -> None:
    desk.fund.failures["/v1/disaster-searches"] = ["right-missing"]
    report = disaster(desk)
    assert (report["exit_code"], report["history"], report["permit_id"]) == (30, {}, None)


@pytest.mark.parametrize(
    "words",
    [
        ("emergency", "--stdin", "--role", "doctor"),
        ("emergency", "--stdin", "--operator", "見本 医師"),
        ("emergency", *BY),
        ("emergency", *BY, "--stdin", "--by-number", "--card", "card.json"),
        ("emergency", *BY, "--stdin", "--what", "all"),
        ("emergency", *BY, "--stdin", "--shift-jis"),
        ("disaster", "--stdin", "--role", "doctor"),
        ("disaster", *BY),
        ("disaster", *BY, "--stdin", "--from", "2026-02", "--to", "2026-01"),
    ],
)
def test_wrong_usage_ends_with_2(desk: Desk, words: tuple[str, ...]) -> None:
    assert desk.run(*words, pin="{}").exit_code == 2
    assert (desk.opened, desk.fund.calls) == ([], [])
