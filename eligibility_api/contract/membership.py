"""How a facility names whom it asks about: by what is printed on a certificate."""

from __future__ import annotations

from pydantic import Field

from eligibility_api.contract.wire import BranchNumber, Day, InsurerNumber, MembershipText, Wire


class MembershipAsked(Wire):
    """A membership as the certificate shows it, with the holder's birth date. Width and hyphens do not matter."""

    insurer_number: InsurerNumber
    symbol: MembershipText | None = None
    number: MembershipText
    branch: BranchNumber | None = Field(default=None, description="Without it a family may fit: validity 5.")
    birth_date: Day
