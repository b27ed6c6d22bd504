"""Exit codes and the JSON object."""

import json

import pytest

from clinic_terminal.card.errors import CardError
from clinic_terminal.console.report import as_json, exit_code, headline
from clinic_terminal.errors import SHOWN_CATALOGUE, TerminalError
from eligibility_api.contract.codes import Validity
from eligibility_api.contract.errors import ErrorKind
from tests.builders.clinic.samples import answer, outcome


@pytest.mark.parametrize(
    ("validity", "code", "name"),
    [
        (Validity.VALID, 0, "valid"),
        (Validity.INVALID, 12, "invalid"),
        (Validity.INVALID_NEWER_EXISTS, 13, "invalid-newer-exists"),
        (Validity.NOT_FOUND, 14, "not-found"),
        (Validity.AMBIGUOUS, 15, "ambiguous"),
        (Validity.VALID_UNREGISTERED, 16, "valid-unregistered"),
    ],
)
def test_each_validity_has_its_exit_code_and_name(validity: Validity, code: int, name: str) -> None:
    report = as_json(outcome(answer(validity)), with_timings=False)
    assert (report["exit_code"], report["outcome"], report["validity"]) == (code, name, validity)


@pytest.mark.parametrize(
    ("problem", "code", "name"),
    [
        ("pin-wrong", 20, "card-problem"),
        ("reader-missing", 20, "card-problem"),
        ("certificate-revoked", 30, "refused"),
        ("as-of-out-of-range", 30, "refused"),
        ("first-registration-needed", 31, "first-registration-needed"),
        ("fund-unreachable", 40, "technical-failure"),
        ("revocation-unavailable", 40, "technical-failure"),
    ],
)
def test_each_kind_of_problem_has_its_exit_code_and_name(problem: str, code: int, name: str) -> None:
    report = as_json(outcome(problem=TerminalError(problem)), with_timings=False)
    assert (report["exit_code"], report["outcome"], report["validity"]) == (code, name, None)


def test_giving_up_has_its_exit_code_and_name_and_is_no_problem() -> None:
    report = as_json(outcome(tries_left=1), with_timings=False)
    assert (report["exit_code"], report["outcome"], report["tries_left"]) == (1, "given-up", 1)
    assert "problem" not in report


def test_the_headline_is_in_both_languages() -> None:
    assert as_json(outcome(answer()), with_timings=False)["headline"] == {"ja": "有効", "en": "Valid"}
    locked = as_json(outcome(problem=CardError("pin-locked")), with_timings=False)
    assert locked["headline"] == {"ja": "暗証番号を確認できません", "en": "PIN not verified"}


def test_no_problem_resembles_a_validity() -> None:
    assert list(SHOWN_CATALOGUE)
    for code in list(SHOWN_CATALOGUE):
        failed = outcome(problem=TerminalError(code))
        validities = [outcome(answer(validity)) for validity in Validity]
        assert exit_code(failed) not in {exit_code(decided) for decided in validities}, code
        assert headline(failed).text not in {headline(decided).text for decided in validities}, code


def test_a_technical_failure_has_neither_text_nor_mark_nor_colour_of_not_valid() -> None:
    failed = headline(outcome(problem=TerminalError("fund-unreachable")))
    invalid = headline(outcome(answer(Validity.INVALID)))
    assert not {failed.text, failed.mark, failed.colour} & {invalid.text, invalid.mark, invalid.colour}
    assert failed.text.ja == "確認できません（通信・システム障害）"


def test_an_answer_is_complete() -> None:
    report = as_json(outcome(answer(), tries_left=3, registered=True), with_timings=False)
    assert report["answer"] == answer().model_dump(mode="json")
    assert (report["tries_left"], report["registered"]) == (3, True)
    assert "problem" not in report
    assert "timings_ms" not in report
    json.dumps(report)


def test_a_problem_has_the_published_form_and_its_details() -> None:
    problem = CardError("pin-wrong", status_word=0x63C2, tries_left=2)
    report = as_json(outcome(problem=problem, tries_left=2), with_timings=False)["problem"]
    assert (report["code"], report["kind"], report["tries_left"]) == ("pin-wrong", ErrorKind.CARD, 2)
    assert report["status_word"] == "63C2"
    assert report["detail_ja"] == SHOWN_CATALOGUE["pin-wrong"].ja
    assert report["detail"] == SHOWN_CATALOGUE["pin-wrong"].en


def test_timings_are_added_on_request() -> None:
    report = as_json(outcome(answer()), with_timings=True)["timings_ms"]
    assert (report["software"], report["apdus"], report["steps"]) == (20.0, 10, {"select": 10.0})
