"""What one process of the API holds while it serves: built once at its start, passed to whoever needs it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx2
from cryptography import x509
from fastapi import Request

from eligibility_api.domain.certificate import TrustStore
from eligibility_api.facilities.tokens import Tokens
from eligibility_api.history.drug_cache import DrugMasterCache
from eligibility_api.platform.clock import Clock
from eligibility_api.platform.database import Database
from eligibility_api.platform.keys import FundKeys
from eligibility_api.platform.settings import Settings
from eligibility_api.presence.jlis import Jlis
from eligibility_api.presence.service import Presence
from eligibility_api.presence.verification import Verifier


@dataclass(frozen=True, slots=True)
class State:
    """Settings, clock, keys, database, and the tools made of them."""

    settings: Settings
    clock: Clock
    keys: FundKeys
    database: Database
    tokens: Tokens
    presence: Presence
    drugs: DrugMasterCache = field(default_factory=DrugMasterCache)


def load_trust(settings: Settings) -> TrustStore:
    """The trust stores that the settings name. Raises OSError or ValueError: without them nothing can be believed."""
    signature = settings.signature_trust_store
    return TrustStore(_read(settings.trust_store), _read(signature) if signature is not None else ())


def _read(path: Path) -> list[x509.Certificate]:
    return x509.load_pem_x509_certificates(path.read_bytes())


@asynccontextmanager
async def open_state(
    settings: Settings,
    keys: FundKeys,
    database: Database,
    *,
    clock: Clock,
    transport: httpx2.AsyncBaseTransport | None = None,
) -> AsyncIterator[State]:
    """A state for as long as a process serves. `transport` stands in for J-LIS's line in tests."""
    async with httpx2.AsyncClient(base_url=settings.jlis_url, transport=transport) as http:
        await database.open()
        try:
            yield State(
                settings=settings,
                clock=clock,
                keys=keys,
                database=database,
                tokens=Tokens(keys.token, settings.audience, settings.token_seconds),
                presence=Presence(
                    verifier=Verifier(settings.audience, keys.challenge, load_trust(settings)),
                    jlis=Jlis(http, keys.jlis_client, clock),
                    clock=clock,
                    challenge_life=settings.challenge_life,
                    revocation_fresh=settings.revocation_fresh,
                ),
            )
        finally:
            await database.close()


async def current_state(request: Request) -> State:
    """The state of the process that answers `request`: FastAPI's dependency, async so that it needs no thread."""
    state = request.app.state.fund
    assert isinstance(state, State)
    return state
