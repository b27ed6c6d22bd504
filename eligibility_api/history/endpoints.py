"""HTTP: the resources of a history, below the address of each kind of permit."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response
from pydantic import AwareDatetime
from pydantic_core import to_json

from eligibility_api.clients.caller import Caller
from eligibility_api.clients.operator import Operator, current_operator
from eligibility_api.consent.access_check import CONSENT_BASES
from eligibility_api.contract.consent import CONSENTS_PATH, Basis
from eligibility_api.contract.emergency import DISASTER_PATH, EMERGENCIES_PATH
from eligibility_api.contract.emergency_summary import Extent
from eligibility_api.contract.history import (
    Diagnoses,
    Grouping,
    HealthCheckups,
    HistoryResource,
    Medications,
    Treatments,
)
from eligibility_api.contract.tickets import Month
from eligibility_api.contract.wire import InstitutionCode
from eligibility_api.dependencies import current_caller
from eligibility_api.domain import dates
from eligibility_api.history import service
from eligibility_api.history.payloads import HistoryPageDict
from eligibility_api.history.service import HistoryQuery, HistoryRequest, PermitReference
from eligibility_api.state import State, current_state
from eligibility_api.web.busy_routes import busy
from eligibility_api.web.problems import problem_responses

MAX_ROWS, DEFAULT_ROWS = 500, 200
"""Rows per page."""

_MAX_CURSOR_LENGTH = 200

_COST = 12
"""Between that of a patient of whom nothing is known, and that of one with claims."""

_REFUSALS = problem_responses(
    "token-invalid",
    "client-closed",
    "right-missing",
    "consent-missing",
    "consent-other-facility",
    "consent-withdrawn",
    "consent-expired",
    "consent-not-yet",
    "consent-category",
    "role-not-permitted",
    "staff-not-authorised",
    "card-not-usable",
    "history-months",
    "known-at-out-of-range",
    "cursor-invalid",
    "request-invalid",
    "database-unavailable",
)

CurrentCaller = Annotated[Caller, Depends(current_caller)]
CurrentOperator = Annotated[Operator, Depends(current_operator)]
CurrentState = Annotated[State, Depends(current_state)]


def _month(text: str | None) -> date | None:
    return dates.parse_month(text) if text is not None else None


async def _query(
    from_month: Annotated[
        Month | None, Query(description="First month of treatment; default: 60 months before the last one.")
    ] = None,
    to_month: Annotated[Month | None, Query(description="Last month; default: the current month.")] = None,
    known_at: Annotated[
        AwareDatetime | None, Query(description="Transaction time: as known at this instant; default: now.")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_ROWS, description="Rows per page.")] = DEFAULT_ROWS,
    after: Annotated[
        str | None,
        Query(
            max_length=_MAX_CURSOR_LENGTH,
            description="`next` of the previous page; all other parameters as for that page.",
        ),
    ] = None,
) -> HistoryQuery:
    """The requested part of a history."""
    return HistoryQuery(_month(from_month), _month(to_month), known_at, limit, after)


DEFAULT_QUERY = HistoryQuery(None, None, None, DEFAULT_ROWS, None)
"""The query of a request without parameters."""


async def _extent(
    extent: Annotated[
        Extent, Query(description="The full set, or the summary for emergencies (rule W13).")
    ] = Extent.FULL,
) -> Extent:
    return extent


async def _full() -> Extent:
    return Extent.FULL


CurrentQuery = Annotated[HistoryQuery, Depends(_query)]
Group = Annotated[Grouping, Query(description="How medicines are grouped.")]
Prescriber = Annotated[
    InstitutionCode | None, Query(description="Only medicines of this prescribing institution.")
]


def _respond(answer: HistoryPageDict) -> Response:
    # Built by the rules from typed values: serialised once, not validated again.
    return Response(to_json(answer), media_type="application/json")


def history_router(address: str, bases: frozenset[Basis]) -> APIRouter:
    """The resources below `address`, for permits of these bases."""
    router = APIRouter(prefix=f"{address}/{{permit_id}}", tags=["history"], responses=_REFUSALS)

    extent_of = Depends(_extent if Basis.EMERGENCY in bases else _full)

    async def history_request(
        permit_id: UUID,
        query: CurrentQuery,
        caller: CurrentCaller,
        operator: CurrentOperator,
        extent: Extent = extent_of,
    ) -> HistoryRequest:
        asked = replace(query, extent=extent)
        return HistoryRequest(caller, PermitReference(permit_id, bases), operator, asked)

    current_request = Depends(history_request)

    @router.get(f"/{HistoryResource.MEDICATIONS}", summary="Medicines (薬剤情報)", response_model=Medications)
    @busy(cost=_COST, continues_visit=True)
    async def medications(
        state: CurrentState,
        group: Group = Grouping.NONE,
        prescriber: Prescriber = None,
        request: HistoryRequest = current_request,
    ) -> Response:
        """Medicines from claims, newest first.

        With the category `prescription` also prescriptions and dispensings recorded at once, until their
        claim arrives. Overlaps are marked: the same ingredient from another prescriber for overlapping
        days.
        """
        return _respond(await service.medications(state, request, group, prescriber))

    @router.get(f"/{HistoryResource.TREATMENTS}", summary="Treatments (診療情報)", response_model=Treatments)
    @busy(cost=_COST, continues_visit=True)
    async def treatments(state: CurrentState, request: HistoryRequest = current_request) -> Response:
        """Days of visit, and the listed kinds of acts, from medical claims; surgery is a resource of its own."""
        return _respond(await service.treatments(state, request, HistoryResource.TREATMENTS))

    @router.get(f"/{HistoryResource.SURGERIES}", summary="Surgery (手術情報)", response_model=Treatments)
    @busy(cost=_COST, continues_visit=True)
    async def surgeries(state: CurrentState, request: HistoryRequest = current_request) -> Response:
        """Acts of surgery (診療識別 50) from medical claims, with transplants and transfusions."""
        return _respond(await service.treatments(state, request, HistoryResource.SURGERIES))

    @router.get(f"/{HistoryResource.DIAGNOSES}", summary="Diagnoses (傷病名)", response_model=Diagnoses)
    @busy(cost=_COST, continues_visit=True)
    async def diagnoses(state: CurrentState, request: HistoryRequest = current_request) -> Response:
        """Empty: diagnoses of claims are not shared, and there is no other provider of this information."""
        return _respond(await service.diagnoses(state, request))

    @router.get(
        f"/{HistoryResource.HEALTH_CHECKUPS}",
        summary="Health check-ups (特定健診)",
        response_model=HealthCheckups,
    )
    @busy(cost=_COST, continues_visit=True)
    async def health_checkups(state: CurrentState, request: HistoryRequest = current_request) -> Response:
        """Check-ups whose day is in the requested months."""
        return _respond(await service.health_checkups(state, request))

    return router


HISTORY_ROUTERS = {
    bases: history_router(address, bases)
    for address, bases in (
        (CONSENTS_PATH, CONSENT_BASES),
        (EMERGENCIES_PATH, frozenset({Basis.EMERGENCY})),
        (DISASTER_PATH, frozenset({Basis.DISASTER})),
    )
}
"""The routers by the bases of the permits under their address."""

router = APIRouter()
for _router in HISTORY_ROUTERS.values():
    router.include_router(_router)
