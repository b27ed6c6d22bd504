"""Rows of bulk requests that cannot be read: they refuse themselves alone, and keep what can be read."""

from __future__ import annotations

from typing import Any

import pytest

from clinic_terminal.messages import json_codec, xml_codec
from clinic_terminal.messages.bulk import BulkEligibilityRequest, BulkReferenceRequest
from clinic_terminal.messages.characters import Encoding
from clinic_terminal.messages.errors import MessageFormatError
from tests.builders.clinic.clinic_software import (
    bulk_reference_request,
    bulk_request,
    registration,
    search_info,
)

GOOD = "<QualificationConfirmSearchInfo>{}</QualificationConfirmSearchInfo>"
FIELDS = {
    "InsurerNumber": "01130012",
    "InsuredCardSymbol": "12",
    "InsuredIdentificationNumber": "345",
    "InsuredBranchNumber": "00",
    "Birthdate": "19800203",
    "LimitApplicationCertificateRelatedConsFlg": "0",
    "ArbitraryIdentifier": "見本",
}


def row(**changes: str | None) -> str:
    fields = {name: value for name, value in (FIELDS | changes).items() if value is not None}
    return GOOD.format("".join(f"<{name}>{value}</{name}>" for name, value in fields.items()))


def message(*rows: str) -> bytes:
    header = (
        "<MessageHeader><QualificationConfirmationDate>20260401</QualificationConfirmationDate>"
        "<MedicalInstitutionCode>1311111114</MedicalInstitutionCode></MessageHeader>"
    )
    return f"<XmlMsg>{header}<MessageBody>{''.join(rows)}</MessageBody></XmlMsg>".encode()


def read(*rows: str) -> Any:
    return xml_codec.decode(message(*rows), BulkEligibilityRequest).message.body.search_infos


@pytest.mark.parametrize(
    ("bad", "code", "element"),
    [
        (row(Birthdate=None), "message-element-missing", "Birthdate"),
        (row(Birthdate="19800230"), "message-element-invalid", "Birthdate"),
        (row(InsuredIdentificationNumber="9" * 21), "message-element-invalid", "InsuredIdentificationNumber"),
        (row(InsuredBranchNumber="ab"), "message-element-invalid", "InsuredBranchNumber"),
        (GOOD.format("text"), "message-element-invalid", "QualificationConfirmSearchInfo[2]"),
        (GOOD.format(""), "message-element-missing", "InsurerNumber"),
        (GOOD.format("<Unknown>1</Unknown>"), "message-element-missing", "InsurerNumber"),
        (
            GOOD.format("<Birthdate>19800203</Birthdate><Birthdate>19800203</Birthdate>"),
            "message-element-repeated",
            "Birthdate",
        ),
        (
            GOOD.format("<Birthdate><ArbitraryIdentifier>1</ArbitraryIdentifier></Birthdate>"),
            "message-element-invalid",
            "Birthdate",
        ),
    ],
    ids=str,
)
def test_a_bad_row_has_its_fault_and_its_neighbours_none(bad: str, code: str, element: str) -> None:
    rows = read(row(), bad, row())
    assert [one.fault is None for one in rows] == [True, False, True]
    assert rows[1].fault.code == code
    assert rows[1].fault.element.endswith(element)


def test_what_can_be_read_of_a_bad_row_stays() -> None:
    [bad] = read(row(Birthdate="unreadable", InsuredBranchNumber="abc"))
    assert (bad.insurer_number, bad.number, bad.arbitrary_identifier) == ("01130012", "345", "見本")
    assert (bad.birth_date, bad.branch) == (None, None)


def test_a_my_number_in_one_row_still_refuses_everything() -> None:
    with pytest.raises(MessageFormatError) as caught:
        read(row(), row(Birthdate=None, InsuredIdentificationNumber="123456789018"))
    assert caught.value.code == "message-my-number"
    assert "[2]" in str(caught.value.element)


def test_a_message_without_rows_is_refused_as_a_whole() -> None:
    with pytest.raises(MessageFormatError) as caught:
        read()
    assert caught.value.code == "message-element-missing"


@pytest.mark.parametrize("of_json", [False, True], ids=["xml", "json"])
def test_a_written_message_has_as_many_rows_as_it_was_read_with(of_json: bool) -> None:
    found = xml_codec.decode(
        message(row(), row(Birthdate="x"), GOOD.format(""), row()), BulkEligibilityRequest
    ).message
    if of_json:
        again = json_codec.decode(json_codec.encode(found), BulkEligibilityRequest).message
    else:
        written = xml_codec.encode(found, Encoding.UTF_8).content
        again = xml_codec.decode(written, BulkEligibilityRequest).message
    rows = again.body.search_infos
    assert [one.fault is None for one in rows] == [True, False, False, True]
    assert rows[1].arbitrary_identifier == "見本"


def test_registrations_are_rows_too() -> None:
    made = json_codec.to_document(bulk_reference_request(registration(), registration()))
    rows = made["XmlMsg"]["MessageBody"]["ReferenceNumberRegistrationInfo"]
    rows[1]["InsurerNumber"] = "unreadable"
    [good, bad] = json_codec.decode(made, BulkReferenceRequest).message.body.registrations
    assert good.fault is None
    assert bad.fault is not None
    assert bad.reference_number == rows[1]["ReferenceNumber"]


def test_a_message_that_was_built_has_no_faults() -> None:
    assert [one.fault for one in bulk_request(search_info()).body.search_infos] == [None]
