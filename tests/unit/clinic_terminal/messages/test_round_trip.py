"""Every message of any content is read as it was written: in both encodings, in JSON, and in any order of elements."""

from __future__ import annotations

import json
from random import Random

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from clinic_terminal.messages import json_codec, xml_codec
from clinic_terminal.messages.characters import Encoding
from clinic_terminal.messages.headers import Message
from clinic_terminal.messages.registry import MESSAGES
from tests.builders.messages import message
from tests.depth import DEEP

MODELS = [
    *dict.fromkeys(
        model for kind in MESSAGES.values() for model in (kind.request, kind.result) if model is not None
    )
]
EVERY_MODEL = pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
TRIES = settings(max_examples=300 if DEEP else 10, deadline=None)
SEEDS = st.integers(0, 2**32)
FILLS = st.sampled_from([0.0, 0.3, 0.7, 1.0])


@EVERY_MODEL
@TRIES
@given(SEEDS, FILLS)
def test_a_message_is_read_as_it_was_written(model: type[Message], seed: int, fill: float) -> None:
    made = message(model, Random(seed), fill=fill)
    for shuffle in (None, Random(seed)):
        written = xml_codec.encode(made, Encoding.UTF_8, shuffle=shuffle)
        assert written.replaced == ()
        read = xml_codec.decode(written.content, model)
        assert (read.message, read.unknown_elements) == (made, 0)
    content = json_codec.encode(made)
    read = json_codec.decode(content, model)
    assert (read.message, read.unknown_elements) == (made, 0)
    assert json_codec.decode(json.loads(content), model) == read


@EVERY_MODEL
@TRIES
@given(SEEDS, FILLS)
def test_a_message_in_the_characters_of_shift_jis_is_read_as_it_was_written(
    model: type[Message], seed: int, fill: float
) -> None:
    made = message(model, Random(seed), shift_jis=True, fill=fill)
    written = xml_codec.encode(made, Encoding.SHIFT_JIS)
    assert written.replaced == ()
    assume(
        written.content.isascii() or not is_utf8(written.content)
    )  # few letters that may be either are refused
    assert xml_codec.decode(written.content, model).message == made


def is_utf8(content: bytes) -> bool:
    """Whether the bytes can be read as UTF-8."""
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


@EVERY_MODEL
@TRIES
@given(SEEDS)
def test_a_message_of_any_characters_is_written_in_shift_jis(model: type[Message], seed: int) -> None:
    made = message(model, Random(seed))
    written = xml_codec.encode(made, Encoding.SHIFT_JIS)
    again = xml_codec.decode(written.content, model).message
    assert xml_codec.encode(again, Encoding.SHIFT_JIS).content == written.content
    assert len({one.path for one in written.replaced}) == len(written.replaced)
    assert bool(written.replaced) <= ("●" in written.content.decode("cp932"))
