"""Decodes the lines of a claim file: CP932, CRLF or LF, and the byte 0x1A at the end of a file (OQS 13.1)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from eligibility_api.contract.claims import ClaimsFault
from eligibility_api.contract.lines import MAX_LINE_BYTES

END_OF_FILE = "\x1a"
"""Ends a file; in concatenated files, it precedes the first line of the next one."""

_ENCODING = "cp932"
_INVALID = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\uf8f0-\uf8f3]")
"""Control characters, and what Python decodes bytes to that CP932 does not define."""

_MAX_FAULTY_BYTES = 100
"""Bytes of a faulty line that are decoded: enough for its record, and for the fee table of a header."""


class Lines(NamedTuple):
    """Lines without line breaks.

    A faulty one (by its index) is cut to its beginning, as far as that can be decoded.
    """

    texts: Sequence[str]
    faulty: Mapping[int, ClaimsFault]


def read_lines(block: bytes) -> Lines:
    """Decode a block of whole lines, each with its line break."""
    try:
        texts = block.decode(_ENCODING).replace("\r\n", "\n")
    except UnicodeDecodeError:
        return _one_by_one(block)
    if _INVALID.search(texts):
        return _one_by_one(block)
    lines = texts.split("\n")
    if 2 * max(map(len, lines)) >= MAX_LINE_BYTES:
        return _one_by_one(block)
    return Lines(lines[:-1], {})


def _one_by_one(block: bytes) -> Lines:
    texts: list[str] = []
    faulty: dict[int, ClaimsFault] = {}
    for index, line in enumerate(block.split(b"\n")[:-1]):
        text, fault = _read(line)
        texts.append(text)
        if fault is not None:
            faulty[index] = fault
    return Lines(texts, faulty)


def _read(line: bytes) -> tuple[str, ClaimsFault | None]:
    if len(line) > MAX_LINE_BYTES:
        return _beginning(line), ClaimsFault.LINE_TOO_LONG
    try:
        text = line.decode(_ENCODING).removesuffix("\r").strip(END_OF_FILE)
    except UnicodeDecodeError:
        return _beginning(line), ClaimsFault.ENCODING
    return (_beginning(line), ClaimsFault.ENCODING) if _INVALID.search(text) else (text, None)


def _beginning(line: bytes) -> str:
    return line[:_MAX_FAULTY_BYTES].decode(_ENCODING, "replace").strip(END_OF_FILE)
