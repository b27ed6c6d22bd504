"""The state of one process: opened once by an API worker or the job runner, passed to every endpoint and job."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx2
from fastapi import Request

from eligibility_api.audit_log.refusals import RefusalLog
from eligibility_api.clients.tokens import Tokens
from eligibility_api.database.connections import Database
from eligibility_api.drug_master.cache import DrugMasterCache
from eligibility_api.jlis.client import Jlis
from eligibility_api.key_watch import KeyWatch
from eligibility_api.platform.clock import Clock
from eligibility_api.platform.keys import FundKeys, load_trust
from eligibility_api.platform.service_metrics import reported_metrics
from eligibility_api.platform.settings import Settings
from eligibility_api.proofs.verifier import Verifier


@dataclass(frozen=True, slots=True)
class State:
    """Settings, clock, keys, database, and the clients and verifiers built from them."""

    settings: Settings
    clock: Clock
    keys: FundKeys
    database: Database
    tokens: Tokens
    verifier: Verifier
    jlis: Jlis
    refusals: RefusalLog
    drugs: DrugMasterCache = field(default_factory=DrugMasterCache)


@asynccontextmanager
async def open_state(
    settings: Settings,
    keys: FundKeys,
    database: Database,
    *,
    clock: Clock,
    transport: httpx2.AsyncBaseTransport | None = None,
) -> AsyncIterator[State]:
    """Open the state of one process, and close it at exit.

    `transport`: to J-LIS, in place of the usual one.
    """
    async with (
        reported_metrics(),
        httpx2.AsyncClient(base_url=settings.jlis_url, transport=transport) as http,
    ):
        await database.open()
        tokens = Tokens(
            keys.token,
            settings.audience,
            settings.token_seconds,
            issuer=settings.issuer,
            must_be_bound=settings.require_client_certificates,
        )
        verifier = Verifier(settings.audience, keys.challenge, load_trust(settings))
        try:
            async with KeyWatch(settings, clock, tokens, verifier).watching():
                yield State(
                    settings=settings,
                    clock=clock,
                    keys=keys,
                    database=database,
                    tokens=tokens,
                    verifier=verifier,
                    jlis=Jlis(http, keys.jlis_client, clock),
                    refusals=RefusalLog(clock),
                )
        finally:
            await database.close()


async def current_state(request: Request) -> State:
    """FastAPI dependency: the state of this process.

    It is async, so that FastAPI does not run it in a thread.
    """
    state = request.app.state.fund
    assert isinstance(state, State)
    return state
