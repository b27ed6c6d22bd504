"""The schema's revisions: which one this program expects, which programs are connected, and which ones a schema serves.

The names of sessions end with the revision that their program expects. `schema_floor` has the oldest revision whose programs the
schema serves: an expand migration leaves it, a contract raises it (docs/decisions/029).
"""

from __future__ import annotations

import re
from functools import cache  # noqa: TID251 - without arguments
from pathlib import Path

FIRST_FLOOR = "0040"
"""The revision of the last program whose sessions name none."""

_VERSIONS = Path(__file__).with_name("migrations") / "versions"
_SESSION = re.compile(r"eligibility-api(?: jobs)?(?: (?P<revision>[0-9]{4}))?", re.ASCII)


@cache
def head() -> str:
    """The schema revision that this program expects."""
    return max(path.name[:4] for path in _VERSIONS.glob("[0-9][0-9][0-9][0-9]_*.py"))


def session_name(kind: str) -> str:
    """The `application_name` of this program's sessions of a kind."""
    return f"{kind} {head()}"


def revision_of(application_name: str) -> str | None:
    """The revision that a session's program expects; None for a session that is none of the fund's."""
    found = _SESSION.fullmatch(application_name)
    return None if found is None else found["revision"] or FIRST_FLOOR


def is_served(program: str, *, schema: str, floor: str) -> bool:
    """Whether a program that expects one revision is served by a schema of another: no older one, and not too new for it."""
    return floor <= program <= schema
