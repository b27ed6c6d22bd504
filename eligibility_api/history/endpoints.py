"""HTTP: the look-ups, below the address of each kind of permit."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response
from pydantic import AwareDatetime
from pydantic_core import to_json

from eligibility_api.clients.caller import Caller
from eligibility_api.clients.operator import Operator, current_operator
from eligibility_api.consent.gate import CONSENTED
from eligibility_api.contract.consent import CONSENTS_PATH, Basis
from eligibility_api.contract.emergency import DISASTER_PATH, EMERGENCIES_PATH
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
from eligibility_api.history.service import Look, Part, Permit
from eligibility_api.history.told import PageTold
from eligibility_api.state import State, current_state
from eligibility_api.web.problems import problem_responses

MAX_ROWS, USUAL_ROWS = 500, 200
"""Rows of a page."""

_LONGEST_CURSOR = 200

_REFUSALS = problem_responses(
    "token-invalid",
    "client-closed",
    "right-missing",
    "consent-missing",
    "consent-other-facility",
    "consent-withdrawn",
    "consent-expired",
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

From = Annotated[Caller, Depends(current_caller)]
By = Annotated[Operator, Depends(current_operator)]
At = Annotated[State, Depends(current_state)]


def _month(text: str | None) -> date | None:
    return dates.parse_month(text) if text is not None else None


async def _part(
    from_month: Annotated[
        Month | None, Query(description="First month of treatment; without it 36 months are told.")
    ] = None,
    to_month: Annotated[Month | None, Query(description="Last month; without it the present one.")] = None,
    known_at: Annotated[
        AwareDatetime | None, Query(description="By what was known at an instant, not now.")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_ROWS, description="Rows of a page.")] = USUAL_ROWS,
    after: Annotated[
        str | None,
        Query(
            max_length=_LONGEST_CURSOR,
            description="`next` of the page before; all else as it was asked there.",
        ),
    ] = None,
) -> Part:
    """Which part of a history is asked for."""
    return Part(_month(from_month), _month(to_month), known_at, limit, after)


WHOLE = Part(None, None, None, USUAL_ROWS, None)
"""What is asked for where nothing is said."""

Asked = Annotated[Part, Depends(_part)]
Group = Annotated[Grouping, Query(description="How medicines are put together.")]
Prescriber = Annotated[
    InstitutionCode | None, Query(description="Medicines of this prescribing institution alone.")
]


def _respond(answer: PageTold) -> Response:
    # Built by the rule from typed values: serialised once, not validated again.
    return Response(to_json(answer), media_type="application/json")


def look_ups(address: str, bases: frozenset[Basis]) -> APIRouter:
    """The look-ups below `address`, by permits of these bases."""
    router = APIRouter(prefix=f"{address}/{{permit_id}}", tags=["history"], responses=_REFUSALS)

    async def looked(permit_id: UUID, part: Asked, caller: From, operator: By) -> Look:
        return Look(caller, Permit(permit_id, bases), operator, part)

    given = Depends(looked)

    @router.get(f"/{HistoryResource.MEDICATIONS}", summary="Medicines (薬剤情報)", response_model=Medications)
    async def medications(
        state: At, group: Group = Grouping.NONE, prescriber: Prescriber = None, look: Look = given
    ) -> Response:
        """Out of receipts, the newest first; with the category `prescription` also what was told at once, until its claim
        comes. Duplicates are marked: the same ingredient of another prescriber for days that overlap.
        """
        return _respond(await service.medications(state, look, group, prescriber))

    @router.get(f"/{HistoryResource.TREATMENTS}", summary="Treatments (診療情報)", response_model=Treatments)
    async def treatments(state: At, look: Look = given) -> Response:
        """Acts of treatment out of medical receipts, day by day; surgery is asked for apart."""
        return _respond(await service.treatments(state, look, surgery=False))

    @router.get(f"/{HistoryResource.SURGERIES}", summary="Surgery (手術情報)", response_model=Treatments)
    async def surgeries(state: At, look: Look = given) -> Response:
        """Acts of surgery (診療識別 50) out of medical receipts."""
        return _respond(await service.treatments(state, look, surgery=True))

    @router.get(f"/{HistoryResource.DIAGNOSES}", summary="Diagnoses (傷病名)", response_model=Diagnoses)
    async def diagnoses(state: At, look: Look = given) -> Response:
        """As each medical receipt lists them."""
        return _respond(await service.diagnoses(state, look))

    @router.get(
        f"/{HistoryResource.HEALTH_CHECKUPS}",
        summary="Health check-ups (特定健診)",
        response_model=HealthCheckups,
    )
    async def health_checkups(state: At, look: Look = given) -> Response:
        """Check-ups whose day lies in the months asked for."""
        return _respond(await service.health_checkups(state, look))

    return router


LOOK_UPS = {
    bases: look_ups(address, bases)
    for address, bases in (
        (CONSENTS_PATH, CONSENTED),
        (EMERGENCIES_PATH, frozenset({Basis.EMERGENCY})),
        (DISASTER_PATH, frozenset({Basis.DISASTER})),
    )
}
"""The look-ups by the bases of the permits that lie under their address."""

router = APIRouter()
for _look_ups in LOOK_UPS.values():
    router.include_router(_look_ups)
