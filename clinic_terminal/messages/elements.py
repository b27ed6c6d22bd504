"""Metadata of elements: name in the message, code table, source and confidence of its layout."""

from __future__ import annotations

import types
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any, ClassVar, Union, get_args, get_origin

from pydantic import BaseModel, ConfigDict


class Confidence(StrEnum):
    """How sure a layout is (OQS 0)."""

    SAMPLE = "SAMPLE"
    """In a sample of a message that is shaped like real traffic."""
    CLIENT = "CLIENT"
    """In a client program that is in daily use."""
    DOC = "DOC"
    """In public documentation, or in comments that quote the official layout."""
    KNOWN = "KNOWN"
    """General knowledge of the field."""
    INFER = "INFER"
    """Our inference; it may be wrong. Each such choice is named in `docs/divergences.md`."""


@dataclass(frozen=True, slots=True)
class Element:
    """The element of a field, for use in `Annotated`.

    `name` is the element's name; of a field whose group has no element of its own (`prefix`) the beginning of its
    elements' names. `within` is the element around a repeated one. `code` is the table of its codes. `source` and
    `confidence` are the group's, unless given.
    """

    name: str
    code: str | None = None
    within: str | None = None
    prefix: bool = False
    source: str | None = None
    confidence: Confidence | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class ValueFormat:
    """How a value is written: a text for the documents, and the width to which the codec fills it up (0: none)."""

    text: str
    width: int = 0


class Group(BaseModel):
    """Base of messages and of their groups of elements: frozen, built by field names, one field per element.

    An absent element is None, an absent list is empty. Validation errors never repeat the input.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    source: ClassVar[str] = ""
    """Where the layout is described: a section of the interface's description, or "own"."""
    confidence: ClassVar[Confidence] = Confidence.INFER


@dataclass(frozen=True, slots=True)
class Place:
    """One element of a group: its name, and the `path` of attributes to its value.

    `model` is the group's class if the element has elements. `required`: always written. `repeated`: any number of
    them, as a tuple.
    """

    name: str
    path: tuple[str, ...]
    model: type[Group] | None
    repeated: bool
    required: bool
    within: str | None
    format: ValueFormat
    code: str | None
    source: str
    confidence: Confidence
    note: str


@cache
def layout(group: type[Group]) -> tuple[Place, ...]:
    """The elements of a group in the documented order."""
    return tuple(_places(group))


def _places(group: type[Group]) -> Iterator[Place]:
    for field, info in group.model_fields.items():
        element = next(one for one in info.metadata if isinstance(one, Element))
        model, repeated, written = _shape(info.annotation, info.metadata)
        if element.prefix:
            assert model is not None
            for inner in layout(model):
                yield Place(
                    name=element.name + inner.name,
                    path=(field, *inner.path),
                    model=inner.model,
                    repeated=inner.repeated,
                    required=inner.required and info.is_required(),
                    within=inner.within,
                    format=inner.format,
                    code=element.code if inner.code else None,
                    source=element.source or group.source,
                    confidence=element.confidence or group.confidence,
                    note=" ".join(filter(None, (element.note, inner.note))),
                )
            continue
        yield Place(
            name=element.name,
            path=(field,),
            model=model,
            repeated=repeated,
            required=info.is_required() or info.default not in (None, ()),
            within=element.within,
            format=written,
            code=element.code,
            source=element.source or group.source,
            confidence=element.confidence or group.confidence,
            note=element.note,
        )


def _shape(annotation: Any, metadata: list[Any]) -> tuple[type[Group] | None, bool, ValueFormat]:
    """The group's class, whether the field is a tuple, and the value's format."""
    repeated = False
    formats = [one for one in metadata if isinstance(one, ValueFormat)]
    while True:
        origin = get_origin(annotation)
        if origin in (Union, types.UnionType):
            annotation = next(one for one in get_args(annotation) if one is not type(None))
        elif origin is tuple:
            repeated, annotation = True, get_args(annotation)[0]
        elif hasattr(annotation, "__metadata__"):
            formats += [one for one in annotation.__metadata__ if isinstance(one, ValueFormat)]
            annotation = annotation.__origin__
        else:
            break
    model = annotation if isinstance(annotation, type) and issubclass(annotation, Group) else None
    return model, repeated, formats[-1] if formats else ValueFormat("")
