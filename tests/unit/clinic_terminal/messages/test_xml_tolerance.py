"""XML files with unknown, empty or foreign elements, and files at their limits."""

from __future__ import annotations

import re

import pytest

from clinic_terminal.messages import xml_codec
from clinic_terminal.messages.bulk import BulkEligibilityRequest, TicketBulkRequest
from clinic_terminal.messages.eligibility import EligibilityRequest, EligibilityResult
from clinic_terminal.messages.errors import MessageFormatError
from tests.builders.message_files import REQUEST, TEXT, refusal


@pytest.mark.parametrize(
    ("written", "unknown"),
    [
        ("<MyNumber>123456789018</MyNumber>", 1),
        ("<Unknown><Name>x</Name><Unknown/></Unknown><Other/>", 2),
        ("<未知>x</未知>", 1),
        ("<x:a xmlns:x='urn:x'>b</x:a>", 1),
        ("<ResultList/>", 1),
        ("<Unknown/>" * 5_000, 5_000),
    ],
)
def test_unknown_elements_are_passed_over_and_counted(written: str, unknown: int) -> None:
    for place in ("</MessageHeader>", "</QualificationConfirmSearchInfo>", "</MessageBody>", "</XmlMsg>"):
        read = xml_codec.decode(TEXT.replace(place, written + place).encode(), EligibilityRequest)
        assert read.message == REQUEST
        # Of another model an element is as unknown as one of none.
        assert read.unknown_elements == unknown, place


def test_a_flood_of_unknown_elements_is_refused() -> None:
    content = f"<XmlMsg>{'<a/>' * 100_001}</XmlMsg>".encode()
    with pytest.raises(MessageFormatError, match="message-malformed"):
        xml_codec.decode(content, BulkEligibilityRequest)


def test_an_element_of_another_group_is_unknown() -> None:
    read = xml_codec.decode(
        TEXT.replace("<MessageBody>", "<MessageBody><Birthdate/>").encode(), EligibilityRequest
    )
    assert read.unknown_elements == 1


def test_the_limit_is_that_of_the_kind() -> None:
    padded = TEXT.encode() + b" " * (EligibilityRequest.max_bytes - len(TEXT.encode()))
    assert xml_codec.decode(padded, EligibilityRequest).message == REQUEST
    assert refusal(padded + b" ") == ("message-too-large", None)
    assert TicketBulkRequest.max_bytes > len(padded)


LOOSE_FACE = """<?xml version="1.0" encoding="utf-8"?>
<XmlMsg>
  <MessageBody>
    <ResultList>
      <ResultOfQualificationConfirmation>
        <NameKana>シケン　ユウコウ</NameKana><Name>試験 有効</Name><NameOfOther></NameOfOther><NameOfOtherKana/>
        <InsuredCardClassification>01</InsuredCardClassification>
        <InsurerNumber>01130012</InsurerNumber><InsuredCardSymbol>架空</InsuredCardSymbol>
        <InsuredIdentificationNumber>7701</InsuredIdentificationNumber><InsuredBranchNumber> </InsuredBranchNumber>
        <Sex1>1</Sex1><Sex2></Sex2><Birthdate>19850615</Birthdate><InsurerName>架空健康保険協会</InsurerName>
        <ElderlyRecipientCertificateInfo><ElderlyRecipientContributionRatio/></ElderlyRecipientCertificateInfo>
        <SpecificDiseasesCertificateList/>
      </ResultOfQualificationConfirmation>
    </ResultList>
    <QualificationValidity>1</QualificationValidity><ProcessingResultStatus>1</ProcessingResultStatus>
    <VendorRemark>x</VendorRemark>
  </MessageBody>
  <MessageHeader>
    <ProcessExecutionTime>20261130091530</ProcessExecutionTime><MedicalInstitutionCode>1311111114</MedicalInstitutionCode>
    <QualificationConfirmationDate>20261130</QualificationConfirmationDate><ArbitraryFileIdentifier/>
    <ReferenceClassification>1</ReferenceClassification><SegmentOfResult>1</SegmentOfResult>
    <CharacterCodeIdentifier>0</CharacterCodeIdentifier>
  </MessageHeader>
</XmlMsg>
"""
"""A face file as third-party tools write them: indented, in an order of its own, with empty elements."""


def test_a_loosely_written_face_file_is_read_without_its_empty_elements() -> None:
    read = xml_codec.decode(LOOSE_FACE.encode(), EligibilityResult)
    [result] = read.message.body.results
    assert (result.name, result.name_kana) == ("試験　有効", "ｼｹﾝ ﾕｳｺｳ")
    assert (result.name_alias, result.branch, result.sex_on_certificate) == (None, None, None)
    assert (result.elderly_certificate, result.specific_diseases) == (None, ())
    assert read.message.header.arbitrary_file_identifier is None
    assert read.unknown_elements == 1


@pytest.mark.parametrize("name", ["InsuredCardClassification", "Name", "Sex1", "Birthdate", "InsurerName"])
def test_a_face_file_without_a_mandatory_element_is_refused_by_its_name(name: str) -> None:
    content = re.sub(f"<{name}>[^<]*</{name}>", f"<{name}></{name}>", LOOSE_FACE)
    with pytest.raises(MessageFormatError) as refused:
        xml_codec.decode(content.encode(), EligibilityResult)
    assert refused.value.code == "message-element-missing"
    assert refused.value.element == f"MessageBody/ResultList/ResultOfQualificationConfirmation[1]/{name}"
