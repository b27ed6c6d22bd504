"""A thin typed client for facilities' programs: one method per call of the interface.

Failures are raised as described in `fund_caller.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from typing import TypeVar
from uuid import UUID

from pydantic import TypeAdapter

from eligibility_api.contract.batches import BATCHES_PATH, BatchAnswer, BatchRequest, BatchResult
from eligibility_api.contract.codes import Care, Purpose
from eligibility_api.contract.consent import (
    CONSENTS_PATH,
    OWN_PAGE_CONSENTS_PATH,
    ConsentAnswer,
    ConsentChallengeAnswer,
    ConsentChallengeRequest,
    ConsentEnd,
    ConsentList,
    ConsentRequest,
    ConsentStatus,
    OwnPageConsents,
)
from eligibility_api.contract.duplicate_checks import (
    DUPLICATE_CHECKS_PATH,
    DuplicateCheckAnswer,
    DuplicateCheckRequest,
)
from eligibility_api.contract.eligibility import (
    CardCheckRequest,
    EligibilityAnswer,
    NumberCheckRequest,
    UnchangedAnswer,
    VisualCheckRequest,
)
from eligibility_api.contract.emergency import (
    DISASTER_PATH,
    DISASTER_SEARCHES_PATH,
    EMERGENCIES_PATH,
    DisasterPermitRequest,
    DisasterSearch,
    EmergencyRequest,
    FoundPerson,
    PermitAnswer,
)
from eligibility_api.contract.fund_caller import Model
from eligibility_api.contract.history import (
    Diagnoses,
    HealthCheckups,
    HistoryPage,
    HistoryResource,
    Medications,
    Treatments,
)
from eligibility_api.contract.history_query import FULL_HISTORY, Accessor, HistoryQuery, Staff
from eligibility_api.contract.notice import NOTICE_PATH, StatusNotice
from eligibility_api.contract.own_access import OWN_ACCESS_PATH, OwnAccessAnswer, OwnAccessRequest
from eligibility_api.contract.prescriptions import (
    DispensingRequest,
    EntryAnswer,
    OnSiteRequest,
    PrescriptionRequest,
)
from eligibility_api.contract.presence import ChallengeAnswer, ChallengeRequest
from eligibility_api.contract.readiness import READINESS_PATH, Readiness
from eligibility_api.contract.references import (
    ReferenceAnswer,
    ReferenceAnswers,
    ReferenceRegistration,
    ReferenceRegistrations,
)
from eligibility_api.contract.registration import RegistrationAnswer, RegistrationRequest
from eligibility_api.contract.tickets import TICKETS_PATH, TicketRecipient, TicketRecipients
from eligibility_api.contract.webhook_calls import WebhookCalls

_ELIGIBILITY: TypeAdapter[EligibilityAnswer | UnchangedAnswer] = TypeAdapter(
    EligibilityAnswer | UnchangedAnswer
)
_BATCH_RESULT = TypeAdapter(BatchResult)

Paged = TypeVar("Paged", bound=HistoryPage)
Listed = TypeVar("Listed", ConsentList, TicketRecipients)


class FundClient(WebhookCalls):
    """Calls of one admitted client. A context manager; not safe for concurrent use by several threads."""

    def readiness(self) -> Readiness:
        """Whether the fund can decide card checks now, and whether its revocation information is fresh."""
        return self._read(Readiness, self._send(READINESS_PATH, method="GET"))

    def status_notice(self) -> StatusNotice:
        """The state of the fund, and its next planned downtime."""
        return self._read(StatusNotice, self._send(NOTICE_PATH, method="GET"))

    def challenge(self, purpose: Purpose) -> ChallengeAnswer:
        """A new challenge for `purpose`."""
        return self._call(ChallengeAnswer, "/v1/presence/challenges", ChallengeRequest(purpose=purpose))

    def check_card(self, request: CardCheckRequest) -> EligibilityAnswer | UnchangedAnswer:
        """Eligibility by a card's proof, with the PIN or, for a `VisualCheckRequest`, without it."""
        visual = isinstance(request, VisualCheckRequest)
        path = "/v1/eligibility/visual-check" if visual else "/v1/eligibility/card"
        return self._read(_ELIGIBILITY, self._post(path, request))

    def check_number(self, request: NumberCheckRequest) -> EligibilityAnswer | UnchangedAnswer:
        """Eligibility by the numbers of a certificate."""
        return self._read(_ELIGIBILITY, self._post("/v1/eligibility/number", request))

    def answer_record(self, record_id: str) -> EligibilityAnswer | UnchangedAnswer:
        """An earlier answer to this terminal's facility, by its record."""
        path = f"/v1/eligibility/answers/{record_id}"
        return self._read(_ELIGIBILITY, self._send(path, method="GET", token=self.sign_in()))

    def register_reference(self, request: ReferenceRegistration) -> ReferenceAnswer:
        """Register the facility's own number for a person."""
        return self._call(ReferenceAnswer, "/v1/reference-numbers", request)

    def register_references(self, request: ReferenceRegistrations) -> ReferenceAnswers:
        """Register many, each on its own."""
        return self._call(ReferenceAnswers, "/v1/reference-numbers/bulk", request)

    def start_batch(self, request: BatchRequest) -> BatchAnswer:
        """Submit a batch of look-ups by number."""
        return self._call(BatchAnswer, BATCHES_PATH, request)

    def batch_status(self, batch_id: str) -> BatchAnswer:
        """The state of a batch."""
        return self._get(BatchAnswer, f"{BATCHES_PATH}/{batch_id}")

    def batch_results(self, batch_id: str, *, after: int = 0) -> Iterator[BatchResult]:
        """The available results after row `after`; call again for the rest."""
        path = f"{BATCHES_PATH}/{batch_id}/results"
        while True:
            page = self._send(path, method="GET", query={"after": after}, token=self.sign_in())
            for line in page.content.splitlines():
                result = self._parsed(_BATCH_RESULT, line, page)
                after = result.row
                yield result
            if not page.content or "next" not in page.links:
                return

    def register(self, request: RegistrationRequest) -> RegistrationAnswer:
        """The first registration of a card."""
        return self._call(RegistrationAnswer, "/v1/registrations", request)

    def own_access(self, request: OwnAccessRequest) -> OwnAccessAnswer:
        """A one-time code for the card's holder."""
        return self._call(OwnAccessAnswer, OWN_ACCESS_PATH, request)

    def consent_challenge(self, request: ConsentChallengeRequest) -> ConsentChallengeAnswer:
        """The parts of a consent's statement, and the challenge to sign with it."""
        return self._call(ConsentChallengeAnswer, f"{CONSENTS_PATH}/challenges", request)

    def consent(self, request: ConsentRequest) -> ConsentAnswer:
        """Register a consent that a card signed."""
        return self._call(ConsentAnswer, CONSENTS_PATH, request)

    def own_page_consents(self, identified_by: str) -> OwnPageConsents:
        """What a person consented to on her own page, at this facility. `identified_by`: an answer's `record_id`."""
        return self._get(OwnPageConsents, OWN_PAGE_CONSENTS_PATH, identified_by=identified_by)

    def consent_status(self, consent_id: UUID) -> ConsentStatus:
        """The status of a consent of this facility."""
        return self._get(ConsentStatus, f"{CONSENTS_PATH}/{consent_id}")

    def consents(self, care: Care, first: date, last: date, by: Staff) -> Iterator[ConsentStatus]:
        """The facility's consents for care at home or online registered on these days, oldest first, lazily."""
        query = {"care": care.value, "given_from": first.isoformat(), "given_to": last.isoformat()}
        for page in self._listed(ConsentList, CONSENTS_PATH, query, by):
            yield from page.consents

    def ticket_recipients(self, month: str, by: Staff) -> Iterator[TicketRecipient]:
        """The recipients with a medical ticket for the facility in a month (YYYY-MM), lazily."""
        for page in self._listed(TicketRecipients, TICKETS_PATH, {"month": month}, by):
            yield from page.recipients

    def end_consent(self, consent_id: UUID, request: ConsentEnd) -> ConsentStatus:
        """End a consent of this facility at once."""
        return self._call(ConsentStatus, f"{CONSENTS_PATH}/{consent_id}/end", request)

    def consent_eligibility(self, accessor: Accessor) -> EligibilityAnswer:
        """Today's eligibility without the card, by a valid consent for care at home or online (再照会)."""
        path = f"{CONSENTS_PATH}/{accessor.permit_id}/eligibility"
        response = self._send(path, method="GET", headers=accessor.headers(), token=self.sign_in())
        return self._read(EligibilityAnswer, response)

    def medications(self, accessor: Accessor, query: HistoryQuery = FULL_HISTORY) -> Medications:
        """A page of the medicines."""
        return self._history(Medications, HistoryResource.MEDICATIONS, accessor, query)

    def treatments(self, accessor: Accessor, query: HistoryQuery = FULL_HISTORY) -> Treatments:
        """A page of the treatments, without surgery."""
        return self._history(Treatments, HistoryResource.TREATMENTS, accessor, query)

    def surgeries(self, accessor: Accessor, query: HistoryQuery = FULL_HISTORY) -> Treatments:
        """A page of the surgery."""
        return self._history(Treatments, HistoryResource.SURGERIES, accessor, query)

    def diagnoses(self, accessor: Accessor, query: HistoryQuery = FULL_HISTORY) -> Diagnoses:
        """A page of the diagnoses."""
        return self._history(Diagnoses, HistoryResource.DIAGNOSES, accessor, query)

    def health_checkups(self, accessor: Accessor, query: HistoryQuery = FULL_HISTORY) -> HealthCheckups:
        """A page of the health check-ups."""
        return self._history(HealthCheckups, HistoryResource.HEALTH_CHECKUPS, accessor, query)

    def pages(
        self,
        call: Callable[[Accessor, HistoryQuery], Paged],
        accessor: Accessor,
        query: HistoryQuery = FULL_HISTORY,
    ) -> Iterator[Paged]:
        """Iterate over all pages of one of the five calls above, lazily."""
        while True:
            page = call(accessor, query)
            yield page
            if page.next is None:
                return
            query = replace(query, after=page.next)

    def emergency(self, request: EmergencyRequest) -> PermitAnswer:
        """Obtain an emergency permit, without consent."""
        return self._call(PermitAnswer, EMERGENCIES_PATH, request)

    def disaster_search(self, request: DisasterSearch) -> FoundPerson:
        """Find a person and her insurance by her items or a membership, while disaster mode is on."""
        return self._call(FoundPerson, DISASTER_SEARCHES_PATH, request)

    def disaster_permit(self, request: DisasterPermitRequest) -> PermitAnswer:
        """Obtain a permit for the person found, with her consent or why there is none."""
        return self._call(PermitAnswer, DISASTER_PATH, request)

    def record_prescription(
        self, request: PrescriptionRequest, by: Staff, key: str | None = None
    ) -> EntryAnswer:
        """Record a prescription. `key`: an idempotency key; default: a new one."""
        return self._post_idempotent(EntryAnswer, "/v1/prescriptions", request, key, by.headers())

    def record_on_site(self, request: OnSiteRequest, by: Staff, key: str | None = None) -> EntryAnswer:
        """Record what the facility dispensed itself. `key`: an idempotency key; default: a new one."""
        return self._post_idempotent(EntryAnswer, "/v1/on-site-dispensings", request, key, by.headers())

    def record_dispensing(self, request: DispensingRequest, by: Staff, key: str | None = None) -> EntryAnswer:
        """Record a dispensing. `key`: an idempotency key; default: a new one."""
        return self._post_idempotent(EntryAnswer, "/v1/dispensings", request, key, by.headers())

    def check_duplicates(self, request: DuplicateCheckRequest, by: Staff) -> DuplicateCheckAnswer:
        """Check medicines before they are prescribed or dispensed."""
        response = self._send(DUPLICATE_CHECKS_PATH, body=request, headers=by.headers(), token=self.sign_in())
        return self._read(DuplicateCheckAnswer, response)

    def _listed(
        self, model: type[Listed], path: str, query: Mapping[str, str], by: Staff
    ) -> Iterator[Listed]:
        """The pages of a facility's list."""
        after: dict[str, str] = {}
        while True:
            response = self._send(
                path, method="GET", query={**query, **after}, headers=by.headers(), token=self.sign_in()
            )
            page = self._read(model, response)
            yield page
            if page.next is None:
                return
            after = {"after": page.next}

    def _history(
        self, model: type[Model], resource: HistoryResource, accessor: Accessor, query: HistoryQuery
    ) -> Model:
        path = f"{accessor.permits_path}/{accessor.permit_id}/{resource}"
        response = self._send(
            path, method="GET", query=query.query(), headers=accessor.headers(), token=self.sign_in()
        )
        return self._read(model, response)
