"""The consents of a played fund: statements made of what was asked, signatures verified over their words."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from eligibility_api.contract.codes import Care, Category, EndReason
from eligibility_api.contract.consent import (
    UNTIL,
    Allowed,
    Basis,
    ConsentAnswer,
    ConsentChallengeAnswer,
    ConsentChallengeRequest,
    ConsentEnd,
    ConsentRequest,
    ConsentStatement,
    ConsentStatus,
    to_be_signed,
)
from tests.unit.clinic_terminal import builders

CONSENT = UUID("019ab000-0000-7000-8000-0000000000c1")
UNTIL_WHEN = builders.NOW + timedelta(hours=24)


@dataclass
class FakeConsents:
    """`says` changes the parts of a statement against what was asked, from the challenge of that number on (from 0)."""

    says: dict[int, dict[str, Any]] = field(default_factory=dict)
    given: list[ConsentRequest] = field(default_factory=list)
    messages: list[bytes] = field(default_factory=list)
    ended_by: EndReason | None = None
    _challenges: dict[str, ConsentChallengeRequest] = field(default_factory=dict)

    def challenge(self, body: dict[str, Any]) -> ConsentChallengeAnswer:
        asked = ConsentChallengeRequest.model_validate(body)
        number = len(self._challenges)
        challenge = f"consent-challenge-{number}"
        self._challenges[challenge] = asked
        parts: dict[str, Any] = {
            "language": asked.language,
            "institution_code": builders.INSTITUTION,
            "institution_name": "架空診療所",
            "categories": asked.categories,
            "care": asked.care,
            "until": UNTIL[asked.care],
        }
        return ConsentChallengeAnswer(
            challenge=challenge,
            expires_at=builders.NOW + timedelta(minutes=5),
            statement=ConsentStatement(**parts | self.says.get(number, {})),
        )

    def message(self, body: dict[str, Any]) -> bytes:
        """What must have been signed for this request; its challenge is spent by it."""
        request = ConsentRequest.model_validate(body)
        asked = self._challenges[request.challenge]
        assert request.presence_record == asked.presence_record == UUID(builders.RECORD)
        assert (request.operator is not None) is asked.visual_check
        self.given.append(request)
        self.messages.append(
            to_be_signed(
                request.statement,
                visual_check=asked.visual_check,
                audience=builders.AUDIENCE,
                terminal_id=builders.TERMINAL,
                challenge=request.challenge,
                presence_record=request.presence_record,
            )
        )
        return self.messages[-1]

    def register(self, body: dict[str, Any]) -> ConsentAnswer:
        request = ConsentRequest.model_validate(body)
        allowed = [
            Allowed(category=category, given_at=builders.NOW, available_until=UNTIL_WHEN)
            for category in request.statement.categories
        ]
        return ConsentAnswer(
            consent_id=CONSENT,
            basis=Basis.VISUAL_CHECK if request.operator else Basis.PIN,
            care=request.statement.care,
            allowed=allowed,
            record_id=builders.RECORD,
            eligibility=builders.answer(version="version-with-consent"),
        )

    def end(self, body: dict[str, Any]) -> ConsentStatus:
        self.ended_by = ConsentEnd.model_validate(body).reason
        return self.status()

    def status(self) -> ConsentStatus:
        return ConsentStatus(
            consent_id=CONSENT,
            basis=Basis.PIN,
            care=Care.OUTPATIENT,
            categories=[Category.MEDICATION, Category.PRESCRIPTION],
            given_at=builders.NOW,
            available_until=UNTIL_WHEN,
            ended_at=builders.NOW if self.ended_by else None,
            end_reason=self.ended_by,
        )
