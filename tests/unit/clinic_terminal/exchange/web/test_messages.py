"""Every message over the web face: the same core and names as in files, as JSON."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

import pytest

from clinic_terminal.exchange.result_codes import RESULT_CODES
from clinic_terminal.exchange.web.app import SEARCH_PATH
from clinic_terminal.messages import json_codec
from clinic_terminal.messages.codes import FileCategory
from clinic_terminal.messages.registry import MESSAGES
from eligibility_api.contract.codes import Care
from tests.builders.clinic import samples
from tests.builders.clinic.clinic_software import (
    FILE,
    checkup_request,
    eligibility_request,
    history_request,
    results_request,
)
from tests.builders.clinic.exchange_requests import ALL_REQUESTS
from tests.builders.clinic.fake_consents import given_ahead
from tests.builders.clinic.web_face import PERMIT, WebFaceClient
from tests.builders.message_reader import read_result
from tests.builders.pdf import ReadPdf

pytestmark = pytest.mark.anyio

REQUESTS = ALL_REQUESTS
UNPUBLISHED = [prefix for prefix, kind in MESSAGES.items() if kind.request is None]


def header_of(reply: Any) -> dict[str, Any]:
    header: dict[str, Any] = reply.json()["XmlMsg"]["MessageHeader"]
    return header


def body_of(reply: Any) -> dict[str, Any]:
    body: dict[str, Any] = reply.json()["XmlMsg"]["MessageBody"]
    return body


def test_every_message_with_a_layout_has_a_request_here() -> None:
    assert set(REQUESTS) == set(MESSAGES) - set(UNPUBLISHED)
    assert UNPUBLISHED


@pytest.mark.parametrize("name", REQUESTS)
async def test_every_message_is_answered_in_its_own_layout(web: WebFaceClient, name: str) -> None:
    if name.endswith("02req"):
        await web.ask(name.replace("02req", "01req"), REQUESTS[name.replace("02req", "01req")])
    reply = await web.ask(name, REQUESTS[name])
    assert (reply.status_code, reply.headers["content-type"]) == (200, "application/json")
    assert reply.headers["cache-control"] == "no-store"
    result = json_codec.decode(reply.content, MESSAGES[name].result)
    assert result.unknown_elements == 0
    assert header_of(reply)["MedicalInstitutionCode"] == samples.INSTITUTION


async def test_a_look_up_is_answered_with_the_names_of_the_xml(web: WebFaceClient) -> None:
    reply = await web.ask("OQSsiquc01req", eligibility_request())
    body = body_of(reply)
    assert (body["ProcessingResultStatus"], body["QualificationValidity"]) == ("1", "1")
    [listed] = body["ResultList"]
    person = listed["ResultOfQualificationConfirmation"]
    assert (person["InsurerNumber"], person["Name"], person["NameKana"]) == (
        "01130012",
        "架空　花子",
        "ｶｸｳ ﾊﾅｺ",
    )
    assert header_of(reply)["ArbitraryFileIdentifier"] == FILE


async def test_the_search_and_the_messages_path_are_the_same_call(web: WebFaceClient) -> None:
    content = json_codec.encode(eligibility_request())
    await web.sign_in()
    one = await web.send(SEARCH_PATH, content)
    other = await web.send("/shikaku/messages/OQSsiquc01req", content)
    assert one.json() == other.json()


@pytest.mark.parametrize(
    ("written", "asked"),
    [("00138057", "138057"), ("  138057", "138057"), ("138057", "138057"), ("01130012", "01130012")],
)
async def test_insurer_numbers_are_alike_with_zeros_and_with_spaces(
    web: WebFaceClient, written: str, asked: str
) -> None:
    document = json_codec.to_document(eligibility_request())
    document["XmlMsg"]["MessageBody"]["QualificationConfirmSearchInfo"]["InsurerNumber"] = written
    body = body_of(await web.ask("OQSsiquc01req", document))
    assert web.fund.bodies[-1]["insurer_number"] == asked
    assert body["QualificationConfirmSearchInfo"]["InsurerNumber"] == asked.rjust(8, "0")


@pytest.mark.parametrize("name", REQUESTS)
async def test_an_independent_reader_finds_the_elements_of_the_files(web: WebFaceClient, name: str) -> None:
    """The JSON has the names, cardinality and forms that the tables of the interface give the XML."""
    if name.endswith("02req"):
        await web.ask(name.replace("02req", "01req"), REQUESTS[name.replace("02req", "01req")])
    [root] = elements("XmlMsg", (await web.ask(name, REQUESTS[name])).json()["XmlMsg"])
    read = read_result(MESSAGES[name].result_prefix, ElementTree.tostring(root))
    assert set(read) == {"MessageHeader", "MessageBody"}


def elements(name: str, value: Any) -> list[ElementTree.Element]:
    """A member of an object as elements: an array of objects with one name each stands in an element of its own."""
    if isinstance(value, list) and any(name != one for item in value for one in item if len(item) == 1):
        return [
            _element(name, [child for item in value for one in item for child in elements(one, item[one])])
        ]
    if isinstance(value, list):
        return [child for item in value for child in elements(name, item)]
    if isinstance(value, dict):
        return [_element(name, [child for one in value for child in elements(one, value[one])])]
    element = _element(name, [])
    element.text = str(value)
    return [element]


def _element(name: str, children: list[ElementTree.Element]) -> ElementTree.Element:
    element = ElementTree.Element(name)
    element.extend(children)
    return element


async def test_a_bulk_is_accepted_processed_and_answered(web: WebFaceClient) -> None:
    reception = body_of(await web.ask("OQSmuquc01req", REQUESTS["OQSmuquc01req"]))["ReceptionNumber"]
    segments = []
    for _ in range(3):
        reply = await web.ask("OQSmuquc02req", results_request(reception))
        segments.append(header_of(reply)["SegmentOfResult"])
    assert segments == ["2", "2", "1"]
    assert len(body_of(reply)["BulkConfirmUnit"]) == 2
    assert header_of(reply)["NumberOfNormalProcessing"] in {2, "2"}


@pytest.mark.parametrize(
    ("name", "message", "words"),
    [
        ("YZKsiquc01req", history_request(file_category=FileCategory.PDF), "見本錠５ｍｇ"),
        (
            "YZKsiquc01req",
            history_request(file_category=FileCategory.MEDICINES_AND_TREATMENT_PDF),
            "診療情報（レセプト）",
        ),
        ("TKKsiquc01req", checkup_request(file_category=FileCategory.PDF), "収縮期血圧"),
    ],
    ids=["medicines", "treatments", "check-ups"],
)
async def test_a_pdf_is_sent_where_it_was_asked_for(
    web: WebFaceClient, name: str, message: Any, words: str
) -> None:
    reply = await web.ask(name, message)
    assert reply.headers["content-type"] == "application/pdf"
    assert words in ReadPdf(reply.content).text()


async def test_an_error_is_a_message_even_where_a_pdf_was_asked_for(web: WebFaceClient) -> None:
    web.fund.failures["/v1/token"] = ["database-unavailable"]
    reply = await web.ask("YZKsiquc01req", history_request(file_category=FileCategory.PDF))
    assert (reply.status_code, header_of(reply)["ResultCode"]) == (200, "SHK-9003")


@pytest.mark.parametrize("failure", ["gateway", "lost", "overloaded", "database-unavailable"])
async def test_a_technical_failure_never_reads_like_an_answer(web: WebFaceClient, failure: str) -> None:
    web.fund.failures["/v1/eligibility/number"] = [failure] * 5
    reply = await web.ask("OQSsiquc01req", eligibility_request())
    assert header_of(reply)["SegmentOfResult"] == "9"
    assert "QualificationValidity" not in reply.text
    assert header_of(reply)["ErrorCode"].startswith("SHK-9")


async def test_another_institutions_code_is_refused(web: WebFaceClient) -> None:
    document = json_codec.to_document(eligibility_request())
    document["XmlMsg"]["MessageHeader"]["MedicalInstitutionCode"] = "1312222225"
    reply = await web.ask("OQSsiquc01req", document)
    assert (header_of(reply)["SegmentOfResult"], header_of(reply)["ErrorCode"]) == ("9", "SHK-1001")
    assert web.fund.calls == []


async def test_a_message_without_a_public_layout_is_our_own_error(web: WebFaceClient) -> None:
    assert len(UNPUBLISHED) > 5
    for name in UNPUBLISHED:
        reply = await web.ask(name, {"XmlMsg": {"MessageHeader": {}, "MessageBody": {}}})
        assert reply.status_code == 200
        assert header_of(reply)["ErrorCode"] == RESULT_CODES["message-layout-not-public"].number
    assert web.fund.calls == []


HOSTILE = {
    "empty": b"",
    "no JSON": b"<XmlMsg/>",
    "an array": b"[]",
    "other root": b'{"Other": {}}',
    "not UTF-8": "架空".encode("cp932"),
    "deep": b'{"XmlMsg":' * 5000 + b"1" + b"}" * 5000,
    "deep arrays": b"[" * 100_000,
    "huge number": b'{"XmlMsg": {"MessageHeader": ' + b"9" * 5000 + b"}}",
    "repeated element": b'{"XmlMsg": {}, "XmlMsg": {}}',
    "no body": b'{"XmlMsg": {"MessageHeader": {}}}',
    "NaN": b'{"XmlMsg": {"MessageHeader": NaN, "MessageBody": {}}}',
    "null": b"null",
    "surrogate": b'{"XmlMsg": {"MessageHeader": {"ArbitraryFileIdentifier": "\\ud800"}, "MessageBody": {}}}',
}


async def test_what_cannot_be_read_is_a_result_with_our_code(web: WebFaceClient) -> None:
    await web.sign_in()
    for case, content in HOSTILE.items():
        reply = await web.send(SEARCH_PATH, content)
        assert reply.status_code == 200, case
        assert header_of(reply)["SegmentOfResult"] == "9", case
        assert header_of(reply)["ErrorCode"].startswith("SHK-1"), case
    assert web.fund.calls == []


async def test_no_error_repeats_what_was_sent(web: WebFaceClient, caplog: pytest.LogCaptureFixture) -> None:
    document = json_codec.to_document(eligibility_request())
    info = document["XmlMsg"]["MessageBody"]["QualificationConfirmSearchInfo"]
    info["InsuredIdentificationNumber"] = "secret-number-" * 5
    reply = await web.ask("OQSsiquc01req", document)
    assert header_of(reply)["SegmentOfResult"] == "9"
    assert "secret" not in reply.text + caplog.text


async def test_a_bug_is_a_failure_of_ours_without_values(
    web: WebFaceClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> bytes:
        raise KeyError("secret")

    monkeypatch.setattr("clinic_terminal.exchange.web.responding.pdf_of", broken)
    reply = await web.ask("OQSsiquc01req", eligibility_request())
    assert (reply.status_code, reply.json()["code"]) == (500, "SHK-9008")
    assert "KeyError" in caplog.text
    assert "secret" not in reply.text + caplog.text


async def test_medicines_are_read_under_a_consent_of_her_own_page(web: WebFaceClient) -> None:
    """Rule W17: once an answer of the day has identified her."""
    web.fund.consents.on_own_page = [given_ahead()]
    same = samples.enrolment(name=PERMIT.person.name, name_kana=PERMIT.person.name_kana)
    web.fund.answer = samples.answer(results=[same])
    asked = history_request(care=Care.ONLINE)
    replies = [await web.ask("YZKsiquc01req", asked)]
    await web.ask("OQSsiquc01req", eligibility_request())
    replies.append(await web.ask("YZKsiquc01req", asked))
    assert [header_of(reply)["ResultCode"] for reply in replies] == ["SHK-4002", "1"]
