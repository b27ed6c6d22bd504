"""The insurer's desk: what waits for its word, what has changed, how it stands, and who needs a paper.

Lists come in pages: `next` is where to go on, given back as `after`. Cursors are opaque and hold nothing personal.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from eligibility_api.contract.codes import Sex
from eligibility_api.contract.enrolment import EnrolmentAnswer, Mismatch, RegisterMatch
from eligibility_api.contract.uploads import AffectedFacility
from eligibility_api.contract.wire import Answer, PersonKana, PersonText, RequestModel

Month = Annotated[str, StringConstraints(pattern=r"^20[0-9]{2}-(0[1-9]|1[0-2])$")]
"""A month, YYYY-MM."""


class MemberSummary(Answer):
    """A member as its insurer knows her: by her enrolment's id, and by what her certificate shows."""

    enrolment_id: str
    symbol: str | None
    number: str
    branch: str | None
    birth_date: date


class MismatchItem(MemberSummary):
    """One period whose member the resident register does not show as the insurer says."""

    register_match: RegisterMatch
    since: datetime
    acquired_on: date
    lost_on: date | None


class Mismatches(Answer):
    """`GET /v1/mismatches?after=CURSOR`: the queue, oldest first."""

    mismatches: list[MismatchItem]
    next: str | None = Field(description="Cursor of the next page; None at the end.")


class ConfirmRequest(RequestModel):
    """`POST /v1/mismatches/confirm`: what was said of this member stands. The register is asked once more first."""

    enrolment_id: UUID


class ConfirmAnswer(EnrolmentAnswer):
    """What came of it: `none` where the register now shows one person, who is linked, else `confirmed`."""

    mismatch: Mismatch


class IdentityItems(RequestModel):
    """By what a person is looked for in the resident register, beside her birth date."""

    name: PersonText
    name_kana: PersonKana
    sex: Sex
    address: PersonText


class UnlinkRequest(RequestModel):
    """`POST /v1/enrolments/unlink`: this member is not the person to whom she was linked."""

    enrolment_id: UUID
    corrected: IdentityItems | None = Field(
        default=None, description="The member's true items, where the wrong ones led to the wrong person."
    )


class UnlinkAnswer(EnrolmentAnswer):
    """The enrolment's new state, and the facilities that were answered with it for the wrong person."""

    mismatch: Mismatch
    correction_list: list[AffectedFacility]


class ChangeEvent(Answer):
    """A version of an enrolment that has become known (`opened`), or is no longer what is known (`closed`)."""

    event: str = Field(description="`opened` or `closed`.")
    enrolment_id: str
    revision: int
    kind: str = Field(description="Of the revision: `single`, `file` or `undo`.")
    known_from: datetime


class Changes(Answer):
    """`GET /v1/changes?after=CURSOR&limit=`: what has changed among the insurer's members, in the order of publishing."""

    changes: list[ChangeEvent]
    has_more: bool = Field(description="Whether there is a next page already.")
    next: str | None = Field(
        description="Where to go on, now or later; None as long as nothing has happened."
    )


class RegistrationDelay(Answer):
    """From the first insured day (00:00 in Japan) until the fund showed it, in hours; registered ahead counts as 0."""

    enrolments: int
    median_hours: float | None
    p95_hours: float | None


class Statistics(Answer):
    """`GET /v1/statistics`: how the insurer's registration serves its members at the desks."""

    registration_delay: RegistrationDelay = Field(description="New enrolments of the last 90 days.")
    look_ups: dict[str, int] = Field(
        description="Look-ups of members in the last 30 days by outcome: validity (OQSCD006), or the code of a refusal."
    )


class PaperCertificateNeed(MemberSummary):
    """A current member without a valid bound certificate, who needs a 資格確認書."""

    new_since: bool = Field(
        description="Whether she was not on the list when `since_month` began: not insured, not known, or with a good card then."
    )


class PaperCertificates(Answer):
    """`GET /v1/paper-certificates?after=CURSOR&since_month=YYYY-MM`: a page may be short, or empty, and still have a next one."""

    since: date = Field(description="The day against which `new_since` compares.")
    members: list[PaperCertificateNeed]
    next: str | None = Field(description="Cursor of the next page; None at the end.")
