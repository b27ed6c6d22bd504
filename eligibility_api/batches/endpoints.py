"""HTTP endpoints of batch checks: submit one, query its progress, fetch its results."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel

from eligibility_api.batches import service
from eligibility_api.clients.caller import Caller
from eligibility_api.contract.batches import BATCHES_PATH, BatchAnswer, BatchRequest, BatchResult
from eligibility_api.contract.codes import Right
from eligibility_api.dependencies import current_caller, rights_first
from eligibility_api.state import State, current_state
from eligibility_api.web.headers import NOT_MODIFIED, respond_with_etag
from eligibility_api.web.large_bodies import LargeBody
from eligibility_api.web.problems import problem_responses

router = APIRouter(prefix=BATCHES_PATH, tags=["eligibility"], route_class=rights_first(Right.ELIGIBILITY))

NDJSON = "application/x-ndjson"
"""Media type of results: one JSON object per line."""

_MAX_LINES = 1_000
_REFUSALS = ("token-invalid", "right-missing", "client-closed", "database-unavailable")


def _schema(model: type[BaseModel]) -> dict[str, Any]:
    """The schema of a model that the framework does not find by itself."""
    schema = model.model_json_schema(ref_template="#/components/schemas/{model}")
    schema.pop("$defs")
    return schema


_LOCATION = {"Location": {"description": "Where its progress is read.", "schema": {"type": "string"}}}


@router.post(
    "",
    status_code=202,
    summary="Submit a batch of look-ups by number",
    responses=problem_responses(
        *_REFUSALS, "batch-limit", "as-of-out-of-range", "my-number-refused", "request-invalid"
    )
    | {202: {"headers": _LOCATION}},
)
async def accept(
    response: Response,
    caller: Annotated[Caller, Depends(current_caller)],
    state: Annotated[State, Depends(current_state)],
    batch: Annotated[BatchRequest, Depends(LargeBody(BatchRequest))],
) -> BatchAnswer:
    """一括照会 of up to 10,000 rows, one batch per facility at a time.

    Each row is a look-up by number, and audited as one.
    """
    answer = await service.accept(state, caller, batch)
    response.headers["Location"] = f"{BATCHES_PATH}/{answer.batch_id}"
    return answer


@router.get(
    "/{batch_id}",
    summary="Progress of a batch",
    response_model=BatchAnswer,
    responses=problem_responses(*_REFUSALS, "not-found") | NOT_MODIFIED,
)
async def find(
    request: Request,
    batch_id: UUID,
    caller: Annotated[Caller, Depends(current_caller)],
    state: Annotated[State, Depends(current_state)],
) -> Response:
    """For every terminal of the submitting facility.

    With `If-None-Match`, 304 until more rows are answered.
    """
    return respond_with_etag(request, await service.find(state, caller, batch_id))


@router.get(
    "/{batch_id}/results",
    summary="The results so far",
    response_class=Response,
    responses=problem_responses(*_REFUSALS, "not-found")
    | {
        200: {
            "content": {NDJSON: {"schema": _schema(BatchResult)}},
            "description": "One line per row.",
        }
    },
)
async def results(
    batch_id: UUID,
    caller: Annotated[Caller, Depends(current_caller)],
    state: Annotated[State, Depends(current_state)],
    after: Annotated[
        int, Query(ge=0, le=1_000_000, description="The last row that was fetched already.")
    ] = 0,
    limit: Annotated[int, Query(ge=1, le=_MAX_LINES)] = _MAX_LINES,
) -> Response:
    """Lines in row order, as far as answered. `Link` names the next page until the last row was fetched."""
    page = await service.results(state, caller, batch_id, after=after, limit=limit)
    more = f'<{BATCHES_PATH}/{batch_id}/results?after={page.after}&limit={limit}>; rel="next"'
    headers = {"Link": more} if page.after is not None else {}
    return Response("".join(f"{line}\n" for line in page.results), media_type=NDJSON, headers=headers)
