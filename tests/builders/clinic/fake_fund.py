"""A fake fund behind `httpx2.MockTransport`: issues tokens and challenges, verifies proofs, returns set
answers.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx2
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from pydantic import BaseModel

from eligibility_api.contract import presence
from eligibility_api.contract.client import FundClient
from eligibility_api.contract.codes import Purpose
from eligibility_api.contract.consent import CONSENTS_PATH, OWN_PAGE_CONSENTS_PATH
from eligibility_api.contract.eligibility import EligibilityAnswer, Proof
from eligibility_api.contract.errors import PROBLEM_MEDIA_TYPE, Problem, ShikakuError
from eligibility_api.contract.history import HistoryResource
from eligibility_api.contract.notice import NOTICE_PATH, Speed, StatusNotice
from eligibility_api.contract.own_access import OWN_ACCESS_PATH, OwnAccessAnswer
from eligibility_api.contract.readiness import READINESS_PATH, Readiness
from eligibility_api.contract.tickets import TICKETS_PATH
from eligibility_api.contract.tokens import Credential
from tests.builders.clinic import samples
from tests.builders.clinic.fake_batches import FakeBatches
from tests.builders.clinic.fake_consents import CONSENT, FakeConsents
from tests.builders.clinic.fake_history import FakeHistory
from tests.builders.clinic.fake_lists import FakeLists
from tests.builders.clinic.fake_permits import FakePermits

PURPOSES = {
    "/v1/eligibility/card": Purpose.ELIGIBILITY,
    "/v1/eligibility/visual-check": Purpose.VISUAL_CHECK,
    OWN_ACCESS_PATH: Purpose.OWN_ACCESS,
}
"""Of a registration: with the PIN, or by the operator that it names."""


_NO_SPEED = Speed(requests=0, p50_seconds=None, p99_seconds=None)


@dataclass
class FakeFund:
    """`failures` queues, by path, what replaces an answer: an error code, `lost` (no response), `slow`
    (none in time), `gateway` (a 502 of a proxy) or `unreadable`. `answers` are returned in turn, then always `answer`; `reference_outcomes` by the
    registered number.
    """

    answer: EligibilityAnswer = field(default_factory=samples.answer)
    failures: dict[str, list[str]] = field(default_factory=dict)
    answers: list[EligibilityAnswer] = field(default_factory=list)
    unregistered: bool = False
    scope: str = "eligibility"
    batches: FakeBatches = field(default_factory=FakeBatches)
    consents: FakeConsents = field(default_factory=FakeConsents)
    history: FakeHistory = field(default_factory=FakeHistory)
    permits: FakePermits = field(default_factory=FakePermits)
    lists: FakeLists = field(default_factory=FakeLists)
    headers: list[httpx2.Headers] = field(default_factory=list)
    reference_outcomes: dict[str, str] = field(default_factory=dict)
    drop_references: bool = False
    own_access: OwnAccessAnswer = field(default_factory=samples.own_access)
    readiness: Readiness = field(
        default_factory=lambda: Readiness(ready=True, database=True, revocation_mirror=True)
    )
    notice: StatusNotice = field(
        default_factory=lambda: StatusNotice(
            as_of=samples.NOW, parts=[], measured_seconds=0, card=_NO_SPEED, number=_NO_SPEED, downtime=None
        )
    )
    calls: list[str] = field(default_factory=list)
    bodies: list[dict[str, Any]] = field(default_factory=list)
    _challenges: dict[str, Purpose] = field(default_factory=dict)

    def transport(self) -> httpx2.MockTransport:
        return httpx2.MockTransport(self._handle)

    def client(self, credential: Credential | None = None) -> FundClient:
        known = credential or samples.credential()
        return FundClient(samples.AUDIENCE, known, clock=lambda: samples.NOW, transport=self.transport())

    def _handle(self, request: httpx2.Request) -> httpx2.Response:
        path = request.url.path
        self.calls.append(path)
        self.headers.append(request.headers)
        failures = self.failures.get(path, [])
        if failures:
            return self._fail(failures.pop(0), request)
        if path == "/v1/token":
            return _json({"access_token": "token", "expires_in": 300, "scope": self.scope})
        if request.method == "GET":
            return self._get(path, request)
        body = json.loads(request.content)
        self.bodies.append(body)
        handlers: dict[str, Callable[[dict[str, Any]], httpx2.Response]] = {
            "/v1/presence/challenges": self._challenge,
            "/v1/registrations": self._register,
            "/v1/eligibility/batches": lambda batch: _json(self.batches.start(batch)),
            OWN_ACCESS_PATH: self._own_access,
            "/v1/reference-numbers/bulk": self._reference_numbers,
            "/v1/consents/challenges": lambda asked: _model(self.consents.challenge(asked)),
            "/v1/consents": lambda request: _model(self.consents.register(request)),
            f"/v1/consents/{CONSENT}/end": lambda ended: _model(self.consents.end(ended)),
            "/v1/emergencies": lambda request: _model(self.permits.emergency(request)),
            "/v1/disaster-searches": lambda search: _model(self.permits.search(search)),
            "/v1/disaster-permits": lambda request: _model(self.permits.disaster(request)),
            "/v1/prescriptions": lambda entry: _model(self.permits.prescribe(entry)),
            "/v1/duplicate-checks": lambda asked: _model(self.permits.check_duplicates(asked)),
            "/v1/dispensings": lambda entry: _model(self.permits.dispense(entry)),
            "/v1/on-site-dispensings": lambda entry: _model(self.permits.dispense_on_site(entry)),
        }
        if not self._has_valid_proof(path, body):
            return _problem("signature-invalid")
        return handlers.get(path, self._eligibility)(body)

    @staticmethod
    def _fail(failure: str, request: httpx2.Request) -> httpx2.Response:
        if failure == "lost":
            raise httpx2.ReadError("lost", request=request)
        if failure == "slow":
            raise httpx2.ReadTimeout("slow", request=request)
        if failure == "unreadable":
            return httpx2.Response(200, text="<html>an answer of something else</html>")
        if failure == "gateway":
            return httpx2.Response(502, text="Bad Gateway")
        return _problem(failure)

    def _challenge(self, body: dict[str, Any]) -> httpx2.Response:
        challenge = f"challenge-{len(self.calls)}"
        self._challenges[challenge] = Purpose(body["purpose"])
        return _json({"challenge": challenge, "expires_at": samples.NOW.isoformat()})

    def _register(self, _: dict[str, Any]) -> httpx2.Response:
        self.unregistered = False
        registered_at = samples.NOW.isoformat()
        return _json({"already_registered": False, "registered_at": registered_at, "record_id": "record-0"})

    def _own_access(self, _: dict[str, Any]) -> httpx2.Response:
        return _problem("first-registration-needed") if self.unregistered else _model(self.own_access)

    def _eligibility(self, _: dict[str, Any]) -> httpx2.Response:
        if self.unregistered:
            return _problem("first-registration-needed")
        return _model(self._next_answer())

    def _next_answer(self) -> EligibilityAnswer:
        return self.answers.pop(0) if self.answers else self.answer

    def _get(self, path: str, request: httpx2.Request) -> httpx2.Response:
        if path == READINESS_PATH:
            return _model(self.readiness)
        if path == NOTICE_PATH:
            return _model(self.notice)
        if path == OWN_PAGE_CONSENTS_PATH:
            return _model(self.consents.given_on_own_page(request.url.params["identified_by"]))
        if path == CONSENTS_PATH:
            return _model(self.lists.list_consents(request))
        if path == TICKETS_PATH:
            return _model(self.lists.list_recipients(request))
        last = path.rsplit("/", 1)[-1]
        if last in list(HistoryResource):
            return _model(self.history.fetch(HistoryResource(last), request))
        if path.startswith("/v1/consents/"):
            return _model(self._next_answer() if last == "eligibility" else self.consents.status())
        return self._batch(path)

    def _batch(self, path: str) -> httpx2.Response:
        if path.endswith("/results"):
            return httpx2.Response(200, text=self.batches.results())
        return _json(self.batches.poll())

    def _reference_numbers(self, body: dict[str, Any]) -> httpx2.Response:
        numbers = [row["reference_number"] for row in body["registrations"]]
        outcomes = [{"outcome": self.reference_outcomes.get(number, "registered")} for number in numbers]
        if self.drop_references:
            outcomes.pop()
        return _json({"registrations": outcomes})

    def _has_valid_proof(self, path: str, body: dict[str, Any]) -> bool:
        if path == "/v1/consents":
            return self._verifies(body, self.consents.message(body))
        purpose = PURPOSES.get(path)
        if path == "/v1/registrations":
            by_face = body.get("operator") is not None
            purpose = Purpose.VISUAL_REGISTRATION if by_face else Purpose.FIRST_REGISTRATION
        return purpose is None or self._verifies(body, self._message(purpose, body["challenge"]))

    def _message(self, purpose: Purpose, challenge: str) -> bytes:
        assert self._challenges.pop(challenge) is purpose
        return presence.to_be_signed(
            purpose,
            audience=samples.AUDIENCE,
            institution_code=samples.INSTITUTION,
            terminal_id=samples.TERMINAL,
            challenge=challenge,
        )

    @staticmethod
    def _verifies(body: dict[str, Any], message: bytes) -> bool:
        proof = Proof.model_validate({name: body[name] for name in Proof.model_fields})
        try:
            _verify(proof, message)
        except (InvalidSignature, UnsupportedAlgorithm, ValueError, TypeError, x509.InvalidVersion):
            return False
        return True


def _verify(proof: Proof, message: bytes) -> None:
    key = x509.load_der_x509_certificate(proof.certificate).public_key()
    if isinstance(key, rsa.RSAPublicKey):
        key.verify(proof.signature, message, padding.PKCS1v15(), hashes.SHA256())
    else:
        assert isinstance(key, ec.EllipticCurvePublicKey)
        key.verify(proof.signature, message, ec.ECDSA(hashes.SHA384()))


def _json(body: dict[str, Any]) -> httpx2.Response:
    return httpx2.Response(200, json=body)


def _model(answer: BaseModel) -> httpx2.Response:
    return _json(answer.model_dump(mode="json"))


def _problem(code: str) -> httpx2.Response:
    problem = Problem.of(ShikakuError(code), request_id="request-1")
    content = problem.model_dump_json(exclude_none=True)
    return httpx2.Response(problem.status, content=content, headers={"content-type": PROBLEM_MEDIA_TYPE})
