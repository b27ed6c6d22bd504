"""XML files as they are read: the defined outcome of everything that a client may drop."""

from __future__ import annotations

import re

import pytest

from clinic_terminal.messages import xml_codec
from clinic_terminal.messages.characters import Encoding
from clinic_terminal.messages.eligibility import EligibilityRequest, EligibilityResult
from clinic_terminal.messages.errors import MessageFormatError
from clinic_terminal.messages.examples import EXAMPLES
from tests.builders.message_files import BODY, REQUEST, SJIS, TEXT, refusal, replaced, without

ACCEPTED: dict[str, bytes | str] = {
    "UTF-8": TEXT,
    "UTF-8 with BOM": b"\xef\xbb\xbf" + TEXT.encode(),
    "UTF-8, nothing declared": BODY,
    "UTF-8 with BOM, nothing declared": b"\xef\xbb\xbf" + BODY.encode(),
    "declared without encoding": f'<?xml version="1.0"?>{BODY}',
    "Shift_JIS": SJIS,
    "Shift_JIS as Windows-31J": SJIS.replace(b'"Shift_JIS"', b"'Windows-31J'"),
    "Shift_JIS as cp932, line breaks in the declaration": SJIS.replace(
        b'<?xml version="1.0" encoding="Shift_JIS"', b'<?xml\r\n version="1.0"\r\n encoding="cp932"'
    ),
    "white space around": f"\r\n  {TEXT}\r\n\r\n",
    "indented with tabs and CRLF": TEXT.replace("><", ">\r\n\t<"),
    "a line break within a value": replaced("InsurerNumber", "\r\n01130012\r\n"),
    "entities of characters": replaced("InsuredCardSymbol", "&#x67b6;&#31354;"),
    "CDATA": replaced("InsuredCardSymbol", "<![CDATA[架空]]>"),
    "comments and instructions": TEXT.replace("<MessageBody>", "<!-- 注 --><?x y?><MessageBody>"),
    "declared namespaces and attributes": TEXT.replace(
        "<XmlMsg>", '<XmlMsg xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" a="b">'
    ),
    "version 1.1": TEXT.replace('"1.0"', '"1.1"'),
    "zeros for spaces": replaced("InsurerNumber", "01130012"),
}


@pytest.mark.parametrize("case", ACCEPTED)
def test_a_request_is_read_however_it_is_written(case: str) -> None:
    content = ACCEPTED[case]
    read = xml_codec.decode(content.encode() if isinstance(content, str) else content, EligibilityRequest)
    assert read.message == REQUEST
    assert read.unknown_elements == 0


def _entities(levels: int) -> str:
    declared = "".join(f"<!ENTITY e{at + 1} '{f'&e{at};' * 10}'>" for at in range(levels))
    return f"<!DOCTYPE XmlMsg [<!ENTITY e0 'ha'>{declared}]><XmlMsg>&e{levels};</XmlMsg>"


