"""The generated parts of `docs/for-vendors.md` and `.ja.md`: every message by example, and the demo's scripts.

The pages around them are written by hand; a part stands between `<!-- begin: NAME -->`, or
`<!-- script: FILE -->` of the demo's scripts, and `<!-- end -->`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal
from xml.etree import ElementTree

from clinic_terminal.messages import json_codec, xml_codec
from clinic_terminal.messages.characters import Encoding
from clinic_terminal.messages.examples import FIRST_EXAMPLES
from clinic_terminal.messages.headers import Message
from clinic_terminal.messages.registry import FACE_PREFIX, MESSAGES, MessageKind

Language = Literal["en", "ja"]

ROOT = Path(__file__).parent.parent
SCRIPTS = ROOT / "shikaku" / "story" / "scripts"
FILES: Mapping[Language, str] = {"en": "for-vendors.md", "ja": "for-vendors.ja.md"}

NAMES_IN_ENGLISH = {
    "OQSsiquc01req": "eligibility by the items of a certificate",
    "OQSsiimm01req": "register a reference number",
    "OQSmuquc01req": "eligibility in bulk: upload",
    "OQSmuquc02req": "eligibility in bulk: results",
    "OQSmuimm01req": "reference numbers in bulk: upload",
    "OQSmuimm02req": "reference numbers in bulk: results",
    "OQSmutic01req": "medical-aid recipients in bulk: upload",
    "OQSmutic02req": "medical-aid recipients in bulk: results",
    "OQSmuhvq01req": "home-visit patients in bulk: upload",
    "OQSmuhvq02req": "home-visit patients in bulk: results",
    "OQSmuonq01req": "online patients in bulk: upload",
    "OQSmuonq02req": "online patients in bulk: results",
    "YZKsiquc01req": "medicines and treatments",
    "TKKsiquc01req": "health check-ups",
}
"""The registry has the Japanese names."""


def page(language: Language) -> str:
    """The page with its generated parts made anew."""
    text = (ROOT / "docs" / FILES[language]).read_text(encoding="utf-8")
    for name, generate in PARTS.items():
        text = _replaced(text, f"<!-- begin: {name} -->\n", "<!-- end -->", f"\n{generate(language)}\n\n")
    for script in SCRIPTS.glob("*.sh"):
        block = f"\n```sh\n{script.read_text(encoding='utf-8')}```\n\n"
        text = _replaced(text, f"<!-- script: {script.name} -->\n", "<!-- end -->", block)
    return text


def _replaced(text: str, begin: str, end: str, content: str) -> str:
    """The text with other content between two marks, which occur once in this order."""
    before, mark, rest = text.partition(begin)
    _, last, after = rest.partition(end)
    assert mark, begin
    assert last, begin
    return before + mark + content + last + after


def _messages(language: Language) -> str:
    return "\n\n".join(_message(kind, language) for kind in MESSAGES.values() if kind.layout_is_public)


def _message(kind: MessageKind, language: Language) -> str:
    name = kind.name if language == "ja" else f"{NAMES_IN_ENGLISH[kind.prefix]} ({kind.name})"
    parts = [f"### `{kind.prefix}`: {name}"]
    parts += [xml_block(FIRST_EXAMPLES[prefix]) for prefix in (kind.prefix, kind.result_prefix)]
    if kind.prefix == "OQSsiquc01req":
        parts.append("カードを読み取ったとき（face）：" if language == "ja" else "After a tap (`face/`):")
        parts.append(xml_block(FIRST_EXAMPLES[FACE_PREFIX]))
    return "\n\n".join(parts)


def _search(_: Language) -> str:
    prefixes = ("OQSsiquc01req", "OQSsiquc01res")
    return "\n\n".join(json_block(FIRST_EXAMPLES[prefix]) for prefix in prefixes)


def xml_block(message: Message) -> str:
    """A message as XML, one element a line."""
    root = ElementTree.fromstring(xml_codec.encode(message, Encoding.UTF_8).content)  # noqa: S314 - our own
    ElementTree.indent(root)
    declaration = '<?xml version="1.0" encoding="UTF-8" standalone="no"?>'
    return f"```xml\n{declaration}\n{ElementTree.tostring(root, encoding='unicode')}\n```"


def json_block(message: Message) -> str:
    """A message as JSON."""
    return f"```json\n{json.dumps(json_codec.to_document(message), ensure_ascii=False, indent=1)}\n```"


PARTS: Mapping[str, Callable[[Language], str]] = {"search": _search, "messages": _messages}
"""The generated parts by name."""
