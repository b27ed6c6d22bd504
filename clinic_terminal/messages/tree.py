"""The generic walk between models and trees of elements, which serves both codecs.

A tree read from a message maps names to lists of texts and trees. A tree to be written is a list of `Node`s in the
documented order.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache
from random import Random
from typing import Any, Generic, TypeAlias, TypeVar

from pydantic import ValidationError

from clinic_terminal.clock import JAPAN
from clinic_terminal.messages.elements import Group, Place, layout
from clinic_terminal.messages.errors import MessageFormatError
from clinic_terminal.messages.headers import Message
from clinic_terminal.messages.rows import Row, unreadable
from eligibility_api.contract.batches import MAX_ROWS
from eligibility_api.contract.wire import MY_NUMBER_FAULT

Tree: TypeAlias = dict[str, list["str | Tree"]]
"""Elements as read: by name all of that name, each a text or a tree."""

ANNOUNCED_ENCODING = "OQSCD005"
"""The code table of the element that announces the encoding of a message; codecs write it."""

MAX_REPEATED = MAX_ROWS
"""Elements of one name in a group at most."""

MessageT = TypeVar("MessageT", bound=Message)


@dataclass(frozen=True, slots=True)
class Decoded(Generic[MessageT]):
    """A message that was read, and the number of elements in it that its layout does not have."""

    message: MessageT = field(repr=False)
    unknown_elements: int


@dataclass(frozen=True, slots=True)
class Node:
    """An element to be written: its name, and its text or its elements.

    `listed`: in JSON a member of an array under its name; `wrapper`: an array of its elements, each an object.
    """

    name: str
    content: str | list[Node] = field(repr=False)
    listed: bool = False
    wrapper: bool = False


@cache
def names(group: type[Group]) -> frozenset[str]:
    """Every name of an element that a group has at any depth."""
    found: set[str] = set()
    for place in layout(group):
        found |= {place.name, place.within or place.name}
        found |= names(place.model) if place.model else set()
    return frozenset(found)


def decode_tree(
    tree: Tree, model: type[MessageT], *, split_wrappers: bool, unknown_elements: int = 0
) -> Decoded[MessageT]:
    """The message in a tree, elements in any order. Raises MessageFormatError.

    Empty elements are absent. With `split_wrappers` the element around a list may be repeated, as an array is.
    `unknown_elements` have been passed over already.
    """
    reader = _Reader(split_wrappers, unknown_elements)
    values = reader.values(tree, model, "")
    try:
        return Decoded(model.model_validate(values), reader.unknown_elements)
    except ValidationError as error:
        raise _format_error(error, model) from None


class _Reader:
    """Converts a tree to the values of a model's fields, and counts what the layout does not have."""

    def __init__(self, split_wrappers: bool, unknown_elements: int) -> None:
        self._split_wrappers = split_wrappers
        self.unknown_elements = unknown_elements

    def values(self, tree: Tree, group: type[Group], path: str) -> dict[str, Any]:
        """The values of a group's fields, by field name."""
        found: dict[str, Any] = {}
        places = layout(group)
        for place in places:
            contents = self._contents(tree, place, path)
            if len(contents) > (MAX_REPEATED if place.repeated else 1):
                code = "message-element-invalid" if place.repeated else "message-element-repeated"
                raise MessageFormatError(code, element=f"{path}{place.name}")
            values = [
                self._value(content, place, f"{path}{place.name}{f'[{at}]' if place.repeated else ''}")
                for at, content in enumerate(contents, start=1)
            ]
            present = [value for value in values if value not in (None, {})]
            if place.repeated:
                if present:
                    _set(found, place.path, present)
            elif present:
                _set(found, place.path, present[0])
            elif place.name in _PARTS:
                found[place.path[0]] = {}
        known = {place.within or place.name for place in places}
        self.unknown_elements += sum(len(contents) for name, contents in tree.items() if name not in known)
        return found

    def _contents(self, tree: Tree, place: Place, path: str) -> list[str | Tree]:
        if place.within is None:
            return tree.get(place.name, [])
        wrappers = [one for one in tree.get(place.within, []) if isinstance(one, dict)]
        if len(wrappers) > 1 and not self._split_wrappers:
            raise MessageFormatError("message-element-repeated", element=f"{path}{place.within}")
        self.unknown_elements += sum(
            len(contents) for one in wrappers for name, contents in one.items() if name != place.name
        )
        return [content for one in wrappers for content in one.get(place.name, [])]

    def _value(self, content: str | Tree, place: Place, path: str) -> Any:
        if place.model is not None:
            if place.repeated and issubclass(place.model, Row):
                return self._row(content, place.model, path)
            if isinstance(content, dict):
                return self.values(content, place.model, f"{path}/")
            if content.strip():
                raise MessageFormatError("message-element-invalid", element=path)
            return None
        if isinstance(content, dict):
            raise MessageFormatError("message-element-invalid", element=path)
        text = content.strip("\r\n\t")
        return text if text.strip() else None

    def _row(self, content: str | Tree, model: type[Row], path: str) -> Row:
        """A row of a bulk request, also one that cannot be read or is empty. Raises MessageFormatError for a My Number."""
        if isinstance(content, str) and content.strip():
            return unreadable(model, {}, MessageFormatError("message-element-invalid", element=path))
        try:
            values = self.values(content, model, f"{path}/") if isinstance(content, dict) else {}
        except MessageFormatError as error:
            return unreadable(model, {}, error)
        try:
            return model.model_validate(values)
        except ValidationError as error:
            fault = _format_error(error, model, f"{path}/")
        if fault.code == "message-my-number":
            raise fault
        return unreadable(model, values, fault)


