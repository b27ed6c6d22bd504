"""From bytes to the lines of a receipt file: CP932, CRLF or LF, and the byte 0x1A at the end of a file (OQS 13.1)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from eligibility_api.contract.claims import ClaimsFault
from eligibility_api.uploads.reading.lines import LONGEST_LINE

END_OF_FILE = "\x1a"
"""Ends a file, and stands before the next one's first line where files were put one behind the other."""

_ENCODING = "cp932"
_NO_TEXT = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\uf8f0-\uf8f3]")
"""Control characters, and what Python reads bytes as that CP932 does not have."""

_SHOWN = 100
"""Characters of a faulty line that are looked at: its record, and of a header the fee table."""


class Lines(NamedTuple):
    """Lines without their ends. Of one that is faulty, by its place, the beginning is there as far as it can be read."""

    texts: Sequence[str]
    faulty: Mapping[int, ClaimsFault]


def read_lines(block: bytes) -> Lines:
    """The lines of whole lines, each with its line break."""
    try:
        texts = block.decode(_ENCODING).replace("\r\n", "\n")
    except UnicodeDecodeError:
        return _one_by_one(block)
    if _NO_TEXT.search(texts):
        return _one_by_one(block)
    lines = texts.split("\n")
    if 2 * max(map(len, lines)) >= LONGEST_LINE:
        return _one_by_one(block)
    return Lines(lines[:-1], {})


def _one_by_one(block: bytes) -> Lines:
    texts: list[str] = []
    faulty: dict[int, ClaimsFault] = {}
    for place, line in enumerate(block.split(b"\n")[:-1]):
        text, fault = _read(line)
        texts.append(text)
        if fault is not None:
            faulty[place] = fault
    return Lines(texts, faulty)


def _read(line: bytes) -> tuple[str, ClaimsFault | None]:
    if len(line) > LONGEST_LINE:
        return _beginning(line), ClaimsFault.LINE_TOO_LONG
    try:
        text = line.decode(_ENCODING).removesuffix("\r").strip(END_OF_FILE)
    except UnicodeDecodeError:
        return _beginning(line), ClaimsFault.ENCODING
    return (_beginning(line), ClaimsFault.ENCODING) if _NO_TEXT.search(text) else (text, None)


def _beginning(line: bytes) -> str:
    return line[:_SHOWN].decode(_ENCODING, "replace").strip(END_OF_FILE)
