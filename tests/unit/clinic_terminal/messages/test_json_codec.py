"""Messages as JSON: their shape, and the defined outcome of everything that a client may send."""

from __future__ import annotations

import json
from typing import Any

import pytest

from clinic_terminal.messages import json_codec
from clinic_terminal.messages.bulk import BulkEligibilityRequest
from clinic_terminal.messages.eligibility import EligibilityRequest, EligibilityResult
from clinic_terminal.messages.errors import MessageFormatError
from clinic_terminal.messages.examples import EXAMPLES, FIRST_EXAMPLES

REQUEST = FIRST_EXAMPLES["OQSsiquc01req"]
SEARCH = "QualificationConfirmSearchInfo"


def document(**search: Any) -> dict[str, Any]:
    """The request's document, with other items of the search; None leaves one out."""
    made: dict[str, Any] = json.loads(json_codec.encode(REQUEST))
    items = made["XmlMsg"]["MessageBody"][SEARCH]
    items.update(search)
    for name in [name for name, value in items.items() if value is None]:
        del items[name]
    return made


def content(**search: Any) -> bytes:
    return json.dumps(document(**search), ensure_ascii=False).encode()


def refusal(sent: bytes | dict[str, Any]) -> tuple[str, str | None]:
    with pytest.raises(MessageFormatError) as refused:
        json_codec.decode(sent, EligibilityRequest)
    return refused.value.code, refused.value.element


def test_a_request_has_the_names_of_xml() -> None:
    assert document() == {
        "XmlMsg": {
            "MessageHeader": {
                "QualificationConfirmationDate": "20261130",
                "MedicalInstitutionCode": "1311111114",
                "ArbitraryFileIdentifier": "karte-000123",
            },
            "MessageBody": {
                SEARCH: {
                    "InsurerNumber": "01130012",
                    "InsuredCardSymbol": "架空",
                    "InsuredIdentificationNumber": "7701",
                    "InsuredBranchNumber": "00",
                    "Birthdate": "19850615",
                    "LimitApplicationCertificateRelatedConsFlg": "0",
                    "ArbitraryIdentifier": "00042",
                }
            },
        }
    }
    assert "架空".encode() in json_codec.encode(REQUEST)


def test_the_result_list_is_an_array_of_named_objects() -> None:
    [face] = [one.message for one in EXAMPLES if one.case == "insurance and medical aid"]
    body = json_codec.to_document(face)["XmlMsg"]["MessageBody"]
    first, second = body["ResultList"]
    assert [*first] == [*second] == ["ResultOfQualificationConfirmation"]
    aid = second["ResultOfQualificationConfirmation"]
    assert aid["InsurerNumber"] == "12131007"
    [ticket] = aid["PublicExpenseResultList"]
    assert ticket["MedicalTicketInfo"]["SelfPayAmount"] == "1500"
    assert "SpecificDiseasesCertificateList" not in aid


def test_other_repeated_elements_are_arrays_under_their_name() -> None:
    units = json_codec.to_document(FIRST_EXAMPLES["OQSmuquc02res"])["XmlMsg"]["MessageBody"][
        "BulkConfirmUnit"
    ]
    assert [unit["QualificationValidity"] for unit in units] == ["1", "4"]
    assert units[0]["ReferenceNumber"] == ["00042"]
    assert "ReferenceNumber" not in units[1]


def test_an_insurer_number_of_six_digits_is_filled_up_with_zeros_and_read_with_either() -> None:
    for written in ("00138057", "  138057", "138057"):
        read = json_codec.decode(content(InsurerNumber=written), EligibilityRequest).message
        assert read.body.search_info.insurer_number == "138057"
        sent = json_codec.to_document(read)["XmlMsg"]["MessageBody"][SEARCH]["InsurerNumber"]
        assert sent == "00138057"


def test_the_encoding_that_is_announced_is_utf_8() -> None:
    header = json_codec.to_document(FIRST_EXAMPLES["OQSsiquc01res"])["XmlMsg"]["MessageHeader"]
    assert header["CharacterCodeIdentifier"] == "0"


@pytest.mark.parametrize(
    "search",
    [
        {},
        {"InsuredBranchNumber": "0"},
        {"Birthdate": 19850615},
        {"InsuredIdentificationNumber": 7701},
        {"Birthdate": ["19850615"]},
    ],
    ids=str,
)
def test_a_request_is_read_however_it_is_written(search: dict[str, Any]) -> None:
    for sent in (content(**search), b"\xef\xbb\xbf" + content(**search), document(**search)):
        assert json_codec.decode(sent, EligibilityRequest).message == REQUEST


@pytest.mark.parametrize("empty", [None, "", " ", [], {}], ids=str)
def test_an_empty_member_is_absent(empty: object) -> None:
    made = document()
    made["XmlMsg"]["MessageBody"][SEARCH]["ArbitraryIdentifier"] = empty
    if empty == {}:
        assert refusal(made)[0] == "message-element-invalid"
        return
    read = json_codec.decode(made, EligibilityRequest)
    assert read.message.body.search_info.arbitrary_identifier is None
    assert read.unknown_elements == 0


