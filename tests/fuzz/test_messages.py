"""The readers of messages accept or refuse whatever a client drops, within bounded time and memory.

Hypothesis makes the inputs; `test_mutations.py` mutates files of the same readers; `test_guided.py` lets coverage guide them.
"""

from __future__ import annotations

import json
import time
from contextlib import suppress
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clinic_terminal.messages import json_codec, xml_codec
from clinic_terminal.messages.bulk import BulkEligibilityRequest
from clinic_terminal.messages.characters import Encoding
from clinic_terminal.messages.elements import Group
from clinic_terminal.messages.errors import MessageFormatError
from clinic_terminal.messages.examples import EXAMPLES, FIRST_EXAMPLES
from clinic_terminal.messages.headers import Message
from clinic_terminal.messages.tree import names
from tests.builders.hostile_texts import marks
from tests.depth import DEEP
from tests.fuzz.message_inputs import MODELS, SEEDS, read

TRIES = settings(max_examples=4_000 if DEEP else 60, deadline=None)
FLOOD_BYTES = BulkEligibilityRequest.max_bytes // (1 if DEEP else 32)
MAX_PROCESSOR_SECONDS = 20.0 if DEEP else 4.0
"""For one message of that size, on any machine."""

NAMES = [
    *sorted(frozenset[str]().union(*(names(model) for model in MODELS))),
    *("XmlMsg", "Unknown", "未知", "MyNumber"),
]
TEXTS = st.text(max_size=30) | st.sampled_from(
    ["", " ", "20261130", "00138057", "  138057", "1311111114", "123456789018", "\u3000", "&amp;", "]]>", marks(500), "9" * 5_000]
)  # fmt: skip


@TRIES
@given(st.binary(max_size=2_000), st.sampled_from(MODELS))
def test_any_bytes(content: bytes, model: type[Message]) -> None:
    assert read(content, model) is None


@TRIES
@given(st.sampled_from(SEEDS), st.integers(0, 2**32), st.integers(1, 6))
def test_files_with_damaged_bytes(seed: tuple[type[Message], bytes], number: int, damages: int) -> None:
    model, content = seed
    random, damaged = Random(number), bytearray(content)
    for _ in range(damages):
        at = random.randrange(len(damaged))
        match random.randrange(4):
            case 0:
                damaged[at] = random.randrange(256)
            case 1:
                del damaged[at : at + random.randrange(1, 40)]
            case 2:
                damaged[at:at] = damaged[at : at + random.randrange(1, 200)]
            case _:
                damaged[at:at] = random.choice(
                    [b"\x00", b"<", b"&", b"]]>", b"\xff\xfe", b"<!--", "架".encode()]
                )
    read(bytes(damaged), model)


def element(children: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.builds(
        lambda name, inner: f"<{name}>{''.join(inner)}</{name}>",
        st.sampled_from(NAMES),
        st.lists(children, max_size=4),
    )


ESCAPED = TEXTS.map(lambda text: text.replace("&", "&amp;").replace("<", "&lt;"))
TREES = st.recursive(ESCAPED, element, max_leaves=12)


@TRIES
@given(st.lists(element(TREES), max_size=4), st.lists(element(TREES), max_size=4), st.sampled_from(MODELS))
def test_known_and_unknown_elements_in_any_place(
    header: list[str], body: list[str], model: type[Message]
) -> None:
    content = f"<XmlMsg><MessageHeader>{''.join(header)}</MessageHeader><MessageBody>{''.join(body)}</MessageBody></XmlMsg>"
    read(content.encode("utf-8", "replace"), model)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=5), inner, max_size=4)
    ),
    max_leaves=15,
)


@TRIES
@given(JSON, JSON, st.sampled_from(MODELS))
def test_any_json(header: Any, body: Any, model: type[Message]) -> None:
    document = {"XmlMsg": {"MessageHeader": header, "MessageBody": body}}
    for sent in (document, json.dumps(document).encode("utf-8", "replace"), json.dumps(header).encode()):
        with suppress(MessageFormatError):
            assert isinstance(json_codec.decode(sent, model).message, model)


@TRIES
@given(st.sampled_from(EXAMPLES), st.data())
def test_one_value_is_replaced_by_any_text(example: Any, data: st.DataObject) -> None:
    document = json_codec.to_document(example.message)
    place: Any = document["XmlMsg"]
    while True:
        key = data.draw(st.sampled_from(sorted(place) if isinstance(place, dict) else range(len(place))))
        if not isinstance(place[key], dict | list) or not place[key]:
            break
        place = place[key]
    place[key] = data.draw(TEXTS)
    try:
        read_again = json_codec.decode(document, type(example.message)).message
    except MessageFormatError:
        return
    assert isinstance(read_again, Group)


