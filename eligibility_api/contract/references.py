"""Reference numbers (照会番号): a facility's own number for a person, returned with its later answers."""

from __future__ import annotations

from typing import Annotated

from pydantic import ConfigDict, FailFast, Field, StringConstraints

from eligibility_api.contract import examples
from eligibility_api.contract.membership import StatedMembership
from eligibility_api.contract.wire import Answer, Day, Row, Text

MAX_REGISTRATIONS = 1_000

ReferenceNumber = Annotated[Text, StringConstraints(min_length=1, max_length=50)]


class ReferenceRegistration(Row, StatedMembership):
    """`POST /v1/reference-numbers`: the facility's number for this membership's person.

    A later one replaces it. The real message has no birth date: without it the membership alone must belong to
    one person, which for a family needs the branch.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [examples.REFERENCE]})

    birth_date: Day | None = Field(
        default=None, description="Without it several persons may match: `reference-several-found`."
    )
    reference_number: ReferenceNumber


class ReferenceRegistrations(Row):
    """`POST /v1/reference-numbers/bulk`: many registrations, each processed independently."""

    registrations: Annotated[
        tuple[ReferenceRegistration, ...], FailFast(), Field(min_length=1, max_length=MAX_REGISTRATIONS)
    ]


class ReferenceAnswer(Answer):
    """The outcome of one registration.

    It is `registered`, or the catalogue's code (`reference-not-found`, `reference-several-found`).
    """

    outcome: str


class ReferenceAnswers(Answer):
    """The outcome of each registration, in their order."""

    registrations: list[ReferenceAnswer]
