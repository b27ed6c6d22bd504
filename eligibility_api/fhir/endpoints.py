"""HTTP: FHIR R4 beside the plain interface. Services, limits, rights and records are those of the plain endpoints.

The interface describes itself by its CapabilityStatement; it is not part of the OpenAPI document.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse

from eligibility_api.clients.caller import Caller
from eligibility_api.contract.codes import Right
from eligibility_api.contract.eligibility import CardCheckRequest, EligibilityAnswer
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.dependencies import current_caller, rights_first
from eligibility_api.eligibility import service
from eligibility_api.fhir import searches, subscriptions
from eligibility_api.fhir.capability import capability_statement, smart_configuration
from eligibility_api.fhir.requests import Asked, read_request
from eligibility_api.fhir.responses import response_of
from eligibility_api.state import State, current_state
from eligibility_api.web.operation_outcomes import FHIR_MEDIA_TYPE, FHIR_PATH

router = APIRouter(include_in_schema=False)
_submit = APIRouter(prefix=FHIR_PATH, route_class=rights_first(Right.ELIGIBILITY))


def _respond(resource: dict[str, Any]) -> JSONResponse:
    return JSONResponse(resource, media_type=FHIR_MEDIA_TYPE)


@_submit.post("/CoverageEligibilityRequest/$submit")
async def submit(
    request: Request,
    caller: Annotated[Caller, Depends(current_caller)],
    state: Annotated[State, Depends(current_state)],
) -> JSONResponse:
    """The answer of the plain endpoint by card or by number, as a CoverageEligibilityResponse."""
    asked = read_request(await request.body())
    answer = await _answer(state, caller, asked)
    return _respond(response_of(answer, asked, caller.institution()))


async def _answer(state: State, caller: Caller, asked: Asked) -> EligibilityAnswer:
    if isinstance(asked.check, CardCheckRequest):
        answer = await service.check_card(state, caller, asked.check)
    else:
        answer = await service.check_number(state, caller, asked.check)
    assert isinstance(answer, EligibilityAnswer)  # a request without a known version
    return answer


router.include_router(_submit)
router.include_router(searches.router)
router.include_router(subscriptions.router)


@router.get(f"{FHIR_PATH}/metadata")
async def metadata(state: Annotated[State, Depends(current_state)]) -> JSONResponse:
    """The CapabilityStatement."""
    return _respond(capability_statement(state.settings.public_url))


@router.get(f"{FHIR_PATH}/.well-known/smart-configuration")
async def configuration(state: Annotated[State, Depends(current_state)]) -> JSONResponse:
    """SMART's configuration. 404 if the fund does not know its public URL."""
    if state.settings.public_url is None:
        raise ShikakuError("not-found")
    return JSONResponse(smart_configuration(state.settings.public_url))
