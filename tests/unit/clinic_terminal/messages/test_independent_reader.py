"""Every result is read by a reader that was written from the tables and shares nothing with the codec."""

from __future__ import annotations

import ast
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clinic_terminal.messages import xml_codec
from clinic_terminal.messages.characters import Encoding
from clinic_terminal.messages.examples import EXAMPLES, Example
from clinic_terminal.messages.registry import FACE_PREFIX, MESSAGES
from tests.builders import message_reader
from tests.builders.message_reader import RESULTS, read_in_declared_encoding, read_result
from tests.builders.messages import message
from tests.depth import DEEP

MODELS = {kind.result_prefix: kind.result for kind in MESSAGES.values() if kind.layout_is_public} | {
    FACE_PREFIX: MESSAGES["OQSsiquc01req"].result
}
RESULT_EXAMPLES = [one for one in EXAMPLES if "res" in one.prefix]


def test_the_reader_imports_nothing_of_the_terminal() -> None:
    tree = ast.parse(Path(message_reader.__file__).read_text(encoding="utf-8"))
    modules = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)} | {
        name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names
    }
    assert modules == {"__future__", "re", "typing", "xml.etree"}


def test_it_knows_every_result() -> None:
    assert set(RESULTS) == set(MODELS)
    assert {one.prefix for one in RESULT_EXAMPLES} == set(MODELS)


@pytest.mark.parametrize("example", RESULT_EXAMPLES, ids=lambda one: f"{one.prefix}: {one.case}")
@pytest.mark.parametrize("encoding", Encoding, ids=lambda one: one.name)
def test_it_reads_the_example_the_same_in_any_order(example: Example, encoding: Encoding) -> None:
    plain = xml_codec.encode(example.message, encoding).content
    read = read_result(example.prefix, read_in_declared_encoding(plain))
    shuffled = xml_codec.encode(example.message, encoding, shuffle=Random(7)).content
    assert shuffled != plain
    assert read_result(example.prefix, read_in_declared_encoding(shuffled)) == read


@pytest.mark.parametrize("prefix", MODELS)
@settings(max_examples=200 if DEEP else 6, deadline=None)
@given(st.integers(0, 2**32), st.booleans())
def test_it_reads_any_result(prefix: str, seed: int, shift_jis: bool) -> None:
    made = message(MODELS[prefix], Random(seed), shift_jis=shift_jis, fill=0.8)
    encoding = Encoding.SHIFT_JIS if shift_jis else Encoding.UTF_8
    content = xml_codec.encode(made, encoding, shuffle=Random(seed)).content
    assert read_result(prefix, read_in_declared_encoding(content))


def test_it_reads_what_the_tables_say_of_a_tap() -> None:
    [example] = [one for one in RESULT_EXAMPLES if one.case == "valid, with consents"]
    content = xml_codec.encode(example.message, Encoding.SHIFT_JIS).content
    read = read_result(example.prefix, read_in_declared_encoding(content))
    assert read["MessageHeader"] == {
        "ProcessExecutionTime": "20261130091530",
        "QualificationConfirmationDate": "20261130",
        "MedicalInstitutionCode": "1311111114",
        "ArbitraryFileIdentifier": "ArnHCeDfNjMCFzg=",
        "ReferenceClassification": "1",
        "SegmentOfResult": "1",
        "CharacterCodeIdentifier": "1",
    }
    assert read["MessageBody"] == {
        "ProcessingResultStatus": "1",
        "QualificationValidity": "1",
        "PrescriptionIssueSelect": "1",
        "ResultList": {
            "ResultOfQualificationConfirmation": [
                {
                    "InsuredCardClassification": "01",
                    "InsurerNumber": "01130012",
                    "InsuredCardSymbol": "架空",
                    "InsuredIdentificationNumber": "7701",
                    "InsuredBranchNumber": "00",
                    "PersonalFamilyClassification": "1",
                    "Name": "試験　有効",
                    "NameKana": "ｼｹﾝ ﾕｳｺｳ",
                    "Sex1": "1",
                    "Birthdate": "19850615",
                    "Address": "東京都架空市見本町一丁目１番１号",
                    "PostNumber": "100-0001",
                    "QualificationDate": "20210401",
                    "InsuredCertificateIssuanceDate": "20210405",
                    "InsuredCardValidDate": "20210401",
                    "InsurerName": "架空健康保険協会",
                    "LimitApplicationCertificateRelatedConsFlg": "1",
                    "LimitApplicationCertificateRelatedConsTime": "20261130091530",
                    "SpecificDiseasesCertificateRelatedConsFlg": "0",
                    "SpecificHealthCheckupsInfoConsFlg": "1",
                    "SpecificHealthCheckupsInfoConsTime": "20261130091530",
                    "SpecificHealthCheckupsInfoAvailableTime": "20261201091530",
                    "PharmacistsInfoConsFlg": "1",
                    "PharmacistsInfoConsTime": "20261130091530",
                    "PharmacistsInfoAvailableTime": "20261201091530",
                    "DiagnosisInfoConsFlg": "1",
                    "DiagnosisInfoConsTime": "20261130091530",
                    "DiagnosisInfoAvailableTime": "20261201091530",
                    "OperationInfoConsFlg": "0",
                    "DiagnosisNameConsFlg": "0",
                    "InfectiousInfoConsFlg": "0",
                    "AllergyInfoConsFlg": "0",
                    "ContraindicationInfoConsFlg": "0",
                    "TestInfoConsFlg": "0",
                    "PrescriptionInfoConsFlg": "1",
                    "PrescriptionInfoConsTime": "20261130091530",
                    "PrescriptionInfoAvailableTime": "20261201091530",
                }
            ]
        },
    }


@pytest.mark.parametrize(
    ("written", "fault"),
    [
        ("<Name>a　b</Name><Name>a　b</Name>", "twice"),
        ("<Name></Name>", "empty"),
        ("<Name>a b</Name>", "form"),
        ("<MyNumber>1</MyNumber>", "unknown"),
        ("<InsurerNumber>138057</InsurerNumber><InsurerNumber>1</InsurerNumber>", "twice"),
        ("<Birthdate>2026-11-30</Birthdate>", "form"),
        ('<Name a="b">x</Name>', "Name"),
        ("<ElderlyRecipientCertificateInfo/>", "empty"),
    ],
)
def test_it_refuses_what_the_tables_do_not_have(written: str, fault: str) -> None:
    result = f"<ResultList><ResultOfQualificationConfirmation>{written}</ResultOfQualificationConfirmation></ResultList>"
    content = f"<XmlMsg><MessageHeader/><MessageBody>{result}</MessageBody></XmlMsg>"
    with pytest.raises(AssertionError, match=fault):
        read_result("OQSsiquc01res", content.encode())
