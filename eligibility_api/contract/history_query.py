"""Parameters of a history request: operator, permit, and the requested part of the history."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from urllib.parse import quote
from uuid import UUID

from eligibility_api.contract.codes import Role
from eligibility_api.contract.consent import CONSENTS_PATH
from eligibility_api.contract.emergency_summary import Extent
from eligibility_api.contract.history import OPERATOR_HEADER, ROLE_HEADER, Grouping


@dataclass(frozen=True, slots=True)
class Staff:
    """The operator at a facility, and the role: asserted by the terminal."""

    role: Role = Role.RECEPTION
    name: str | None = None

    def headers(self) -> dict[str, str]:
        """The two operator headers; a name never appears in a URL."""
        headers = {ROLE_HEADER: self.role.value}
        return headers if self.name is None else headers | {OPERATOR_HEADER: quote(self.name, safe="")}


@dataclass(frozen=True, slots=True)
class Accessor:
    """The operator and the permit: a consent, or under another path an emergency or disaster permit."""

    permit_id: UUID
    role: Role = Role.RECEPTION
    operator: str | None = None
    permits_path: str = CONSENTS_PATH

    def headers(self) -> dict[str, str]:
        """The operator headers."""
        return Staff(self.role, self.operator).headers()


@dataclass(frozen=True, slots=True)
class HistoryQuery:
    """The requested part of a history.

    Months as YYYY-MM; `group` and `prescriber` (an institution code) for medicines only; at most `limit` rows
    per page, starting after the cursor `after`; `extent` under a permit of an emergency only.
    """

    from_month: str | None = None
    to_month: str | None = None
    group: Grouping | None = None
    prescriber: str | None = None
    known_at: datetime | None = None
    limit: int | None = None
    after: str | None = None
    extent: Extent | None = None

    def query(self) -> dict[str, str | int]:
        """The query parameters that are set."""
        values = asdict(self) | {"known_at": self.known_at.isoformat() if self.known_at else None}
        return {name: value for name, value in values.items() if value is not None}


FULL_HISTORY = HistoryQuery()
"""No restriction other than the fund's defaults."""
