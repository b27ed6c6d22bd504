"""XML files of messages: what is written, and the defined outcome of everything that a client may drop."""

from __future__ import annotations

import re
from random import Random

import pytest

from clinic_terminal.messages import xml_codec
from clinic_terminal.messages.bulk import BulkEligibilityRequest, TicketBulkRequest
from clinic_terminal.messages.characters import Encoding
from clinic_terminal.messages.eligibility import EligibilityRequest, EligibilityResult
from clinic_terminal.messages.entitlement import Entitlement
from clinic_terminal.messages.errors import MessageFormatError
from clinic_terminal.messages.examples import EXAMPLES, FIRST_EXAMPLES, Example

REQUEST = FIRST_EXAMPLES["OQSsiquc01req"]
TEXT = xml_codec.encode(REQUEST, Encoding.UTF_8).content.decode()
SJIS = xml_codec.encode(REQUEST, Encoding.SHIFT_JIS).content
BODY = TEXT.partition("?>")[2].strip()


def refusal(content: bytes | str) -> tuple[str, str | None]:
    """Code and element with which a request by number is refused."""
    with pytest.raises(MessageFormatError) as refused:
        xml_codec.decode(content.encode() if isinstance(content, str) else content, EligibilityRequest)
    assert refused.value.details == ({"element": refused.value.element} if refused.value.element else {})
    return refused.value.code, refused.value.element


def without(name: str) -> str:
    text, count = re.subn(f"<{name}>[^<]*</{name}>", "", TEXT)
    assert count == 1
    return text


def replaced(name: str, value: str) -> str:
    text, count = re.subn(f"<{name}>[^<]*</{name}>", lambda _: f"<{name}>{value}</{name}>", TEXT)
    assert count == 1
    return text


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


def test_the_declaration_names_the_encoding_and_the_message_announces_it() -> None:
    result = FIRST_EXAMPLES["OQSsiquc01res"]
    utf_8 = xml_codec.encode(result, Encoding.UTF_8).content
    sjis = xml_codec.encode(result, Encoding.SHIFT_JIS).content
    assert utf_8.startswith(
        b'<?xml version="1.0" encoding="UTF-8" standalone="no"?>\n<XmlMsg><MessageHeader>'
    )
    assert sjis.startswith(
        b'<?xml version="1.0" encoding="Shift_JIS" standalone="no"?>\n<XmlMsg><MessageHeader>'
    )
    assert b"<CharacterCodeIdentifier>0</CharacterCodeIdentifier>" in utf_8
    assert b"<CharacterCodeIdentifier>1</CharacterCodeIdentifier>" in sjis
    assert "見本町".encode() in utf_8
    assert "ﾕｳｺｳ".encode("cp932") in sjis


def test_the_original_of_a_replaced_character_is_returned_with_its_path() -> None:
    [face] = [one.message for one in EXAMPLES if one.case == "insurance and medical aid"]
    assert isinstance(face, EligibilityResult)
    first, second = face.body.results
    renamed = Entitlement.model_validate(
        {name: getattr(second, name) for name in Entitlement.model_fields}
        | {"name": "𠮷田　● é", "address": "●"}
    )
    body = face.body.model_copy(update={"results": (first, renamed)})
    written = xml_codec.encode(face.model_copy(update={"body": body}), Encoding.SHIFT_JIS)
    [replacement] = written.replaced
    assert replacement.path == "MessageBody/ResultList/ResultOfQualificationConfirmation[2]/Name"
    assert replacement.original == "𠮷田　●　é"
    assert "<Name>●田　●　●</Name>" in written.content.decode("cp932")
    assert "𠮷" not in repr(written)


def test_markup_in_a_value_is_escaped() -> None:
    request = xml_codec.decode(
        replaced("ArbitraryIdentifier", "&lt;a&gt;&amp;&quot;]]&gt;").encode(), EligibilityRequest
    )
    assert request.message.body.search_info.arbitrary_identifier == '<a>&"]]>'
    written = xml_codec.encode(request.message, Encoding.UTF_8)
    assert b'&lt;a&gt;&amp;"]]&gt;' in written.content
    assert xml_codec.decode(written.content, EligibilityRequest) == request


def test_a_shuffled_message_has_the_same_elements_in_another_order() -> None:
    result = FIRST_EXAMPLES["OQSsiquc01res_face"]
    plain = xml_codec.encode(result, Encoding.UTF_8).content
    orders = {xml_codec.encode(result, Encoding.UTF_8, shuffle=Random(seed)).content for seed in range(5)}
    assert len(orders) == 5
    assert plain not in orders
    assert all(sorted(re.split(b"<[^>]+>", one)) == sorted(re.split(b"<[^>]+>", plain)) for one in orders)
    again = xml_codec.encode(result, Encoding.UTF_8, shuffle=Random(3)).content
    assert again == xml_codec.encode(result, Encoding.UTF_8, shuffle=Random(3)).content


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda one: f"{one.prefix}: {one.case}")
def test_no_element_is_written_empty_and_none_has_an_attribute(example: Example) -> None:
    content = xml_codec.encode(example.message, Encoding.UTF_8).content.decode()
    body = content.partition("?>\n")[2]
    assert set(re.findall(r"<(\w+)></\1>", body)) <= {"MessageBody"}
    assert re.fullmatch(r"(<(/?)\w+>[^<>]*)+\n?", body)
