"""The accesses to one person, newest first, as her own page and a reader show them.

The database's functions find the person, by a session's token or by a code: the API can list nobody else's.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from eligibility_api.audit_log.kinds import KINDS, KINDS_SHOWN_TO_PERSONS

LATEST = (datetime(9000, 1, 1, tzinfo=UTC), UUID(int=2**128 - 1))
"""The position from which a list begins: after every record."""

OWN_KINDS = frozenset(kind for kind in KINDS if kind.startswith("own-access.")) - {"own-access.code"}
"""The kinds of what the person, or somebody with her code, did on her page; a terminal made the code."""

LISTED_KINDS = KINDS_SHOWN_TO_PERSONS - {"own-access.read"}
"""The kinds of a list that leaves out what she read on her own page."""

WITHOUT_CONSENT = frozenset({"emergency", "disaster"})
"""The bases of a permit without the person's consent."""


@dataclass(frozen=True, slots=True)
class Access:
    """One access: its record, who made it, under what permit, and why without consent.

    `basis`: of the permit under which it was made, and `permitted_facility` to whom; None without one. `by_person`:
    the person, or somebody with her code, made it.
    """

    record_id: UUID
    at: datetime
    kind: str
    outcome: str
    facility: str | None
    insurer: str | None
    operator: str | None
    role: str | None
    basis: str | None
    reason: str | None
    permitted_facility: str | None
    by_person: bool
    note: str | None

    @classmethod
    def of(cls, row: Any) -> Access:
        """From a row of `own_accesses` or `accesses_of_code`."""
        detail, reason = _json(row["detail"]), _json(row["reason"])
        kind: str = row["kind"]
        by_kind = (
            kind.split(".", maxsplit=1)[0] if kind.split(".", maxsplit=1)[0] in WITHOUT_CONSENT else None
        )
        return cls(
            record_id=row["record_id"],
            at=row["recorded_at"],
            kind=kind,
            outcome=row["outcome"],
            facility=row["facility_name"] or row["institution_code"],
            insurer=row["insurer_name"],
            operator=row["operator"],
            role=detail.get("role"),
            basis=detail.get("basis") or by_kind,
            reason=reason.get("reason") or reason.get("consent"),
            note=reason.get("note"),
            permitted_facility=row["permitted_facility"],
            by_person=kind in OWN_KINDS or "own_access" in detail,
        )

    @property
    def is_emergency(self) -> bool:
        """Whether it was made without consent, in an emergency or a disaster."""
        return self.basis in WITHOUT_CONSENT

    @property
    def is_refused(self) -> bool:
        """Whether it was refused: nothing was shown."""
        return self.outcome not in _GRANTED


_GRANTED = frozenset({"answered", "done", "permitted", "bound", "already", "ended", "opened", "registered"})


def accesses_of(rows: Sequence[Any]) -> list[Access]:
    """The accesses in rows of a statement over `own_accesses` or `accesses_of_code`."""
    return [Access.of(row) for row in rows]


def _json(stored: Any) -> dict[str, Any]:
    value = json.loads(stored) if isinstance(stored, str) else stored
    return value if isinstance(value, dict) else {}
