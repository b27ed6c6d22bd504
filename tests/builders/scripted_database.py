"""A database whose rows a test gives, and the state of an API process over it, for services without PostgreSQL."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Any, cast
from uuid import UUID

from joserfc.jwk import ECKey
from sqlalchemy.ext.asyncio import AsyncConnection

from eligibility_api.audit_log.refusals import RefusalLog
from eligibility_api.clients.caller import Caller
from eligibility_api.clients.tokens import Tokens
from eligibility_api.contract.codes import Right
from eligibility_api.database.coalescing import Coalesced
from eligibility_api.domain.certificate import TrustStore
from eligibility_api.domain.challenge import MacKeys
from eligibility_api.platform.keys import FundKeys
from eligibility_api.platform.settings import Settings
from eligibility_api.platform.sql import Statement
from eligibility_api.proofs.verifier import Verifier
from eligibility_api.state import State

NOW = datetime(2026, 4, 1, 1, 0, tzinfo=UTC)
"""The clock of a scripted state: 1 April 2026, 10:00 in Japan."""

AUDIENCE = "urn:shikaku:test"
CLINIC, INSURER, WELFARE_OFFICE = "1311111114", "01130012", "12143210"
CLIENT = UUID("5a1f0c6e-0000-4000-8000-000000000001")
MAC_KEYS = MacKeys(b"key1", {b"key1": bytes(range(32))})
CONNECTION = cast(AsyncConnection, object())
"""What a scripted transaction yields: only replaced store functions may use it."""

_KEY = ECKey.generate_key("P-256")
KEYS = FundKeys(
    token=_KEY,
    challenge=MAC_KEYS,
    version=bytes(32),
    second_factor=bytes(range(32)),
    webhook=bytes(range(1, 33)),
    jlis_client=_KEY,
)

Rows = Sequence[Any]


@dataclass
class ScriptedDatabase:
    """Answers each statement with the next of `answers`: rows, or an exception; keeps what was asked."""

    answers: list[Rows | Exception] = field(default_factory=list)
    asked: list[tuple[str, list[Any]]] = field(default_factory=list)
    transactions: int = 0
    rolled_back: int = 0

    async def fetch(self, statement: str, parameters: Sequence[Any]) -> Rows:
        """The next answer."""
        self.asked.append((statement, list(parameters)))
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def fetch_together(self, kind: Coalesced, values: Mapping[str, Any]) -> Rows:
        """The next answer, to a request that found no other of its kind."""
        return await self.fetch(kind.alone.text, kind.alone.parameters(values))

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncConnection]:
        """A transaction, counted, and whether it was rolled back."""
        self.transactions += 1
        try:
            yield CONNECTION
        except BaseException:
            self.rolled_back += 1
            raise


@cache
def _settings(**values: Any) -> Settings:
    """The settings with these values, which the environment does not change; the same for the same values."""
    return Settings(audience=AUDIENCE, **values)


def scripted_state(*answers: Rows | Exception, now: datetime = NOW, **parts: Any) -> State:
    """The state of a process whose database gives these answers; `parts` replaces parts of it.

    The parts that are settings' names replace settings.
    """
    settings = {name: parts.pop(name) for name in list(parts) if name in Settings.model_fields}
    values: dict[str, Any] = {
        "settings": _settings(**settings),
        "clock": lambda: now,
        "keys": KEYS,
        "database": ScriptedDatabase(list(answers)),
        "tokens": Tokens(KEYS.token, AUDIENCE, 300),
        "verifier": Verifier(AUDIENCE, MAC_KEYS, TrustStore(())),
        "jlis": None,
        "refusals": RefusalLog(lambda: now),
    }
    return State(**values | parts)


def asked_of(state: State) -> ScriptedDatabase:
    """The scripted database of a state."""
    assert isinstance(state.database, ScriptedDatabase)
    return state.database


def values_asked(state: State, statement: Statement) -> list[dict[str, Any]]:
    """The values by name of every statement that was executed; each was `statement`."""
    asked = asked_of(state).asked
    assert all(text == statement.text for text, _ in asked)
    return [dict(zip(statement.names, parameters, strict=True)) for _, parameters in asked]


def terminal(*rights: Right, institution_code: str = CLINIC) -> Caller:
    """A terminal with these rights."""
    return Caller(CLIENT, institution_code, None, frozenset(rights))


def insurer(*rights: Right, insurer_number: str = INSURER) -> Caller:
    """An insurer's program with these rights."""
    return Caller(CLIENT, None, insurer_number, frozenset(rights))