_PARTS = frozenset({"MessageHeader", "MessageBody"})
"""The parts that every message has, also without an element in them."""


def _set(values: dict[str, Any], path: tuple[str, ...], value: Any) -> None:
    *outer, last = path
    for name in outer:
        values = values.setdefault(name, {})
    values[last] = value


def _format_error(error: ValidationError, model: type[Group], within: str = "") -> MessageFormatError:
    """The first fault, with the path of its element; a My Number before any other."""
    faults = error.errors(include_url=False, include_context=False, include_input=False)
    fault = next((one for one in faults if one["type"] == MY_NUMBER_FAULT), faults[0])
    element = within + element_path(model, fault["loc"])
    code = {"missing": "message-element-missing", MY_NUMBER_FAULT: "message-my-number"}.get(
        fault["type"], "message-element-invalid"
    )
    return MessageFormatError(code, element=element)


def element_path(model: type[Group], location: Sequence[str | int]) -> str:
    """The path of element names to a value, given by fields and positions: `MessageBody/BulkConfirmUnit[2]/…`."""
    names: list[str] = []
    group: type[Group] | None = model
    rest = tuple(location)
    while rest and group is not None:
        place = next((one for one in layout(group) if one.path == rest[: len(one.path)]), None)
        if place is None:
            break
        rest = rest[len(place.path) :]
        position = ""
        if rest and isinstance(rest[0], int):
            position, rest = f"[{rest[0] + 1}]", rest[1:]
        names += [*filter(None, [place.within]), place.name + position]
        group = place.model
    return "/".join(names)


def encode_tree(
    message: Message, *, padding: str, encoding: str, shuffle: Random | None = None
) -> list[Node]:
    """The elements of a message: in the documented order, or shuffled in each group by `shuffle`.

    `padding` fills up values of a fixed width on the left. `encoding` is the code that the message announces.
    Absent values have no element; only header and body may be empty.
    """
    return _Writer(padding, encoding, shuffle).nodes(message)


@dataclass(frozen=True, slots=True)
class _Writer:
    """Converts groups to nodes."""

    padding: str
    encoding: str
    shuffle: Random | None

    def nodes(self, group: Group) -> list[Node]:
        """The elements of a group."""
        places = [self._of_place(group, place) for place in layout(type(group))]
        if self.shuffle is not None:
            self.shuffle.shuffle(places)
        return [node for nodes in places for node in nodes]

    def _of_place(self, group: Group, place: Place) -> list[Node]:
        value: Any = group
        for name in place.path:
            value = getattr(value, name)
            if value is None:
                return []
        values: Iterable[Any] = value if place.repeated else (value,)
        nodes = list(self._written(values, place))
        if place.within is None or not nodes:
            return nodes
        return [Node(place.within, nodes, wrapper=True)]

    def _written(self, values: Iterable[Any], place: Place) -> Iterator[Node]:
        for value in values:
            if isinstance(value, Group):
                nodes = self.nodes(value)
                if nodes or place.name in _PARTS or (place.repeated and isinstance(value, Row)):
                    yield Node(place.name, nodes, listed=place.repeated)
            else:
                yield Node(place.name, self._text(value, place), listed=place.repeated)

    def _text(self, value: Any, place: Place) -> str:
        if place.code == ANNOUNCED_ENCODING:
            return self.encoding
        if isinstance(value, datetime):
            return f"{value.astimezone(JAPAN):%Y%m%d%H%M%S}"
        if isinstance(value, date):
            return f"{value:%Y%m%d}"
        return str(value).rjust(place.format.width, self.padding)
