"""An insurer's back office: mismatch queue, change feed, statistics, paper certificates.

Lists are paged: `next` is the cursor for the parameter `after`. Cursors are opaque and contain nothing
personal.
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field, StringConstraints

from eligibility_api.contract.codes import Sex
from eligibility_api.contract.enrolment import Difference, EnrolmentAnswer, Mismatch, RegisterMatch
from eligibility_api.contract.uploads import AffectedFacility, Reason
from eligibility_api.contract.wire import (
    Answer,
    BranchNumber,
    Day,
    MembershipText,
    PersonKana,
    PersonText,
    RequestModel,
)

Month = Annotated[str, StringConstraints(pattern=r"^20[0-9]{2}-(0[1-9]|1[0-2])$", max_length=7)]
"""A month, YYYY-MM."""


class MemberSummary(Answer):
    """A member identified by enrolment id and by what the certificate shows."""

    enrolment_id: str
    symbol: str | None
    number: str
    branch: str | None
    birth_date: date


class MismatchItem(MemberSummary):
    """One period whose member differs from the resident register."""

    register_match: RegisterMatch
    mismatch: Mismatch = Field(
        default=Mismatch.OPEN,
        description="`confirmed`: confirmed while the register returned nobody, and answered by number since; the"
        " person whom it proposes now waits for another confirmation.",
    )
    differences: list[Difference] = Field(
        default=[], description="With `variant`: how the member is spelled otherwise in the register."
    )
    since: datetime
    acquired_on: date
    lost_on: date | None


class ClaimedMember(MemberSummary):
    """A member whom another insurer has claimed in a way that would close her card; it was not linked to her."""

    since: datetime


class Mismatches(Answer):
    """`GET /v1/mismatches?after=CURSOR`: the queue, oldest first."""

    mismatches: list[MismatchItem]
    next: str | None = Field(description="Cursor of the next page; null at the end.")
    claimed_elsewhere: list[ClaimedMember] = Field(
        default=[],
        description="Members whom another insurer claimed within 90 days, latest first, at most 100. The card is open"
        " unless another key of that insurer confirms the claim; ask the member which insurance is right.",
    )


class ConfirmRequest(RequestModel):
    """`POST /v1/mismatches/confirm`: confirm this member's items. The register is queried once more first.

    A member who was confirmed while the register returned nobody may be confirmed again.
    """

    enrolment_id: UUID
    reason: Reason | None = Field(default=None, description="Required for a contested member.")


class ConfirmAnswer(EnrolmentAnswer):
    """The result: `none` if the register now returns one person, who is linked, otherwise `confirmed`.

    A person who was proposed (`variant`) is linked too. One whom the register proposes only now is not: the
    mismatch stays as it was until it is confirmed again.
    """

    mismatch: Mismatch
    linked: bool | None = Field(
        default=None, description="Whether the member is linked to a person, so that a card shows her."
    )


class IdentityItems(RequestModel):
    """The items, besides the birth date, with which the resident register is queried."""

    name: PersonText
    name_kana: PersonKana
    sex: Sex
    address: PersonText


class UnlinkRequest(RequestModel):
    """`POST /v1/enrolments/unlink`: unlink this member from a wrongly linked person, or reject a proposed one."""

    enrolment_id: UUID
    corrected: IdentityItems | None = Field(
        default=None, description="The member's correct items, if wrong ones caused the wrong link."
    )


class UnlinkAnswer(EnrolmentAnswer):
    """The enrolment's new state, and the facilities that received it as the wrong person's."""

    mismatch: Mismatch
    correction_list: list[AffectedFacility]


class ChangeEvent(Answer):
    """A version of an enrolment that became current (`opened`), or ceased to be (`closed`)."""

    event: str = Field(description="`opened` or `closed`.")
    enrolment_id: str
    revision: int
    kind: str = Field(description="The kind of the revision: `single`, `file` or `undo`.")
    known_from: datetime


class Changes(Answer):
    """`GET /v1/changes?after=CURSOR&limit=`: changes of the insurer's members, by publication."""

    changes: list[ChangeEvent]
    has_more: bool = Field(description="Whether a next page is available now.")
    next: str | None = Field(
        description="Cursor for the next call, now or later; null while there are no changes."
    )


class MemberSearch(RequestModel):
    """`POST /v1/members/search`: find own members by what a certificate shows. Width, case and hyphens do not matter."""

    symbol: MembershipText | None = Field(default=None, description="Default: of every symbol.")
    number: MembershipText
    branch: BranchNumber | None = Field(default=None, description="Default: the whole family.")
    birth_date: Day | None = None


class FoundMember(MemberSummary):
    """A member with the latest period; `withdrawn`: no period counts any more."""

    name: str
    name_kana: str | None
    acquired_on: date
    lost_on: date | None
    withdrawn: bool


class FoundMembers(Answer):
    """The members found, by number and branch."""

    members: list[FoundMember]
    has_more: bool = Field(description="Whether there are more than are listed; ask more precisely.")


