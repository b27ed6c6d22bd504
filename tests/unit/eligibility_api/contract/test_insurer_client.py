"""The insurers' client: routes, and idempotency keys of changes."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import httpx2
import pytest
from joserfc.jwk import ECKey

from eligibility_api.contract import examples
from eligibility_api.contract.checkups import CheckupsRequest
from eligibility_api.contract.claims import ClaimsState
from eligibility_api.contract.enrolment import (
    IDEMPOTENCY_KEY,
    BranchRequest,
    CorrectionRequest,
    EndRequest,
    EnrolmentRequest,
    MoveRequest,
    WithdrawRequest,
)
from eligibility_api.contract.insurer_client import InsurerClient
from eligibility_api.contract.insurer_ops import (
    DeregistrationRequest,
    MemberSearch,
    PaperApplicationReason,
    PaperApplicationRequest,
    UnlinkRequest,
)
from eligibility_api.contract.tokens import Credential

NOW = datetime(2026, 4, 1, 9, 0, tzinfo=UTC)
ENROLMENT = UUID(int=1)
CHANGED: dict[str, Any] = {
    "enrolment_id": str(ENROLMENT),
    "match": "one",
    "known_from": "2026-04-01T09:00:00Z",
    "acquired_on": "2024-04-01",
    "lost_on": None,
    "mismatch": "none",
    "correction_list": [],
}
FILE = {"file_id": str(ENROLMENT), "state": "received", "received_at": "2026-04-01T09:00:00Z", "size": 9}
CHECKUPS = {"accepted": 1, "unmatched": 0, "known_from": "2026-04-01T09:00:00Z"}
PAGE = {
    "mismatches": [],
    "changes": [],
    "members": [],
    "since": "2026-03-01",
    "has_more": False,
    "next": None,
}
FIGURES = {
    "registration_delay": {"enrolments": 0, "median_hours": None, "p95_hours": None},
    "look_ups": {"1": 3},
}

APPLICATION = {
    "enrolment_id": str(ENROLMENT),
    "reason": "card-lost",
    "applied_at": "2026-04-01T09:00:00Z",
    "withdrawn_at": "2026-04-02T09:00:00Z",
}

ANSWERS: dict[str, Any] = {
    "/v1/paper-certificates/applications": APPLICATION,
    "/v1/paper-certificates/applications/withdraw": APPLICATION,
    "/v1/deregistrations": {"enrolment_id": str(ENROLMENT), "last_day": "2026-05-31"},
    "/v1/deregistrations/withdraw": {"enrolment_id": str(ENROLMENT)},
    "/v1/statistics": FIGURES,
    "/v1/claims": FILE,
    f"/v1/claims/{ENROLMENT}": FILE,
    f"/v1/claims/{ENROLMENT}/faults": {"faults": [], "next": None},
    "/v1/health-checkups": CHECKUPS,
    "/v1/members/search": {"members": [], "has_more": False},
    f"/v1/members/{ENROLMENT}": {
        "enrolment_id": str(ENROLMENT),
        "insurer_number": "01130012",
        "versions": [],
    },
}


@dataclass
class RecordingFund:
    """A fund that answers anything, and what it fund."""

    requests: list[httpx2.Request] = field(default_factory=list)

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        if request.url.path == "/v1/token":
            return httpx2.Response(200, json={"access_token": "t", "expires_in": 300, "scope": "enrolment"})
        self.requests.append(request)
        answer = ANSWERS.get(request.url.path) or (PAGE if request.method == "GET" else CHANGED)
        return httpx2.Response(200, json=answer)

    def client(self) -> InsurerClient:
        credential = Credential(
            client_id="insurer-1",
            audience="urn:shikaku:test",
            private_key=dict(ECKey.generate_key("P-256").as_dict(private=True)),
        )
        transport = httpx2.MockTransport(self)
        return InsurerClient("http://127.0.0.1:8400", credential, clock=lambda: NOW, transport=transport)


Change = Callable[[InsurerClient, str | None], Any]
CHANGES: dict[str, Change] = {
    "/v1/enrolments": lambda c, key: c.enrol(EnrolmentRequest.model_validate(examples.MEMBER), key),
    "/v1/enrolments/end": lambda c, key: c.end_enrolment(EndRequest.model_validate(examples.END), key),
    "/v1/enrolments/correct": lambda c, key: c.correct_enrolment(
        CorrectionRequest.model_validate(examples.CORRECTION), key
    ),
    "/v1/enrolments/move": lambda c, key: c.change_address(MoveRequest.model_validate(examples.MOVE), key),
    "/v1/enrolments/branch": lambda c, key: c.change_branch(
        BranchRequest.model_validate(examples.BRANCH), key
    ),
    "/v1/enrolments/withdraw": lambda c, key: c.withdraw_enrolment(
        WithdrawRequest.model_validate(examples.MEMBERSHIP_KEY), key
    ),
    "/v1/mismatches/confirm": lambda c, key: c.confirm_mismatch(ENROLMENT, key),
    "/v1/enrolments/unlink": lambda c, key: c.unlink_person(UnlinkRequest(enrolment_id=ENROLMENT), key),
}
each_change = pytest.mark.parametrize("path", CHANGES)


@each_change
def test_every_change_carries_a_new_idempotency_key(path: str) -> None:
    fund = RecordingFund()
    with fund.client() as client:
        answers = [CHANGES[path](client, None) for _ in range(2)]
    assert [request.url.path for request in fund.requests] == [path] * 2
    assert len({request.headers[IDEMPOTENCY_KEY] for request in fund.requests}) == 2
    assert {answer.enrolment_id for answer in answers} == {str(ENROLMENT)}


@each_change
def test_a_repeated_call_carries_the_callers_key(path: str) -> None:
    fund = RecordingFund()
    with fund.client() as client:
        CHANGES[path](client, "my-key")
    (request,) = fund.requests
    assert request.headers[IDEMPOTENCY_KEY] == "my-key"
    assert json.loads(request.content)


def test_lists_are_fetched_page_by_page() -> None:
    fund = RecordingFund()
    with fund.client() as client:
        assert client.mismatches().next is None
        client.changes(after="cursor", limit=5)
        assert client.search_members(MemberSearch(number="7701")).members == []
        assert client.member(ENROLMENT).versions == []
        assert client.paper_certificates(after="cursor", since_month="2026-03").since == date(2026, 3, 1)
        assert client.statistics().look_ups == {"1": 3}
    assert [(r.method, str(r.url.path), dict(r.url.params)) for r in fund.requests] == [
        ("GET", "/v1/mismatches", {}),
        ("GET", "/v1/changes", {"after": "cursor", "limit": "5"}),
        ("POST", "/v1/members/search", {}),
        ("GET", f"/v1/members/{ENROLMENT}", {}),
        ("GET", "/v1/paper-certificates", {"after": "cursor", "since_month": "2026-03"}),
        ("GET", "/v1/statistics", {}),
    ]


def test_what_a_member_asks_about_her_card_is_sent_and_withdrawn() -> None:
    fund = RecordingFund()
    application = PaperApplicationRequest(enrolment_id=ENROLMENT, reason=PaperApplicationReason.CARD_LOST)
    deregistration = DeregistrationRequest(enrolment_id=ENROLMENT)
    with fund.client() as client:
        assert client.apply_for_paper(application).applied_at.day == 1
        assert client.withdraw_paper_application(application).withdrawn_at.day == 2
        assert client.deregister(deregistration).last_day == date(2026, 5, 31)
        assert client.withdraw_deregistration(deregistration).enrolment_id == str(ENROLMENT)
    applied, asked = {"enrolment_id": str(ENROLMENT), "reason": "card-lost"}, {"enrolment_id": str(ENROLMENT)}
    assert [(r.method, r.url.path, json.loads(r.content)) for r in fund.requests] == [
        ("POST", "/v1/paper-certificates/applications", applied),
        ("POST", "/v1/paper-certificates/applications/withdraw", applied),
        ("POST", "/v1/deregistrations", asked),
        ("POST", "/v1/deregistrations/withdraw", asked),
    ]


def test_a_claim_file_is_streamed_and_its_status_fetched() -> None:
    fund = RecordingFund()
    with fund.client() as client:
        assert client.send_claims([b"IR,1", b",13\r\n"]).state is ClaimsState.RECEIVED
        client.claims_status(str(ENROLMENT))
        assert client.claims_faults(str(ENROLMENT), after="7").next is None
        assert client.send_checkups(CheckupsRequest.model_validate(examples.CHECKUPS)).accepted == 1
    sent = fund.requests[0]
    assert (sent.headers["Content-Type"], sent.content) == ("application/octet-stream", b"IR,1,13\r\n")
    assert [(r.method, str(r.url.path), dict(r.url.params)) for r in fund.requests] == [
        ("POST", "/v1/claims", {}),
        ("GET", f"/v1/claims/{ENROLMENT}", {}),
        ("GET", f"/v1/claims/{ENROLMENT}/faults", {"after": "7"}),
        ("POST", "/v1/health-checkups", {}),
    ]
