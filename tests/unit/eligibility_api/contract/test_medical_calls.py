"""The client's calls for consents, histories, prescriptions and emergencies: routes, headers, pages, keys."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any
from urllib.parse import unquote
from uuid import UUID

import httpx2
import pytest
from pydantic import BaseModel

from eligibility_api.contract import examples
from eligibility_api.contract.client import FundClient
from eligibility_api.contract.codes import Care, EndReason, Role
from eligibility_api.contract.consent import ConsentChallengeRequest, ConsentEnd, ConsentRequest
from eligibility_api.contract.emergency import (
    EMERGENCIES_PATH,
    DisasterPermitRequest,
    DisasterSearch,
    EmergencyRequest,
)
from eligibility_api.contract.examples import ELIGIBILITY
from eligibility_api.contract.history import Grouping
from eligibility_api.contract.history_query import Accessor, HistoryQuery, Staff
from eligibility_api.contract.prescriptions import DispensingRequest, OnSiteRequest, PrescriptionRequest
from tests.unit.eligibility_api.contract.client_ends import NOW, client_at

CONSENT = UUID("019ab000-0000-7000-8000-0000000000c1")
DOCTOR = Staff(Role.DOCTOR, "見本　医師")
CONSENT_PATH = f"/v1/consents/{CONSENT}"
PAGE: dict[str, Any] = {
    "record_id": "r-1",
    "answered_at": "2026-04-01T09:00:00Z",
    "available_until": None,
    "from_month": "2025-04",
    "to_month": "2026-04",
    "total": 0,
    "next": None,
}
STATUS: dict[str, Any] = {
    "consent_id": str(CONSENT),
    "basis": "pin",
    "care": "1",
    "categories": ["medication"],
    "given_at": "2026-04-01T09:00:00Z",
    "available_until": None,
    "ended_at": None,
    "end_reason": None,
}
PERMIT: dict[str, Any] = {
    "permit_id": str(CONSENT),
    "categories": ["medication"],
    "given_at": "2026-04-01T09:00:00Z",
    "available_until": "2026-04-02T09:00:00Z",
    "record_id": "r-1",
    "notice": "on record",
}
ENTRY: dict[str, Any] = {
    "entry_id": str(CONSENT),
    "record_id": "r-1",
    "known_from": "2026-04-01T09:00:00Z",
}
STATEMENT = examples.CONSENT["statement"]


class RecordingFund:
    """A fund that gives `answers` one after another, and keeps what came."""

    def __init__(self, *answers: dict[str, Any]) -> None:
        self.answers = list(answers)
        self.came: list[httpx2.Request] = []

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        if request.url.path == "/v1/token":
            return httpx2.Response(200, json={"access_token": "token", "expires_in": 300, "scope": ""})
        self.came.append(request)
        return httpx2.Response(200, json=self.answers.pop(0))


@pytest.mark.parametrize(
    ("call", "route", "answer"),
    [
        (
            lambda c: c.consent_challenge(ConsentChallengeRequest.model_validate(examples.CONSENT_CHALLENGE)),
            "POST /v1/consents/challenges",
            {"challenge": "c", "expires_at": "2026-04-01T09:05:00Z", "statement": STATEMENT},
        ),
        (
            lambda c: c.consent(ConsentRequest.model_validate(examples.CONSENT)),
            "POST /v1/consents",
            {
                "consent_id": str(CONSENT),
                "basis": "pin",
                "care": "1",
                "allowed": [],
                "record_id": "r-1",
                "eligibility": ELIGIBILITY,
            },
        ),
        (lambda c: c.consent_status(CONSENT), f"GET {CONSENT_PATH}", STATUS),
        (
            lambda c: c.end_consent(CONSENT, ConsentEnd(reason=EndReason.BY_PATIENT)),
            f"POST {CONSENT_PATH}/end",
            STATUS,
        ),
        (lambda c: c.consent_eligibility(Accessor(CONSENT)), f"GET {CONSENT_PATH}/eligibility", ELIGIBILITY),
        (
            lambda c: c.medications(Accessor(CONSENT)),
            f"GET {CONSENT_PATH}/medications",
            PAGE | {"medicines": [], "groups": []},
        ),
        (
            lambda c: c.treatments(Accessor(CONSENT)),
            f"GET {CONSENT_PATH}/treatments",
            PAGE | {"treatments": []},
        ),
        (
            lambda c: c.surgeries(Accessor(CONSENT)),
            f"GET {CONSENT_PATH}/surgeries",
            PAGE | {"treatments": []},
        ),
        (lambda c: c.diagnoses(Accessor(CONSENT)), f"GET {CONSENT_PATH}/diagnoses", PAGE | {"diagnoses": []}),
        (
            lambda c: c.health_checkups(Accessor(CONSENT, permits_path=EMERGENCIES_PATH)),
            f"GET /v1/emergencies/{CONSENT}/health-checkups",
            PAGE | {"checkups": []},
        ),
        (
            lambda c: c.emergency(EmergencyRequest.model_validate(examples.EMERGENCY)),
            "POST /v1/emergencies",
            PERMIT | {"basis": "emergency"},
        ),
        (
            lambda c: c.disaster_search(DisasterSearch.model_validate(examples.DISASTER_SEARCH)),
            "POST /v1/disaster-searches",
            {"record_id": PERMIT["record_id"], "memberships": []},
        ),
        (
            lambda c: c.disaster_permit(DisasterPermitRequest.model_validate(examples.DISASTER_PERMIT)),
            "POST /v1/disaster-permits",
            PERMIT | {"basis": "disaster"},
        ),
        (
            lambda c: c.record_prescription(
                PrescriptionRequest.model_validate(examples.PRESCRIPTION), DOCTOR
            ),
            "POST /v1/prescriptions",
            ENTRY,
        ),
        (
            lambda c: c.record_dispensing(DispensingRequest.model_validate(examples.DISPENSING), DOCTOR),
            "POST /v1/dispensings",
            ENTRY,
        ),
        (
            lambda c: c.record_on_site(OnSiteRequest.model_validate(examples.ON_SITE), DOCTOR),
            "POST /v1/on-site-dispensings",
            ENTRY,
        ),
    ],
)
def test_each_medical_call_uses_its_route_and_parses_its_response(
    call: Callable[[FundClient], BaseModel], route: str, answer: dict[str, Any]
) -> None:
    fund = RecordingFund(answer)
    with client_at(fund) as client:
        given = call(client)
    assert [f"{request.method} {request.url.path}" for request in fund.came] == [route]
    assert type(given).model_validate(answer) == given


def test_the_operator_is_in_headers_and_the_query_in_the_url() -> None:
    fund = RecordingFund(PAGE | {"medicines": [], "groups": []})
    accessor = Accessor(CONSENT, Role.PHARMACIST, "見本　薬剤師")
    wanted = HistoryQuery("2025-04", "2026-04", Grouping.DATE, "1312222225", NOW, 10)
    with client_at(fund) as client:
        client.medications(accessor, wanted)
    [request] = fund.came
    assert dict(request.url.params) == {
        "from_month": "2025-04",
        "to_month": "2026-04",
        "group": "date",
        "prescriber": "1312222225",
        "known_at": "2026-04-01T09:00:00+00:00",
        "limit": "10",
    }
    assert request.headers["Operator-Role"] == "pharmacist"
    assert unquote(request.headers["Operator-Name"]) == "見本　薬剤師"
    assert "薬剤師" not in unquote(str(request.url))


def test_the_consents_of_a_facility_are_fetched_page_by_page() -> None:
    fund = RecordingFund(
        {"consents": [STATUS], "next": "a"},
        {"consents": [], "next": "b"},
        {"consents": [STATUS], "next": None},
    )
    with client_at(fund) as client:
        found = client.consents(Care.HOME_VISIT, date(2026, 4, 1), date(2026, 4, 30), DOCTOR)
        assert next(found).consent_id == CONSENT
        assert len(fund.came) == 1
        assert [one.consent_id for one in found] == [CONSENT]
    assert {request.url.path for request in fund.came} == {"/v1/consents"}
    asked = {"care": "2", "given_from": "2026-04-01", "given_to": "2026-04-30"}
    assert [dict(request.url.params) for request in fund.came] == [
        asked,
        asked | {"after": "a"},
        asked | {"after": "b"},
    ]
    assert {request.headers["Operator-Role"] for request in fund.came} == {"doctor"}


def test_the_tickets_of_a_facility_are_fetched_page_by_page() -> None:
    answered, refused = {"answer": ELIGIBILITY, "code": None}, {"answer": None, "code": "x"}
    fund = RecordingFund({"recipients": [answered], "next": "a"}, {"recipients": [refused], "next": None})
    with client_at(fund) as client:
        found = list(client.ticket_recipients("2026-04", Staff()))
    assert [(one.answer is None, one.code) for one in found] == [(False, None), (True, "x")]
    assert [dict(request.url.params) for request in fund.came] == [
        {"month": "2026-04"},
        {"month": "2026-04", "after": "a"},
    ]
    assert {request.headers["Operator-Role"] for request in fund.came} == {"reception"}


def test_without_a_name_no_header_is_sent() -> None:
    assert Accessor(CONSENT).headers() == {"Operator-Role": "reception"}


def test_pages_are_fetched_lazily() -> None:
    pages = [PAGE | {"treatments": [], "next": after} for after in ("a", "b", None)]
    fund = RecordingFund(*pages)
    with client_at(fund) as client:
        following = client.pages(client.treatments, Accessor(CONSENT), HistoryQuery(limit=1))
        next(following)
        assert len(fund.came) == 1
        assert [page.next for page in following] == ["b", None]
    assert [request.url.params.get("after") for request in fund.came] == [None, "a", "b"]
    assert {request.url.params["limit"] for request in fund.came} == {"1"}


def test_an_entry_has_a_new_idempotency_key_unless_one_is_given() -> None:
    request = PrescriptionRequest.model_validate(examples.PRESCRIPTION)
    fund = RecordingFund(ENTRY, ENTRY, ENTRY)
    with client_at(fund) as client:
        for key in (None, None, "rx-1"):
            client.record_prescription(request, DOCTOR, key)
    keys = [came.headers["Idempotency-Key"] for came in fund.came]
    assert len(set(keys)) == 3
    assert keys[-1] == "rx-1"
    assert {came.headers["Operator-Role"] for came in fund.came} == {"doctor"}