def _bulk(inner: bytes) -> bytes:
    return b"<XmlMsg><MessageBody>" + inner + b"</MessageBody></XmlMsg>"


_FILLED = FLOOD_BYTES - 1_000
_ROW = b"<QualificationConfirmSearchInfo>"
FLOODS = {
    "white space": b" " * _FILLED,
    "one text": _bulk(b"1" * _FILLED),
    "one value": _bulk(_ROW + b"<Birthdate>" + b"1" * (_FILLED - 200) + b"</Birthdate>" + _ROW.replace(b"<", b"</")),
    "combining marks": _bulk(
        _ROW + b"<InsurerNumber>" + marks(_FILLED // 3).encode()[: _FILLED - 200] + b"</InsurerNumber>" + _ROW.replace(b"<", b"</")
    ),
    "open elements": b"<XmlMsg>" * (_FILLED // 8),
    "empty known elements": _bulk(b"<Birthdate/>" * (_FILLED // 12)),
    "empty rows": _bulk((_ROW + b"<Birthdate/>" + _ROW.replace(b"<", b"</")) * (_FILLED // 80)),
    "unknown elements": _bulk(b"<a/>" * (_FILLED // 4)),
    "unknown elements with names of their own": _bulk(b"".join(b"<a%d/>" % at for at in range(_FILLED // 11))),
    "attributes": b"<XmlMsg " + b" ".join(b'a%d=""' % at for at in range(_FILLED // 12)) + b"/>",
    "comments": _bulk(b"<!---->" * (_FILLED // 7)),
    "character references": _bulk(b"&#49;" * (_FILLED // 5)),
    "CDATA": _bulk(b"<![CDATA[]]>" * (_FILLED // 12)),
    "an open comment": b"<XmlMsg><!--" + b"-" * _FILLED,
    "an open tag": b"<XmlMsg" + b" " * _FILLED,
}  # fmt: skip


@pytest.mark.parametrize("flood", FLOODS)
def test_a_flood_ends_in_time(flood: str) -> None:
    content = FLOODS[flood]
    assert FLOOD_BYTES // 2 < len(content) <= BulkEligibilityRequest.max_bytes
    begun = time.process_time()
    with pytest.raises(MessageFormatError):
        xml_codec.decode(content, BulkEligibilityRequest)
    assert time.process_time() - begun < MAX_PROCESSOR_SECONDS


JSON_FLOODS = {
    "white space": b" " * _FILLED,
    "one text": b'{"XmlMsg": {"MessageHeader": "' + b"1" * _FILLED + b'"}}',
    "escapes": b'{"XmlMsg": {"MessageHeader": "' + b"\\u0031" * (_FILLED // 6) + b'"}}',
    "open arrays": b'{"XmlMsg": ' + b"[" * _FILLED,
    "open objects": b'{"XmlMsg": ' + b'{"a":' * (_FILLED // 5),
    "members": b'{"XmlMsg": {' + b",".join(b'"a%d":0' % at for at in range(_FILLED // 13)) + b"}}",
    "the same member": b'{"XmlMsg": {' + b",".join([b'"a":0'] * (_FILLED // 6)) + b"}}",
    "empty rows": b'{"XmlMsg": {"MessageBody": {"QualificationConfirmSearchInfo": [' + b",".join([b"{}"] * (_FILLED // 3)) + b"]}}}",
    "a number": b'{"XmlMsg": {"MessageHeader": ' + b"1" * _FILLED + b"}}",
}  # fmt: skip


@pytest.mark.parametrize("flood", JSON_FLOODS)
def test_a_flood_of_json_ends_in_time(flood: str) -> None:
    content = JSON_FLOODS[flood]
    assert FLOOD_BYTES // 2 < len(content) <= BulkEligibilityRequest.max_bytes
    begun = time.process_time()
    with pytest.raises(MessageFormatError):
        json_codec.decode(content, BulkEligibilityRequest)
    assert time.process_time() - begun < MAX_PROCESSOR_SECONDS


def test_ten_thousand_rows_are_read_and_written_in_time() -> None:
    upload = FIRST_EXAMPLES["OQSmuquc01req"]
    assert isinstance(upload, BulkEligibilityRequest)
    rows = upload.body.search_infos * 5_000
    content = xml_codec.encode(
        upload.model_copy(update={"body": upload.body.model_copy(update={"search_infos": rows})}),
        Encoding.SHIFT_JIS,
    ).content
    begun = time.process_time()
    read_again = xml_codec.decode(content, BulkEligibilityRequest).message
    assert time.process_time() - begun < MAX_PROCESSOR_SECONDS
    assert len(read_again.body.search_infos) == 10_000
