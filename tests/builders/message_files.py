"""A request file as XML, changed in one place, and how it is refused."""

from __future__ import annotations

import re

import pytest

from clinic_terminal.messages import xml_codec
from clinic_terminal.messages.characters import Encoding
from clinic_terminal.messages.eligibility import EligibilityRequest
from clinic_terminal.messages.errors import MessageFormatError
from clinic_terminal.messages.examples import FIRST_EXAMPLES

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
    """The file without an element."""
    text, count = re.subn(f"<{name}>[^<]*</{name}>", "", TEXT)
    assert count == 1
    return text


def replaced(name: str, value: str) -> str:
    """The file with another value of an element."""
    text, count = re.subn(f"<{name}>[^<]*</{name}>", lambda _: f"<{name}>{value}</{name}>", TEXT)
    assert count == 1
    return text