REFUSED: dict[str, tuple[bytes | str, str, str | None]] = {
    "empty": ("", "message-malformed", None),
    "white space": (" \r\n", "message-malformed", None),
    "half-written": (TEXT[: len(TEXT) // 2], "message-malformed", None),
    "all but the last byte": (TEXT.rstrip()[:-1], "message-malformed", None),
    "two roots": (BODY + BODY, "message-malformed", None),
    "another root": (BODY.replace("XmlMsg", "Message"), "message-malformed", None),
    "a default namespace": (TEXT.replace("<XmlMsg>", '<XmlMsg xmlns="urn:x">'), "message-malformed", None),
    "text in the root": ("<XmlMsg>text</XmlMsg>", "message-malformed", None),
    "no XML": ("OQSsiquc01req", "message-malformed", None),
    "JSON": ('{"XmlMsg": {}}', "message-malformed", None),
    "NUL": (TEXT.replace("7701", "77\x0001"), "message-malformed", None),
    "a character that XML lacks": (TEXT.replace("7701", "77&#1;01"), "message-malformed", None),
    "DTD": ("<!DOCTYPE XmlMsg>" + BODY, "message-malformed", None),
    "DTD from elsewhere": ('<!DOCTYPE XmlMsg SYSTEM "http://127.0.0.1:9/x.dtd">' + BODY, "message-malformed", None),
    "entity bomb": (_entities(12), "message-malformed", None),
    "entity of a file": (
        '<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/hostname">]><XmlMsg>&f;</XmlMsg>', "message-malformed", None
    ),
    "an unknown entity": (replaced("InsuredCardSymbol", "&nbsp;"), "message-malformed", None),
    "deep nesting": ("<XmlMsg>" * 100_000, "message-too-large", None),
    "nesting beyond the limit": ("<XmlMsg>" * 17 + "</XmlMsg>" * 17, "message-malformed", None),
    "unknown elements, nested beyond the limit": (
        f"<XmlMsg>{'<a>' * 20_000}{'</a>' * 20_000}</XmlMsg>", "message-malformed", None
    ),
    "declared Shift_JIS, is UTF-8": (TEXT.replace('"UTF-8"', '"Shift_JIS"'), "message-encoding", None),
    "declared UTF-8, is Shift_JIS": (SJIS.replace(b"Shift_JIS", b"UTF-8"), "message-encoding", None),
    "nothing declared, is Shift_JIS": (SJIS.partition(b"?>")[2], "message-encoding", None),
    "BOM of UTF-8, declared Shift_JIS": (b"\xef\xbb\xbf" + SJIS, "message-encoding", None),
    "declared EUC-JP": (TEXT.replace("UTF-8", "EUC-JP"), "message-encoding", None),
    "declared UTF-16": (TEXT.replace("UTF-8", "UTF-16"), "message-encoding", None),
    "UTF-16": (TEXT.encode("utf-16"), "message-encoding", None),
    "broken UTF-8": (TEXT.encode().replace("架".encode(), b"\xe6\x9e"), "message-encoding", None),
    "100 MB": (b" " * (100 * 2**20), "message-too-large", None),
    "no header and no body": (
        "<XmlMsg></XmlMsg>", "message-element-missing", "MessageHeader/QualificationConfirmationDate"
    ),
    "header and body without elements": (
        "<XmlMsg><MessageHeader/><MessageBody/></XmlMsg>",
        "message-element-missing", "MessageHeader/QualificationConfirmationDate",
    ),
    "no institution": (without("MedicalInstitutionCode"), "message-element-missing", "MessageHeader/MedicalInstitutionCode"),
    "an empty number": (
        replaced("InsuredIdentificationNumber", ""),
        "message-element-missing", "MessageBody/QualificationConfirmSearchInfo/InsuredIdentificationNumber",
    ),
    "a blank number": (
        replaced("InsuredIdentificationNumber", " 　 "),
        "message-element-missing", "MessageBody/QualificationConfirmSearchInfo/InsuredIdentificationNumber",
    ),
    "nobody": (
        re.sub("<QualificationConfirmSearchInfo>.*</QualificationConfirmSearchInfo>", "", TEXT),
        "message-element-missing", "MessageBody/QualificationConfirmSearchInfo",
    ),
    "two persons": (
        re.sub("(<QualificationConfirmSearchInfo>.*</QualificationConfirmSearchInfo>)", r"\1\1", TEXT),
        "message-element-repeated", "MessageBody/QualificationConfirmSearchInfo",
    ),
    "a birth date twice": (
        TEXT.replace("<Birthdate>", "<Birthdate>19850615</Birthdate><Birthdate>"),
        "message-element-repeated", "MessageBody/QualificationConfirmSearchInfo/Birthdate",
    ),
    "two headers": (
        TEXT.replace("<MessageBody>", "<MessageHeader/><MessageBody>"), "message-element-repeated", "MessageHeader"
    ),
    "a day that is none": (
        replaced("Birthdate", "19850631"), "message-element-invalid", "MessageBody/QualificationConfirmSearchInfo/Birthdate"
    ),
    "a code that is none": (
        replaced("LimitApplicationCertificateRelatedConsFlg", "2"),
        "message-element-invalid", "MessageBody/QualificationConfirmSearchInfo/LimitApplicationCertificateRelatedConsFlg",
    ),
    "a number of 21 characters": (
        replaced("InsuredIdentificationNumber", "1" * 21),
        "message-element-invalid", "MessageBody/QualificationConfirmSearchInfo/InsuredIdentificationNumber",
    ),
    "a number of 100,000 characters": (
        replaced("InsuredIdentificationNumber", "1" * 100_000),
        "message-element-invalid", "MessageBody/QualificationConfirmSearchInfo/InsuredIdentificationNumber",
    ),
    "a My Number for the number": (
        replaced("InsuredIdentificationNumber", "123456789018"),
        "message-my-number", "MessageBody/QualificationConfirmSearchInfo/InsuredIdentificationNumber",
    ),
    "a value where elements are expected": (
        re.sub("<MessageBody>.*</MessageBody>", "<MessageBody>text</MessageBody>", TEXT), "message-element-invalid", "MessageBody"
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_anything_else_has_its_own_error(case: str) -> None:
    content, code, element = REFUSED[case]
    assert refusal(content) == (code, element)


def test_known_elements_within_a_value_are_refused() -> None:
    assert refusal(replaced("InsuredCardSymbol", "<Birthdate>1</Birthdate>")) == (
        "message-element-invalid",
        "MessageBody/QualificationConfirmSearchInfo/InsuredCardSymbol",
    )


def test_no_error_has_a_value() -> None:
    secret = "19991399"
    for name in ("Birthdate", "InsurerNumber", "QualificationConfirmationDate", "MedicalInstitutionCode"):
        with pytest.raises(MessageFormatError) as refused:
            xml_codec.decode(replaced(name, secret + "x").encode(), EligibilityRequest)
        assert secret not in repr(refused.value) + str(refused.value) + repr(refused.value.details)
        assert refused.value.__cause__ is None


def test_what_was_read_is_not_in_a_text_of_it() -> None:
    assert "7701" not in repr(xml_codec.decode(TEXT.encode(), EligibilityRequest))
    [face] = [one.message for one in EXAMPLES if one.case == "valid, with consents"]
    assert isinstance(face, EligibilityResult)
    assert "試験" not in repr(xml_codec.encode(face, Encoding.UTF_8))
