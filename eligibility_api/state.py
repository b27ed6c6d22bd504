"""The state of one API process: built once by `app.py`, passed to every endpoint."""

from __future__ import annotations

from dataclasses import dataclass, field

from fastapi import Request

from eligibility_api.audit_log.refusals import RefusalLog
from eligibility_api.clients.tokens import Tokens
from eligibility_api.database.connections import Database
from eligibility_api.drug_master.cache import DrugMasterCache
from eligibility_api.jlis.client import Jlis
from eligibility_api.platform.clock import Clock
from eligibility_api.platform.keys import FundKeys
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


async def current_state(request: Request) -> State:
    """FastAPI dependency: the state of this process.

    It is async, so that FastAPI does not run it in a thread.
    """
    state = request.app.state.fund
    assert isinstance(state, State)
    return state