class MemberVersion(Answer):
    """What was known of one period of a member, and when (bitemporal: valid time and transaction time)."""

    acquired_on: date
    lost_on: date | None
    known_from: datetime
    known_until: datetime | None = Field(
        description="When it was replaced or withdrawn; null while it counts."
    )
    kind: str = Field(description="The kind of the revision that opened it: `single`, `file` or `undo`.")
    register_match: RegisterMatch
    mismatch: Mismatch
    items: dict[str, Any] = Field(
        description="The member's items as stored, under the names of `POST /v1/enrolments`."
    )


class MemberHistory(Answer):
    """`GET /v1/members/{enrolment_id}`: every version of a member, by publication."""

    enrolment_id: str
    insurer_number: str
    versions: list[MemberVersion]


class RegistrationDelay(Answer):
    """Hours from the first insured day (00:00 in Japan) until the fund showed it; 0 if registered ahead."""

    enrolments: int
    median_hours: float | None
    p95_hours: float | None


class MonthlyDelay(RegistrationDelay):
    """The delay of the enrolments that the fund began to show in one month, YYYY-MM in Japan."""

    month: str


class Statistics(Answer):
    """`GET /v1/statistics`: delay of registrations, and outcomes of look-ups."""

    registration_delay: RegistrationDelay = Field(description="New enrolments of the last 90 days.")
    delay_by_month: list[MonthlyDelay] = Field(
        default=[], description="New enrolments of this month and the five before, oldest first."
    )
    look_ups: dict[str, int] = Field(
        description="Look-ups of members in the last 30 days by outcome: validity (OQSCD006), or the code of a refusal."
    )


class PaperReason(StrEnum):
    """Why a member needs a 資格確認書 (rules K1–K3)."""

    BLOCKED = "blocked"
    """Self-disclosure is blocked: no card can be used."""
    LATE_ELDERLY = "late-elderly"
    """By age, in the late-elderly scheme."""
    NEEDS_HELP = "needs-help"
    CARD_RETURNED = "card-returned"
    CARD_LOST = "card-lost"
    DEREGISTERED = "deregistered"
    """The member had the card's registration ended (利用登録解除)."""
    EXPIRED = "certificate-expired"
    NO_CARD = "no-card"
    """No certificate is registered that is neither revoked nor suspended."""


class PaperApplicationReason(StrEnum):
    """Why a member applies for a 資格確認書, the most lasting reason first."""

    NEEDS_HELP = "needs-help"
    """The member cannot use a card without help (要配慮者); counts as long as she is insured."""
    CARD_RETURNED = "card-returned"
    CARD_LOST = "card-lost"
    """As for a returned card: until a certificate is registered after the application."""


class PaperApplicationRequest(RequestModel):
    """`POST /v1/paper-certificates/applications`: a member applied to the insurer for a 資格確認書.

    `…/applications/withdraw` takes the same: the member withdraws the application.
    """

    enrolment_id: UUID
    reason: PaperApplicationReason


class PaperApplicationAnswer(Answer):
    """The application as recorded; the same one again keeps its first instant."""

    enrolment_id: str
    reason: PaperApplicationReason
    applied_at: datetime


class PaperWithdrawalAnswer(Answer):
    """The application no longer counts (rule K5)."""

    enrolment_id: str
    reason: PaperApplicationReason
    withdrawn_at: datetime


class DeregistrationRequest(RequestModel):
    """`POST /v1/deregistrations`: a member asked the insurer to end the use of her card (利用登録解除).

    `…/withdraw` takes the same: the member withdraws that before it takes effect.
    """

    enrolment_id: UUID


class DeregistrationAnswer(Answer):
    """The end of the registration; the same request again keeps the first end."""

    enrolment_id: str
    last_day: date = Field(description="The last day on which the card is used: the end of the next month.")


class DeregistrationApplication(MemberSummary):
    """A member who asked, on her own page, to end the use of her card; the insurer does so, or tells her why not."""

    applied_at: datetime


class DeregistrationApplications(Answer):
    """`GET /v1/deregistration-applications?after=CURSOR`: those that are open, oldest first."""

    applications: list[DeregistrationApplication]
    next: str | None = Field(description="Cursor of the next page; null at the end.")


class DeregistrationWithdrawalAnswer(Answer):
    """The card stays registered (rule K5)."""

    enrolment_id: str


class PaperCertificateNeed(MemberSummary):
    """A current member who needs a 資格確認書 (rules K1–K3)."""

    reason: PaperReason
    needed_from: date | None = Field(
        description="The first day on which no card works, where it is known: after an expired certificate's"
        " three months, or after a deregistration. Null: at once."
    )
    new_since: bool = Field(
        description="Whether the member was not on the list when `since_month` began: not insured, not known, or with a card that sufficed."
    )


class PaperCertificates(Answer):
    """`GET /v1/paper-certificates?after=CURSOR&since_month=YYYY-MM`.

    A page may be short or empty and still have a next one.
    """

    since: date = Field(description="The reference day of `new_since`.")
    members: list[PaperCertificateNeed]
    next: str | None = Field(description="Cursor of the next page; null at the end.")
