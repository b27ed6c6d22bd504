"""Liveness (`/healthz`), readiness (`/readyz`) and metrics (`/metrics`) of the service."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import Annotated

import asyncpg
from fastapi import APIRouter, Depends, Response
from fastapi.responses import PlainTextResponse
from pydantic import BaseModel

from eligibility_api.contract.errors import ShikakuError
from eligibility_api.contract.readiness import Readiness
from eligibility_api.database.db_errors import RETRY_AFTER_SECONDS
from eligibility_api.database.revisions import head, is_served
from eligibility_api.platform.service_metrics import metrics_text
from eligibility_api.state import State, current_state

_METRICS_SECONDS = 1.0
"""Period in which a worker computes the metrics once: that takes milliseconds, and anybody may ask for them."""

router = APIRouter(tags=["operation"])

_READY = """
SELECT (SELECT version_num FROM alembic_version) AS revision, (SELECT revision FROM schema_floor) AS floor,
       EXISTS (SELECT FROM sandbox_mark) AS sandbox,
       to_regclass('used_nonce_' || to_char(now() AT TIME ZONE 'UTC' + interval '10 minutes', 'YYYYMMDDHH24')) IS NOT NULL
           AS partitions,
       ARRAY(SELECT authority FROM authority WHERE checked_at > now() - $1::interval AND next_update > now()) AS fresh,
       (SELECT CASE WHEN count(*) = cardinality($2::bytea[]) THEN max(extract(epoch FROM now() - checked_at))::int END
        FROM authority WHERE authority = ANY ($2::bytea[])) AS age
"""


class Health(BaseModel):
    """The process answers."""

    status: str = "ok"


@router.get("/healthz", summary="Is the process alive?")
async def healthz() -> Health:
    """Returns 200 while the process responds; queries nothing else."""
    return Health()


@router.get("/readyz", summary="Can a tap be decided?", responses={503: {"model": Readiness}})
async def readyz(response: Response, state: Annotated[State, Depends(current_state)]) -> Readiness:
    """Returns 503 if the database, its migration or a partition for used nonces is missing, or a sandbox's database is
    in production.

    The revocation mirror is only reported.
    """
    readiness = await read_readiness(state)
    if not readiness.ready:
        response.status_code = 503
    return readiness


async def read_readiness(state: State) -> Readiness:
    """The conditions for deciding card checks, by one statement; an outage of the database is one of them."""
    authorities = sorted(state.verifier.trust.authentication)
    try:
        [row] = await state.database.fetch(_READY, [state.settings.revocation_max_age, authorities])
    except asyncpg.SyntaxOrAccessError:  # the schema is not the one that this program expects
        return Readiness(ready=False, database=True)
    except (ShikakuError, asyncpg.PostgresError):
        return Readiness(ready=False, database=False)
    migrated = is_served(head(), schema=row["revision"], floor=row["floor"])
    mirror = set(authorities) <= set(row["fresh"])
    return Readiness(
        ready=migrated and row["partitions"] and row["sandbox"] == state.settings.sandbox,
        database=True,
        migrated=migrated,
        partitions=row["partitions"],
        revocation_mirror=mirror,
        revocation_age_seconds=max(row["age"], 0) if row["age"] is not None else None,
    )


@router.get("/metrics", summary="Prometheus metrics of all workers", response_class=PlainTextResponse)
async def metrics() -> PlainTextResponse:
    """Counters and histograms. No label contains personal data."""
    try:
        text = await _recent_metrics()
    except OSError as error:
        raise ShikakuError("overloaded", retry_after=RETRY_AFTER_SECONDS) from error
    return PlainTextResponse(text, media_type="text/plain; version=0.0.4")


@dataclass(slots=True)
class _Recent:
    """The metrics that were read last, and the period in which they were."""

    period: int = -1
    text: bytes = b""


_recent, _reading = _Recent(), asyncio.Lock()


async def _recent_metrics() -> bytes:
    """The metrics, read once in a period. Raises OSError if the service's owner does not answer."""
    async with _reading:
        period = int(time.monotonic() / _METRICS_SECONDS)
        if _recent.period != period:
            _recent.text = await metrics_text()
            _recent.period = period
        return _recent.text
