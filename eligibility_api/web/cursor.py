"""Page cursors as opaque text. They select among the insurer's own data only, so they are not authenticated."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from typing import Any

from pydantic import TypeAdapter, ValidationError

from eligibility_api.contract.errors import ShikakuError

Place = tuple[datetime, int, int]
"""The position of a page's end: an instant, and two numbers of the store."""

BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)
"""The position before all rows of the store."""

_LAST_YEAR = 9_000
_PLACE: TypeAdapter[Place] = TypeAdapter(Place)
_NUMBER = TypeAdapter(int)
_MOST = 2**63 - 1
"""The maximum of the store's numbers: signed, 64 bits."""


def encode(place: Any) -> str:
    """Return the cursor of a position (JSON values or instants)."""
    return base64.urlsafe_b64encode(json.dumps(place, default=datetime.isoformat).encode()).decode()


def place(cursor: str) -> Place:
    """Return the position in a cursor. Raises `cursor-invalid`."""
    instant, first, second = _decoded(_PLACE, cursor)
    in_time = instant.tzinfo is not None and BEGINNING.year <= instant.year <= _LAST_YEAR
    if not (in_time and _is_number(first) and _is_number(second)):
        raise ShikakuError("cursor-invalid")
    return instant, first, second


def number(cursor: str) -> int:
    """Return the number in a cursor. Raises `cursor-invalid`."""
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
