"""Inputs of the readers of messages, and what must hold of whatever they accept."""

from __future__ import annotations

from clinic_terminal.messages import json_codec, xml_codec
from clinic_terminal.messages.characters import Encoding
from clinic_terminal.messages.errors import MessageFormatError
from clinic_terminal.messages.examples import EXAMPLES
from clinic_terminal.messages.headers import Message
from clinic_terminal.messages.registry import MESSAGES

MODELS: list[type[Message]] = [
    *dict.fromkeys(model for kind in MESSAGES.values() for model in (kind.request, kind.result) if model)
]
SEEDS = [
    (type(example.message), xml_codec.encode(example.message, encoding).content)
    for example in EXAMPLES
    for encoding in Encoding
]


def read(content: bytes, model: type[Message]) -> Message | None:
    """The message, or None if it was refused. Whatever was accepted can be written and read again."""
    try:
        message = xml_codec.decode(content, model).message
    except MessageFormatError:
        return None
    for encoding in Encoding:
        written = xml_codec.encode(message, encoding)
        again = xml_codec.decode(written.content, model).message
        assert xml_codec.encode(again, encoding).content == written.content
    assert json_codec.decode(json_codec.encode(message), model).unknown_elements == 0
    return message
