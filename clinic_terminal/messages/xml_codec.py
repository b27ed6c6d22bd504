"""Messages as XML files: root `XmlMsg`, no namespace, no attributes, UTF-8 or Shift_JIS (OQS 2.3).

Reading is lenient where the field is: elements in any order, unknown ones passed over and counted, empty ones
absent. It is strict in what protects the terminal: size and depth have limits, a DTD or an entity is refused, and
the bytes must be in the declared encoding (CP932 for Shift_JIS; UTF-8 if none is declared).
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from clinic_terminal.messages.characters import Encoding
from clinic_terminal.messages.errors import MessageFormatError
from clinic_terminal.messages.headers import ROOT, Message
from clinic_terminal.messages.tree import Decoded, MessageT, Node, Tree, decode_tree, encode_tree, names

MAX_DEPTH = 16
"""Depth of elements that is read at most; the deepest layout has ten."""

MAX_UNKNOWN_ELEMENTS = 100_000
"""Elements that are passed over at most: each keeps memory in the parser."""

_BOM = b"\xef\xbb\xbf"
_DECLARATION = re.compile(rb"""<\?xml\s[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9._\-]{1,40})["']""")
_MAX_DECLARATION_BYTES = 256

_ENCODINGS = {
    "utf-8": Encoding.UTF_8,
    "utf8": Encoding.UTF_8,
    "shift_jis": Encoding.SHIFT_JIS,
    "shift-jis": Encoding.SHIFT_JIS,
    "sjis": Encoding.SHIFT_JIS,
    "x-sjis": Encoding.SHIFT_JIS,
    "windows-31j": Encoding.SHIFT_JIS,
    "cp932": Encoding.SHIFT_JIS,
    "ms932": Encoding.SHIFT_JIS,
}
"""The encodings that are read, by the names under which programs declare them."""


@dataclass(frozen=True, slots=True)
class Replacement:
    """A text of which the encoding lacks a character: the path of its element, and the text as it was."""

    path: str
    original: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class EncodedMessage:
    """The bytes of a file, and the texts in which ● stands for a character that its encoding lacks."""

    content: bytes = field(repr=False)
    replaced: tuple[Replacement, ...]


def decode(content: bytes, model: type[MessageT]) -> Decoded[MessageT]:
    """Read a message. Raises MessageFormatError; nothing is parsed above the model's `max_bytes`."""
    if len(content) > model.max_bytes:
        raise MessageFormatError("message-too-large")
    builder = _TreeBuilder(names(model))
    tree = _parse(_text(content), builder)
    return decode_tree(tree, model, split_wrappers=False, unknown_elements=builder.unknown_elements)


def encode(message: Message, encoding: Encoding, *, shuffle: Random | None = None) -> EncodedMessage:
    """Write a message. `shuffle` orders the elements of each group at random, as the real results are."""
    nodes = encode_tree(message, padding=" ", encoding=encoding.value, shuffle=shuffle)
    writer = _XmlWriter(encoding)
    body = "".join(writer.written(nodes, ""))
    declaration = f'<?xml version="1.0" encoding="{encoding.declared}" standalone="no"?>\n'
    text = f"{declaration}<{ROOT}>{body}</{ROOT}>\n"
    return EncodedMessage(text.encode(encoding.codec), tuple(writer.replaced))


def _text(content: bytes) -> str:
    """The characters of a file, by its declaration. Raises MessageFormatError."""
    head = content[:_MAX_DECLARATION_BYTES]
    found = _DECLARATION.match(head.removeprefix(_BOM).lstrip())
    declared = _ENCODINGS.get(found[1].decode("ascii").lower()) if found else Encoding.UTF_8
    marked = content.startswith(_BOM)
    if declared is None or (marked and declared is not Encoding.UTF_8):
        raise MessageFormatError("message-encoding")
    if declared is Encoding.SHIFT_JIS and _is_japanese_in_utf8(content):
        raise MessageFormatError("message-encoding")
    try:
        return content.removeprefix(_BOM).decode(declared.codec)
    except UnicodeDecodeError:
        raise MessageFormatError("message-encoding") from None


def _is_japanese_in_utf8(content: bytes) -> bool:
    """Whether a file has Japanese letters if it is read as UTF-8.

    CP932 accepts most bytes, so that it would read such a file as other letters: a symbol nobody has.
    """
    if content.isascii():
        return False
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return any("\u3000" <= character <= "\u9fff" or "\uff00" <= character <= "\uffef" for character in text)


class _TreeBuilder:
    """Target of the parser: builds a tree of the elements that the layout has somewhere, and counts the others.

    It stops at the maximum depth. Attributes and comments are ignored.
    """

    def __init__(self, known: frozenset[str]) -> None:
        self.tree: Tree = {}
        self.unknown_elements = 0
        self._known = known | {ROOT}
        self._open: list[tuple[Tree, list[str]]] = [(self.tree, [])]
        self._unknown_depth = 0

    def start(self, tag: str, _attributes: dict[str, str]) -> None:
        """Open an element."""
        if self._unknown_depth or tag not in self._known:
            self.unknown_elements += not self._unknown_depth
            self._unknown_depth += 1
        else:
            self._open.append(({}, []))
        if len(self._open) + self._unknown_depth > MAX_DEPTH or self.unknown_elements > MAX_UNKNOWN_ELEMENTS:
            raise MessageFormatError("message-malformed")

    def data(self, text: str) -> None:
        """Collect the text of an element."""
        if not self._unknown_depth:
            self._open[-1][1].append(text)

    def end(self, tag: str) -> None:
        """Close an element: a tree if it has elements, else its text."""
        if self._unknown_depth:
            self._unknown_depth -= 1
            return
        tree, texts = self._open.pop()
        self._open[-1][0].setdefault(tag, []).append(tree or "".join(texts))


def _parse(text: str, builder: _TreeBuilder) -> Tree:
    """The elements in the root. Raises MessageFormatError."""
    parser = DefusedXMLParser(target=builder, encoding="utf-8", forbid_dtd=True)
    try:
        parser.feed(text.lstrip().encode("utf-8"))
        parser.close()
    except (ParseError, DefusedXmlException, ValueError):
        raise MessageFormatError("message-malformed") from None
    match builder.tree.get(ROOT):
        case [dict() as root]:
            return root
        case [str() as blank] if not blank.strip():
            return {}
    raise MessageFormatError("message-malformed")


class _XmlWriter:
    """Writes nodes, and collects the texts in which a character had to be replaced."""

    def __init__(self, encoding: Encoding) -> None:
        self._writable = encoding.writable
        self.replaced: list[Replacement] = []

    def written(self, nodes: list[Node], path: str) -> Iterator[str]:
        """The text of nodes. Counts repeated ones in the paths of replacements: `BulkConfirmUnit[2]/…`."""
        counts: dict[str, int] = {}
        for node in nodes:
            place = f"{path}{node.name}"
            if node.listed:
                counts[node.name] = counts.get(node.name, 0) + 1
                place = f"{place}[{counts[node.name]}]"
            content = node.content
            if isinstance(content, str):
                inner = html.escape(self._encodable(content, place), quote=False)
            else:
                inner = "".join(self.written(content, f"{place}/"))
            yield f"<{node.name}>{inner}</{node.name}>"

    def _encodable(self, text: str, path: str) -> str:
        if text.isascii():
            return text
        written = self._writable(text)
        if written.count("●") > text.count("●"):
            self.replaced.append(Replacement(path, text))
        return written
