"""Webhooks: an insurer or facility receives events of its own: type, time and ids (docs/webhooks.md).

What an event is about is read with the usual calls, under the rights and records of those.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import ConfigDict, Field, StringConstraints

from eligibility_api.contract.wire import Answer, RequestModel

WEBHOOKS_PATH = "/v1/webhooks"

MAX_URL_LENGTH = 500
"""Maximum characters of a target's URL."""

MAX_WEBHOOKS = 5
"""Maximum number of webhooks of one insurer or facility."""

MAX_FAILURES_PER_PAGE = 100


class EventType(StrEnum):
    """What happened. Insurers receive events of files and members, facilities those of consents and permits."""

    FILE_CHECKED = "file.checked"
    """A member file was checked, and waits for the request to publish it."""
    FILE_HELD = "file.held"
    """A member file, or the undo of one, was held: another key decides."""
    FILE_REFUSED = "file.refused"
    """A member file was refused by the check."""
    FILE_APPROVED = "file.approved"
    """Another key approved a held file or undo."""
    FILE_REJECTED = "file.rejected"
    """A file or a held undo was rejected."""
    FILE_PUBLISHED = "file.published"
    """A member file was published."""
    FILE_UNDONE = "file.undone"
    """A published file was undone: the former values are in force."""
    MISMATCH_DECIDED = "mismatch.decided"
    """The insurer confirmed a member, or unlinked it from a person."""
    MEMBER_LINKED = "member.linked"
    """The register was asked about a member again, and proposes or returns a person."""
    MEMBER_REGISTERED = "member.registered"
    """A member registered a card for insurance use for the first time."""
    MEMBER_WITHDRAWN = "member.withdrawn"
    """An enrolment was withdrawn: its values count no longer."""
    CONSENT_GIVEN = "consent.given"
    """A patient gave this facility a consent."""
    CONSENT_ENDED = "consent.ended"
    """This facility ended a consent."""
    CONSENT_WITHDRAWN = "consent.withdrawn"
    """The patient withdrew a consent on her own page."""
    PERMIT_GIVEN = "permit.given"
    """Access without consent was permitted, in an emergency or a disaster."""
    TEST = "test"
    """The owner asked for it; nothing happened."""


INSURER_EVENTS = frozenset(
    event for event in EventType if event.value.split(".")[0] in {"file", "mismatch", "member"}
)
FACILITY_EVENTS = frozenset(
    event for event in EventType if event.value.split(".")[0] in {"consent", "permit"}
)


class WebhookState(StrEnum):
    """Whether events are sent to a webhook."""

    ACTIVE = "active"
    DISABLED = "disabled"
    """Nothing was accepted for three days, or the target answered 410: what waited is listed as failed."""


Url = Annotated[str, StringConstraints(min_length=1, max_length=MAX_URL_LENGTH)]


class WebhookRequest(RequestModel):
    """`POST /v1/webhooks`: send events to this address."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"url": "http://127.0.0.1:9000/events", "events": ["file.held", "file.published"]}]
        }
    )

    url: Url = Field(description="`https`, or `http` to this machine; on the fund's list of allowed targets.")
    events: tuple[EventType, ...] | None = Field(
        default=None,
        min_length=1,
        max_length=len(EventType),
        description="Only these types; all of them if absent.",
    )


class Webhook(Answer):
    """A webhook as its owner sees it; nobody sees a secret again."""

    webhook_id: UUID
    url: str
    events: list[EventType] | None
    state: WebhookState
    created_at: datetime
    disabled_at: datetime | None = None
    disabled_because: str | None = Field(default=None, description="`failing`, or `gone` for an answer 410.")
    former_secret_until: datetime | None = Field(
        default=None, description="Until then messages are signed with the former secret too."
    )


class WebhookSecret(Answer):
    """A webhook with its new secret, which is shown this once."""

    webhook: Webhook
    secret: str = Field(description="`whsec_…`: verifies the signatures `v1`.")
    public_key: str = Field(description="`whpk_…`: verifies the signatures `v1a`.")


class Webhooks(Answer):
    """`GET /v1/webhooks`: every webhook of the caller's insurer or facility, oldest first."""

    webhooks: list[Webhook]


def _is_absent(value: object) -> bool:
    return value is None


class EventData(Answer):
    """The ids of what an event is about; those that do not apply are absent."""

    upload_id: UUID | None = Field(default=None, exclude_if=_is_absent)
    enrolment_ids: list[UUID] | None = Field(default=None, exclude_if=_is_absent)
    consent_id: UUID | None = Field(default=None, exclude_if=_is_absent)
    permit_id: UUID | None = Field(default=None, exclude_if=_is_absent)


class Event(Answer):
    """The body of a message: never a personal value."""

    type: EventType
    timestamp: datetime = Field(
        description="When it happened; `webhook-timestamp` is when the message was sent."
    )
    data: EventData


class RequestedTest(Answer):
    """`POST /v1/webhooks/{webhook_id}/test`: an event of the type `test` waits to be sent."""

    event_id: UUID = Field(description="Its `webhook-id`.")


class FailedDelivery(Answer):
    """An event that was not accepted within its time, or waited when the webhook was disabled."""

    event_id: UUID
    event: Event
    attempts: int
    last_attempt_at: datetime | None
    last_result: str | None = Field(
        description="`status-…`, `timeout`, `connection`, `address-not-allowed`, `target-not-allowed`, or `no-answer`."
    )
    failed_at: datetime


class FailedDeliveries(Answer):
    """`GET /v1/webhooks/{webhook_id}/failures`: newest first, for 30 days."""

    failures: list[FailedDelivery]
    next: str | None = Field(default=None, description="The cursor of the next page, for `after`.")
