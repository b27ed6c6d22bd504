"""Access without consent: reason, identity, second factor, and the notice at the end."""

from __future__ import annotations

import json
from typing import Any

import pytest

from eligibility_api.contract.codes import Category, Role, Validity
from eligibility_api.contract.emergency import EmergencyReason
from tests.builders.clinic.fake_card import VERIFY, FakeCard
from tests.builders.clinic.fake_permits import FOUND, NOTICE, PERMIT
from tests.builders.clinic.samples import MEMBERSHIP, answer
from tests.builders.clinic.terminal import TerminalRunner

BY = ("--operator", "見本 医師", "--role", "doctor")
INPUT = {"reason": "unconscious", "note": "意識なし", "one_time_password": "123456"}
ITEMS = {"name": "試験　見本", "birth_date": "S55.5.17", "sex": "2", "address": "架空県見本市1-2-3"}


def emergency(terminal: TerminalRunner, *options: str, **changes: Any) -> dict[str, Any]:
    given = {name: value for name, value in (INPUT | changes).items() if value is not None}
    return terminal.report("emergency", "--stdin", *BY, *options, typed=json.dumps(given))


def disaster(terminal: TerminalRunner, *options: str, **changes: Any) -> dict[str, Any]:
    return terminal.report("disaster", "--stdin", *BY, *options, typed=json.dumps(ITEMS | changes))


def test_an_unconscious_patient_is_identified_by_the_card_without_its_pin(terminal: TerminalRunner) -> None:
    report = emergency(terminal)
    assert (report["outcome"], report["exit_code"], report["permit_id"]) == ("shown", 0, str(PERMIT))
    assert report["permit"]["notice"] == NOTICE
    assert terminal.fund.calls[-2:] == ["/v1/emergencies", f"/v1/emergencies/{PERMIT}/medications"]
    assert isinstance(terminal.card, FakeCard)
    assert (terminal.card.sent(VERIFY), terminal.card.closed) == ([], 1)


def test_reason_record_and_operator_are_sent(terminal: TerminalRunner) -> None:
    emergency(terminal, "--role", "pharmacist", "--what", "medications,surgeries")
    [request] = terminal.fund.permits.emergencies
    assert str(request.identified_by) == terminal.fund.answer.record_id
    assert (request.reason, request.note, request.one_time_password) == (
        EmergencyReason.UNCONSCIOUS,
        "意識なし",
        "123456",
    )
    assert (request.operator, request.role) == ("見本 医師", Role.PHARMACIST)
    assert request.categories == (Category.MEDICATION, Category.PRESCRIPTION, Category.SURGERY)
    assert terminal.fund.headers[-1]["Operator-Role"] == "pharmacist"


def test_the_summary_is_read_whole_and_named_on_the_screen(terminal: TerminalRunner) -> None:
    """Rule W13."""
    report = emergency(terminal, "--summary")
    assert (report["exit_code"], report["extent"]) == (0, "summary")
    assert list(report["history"]) == ["medications", "treatments", "surgeries", "health-checkups"]
    assert [query["extent"] for query in terminal.fund.history.queries] == ["summary"] * 4
    [request] = terminal.fund.permits.emergencies
    assert set(request.categories) == {
        Category.MEDICATION,
        Category.PRESCRIPTION,
        Category.TREATMENT,
        Category.SURGERY,
        Category.HEALTH_CHECKUP,
    }
    result = terminal.run("emergency", "--stdin", "--summary", *BY, pin=json.dumps(INPUT))
    assert "救急用サマリーのみ" in result.stdout


def test_without_the_summary_the_full_set_is_read(terminal: TerminalRunner) -> None:
    """Rule W13."""
    assert "extent" not in emergency(terminal)
    assert "extent" not in terminal.fund.history.queries[-1]


@pytest.mark.parametrize("more", [["--what", "medications"], ["--from", "2026-01"], ["--to", "2026-01"]])
def test_the_summary_excludes_a_choice_of_its_own(terminal: TerminalRunner, more: list[str]) -> None:
    """Rule W13: no option is accepted without effect."""
    result = terminal.run("emergency", "--stdin", "--summary", *more, *BY, pin=json.dumps(INPUT))
    assert (result.exit_code, terminal.fund.calls) == (2, [])


def test_without_a_card_the_numbers_identify_the_patient(terminal: TerminalRunner) -> None:
    assert emergency(terminal, "--by-number", membership=MEMBERSHIP)["exit_code"] == 0
    assert (terminal.opened, terminal.fund.calls[1]) == ([], "/v1/eligibility/number")


@pytest.mark.parametrize("left_out", ["reason", "note", "one_time_password"])
def test_a_missing_member_is_named(terminal: TerminalRunner, left_out: str) -> None:
    report = emergency(terminal, **{left_out: None})
    assert (report["exit_code"], report["problem"]["code"]) == (30, "request-invalid")
    assert report["problem"]["errors"][0]["place"] == left_out
    assert terminal.fund.permits.emergencies == []


def test_a_connection_problem_is_reported_before_anything_is_asked(terminal: TerminalRunner) -> None:
    terminal.fund.failures["/v1/token"] = ["lost"]
    assert emergency(terminal, reason=None)["problem"]["code"] == "fund-unreachable"


def test_without_a_reason_the_card_is_not_read(terminal: TerminalRunner) -> None:
    emergency(terminal, reason="curious")
    assert terminal.opened == []


@pytest.mark.parametrize("changes", [{"one_time_password": "12345"}, {"note": " "}])
def test_malformed_input_is_not_sent(terminal: TerminalRunner, changes: dict[str, str]) -> None:
    assert emergency(terminal, **changes)["problem"]["code"] == "request-invalid"
    assert terminal.fund.permits.emergencies == []