@pytest.mark.parametrize(
    ("member", "unknown"),
    [("x", 1), (None, 0), (True, 1), (1.5, 1), ({"a": {"b": []}}, 1), (["a", {"b": "c"}], 2)],
    ids=str,
)
def test_unknown_members_are_passed_over_and_counted(member: object, unknown: int) -> None:
    read = json_codec.decode(content(MyNumber=member), EligibilityRequest)
    assert (read.message, read.unknown_elements) == (REQUEST, unknown if member is not None else 0)


REFUSED: dict[str, tuple[bytes, str, str | None]] = {
    "empty": (b"", "message-malformed", None),
    "half-written": (content()[:-5], "message-malformed", None),
    "no object": (b"[]", "message-malformed", None),
    "no root": (b"{}", "message-malformed", None),
    "a root that is no object": (b'{"XmlMsg": "x"}', "message-malformed", None),
    "XML": (b"<XmlMsg/>", "message-malformed", None),
    "NaN": (b'{"XmlMsg": {"MessageHeader": NaN}}', "message-malformed", None),
    "a number of 10,000 digits": (b'{"XmlMsg": {"a": ' + b"1" * 10_000 + b"}}", "message-malformed", None),
    "an array in an array": (content(InsuredCardSymbol=[["x"]]), "message-malformed", None),
    "Shift_JIS": (content().decode().encode("cp932"), "message-encoding", None),
    "UTF-16": (content().decode().encode("utf-16"), "message-encoding", None),
    "half a surrogate pair": (
        content(InsuredCardSymbol="x").replace(b'"x"', b'"\\ud800"'),
        "message-element-invalid",
        f"MessageBody/{SEARCH}/InsuredCardSymbol",
    ),
    "NUL": (
        content(InsuredCardSymbol="\x00x"),
        "message-element-invalid",
        f"MessageBody/{SEARCH}/InsuredCardSymbol",
    ),
    "deep objects": (b'{"XmlMsg": ' + b'{"a": ' * 100 + b"1" + b"}" * 101, "message-malformed", None),
    "very deep arrays": (b'{"XmlMsg": ' + b"[" * 100_000, "message-malformed", None),
    "too large": (b" " * (EligibilityRequest.max_bytes + 1), "message-too-large", None),
    "a member twice": (
        content().replace(b'"Birthdate"', b'"Birthdate": "19850615", "Birthdate"'),
        "message-element-repeated",
        None,
    ),
    "two birth dates": (
        content(Birthdate=["19850615", "19850615"]),
        "message-element-repeated",
        f"MessageBody/{SEARCH}/Birthdate",
    ),
    "no birth date": (content(Birthdate=None), "message-element-missing", f"MessageBody/{SEARCH}/Birthdate"),
    "a birth date that is none": (
        content(Birthdate=True),
        "message-element-invalid",
        f"MessageBody/{SEARCH}/Birthdate",
    ),
    "a long number": (
        content(InsuredIdentificationNumber="1" * 10_000),
        "message-element-invalid",
        f"MessageBody/{SEARCH}/InsuredIdentificationNumber",
    ),
    "a My Number": (
        content(InsuredIdentificationNumber=123456789018),
        "message-my-number",
        f"MessageBody/{SEARCH}/InsuredIdentificationNumber",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_anything_else_has_its_own_error(case: str) -> None:
    sent, code, element = REFUSED[case]
    assert refusal(sent) == (code, element)


def test_a_result_is_read_with_its_list_in_either_form() -> None:
    [face] = [one.message for one in EXAMPLES if one.case == "insurance and medical aid"]
    made = json_codec.to_document(face)
    body = made["XmlMsg"]["MessageBody"]
    body["ResultList"] = {
        "ResultOfQualificationConfirmation": [
            one["ResultOfQualificationConfirmation"] for one in body["ResultList"]
        ]
    }
    assert json_codec.decode(made, EligibilityResult).message == face


def test_one_person_of_a_bulk_request_may_stand_without_an_array() -> None:
    made = json.loads(content())
    read = json_codec.decode(made, BulkEligibilityRequest).message
    assert read.body.search_infos == (REQUEST.body.search_info,)  # type: ignore[attr-defined]


@pytest.mark.slow
def test_faulty_rows_of_ten_thousand_refuse_themselves_alone_without_their_values() -> None:
    made = document()
    row = made["XmlMsg"]["MessageBody"][SEARCH]
    made["XmlMsg"]["MessageBody"][SEARCH] = [row] * 5_000 + [row | {"Birthdate": "secret"}] * 5_000
    rows = json_codec.decode(made, BulkEligibilityRequest).message.body.search_infos
    assert [row.fault is None for row in rows] == [True] * 5_000 + [False] * 5_000
    fault = rows[5_000].fault
    assert fault is not None
    assert (fault.code, fault.element) == (
        "message-element-invalid",
        f"MessageBody/{SEARCH}[5001]/Birthdate",
    )
    assert "secret" not in repr(fault) + str(fault)
    made["XmlMsg"]["MessageBody"][SEARCH] = [row] * 10_001
    with pytest.raises(MessageFormatError, match="message-element-invalid"):
        json_codec.decode(made, BulkEligibilityRequest)
