"""Escapes untrusted text: a name can neither control a screen nor reorder its characters."""

from __future__ import annotations

import json
from typing import Any

from eligibility_api.contract.characters import replace_unencodable

_FULL_WIDTH_SPACE, _REPLACEMENT = "\N{IDEOGRAPHIC SPACE}", "\N{REPLACEMENT CHARACTER}"


def printable(text: str) -> str:
    """`text` for people: every control, format and bidirectional character is replaced.

    The full-width space between family and given name stays, though Python calls it unprintable.
    """
    return "".join(character if _is_harmless(character) else _REPLACEMENT for character in text)


def printable_lines(text: str) -> str:
    """The same for a text of several lines; line ends stay."""
    return "\n".join(printable(line) for line in text.split("\n"))


def json_text(value: Any) -> str:
    """`value` as one line of JSON (RFC 8259); such characters are escaped, so that nothing is lost."""
    text = json.dumps(value, ensure_ascii=False)
    return "".join(c if _is_harmless(c) else json.dumps(c)[1:-1] for c in text)


def shift_jis_json(value: Any) -> bytes:
    """The same in Shift_JIS (CP932); ● replaces each character that the encoding lacks."""
    return json_text(_with_replacements(value)).encode("cp932")


def _with_replacements(value: Any) -> Any:
    """`value` with ● for every character that Shift_JIS lacks.

    Replaced before it becomes JSON: a combining sound mark must not join a quotation mark.
    """
    match value:
        case str():
            return replace_unencodable(value)
        case dict():
            return {name: _with_replacements(inner) for name, inner in value.items()}
        case list() | tuple():
            return [_with_replacements(inner) for inner in value]
        case _:
            return value


def _is_harmless(character: str) -> bool:
    return character.isprintable() or character == _FULL_WIDTH_SPACE
