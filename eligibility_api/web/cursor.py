"""Page cursors: the position of a page's last row as opaque text.

They are not authenticated: they only select among rows that the caller may read anyway.
"""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query
from pydantic import TypeAdapter, ValidationError

from eligibility_api.contract.bounds import MAX_STORED_INTEGER
from eligibility_api.contract.errors import ShikakuError

After = Annotated[
    str | None,
    Query(max_length=200, description="`next` of the previous page; the first page when left out."),
]
"""The cursor of a request for a page."""

PageLimit = Annotated[int, Query(ge=1, le=100, description="Persons per page.")]
"""The size of a page of a facility's list."""

Position = tuple[datetime, int, int]
"""A position in a list: an instant, and two row numbers."""

NamedPosition = tuple[datetime, UUID]
"""A position in a list: an instant, and the id of a row."""

BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)
"""An instant before all stored rows."""

_LAST_YEAR = 9_000
_POSITION: TypeAdapter[Position] = TypeAdapter(Position)
_NAMED_POSITION: TypeAdapter[NamedPosition] = TypeAdapter(NamedPosition)
_NUMBER = TypeAdapter(int)


def encode(position: Any) -> str:
    """Encode a position (values that JSON has, instants, or ids) as a cursor."""
    return base64.urlsafe_b64encode(json.dumps(position, default=_text).encode()).decode()


def _text(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def decode_position(cursor: str) -> Position:
    """Decode the position in a cursor. Raises `cursor-invalid`."""
    instant, first, second = _decode(_POSITION, cursor)
    if not (_is_in_time(instant) and _is_valid_number(first) and _is_valid_number(second)):
        raise ShikakuError("cursor-invalid")
    return instant, first, second


def decode_named_position(cursor: str) -> NamedPosition:
    """Decode the instant and id in a cursor. Raises `cursor-invalid`."""
    position: NamedPosition = _decode(_NAMED_POSITION, cursor)
    if not _is_in_time(position[0]):
        raise ShikakuError("cursor-invalid")
    return position


def decode_number(cursor: str) -> int:
    """Decode the number in a cursor. Raises `cursor-invalid`."""
    value: int = _decode(_NUMBER, cursor)
    if not _is_valid_number(value):
        raise ShikakuError("cursor-invalid")
    return value


def _is_in_time(instant: datetime) -> bool:
    return instant.tzinfo is not None and BEGINNING.year <= instant.year <= _LAST_YEAR


def _is_valid_number(value: int) -> bool:
    return 0 <= value <= MAX_STORED_INTEGER


def _decode(adapter: TypeAdapter[Any], cursor: str) -> Any:
    try:
        return adapter.validate_json(base64.urlsafe_b64decode(cursor.encode("ascii")))
    except (ValueError, ValidationError) as error:
        raise ShikakuError("cursor-invalid") from error
