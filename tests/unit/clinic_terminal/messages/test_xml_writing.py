"""XML files as they are written: encodings, replaced characters, order of elements."""

from __future__ import annotations

import re
from random import Random

import pytest

from clinic_terminal.messages import xml_codec
from clinic_terminal.messages.characters import Encoding
from clinic_terminal.messages.eligibility import EligibilityRequest, EligibilityResult
from clinic_terminal.messages.entitlement import Entitlement
from clinic_terminal.messages.examples import EXAMPLES, FIRST_EXAMPLES, Example
from tests.builders.message_files import replaced


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
