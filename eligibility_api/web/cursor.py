"""Cursors: where a page ended, as opaque text. They choose among what is the insurer's own, and so are not protected."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from typing import Any

from pydantic import TypeAdapter, ValidationError

from eligibility_api.contract.errors import ShikakuError

Place = tuple[datetime, int, int]
"""An instant, and two numbers of the store."""

BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)
"""Before anything that the store knows."""

_LAST_YEAR = 9_000
_PLACE: TypeAdapter[Place] = TypeAdapter(Place)
_NUMBER = TypeAdapter(int)
_MOST = 2**63 - 1
"""The store's numbers are signed and have 64 bits."""


def encode(place: Any) -> str:
    """A cursor of a place (values that JSON has, or instants)."""
    return base64.urlsafe_b64encode(json.dumps(place, default=datetime.isoformat).encode()).decode()


def place(cursor: str) -> Place:
    """The place in a cursor. Raises `cursor-invalid`."""
    instant, first, second = _decoded(_PLACE, cursor)
    in_time = instant.tzinfo is not None and BEGINNING.year <= instant.year <= _LAST_YEAR
    if not (in_time and _is_number(first) and _is_number(second)):
        raise ShikakuError("cursor-invalid")
    return instant, first, second


def number(cursor: str) -> int:
    """The number in a cursor. Raises `cursor-invalid`."""
    value: int = _decoded(_NUMBER, cursor)
    if not _is_number(value):
        raise ShikakuError("cursor-invalid")
    return value


def _is_number(value: int) -> bool:
    return 0 <= value <= _MOST


def _decoded(form: TypeAdapter[Any], cursor: str) -> Any:
    try:
        return form.validate_json(base64.urlsafe_b64decode(cursor.encode("ascii")))
    except (ValueError, ValidationError) as error:
        raise ShikakuError("cursor-invalid") from error
