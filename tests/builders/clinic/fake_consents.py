"""The consents of the fake fund: statements built from the request, signatures verified over their text."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from eligibility_api.contract.codes import Care, Category, EndReason
from eligibility_api.contract.consent import (
    Allowed,
    Basis,
    ConsentAnswer,
    ConsentChallengeAnswer,
    ConsentChallengeRequest,
    ConsentEnd,
    ConsentRequest,
    ConsentStatement,
    ConsentStatus,
    OwnPageConsents,
    to_be_signed,
)
from eligibility_api.contract.consent_versions import STATEMENT_VERSION, until_of
from tests.builders.clinic import samples

CONSENT = UUID("019ab000-0000-7000-8000-0000000000c1")
UNTIL_WHEN = samples.NOW + timedelta(hours=24)
OWN_PAGE_CONSENT = UUID("019ab000-0000-7000-8000-0000000000c9")


def given_ahead(begins: timedelta | None = None, *categories: Category, **changes: Any) -> ConsentStatus:
    """A consent of her own page for today, or one that begins later."""
    fields: dict[str, Any] = {
        "consent_id": OWN_PAGE_CONSENT,
        "basis": Basis.OWN_ACCESS,
        "care": Care.ONLINE,
        "categories": list(categories or (Category.MEDICATION, Category.PRESCRIPTION)),
        "given_at": samples.NOW,
        "available_from": samples.NOW + begins if begins else None,
        "available_until": samples.NOW + (begins or timedelta()) + timedelta(hours=6),
        "ended_at": None,
        "end_reason": None,
    }
    return ConsentStatus(**fields | changes)


@dataclass
class FakeConsents:
    """`changes` alters parts of the statement of the n-th challenge (from 0) against its request."""

    changes: dict[int, dict[str, Any]] = field(default_factory=dict)
    requests: list[ConsentRequest] = field(default_factory=list)
    messages: list[bytes] = field(default_factory=list)
    ended_by: EndReason | None = None
    on_own_page: list[ConsentStatus] = field(default_factory=list)
    """What `samples.RECORD`'s person consented to on her own page."""
    _challenges: dict[str, ConsentChallengeRequest] = field(default_factory=dict)

    def challenge(self, body: dict[str, Any]) -> ConsentChallengeAnswer:
        request = ConsentChallengeRequest.model_validate(body)
        number = len(self._challenges)
        challenge = f"consent-challenge-{number}"
        self._challenges[challenge] = request
        parts: dict[str, Any] = {
            "language": request.language,
            "institution_code": samples.INSTITUTION,
            "institution_name": "架空診療所",
            "categories": request.categories,
            "care": request.care,
            "until": until_of(STATEMENT_VERSION, request.care, request.day),
            "day": request.day,
        }
        return ConsentChallengeAnswer(
            challenge=challenge,
            expires_at=samples.NOW + timedelta(minutes=5),
            statement=ConsentStatement(**parts | self.changes.get(number, {})),
        )

    def message(self, body: dict[str, Any]) -> bytes:
        """The bytes that must have been signed for this request."""
        request = ConsentRequest.model_validate(body)
        asked = self._challenges[request.challenge]
        assert request.presence_record == asked.presence_record == UUID(samples.RECORD)
        assert (request.operator is not None) is asked.visual_check
        self.requests.append(request)
        self.messages.append(
            to_be_signed(
                request.statement,
                visual_check=asked.visual_check,
                audience=samples.AUDIENCE,
                terminal_id=samples.TERMINAL,
                challenge=request.challenge,
                presence_record=request.presence_record,
            )
        )
        return self.messages[-1]

    def register(self, body: dict[str, Any]) -> ConsentAnswer:
        request = ConsentRequest.model_validate(body)
        allowed = [
            Allowed(category=category, given_at=samples.NOW, available_until=UNTIL_WHEN)
            for category in request.statement.categories
        ]
        return ConsentAnswer(
            consent_id=CONSENT,
            basis=Basis.VISUAL_CHECK if request.operator else Basis.PIN,
            care=request.statement.care,
            allowed=allowed,
            record_id=samples.RECORD,
            eligibility=samples.answer(version="version-with-consent"),
        )

    def given_on_own_page(self, identified_by: str) -> OwnPageConsents:
        found = self.on_own_page if identified_by == samples.RECORD else []
        return OwnPageConsents(consents=found, record_id=samples.RECORD)

    def end(self, body: dict[str, Any]) -> ConsentStatus:
        self.ended_by = ConsentEnd.model_validate(body).reason
        return self.status()

    def status(self) -> ConsentStatus:
        return ConsentStatus(
            consent_id=CONSENT,
            basis=Basis.PIN,
            care=Care.OUTPATIENT,
            categories=[Category.MEDICATION, Category.PRESCRIPTION],
            given_at=samples.NOW,
            available_until=UNTIL_WHEN,
            ended_at=samples.NOW if self.ended_by else None,
            end_reason=self.ended_by,
        )
