"""Identification of a membership: in a look-up, in a registration, and by its insurer."""

from __future__ import annotations

from pydantic import Field

from eligibility_api.contract.wire import BranchNumber, Day, InsurerNumber, MembershipText, RequestModel


class MembershipQuery(RequestModel):
    """A membership as printed on a certificate, with the birth date. Width and hyphens do not matter."""

    insurer_number: InsurerNumber
    symbol: MembershipText | None = None
    number: MembershipText
    branch: BranchNumber | None = Field(
        default=None, description="Without it several family members may match: validity 5."
    )
    birth_date: Day


class StatedMembership(RequestModel):
    """The membership that the card's holder states. Only compared with the data of J-LIS and insurers."""

    insurer_number: InsurerNumber
    symbol: MembershipText | None = None
    number: MembershipText
    branch: BranchNumber | None = None


class MembershipKey(RequestModel):
    """Identifies one of an insurer's own memberships. Width and hyphens do not matter."""

    insurer_number: InsurerNumber
    symbol: MembershipText | None = None
    number: MembershipText
    branch: BranchNumber | None = None
    birth_date: Day


class PeriodKey(MembershipKey):
    """Identifies one period of a membership."""

    acquired_on: Day | None = Field(
        default=None, description="First day of the period as stored; default: the latest period."
    )