def test_by_number_a_membership_is_required(terminal: TerminalRunner) -> None:
    assert emergency(terminal, "--by-number")["problem"]["code"] == "request-invalid"


@pytest.mark.parametrize(
    ("path", "failure", "code"),
    [
        ("/v1/emergencies", "right-missing", 30),
        (f"/v1/emergencies/{PERMIT}/medications", "consent-expired", 30),
        ("/v1/emergencies", "lost", 40),
        ("/v1/eligibility/visual-check", "certificate-revoked", 30),
    ],
)
def test_the_exit_code_is_that_of_the_problem(
    terminal: TerminalRunner, path: str, failure: str, code: int
) -> None:
    terminal.fund.failures[path] = [failure]
    assert emergency(terminal)["exit_code"] == code


def test_an_ambiguous_lookup_is_refused_by_the_fund(terminal: TerminalRunner) -> None:
    terminal.fund.answer = answer(Validity.AMBIGUOUS, [])
    terminal.fund.failures["/v1/emergencies"] = ["request-invalid"]
    report = emergency(terminal, "--by-number", membership=MEMBERSHIP)
    assert (report["exit_code"], report["history"]) == (30, {})


def test_the_notice_is_shown_after_the_data(terminal: TerminalRunner) -> None:
    result = terminal.run("emergency", "--stdin", *BY, pin=json.dumps(INPUT))
    assert result.stdout.index("見本錠５ｍｇ") < result.stdout.index(NOTICE)
    assert "123456" not in result.output


@pytest.mark.parametrize(("option", "consent"), [("--consented", "oral"), ("--unconscious", "unconscious")])
def test_in_a_disaster_a_patient_is_searched_for_and_then_her_consent_recorded(
    terminal: TerminalRunner, option: str, consent: str
) -> None:
    report = disaster(terminal, option)
    assert (report["exit_code"], report["permit"]["basis"]) == (0, "disaster")
    [search], [permit] = terminal.fund.permits.searches, terminal.fund.permits.disaster_permits
    assert (search.name, str(search.birth_date)) == ("試験　見本", "1980-05-17")
    assert (str(permit.identified_by), permit.consent) == (FOUND.record_id, consent)
    assert terminal.fund.calls[-3:] == [
        "/v1/disaster-searches",
        "/v1/disaster-permits",
        f"/v1/disaster-permits/{PERMIT}/medications",
    ]


def test_without_a_consent_the_insurance_alone_is_shown(terminal: TerminalRunner) -> None:
    report = disaster(terminal)
    assert (report["outcome"], report["exit_code"], report["permit_id"]) == ("done", 0, None)
    assert report["found"]["memberships"] == [FOUND.memberships[0].model_dump(mode="json")]
    assert terminal.fund.calls[-1] == "/v1/disaster-searches"
    screen = terminal.run("disaster", "--stdin", *BY, pin=json.dumps(ITEMS)).stdout
    assert "01130012 架空健康保険" in screen
    assert "見本・12・01" in screen


def test_in_a_disaster_a_patient_is_searched_for_by_membership(terminal: TerminalRunner) -> None:
    given = json.dumps({"membership": MEMBERSHIP})
    report = terminal.report("disaster", "--stdin", "--consented", *BY, typed=given)
    assert report["exit_code"] == 0
    assert terminal.fund.permits.searches[0].membership is not None


def test_what_was_found_stays_shown_where_the_permit_is_refused(terminal: TerminalRunner) -> None:
    terminal.fund.failures["/v1/disaster-permits"] = ["role-not-permitted"]
    report = disaster(terminal, "--consented")
    assert (report["exit_code"], report["problem"]["code"]) == (30, "role-not-permitted")
    assert report["found"]["record_id"] == FOUND.record_id


@pytest.mark.parametrize("changes", [{"sex": None}, {"birth_date": "yesterday"}, {"membership": MEMBERSHIP}])
def test_an_invalid_search_is_not_sent(terminal: TerminalRunner, changes: dict[str, Any]) -> None:
    report = disaster(terminal, **changes)
    assert (report["exit_code"], report["problem"]["code"]) == (30, "request-invalid")
    assert terminal.fund.permits.searches == []


def test_where_disaster_mode_is_off_nothing_is_shown(terminal: TerminalRunner) -> None:
    terminal.fund.failures["/v1/disaster-searches"] = ["right-missing"]
    report = disaster(terminal)
    assert (report["exit_code"], report["history"], report["permit_id"]) == (30, {}, None)


@pytest.mark.parametrize(
    "arguments",
    [
        ("emergency", "--stdin", "--role", "doctor"),
        ("emergency", "--stdin", "--operator", "見本 医師"),
        ("emergency", *BY),
        ("emergency", *BY, "--stdin", "--by-number", "--card", "card.json"),
        ("emergency", *BY, "--stdin", "--what", "all"),
        ("emergency", *BY, "--stdin", "--shift-jis"),
        ("disaster", "--stdin", "--role", "doctor"),
        ("disaster", *BY),
        ("disaster", *BY, "--stdin", "--consented", "--unconscious"),
        ("disaster", *BY, "--stdin", "--from", "2026-02", "--to", "2026-01"),
    ],
)
def test_wrong_usage_ends_with_2(terminal: TerminalRunner, arguments: tuple[str, ...]) -> None:
    assert terminal.run(*arguments, pin="{}").exit_code == 2
    assert (terminal.opened, terminal.fund.calls) == ([], [])
