"""Rows of bulk requests: one that cannot be read refuses itself alone, and keeps what can be read of it.

The row is repeated in the results by its readable elements (such as `ArbitraryIdentifier`), in the place that it had.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Annotated, Any, TypeVar, cast

from pydantic import PrivateAttr, TypeAdapter, ValidationError

from clinic_terminal.messages.elements import Group
from clinic_terminal.messages.errors import MessageFormatError


class Row(Group):
    """Base of the groups of which a bulk request has many."""

    _fault: MessageFormatError | None = PrivateAttr(default=None)

    @property
    def fault(self) -> MessageFormatError | None:
        """Why the row cannot be read; its other fields are then those that can, and None."""
        return self._fault


RowT = TypeVar("RowT", bound=Row)


def unreadable(model: type[RowT], values: Mapping[str, Any], fault: MessageFormatError) -> RowT:
    """The row of these values as far as each can be read."""
    known: dict[str, Any] = dict.fromkeys(model.model_fields)
    for name, adapter in _fields(model).items():
        if name in values:
            try:
                known[name] = adapter.validate_python(values[name])
            except ValidationError:
                continue
    row = model.model_construct(**known)
    row._fault = fault
    return cast("RowT", row)


@cache
def _fields(model: type[Row]) -> dict[str, TypeAdapter[Any]]:
    adapters: dict[str, TypeAdapter[Any]] = {}
    for name, field in model.model_fields.items():
        annotated: Any = Annotated[field.annotation, *field.metadata]
        adapters[name] = TypeAdapter(annotated)
    return adapters
