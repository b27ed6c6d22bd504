"""The description of every message (`docs/messages.md`), made from the models."""

from __future__ import annotations

import re

from clinic_terminal.messages.codes import CODE_TABLES
from clinic_terminal.messages.elements import Group, Place, layout
from clinic_terminal.messages.headers import Message
from clinic_terminal.messages.registry import FACE_PREFIX, MESSAGES

INTRODUCTION = """\
# Messages

The messages of the folder and of the web face, element by element: root `XmlMsg` with `MessageHeader` and
`MessageBody`, no namespace and no attributes in XML; the same names in JSON. Generated from the models in
`clinic_terminal/messages/` by `make docs`; do not edit. How the folder works, with each message by example: `for-vendors.md`.
Where a layout is our choice: [divergences](divergences.md). What the sources are: [sources](sources.md).

- Elements are written in the order of these tables, and read in any order. An absent value has no element; an empty
  element is read as absent; an unknown one is passed over. No element occurs twice where the table has it once.
- *n*: how often the element occurs in its group. `A / B`: repeated `B`, all of them in one `A`; in JSON `A` is an array
  of `{"B": …}`. Another repeated element is an array under its name in JSON.
- *source* names the section of the digest of public material; *confidence* how sure it is: `SAMPLE` from a sample of real
  shape, `CLIENT` from a client in daily use, `DOC` from documentation, `KNOWN` general knowledge, `INFER` our inference.
- Names are written with a full-width space, readings in half-width kana with a half-width space. A character that
  Shift_JIS (CP932) lacks is written as ●. An instant is Japan's time.
- Insurer numbers of six digits are filled up to eight on the left: with spaces in XML, with zeros in JSON. Read are both.
- No message has an element for the My Number. An unknown element with one is passed over; in the place of a symbol or
  number it is refused.
"""

_COLUMNS = "| element | n | format | code | source | confidence | note |\n|---|---|---|---|---|---|---|\n"


def description() -> str:
    """The whole document."""
    groups: list[type[Group]] = []
    messages: list[type[Message]] = []
    for kind in MESSAGES.values():
        messages += [one for one in (kind.request, kind.result) if one is not None and one not in messages]
    parts = [INTRODUCTION, _kinds()]
    for message in messages:
        parts.append(_message(message))
        for part in layout(message):
            _collect(part.model, groups)
    parts.append("\n## Groups of elements\n")
    parts += [_group(group) for group in groups]
    parts.append(_code_tables())
    return "".join(parts)


def _kinds() -> str:
    lines = [
        "\n## Kinds\n\n",
        f"The file of a tap begins with `{FACE_PREFIX}` and has the layout of the result of `OQSsiquc01req`.\n\n",
        "| file prefix | name | request | result | limit of a request | source | confidence |\n",
        "|---|---|---|---|---|---|---|\n",
    ]
    for kind in MESSAGES.values():
        request = _link(kind.request) if kind.request else "layout not public: refused unread"
        prefix = f"`{kind.prefix}`" if kind.layout_is_public else f"`{kind.prefix}…`"
        cells = (prefix, kind.name, request, _link(kind.result), _size(kind.max_request_bytes), kind.source)
        lines.append(f"| {' | '.join(cells)} | {kind.confidence} |\n")
    return "".join(lines)


def _message(message: type[Message]) -> str:
    parts = [f"\n## {message.__name__}\n\n{_sentence(message)}\n"]
    for part in layout(message):
        assert part.model is not None
        parts.append(
            f"\n### {part.name} ({message.__name__})\n\n{_sentence(part.model)}\n\n{_table(part.model)}"
        )
    return "".join(parts)


def _collect(part: type[Group] | None, groups: list[type[Group]]) -> None:
    """Add the groups within a header or a body, each once."""
    for place in layout(part) if part else ():
        if place.model is not None and place.model not in groups:
            groups.append(place.model)
            _collect(place.model, groups)


def _group(group: type[Group]) -> str:
    return f"\n### {group.__name__}\n\n{_sentence(group)}\n\n{_table(group)}"


def _table(group: type[Group]) -> str:
    places = layout(group)
    return _COLUMNS + "".join(map(_row, places)) if places else "No elements.\n"


def _row(place: Place) -> str:
    cells = (
        " / ".join(f"`{name}`" for name in (place.within, place.name) if name),
        cardinality(place),
        _link(place.model) if place.model else place.format.text or "code",
        place.code or "",
        place.source,
        place.confidence if place.source else "",
        place.note,
    )
    return f"| {' | '.join(cells)} |\n"


def cardinality(place: Place) -> str:
    """How often the element occurs in its group."""
    if place.repeated:
        return "1..n" if place.required else "0..n"
    return "1" if place.required else "0..1"


def _code_tables() -> str:
    lines = ["\n## Code tables\n\n", "| code | name | values |\n|---|---|---|\n"]
    for table in CODE_TABLES.values():
        values = "、".join(f"`{value}` {meaning}" for value, meaning in table.values.items())
        lines.append(f"| {table.code} | {table.name} | {values} |\n")
    return "".join(lines)


def _sentence(group: type[Group]) -> str:
    return re.sub(r"\s+", " ", group.__doc__ or "").strip()


def _link(group: type[Group]) -> str:
    return f"[{group.__name__}](#{group.__name__.lower()})"


def _size(count: int) -> str:
    return f"{count // 1024} KiB" if count < 1024**2 else f"{count // 1024**2} MiB"
