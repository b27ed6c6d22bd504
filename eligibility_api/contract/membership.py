"""How a facility names whom it asks about: by what is printed on a certificate."""

from __future__ import annotations

from pydantic import Field

from eligibility_api.contract.wire import BranchNumber, Day, InsurerNumber, MembershipText, RequestModel


class MembershipQuery(RequestModel):
    """A membership as the certificate shows it, with the holder's birth date. Width and hyphens do not matter."""

    insurer_number: InsurerNumber
    symbol: MembershipText | None = None
    number: MembershipText
    branch: BranchNumber | None = Field(default=None, description="Without it a family may fit: validity 5.")
    birth_date: Day


class StatedMembership(RequestModel):
    """What the holder says she is a member of. Compared with what J-LIS and the insurers say; it never chooses."""

    insurer_number: InsurerNumber
    symbol: MembershipText | None = None
    number: MembershipText
    branch: BranchNumber | None = None


class MembershipKey(RequestModel):
    """By what an insurer names one of its memberships. Width and hyphens do not matter."""

    insurer_number: InsurerNumber
    symbol: MembershipText | None = None
    number: MembershipText
    branch: BranchNumber | None = None
    birth_date: Day


class PeriodKey(MembershipKey):
    """One period of a membership."""

    acquired_on: Day | None = Field(
        default=None, description="First day of the period, as it is known; the latest period when left out."
    )
