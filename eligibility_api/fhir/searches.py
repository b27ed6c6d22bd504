"""HTTP: a consent, and the histories that it allows. Each search is one access, checked and recorded as a plain one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Final
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import JSONResponse

from eligibility_api.clients.caller import Caller
from eligibility_api.clients.operator import Operator, current_operator
from eligibility_api.consent import service as consents
from eligibility_api.consent.access_check import CONSENT_BASES
from eligibility_api.contract.history import Grouping
from eligibility_api.dependencies import current_caller
from eligibility_api.fhir.histories import (
    bundle_of,
    consent_of,
    dispenses_of,
    observations_of,
    requests_of,
)
from eligibility_api.fhir.members import Resource
from eligibility_api.history import service
from eligibility_api.history.endpoints import DEFAULT_ROWS, MAX_ROWS
from eligibility_api.history.payloads import HistoryPageDict, MedicationsDict
from eligibility_api.history.service import HistoryQuery, HistoryRequest, PermitReference
from eligibility_api.state import State, current_state
from eligibility_api.web.operation_outcomes import FHIR_MEDIA_TYPE, FHIR_PATH

MAX_CURSOR_LENGTH: Final = 200

router = APIRouter(prefix=FHIR_PATH, include_in_schema=False)

CurrentCaller = Annotated[Caller, Depends(current_caller)]
CurrentState = Annotated[State, Depends(current_state)]


@dataclass(frozen=True, slots=True)
class Search:
    """A search under a consent: the access, and the address of its pages."""

    history: HistoryRequest
    path: str

    @property
    def consent_id(self) -> UUID:
        """The consent that allows it."""
        return self.history.permit.permit_id

    def page(self, resources: list[Resource], read: HistoryPageDict) -> JSONResponse:
        """One page of the answer, with the addresses of this page and the next."""
        links = {"self": self._address(self.history.query.after)}
        if read["next"] is not None:
            links["next"] = self._address(read["next"])
        bundle = bundle_of(resources, record_id=read["record_id"], links=links)
        return JSONResponse(bundle, media_type=FHIR_MEDIA_TYPE)

    def _address(self, after: str | None) -> str:
        query = {"consent": str(self.consent_id), "_count": str(self.history.query.limit)}
        return f"{self.path}?{urlencode(query | ({'after': after} if after else {}))}"


async def _page(
    count: Annotated[int, Query(alias="_count", ge=1, le=MAX_ROWS)] = DEFAULT_ROWS,
    after: Annotated[str | None, Query(max_length=MAX_CURSOR_LENGTH)] = None,
) -> HistoryQuery:
    return HistoryQuery(None, None, None, count, after)


async def _access(
    consent: Annotated[UUID, Query(description="The consent that allows the search.")],
    caller: CurrentCaller,
    operator: Annotated[Operator, Depends(current_operator)],
    query: Annotated[HistoryQuery, Depends(_page)],
) -> HistoryRequest:
    return HistoryRequest(caller, PermitReference(consent, CONSENT_BASES), operator, query)


async def _search(
    request: Request, history: Annotated[HistoryRequest, Depends(_access)], state: CurrentState
) -> Search:
    return Search(history, (state.settings.public_url or "") + request.url.path)


CurrentSearch = Annotated[Search, Depends(_search)]


@router.get("/Consent/{consent_id}")
async def consent(consent_id: UUID, caller: CurrentCaller, state: CurrentState) -> JSONResponse:
    """A consent of the facility, also after its end."""
    status = await consents.status(state, caller, consent_id)
    return JSONResponse(consent_of(status, caller.institution()), media_type=FHIR_MEDIA_TYPE)


@router.get("/MedicationRequest")
async def medication_requests(search: CurrentSearch, state: CurrentState) -> JSONResponse:
    """Prescriptions that are not dispensed yet, as far as the fund knows."""
    page = await _medicines(state, search)
    return search.page(requests_of(page, search.consent_id), page)


@router.get("/MedicationDispense")
async def medication_dispenses(search: CurrentSearch, state: CurrentState) -> JSONResponse:
    """Medicines that were dispensed or given, newest first."""
    page = await _medicines(state, search)
    return search.page(dispenses_of(page, search.consent_id), page)


async def _medicines(state: State, search: Search) -> MedicationsDict:
    return await service.medications(state, search.history, Grouping.NONE, None)


@router.get("/Observation")
async def observations(search: CurrentSearch, state: CurrentState) -> JSONResponse:
    """The items of check-ups."""
    page = await service.health_checkups(state, search.history)
    return search.page(observations_of(page, search.consent_id), page)
