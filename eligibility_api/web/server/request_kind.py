"""What the server must know of a request before it admits it: what it costs, and whether a visit is under way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

LOOK_UP = 10
"""The cost of a look-up by number, in which all others are given."""


@dataclass(frozen=True, slots=True)
class RequestKind:
    """A kind of requests.

    `cost`: processor time of API and database, where a look-up by number is `LOOK_UP`; 0 is not counted.
    `continues_visit`: whether refusing it wastes what was done for the same patient, as the check after a challenge.
    """

    cost: int = LOOK_UP
    continues_visit: bool = False


USUAL = RequestKind()
"""Requests of which nothing else is declared."""

NOT_COUNTED = RequestKind(cost=0)
"""Requests that hardly need the processor while they are in progress: a large body that arrives; liveness."""

KindOf = Callable[[str], RequestKind]
"""The kind of the requests to a path."""


def usual_kind(_path: str) -> RequestKind:
    """Every path is usual."""
    return USUAL
