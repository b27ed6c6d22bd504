"""Messages as JSON, of the web face: `{"XmlMsg": {"MessageHeader": …, "MessageBody": …}}` with the names of XML.

A repeated element is an array; one in an element of its own (`ResultList`) an array of objects with its name.
Insurer numbers are filled up with zeros. Read is UTF-8 alone; reading is as lenient and as strict as that of XML.
"""

from __future__ import annotations

import json
from typing import Any

from clinic_terminal.messages.characters import Encoding
from clinic_terminal.messages.errors import MessageFormatError
from clinic_terminal.messages.headers import ROOT, Message
from clinic_terminal.messages.tree import Decoded, MessageT, Node, Tree, decode_tree, encode_tree

MAX_DEPTH = 24
"""Depth of objects and arrays that is read at most; the deepest layout has sixteen."""


def decode(content: bytes | dict[str, Any], model: type[MessageT]) -> Decoded[MessageT]:
    """Read a message, or one whose JSON is parsed already. Raises MessageFormatError.

    Nothing is parsed above the model's `max_bytes`.
    """
    document = _parse(content, model.max_bytes) if isinstance(content, bytes) else content
    root = document.get(ROOT) if isinstance(document, dict) else None
    if not isinstance(root, dict):
        raise MessageFormatError("message-malformed")
    return decode_tree(_tree(root, 0), model, split_wrappers=True)


def encode(message: Message) -> bytes:
    """Write a message."""
    return json.dumps(to_document(message), ensure_ascii=False, separators=(",", ":")).encode("utf-8")


def to_document(message: Message) -> dict[str, Any]:
    """The JSON of a message as Python values."""
    nodes = encode_tree(message, padding="0", encoding=Encoding.UTF_8.value)
    return {ROOT: _members(nodes)}


def _members(nodes: list[Node]) -> dict[str, Any]:
    members: dict[str, Any] = {}
    for node in nodes:
        if node.listed:
            members.setdefault(node.name, []).append(_value(node))
        else:
            members[node.name] = _value(node)
    return members


def _value(node: Node) -> Any:
    content = node.content
    if isinstance(content, str):
        return content
    return [{one.name: _value(one)} for one in content] if node.wrapper else _members(content)


def _parse(content: bytes, max_bytes: int) -> Any:
    if len(content) > max_bytes:
        raise MessageFormatError("message-too-large")
    try:
        return json.loads(content.decode("utf-8-sig"), object_pairs_hook=_object, parse_constant=_no_constant)
    except UnicodeDecodeError:
        raise MessageFormatError("message-encoding") from None
    except (ValueError, RecursionError):
        raise MessageFormatError("message-malformed") from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise MessageFormatError("message-element-repeated")
    return members


def _no_constant(name: str) -> Any:
    raise ValueError(name)


def _tree(members: dict[str, Any], depth: int) -> Tree:
    """The members of an object by name, arrays as repeated elements. Raises MessageFormatError."""
    if depth > MAX_DEPTH:
        raise MessageFormatError("message-malformed")
    tree: Tree = {}
    for name, value in members.items():
        values = value if isinstance(value, list) else [value]
        tree[name] = [_content(one, depth) for one in values if one is not None]
    return tree


def _content(value: Any, depth: int) -> str | Tree:
    match value:
        case str():
            return value
        case dict():
            return _tree(value, depth + 1)
        case bool() | int() | float():
            return json.dumps(value)
    raise MessageFormatError("message-malformed")
