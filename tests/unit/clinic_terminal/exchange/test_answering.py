"""The exchange as a whole: every kind has a family, and every error becomes a result of its kind."""

from __future__ import annotations

from typing import Any

import pytest

from clinic_terminal.errors import SHOWN_CATALOGUE, TerminalError
from clinic_terminal.exchange import answering
from clinic_terminal.exchange.answering import FAMILIES, Exchange, reception_number
from clinic_terminal.exchange.result_codes import RESULT_CODES, Level
from clinic_terminal.messages.codes import SegmentOfResult
from clinic_terminal.messages.errors import MessageFormatError
from clinic_terminal.messages.own_error import OwnErrorResult
from clinic_terminal.messages.registry import MESSAGES
from eligibility_api.contract.errors import ErrorKind
from tests.builders.clinic.clinic_software import REQUESTS, ClinicSoftware
from tests.builders.clinic.fake_fund import FakeFund
from tests.builders.clinic.samples import INSTITUTION, NOW, credential

MEDICAL_FILES = {"YZKsiquc01req", "TKKsiquc01req"}
CODES = sorted(SHOWN_CATALOGUE)


def outcome_of(prefix: str, result: Any) -> tuple[str | None, str | None, str | None, str | None]:
    """Segment (or ResultCode), the message's error, the person's status, and the person's code."""
    if prefix in MEDICAL_FILES:
        return result.header.result_code, result.header.result_code, None, None
    body = result.body
    status, code = getattr(body, "status", None), getattr(body, "status_code", None)
    return result.header.segment_of_result, result.header.error_code, status, code


def answers_in(result: Any) -> set[str]:
    """The parts of a body that answer about persons."""
    parts = {"validity", "results", "units", "checkups", "claim_months"} & set(type(result.body).model_fields)
    return {part for part in parts if getattr(result.body, part)}


def test_every_message_with_a_public_layout_has_a_family() -> None:
    assert set(FAMILIES) == {prefix for prefix, kind in MESSAGES.items() if kind.layout_is_public}


@pytest.mark.parametrize("prefix", FAMILIES)
def test_every_error_of_the_catalogues_becomes_a_result_of_each_kind(
    office: ClinicSoftware, prefix: str
) -> None:
    """OQS 10; and no failure has a validity, or units that could be read as persons."""
    with office.exchange() as exchange:
        for code in CODES:
            result = exchange.failed(MESSAGES[prefix], TerminalError(code), REQUESTS.get(prefix))
            number, level = RESULT_CODES[code].number, RESULT_CODES[code].level
            segment, error, status, person = outcome_of(prefix, result)
            assert type(result) is MESSAGES[prefix].result
            assert not answers_in(result), code
            if prefix in MEDICAL_FILES:
                assert error == number
            elif level is Level.MESSAGE or prefix.endswith("02req"):
                assert (segment, error, status, person) == (SegmentOfResult.FAILED, number, None, None)
            else:
                assert (segment, error, status, person) == (SegmentOfResult.DONE, None, "2", number)


@pytest.mark.parametrize("prefix", FAMILIES)
def test_a_technical_failure_fails_the_whole_message(office: ClinicSoftware, prefix: str) -> None:
    technical = [code for code, entry in SHOWN_CATALOGUE.items() if entry.kind is ErrorKind.TECHNICAL]
    assert len(technical) > 7
    with office.exchange() as exchange:
        for code in technical:
            segment, *_ = outcome_of(prefix, exchange.failed(MESSAGES[prefix], TerminalError(code)))
            assert segment not in {"1", "2"}


@pytest.mark.parametrize("prefix", REQUESTS)
def test_a_fund_that_is_away_is_never_an_answer(office: ClinicSoftware, prefix: str) -> None:
    office.fund.failures["/v1/token"] = ["lost"]
    segment, error, *_ = outcome_of(prefix, office.ask(prefix, REQUESTS[prefix]))
    if error == "SHK-9006":
        assert segment != "1"
    else:  # answered by the store alone: no reception, no permit
        assert error in {"SHK-1005", "SHK-4002"} or prefix == "OQSmuhvq01req"


@pytest.mark.parametrize("prefix", REQUESTS)
def test_an_error_of_this_program_is_reported_without_its_values(
    office: ClinicSoftware, prefix: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("架空 花子")

    family = FAMILIES[prefix]
    monkeypatch.setattr(
        answering,
        "FAMILIES",
        {prefix: type(family)(answer=broken, fail=family.fail)},  # type: ignore[arg-type]
    )
    _, error, *_ = outcome_of(prefix, office.ask(prefix, REQUESTS[prefix]))
    assert error == "SHK-9008"
    assert caplog.messages == [f"answering {prefix} failed: RuntimeError"]
    assert "架空" not in caplog.text


UNPUBLISHED = [prefix for prefix, kind in MESSAGES.items() if not kind.layout_is_public]


@pytest.mark.parametrize("prefix", UNPUBLISHED)
def test_what_has_no_public_layout_is_refused_as_such(office: ClinicSoftware, prefix: str) -> None:
    with office.exchange() as exchange:
        result = exchange.unsupported(MESSAGES[prefix])
    segment, error, *_ = outcome_of(prefix, result)
    assert (segment, error) == ("9", "SHK-1002")
    assert office.fund.calls == []


@pytest.mark.parametrize("prefix", [*FAMILIES, None], ids=str)
def test_a_request_that_cannot_be_read_has_a_result_all_the_same(
    office: ClinicSoftware, prefix: str | None
) -> None:
    kind = MESSAGES[prefix] if prefix else None
    with office.exchange() as exchange:
        result: Any = exchange.failed(
            kind, MessageFormatError("message-element-missing", element="MessageBody/Birthdate")
        )
    header = result.header
    assert type(result) is (kind.result if kind else OwnErrorResult)
    assert header.medical_institution_code == INSTITUTION
    assert "SHK-1018" in {getattr(header, name, None) for name in ("error_code", "result_code")}


def test_without_a_kind_a_refusal_fails_the_message_too(office: ClinicSoftware) -> None:
    with office.exchange() as exchange:
        result: Any = exchange.failed(None, TerminalError("consent-expired"))
    assert (result.header.segment_of_result, result.header.error_code) == ("9", "SHK-4012")


def test_a_reception_number_has_the_day_in_japan_and_is_random() -> None:
    numbers = {reception_number(NOW) for _ in range(50)}
    assert len(numbers) == 50
    assert all(number.isdecimal() and len(number) == 20 and number[:8] == "20260401" for number in numbers)


def test_an_insurers_credential_makes_no_exchange(office: ClinicSoftware) -> None:
    insurer = credential().model_copy(update={"institution_code": None})
    with pytest.raises(ValueError, match="facility"):
        Exchange(FakeFund().client(insurer), office.store, clock=office.clock)
