"""What a client says with a look-up: who looks, by which permit, and which part of the history is wanted."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from urllib.parse import quote
from uuid import UUID

from eligibility_api.contract.codes import Role
from eligibility_api.contract.consent import CONSENTS_PATH
from eligibility_api.contract.history import OPERATOR_HEADER, ROLE_HEADER, Grouping


@dataclass(frozen=True, slots=True)
class Staff:
    """Who does it at a facility, and as whom: the terminal's assertion."""

    role: Role = Role.RECEPTION
    name: str | None = None

    def headers(self) -> dict[str, str]:
        """The two headers: a name stands in no address."""
        said = {ROLE_HEADER: self.role.value}
        return said if self.name is None else said | {OPERATOR_HEADER: quote(self.name, safe="")}


@dataclass(frozen=True, slots=True)
class Accessor:
    """Who looks, and by which permit: a consent's, or under another path that of an emergency or a disaster."""

    permit_id: UUID
    role: Role = Role.RECEPTION
    operator: str | None = None
    permits_path: str = CONSENTS_PATH

    def headers(self) -> dict[str, str]:
        """Who looks."""
        return Staff(self.role, self.operator).headers()


@dataclass(frozen=True, slots=True)
class HistoryQuery:
    """Which part of a history. Months as YYYY-MM; `group` and `prescriber` (an institution code) of medicines alone;
    `limit` rows at most to a page, which begins after the cursor `after`.
    """

    from_month: str | None = None
    to_month: str | None = None
    group: Grouping | None = None
    prescriber: str | None = None
    known_at: datetime | None = None
    limit: int | None = None
    after: str | None = None

    def query(self) -> dict[str, str | int]:
        """The parameters of the address, as far as they are given."""
        said = asdict(self) | {"known_at": self.known_at.isoformat() if self.known_at else None}
        return {name: value for name, value in said.items() if value is not None}


FULL_HISTORY = HistoryQuery()
"""The whole of it, by the fund's own limits."""
