"""Faults of sign-in: the token endpoint down, and every terminal signing in at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import asyncpg

from eligibility_api.contract.tokens import TOKEN_PATH
from loadtest.database.dsn import DatabaseUnreachable, operator_dsn
from loadtest.dataset.request_bodies import problem_code
from loadtest.dataset.terminals import RENEW_BEFORE
from loadtest.errors import LoadError
from loadtest.faults.fault import Expectation, Fault, FaultContext, Finding, Window, always
from loadtest.faults.fund_metrics import requests_of
from loadtest.faults.probe import Probe
from loadtest.generator.client_faults import ClientFault
from loadtest.http_client.connection import ConnectionFailed
from loadtest.http_client.pool import ConnectionPool
from loadtest.sections import Text

_TOKEN_S = 300.0
"""Lifetime of a token; terminals renew it `RENEW_BEFORE` its expiry."""

_TIMEOUT_S = 10.0
_GRANTED = "granted"

_STORE = "SELECT 'used_nonce_' || to_char(date_trunc('hour', now() AT TIME ZONE 'UTC') + interval '2 hours', 'YYYYMMDDHH24')"
"""The table that only sign-ins write to: challenges expire within minutes, and are marked as used under earlier hours."""


class TokenEndpointDown:
    """Locks the table in which the token endpoint marks an assertion as used: it can grant nothing any more."""

    def __init__(self, fault_context: FaultContext) -> None:
        self._fault_context = fault_context
        self._terminal = replace(fault_context.dataset.terminals[0], token_expires_at=None)
        self._pool = ConnectionPool(
            fault_context.target.fund_url, max_connections=1, timeout_seconds=_TIMEOUT_S
        )
        self._probe = Probe(self._sign_in)
        self._lock: asyncpg.Connection | None = None

    async def inject(self) -> None:
        """Lock it, and try to sign in. Raises LoadError if the database cannot be reached."""
        try:
            self._lock = await asyncpg.connect(
                operator_dsn(self._fault_context.target.environment), timeout=_TIMEOUT_S
            )
            store = await self._lock.fetchval(_STORE)
            await self._lock.execute(f"BEGIN; LOCK TABLE {store} IN EXCLUSIVE MODE")
        except (DatabaseUnreachable, asyncpg.PostgresError) as error:
            raise LoadError(f"the token endpoint cannot be stopped: {error}") from error
        self._probe.start()

    async def remove(self) -> None:
        """Release it: the end of the session ends its transaction."""
        await self._probe.stop()
        self._pool.close()
        if self._lock is not None:
            await self._lock.close(timeout=_TIMEOUT_S)
            self._lock = None

    async def findings(self, _: Sequence[bytes]) -> list[Finding]:
        """How a terminal's attempts to sign in ended meanwhile."""
        results = self._probe.results
        refused = results.total() - results[_GRANTED]
        broken = refused > 0 and not results[_GRANTED]
        return [Finding("sign_ins_refused", refused, took_hold=broken)]

    async def _sign_in(self) -> str:
        try:
            reply = await self._terminal.sign_in(self._pool)
        except ConnectionFailed as error:
            return f"network: {error}"
        return _GRANTED if reply.status == 200 else problem_code(reply.body)


def _without_token_endpoint(window: Window) -> Expectation:
    """The expectation while the token endpoint is down.

    Ages of tokens are spread evenly, so that the share of expired ones grows linearly after `RENEW_BEFORE`.
    """
    margin = RENEW_BEFORE.total_seconds()
    if window.seconds <= margin:
        return Expectation(
            Text(
                "トークンは有効期限の1分前に更新され、検証には発行窓口を使いません。1分以内の障害には影響を受けません。",
                "A token is renewed a minute before its expiry and checked without the endpoint: an outage shorter than"
                " that has no effect.",
            )
        )
    expired = min(1.0, (window.seconds - margin) / (_TOKEN_S - margin))
    return Expectation(
        Text(
            "トークンが失効した端末だけが利用できず、他の端末は利用を継続できます。復旧後10秒以内に全端末が利用できます。",
            "Only terminals whose token has expired are not served; the others continue, and all within 10 s of its"
            " return.",
        ),
        errors=frozenset({"database-unavailable", "overloaded"}),
        min_answered=max(0.0, 1.0 - expired),
        p99_ms=None,
    )


TOKEN_ENDPOINT_DOWN = Fault(
    "token-endpoint-down",
    Text("トークンの発行窓口（/v1/token）が応答しない", "the token endpoint grants no token"),
    _without_token_endpoint,
    TokenEndpointDown,
)


class SignInCount:
    """Counts the sign-ins that arrive at the fund from the injection on; the generators lose their tokens."""

    def __init__(self, fault_context: FaultContext) -> None:
        self._url = fault_context.target.fund_url
        self._terminals = len(fault_context.dataset.terminals)
        self._before: int | None = None

    async def inject(self) -> None:
        """Read the fund's counter. Raises LoadError."""
        self._before = await requests_of(self._url, TOKEN_PATH)

    async def remove(self) -> None:
        """Do nothing: the terminals sign in again by themselves."""

    async def findings(self, _: Sequence[bytes]) -> list[Finding]:
        """The sign-ins since then. The first ones may be as early as the reading. Raises LoadError."""
        if self._before is None:
            return [Finding("sign_ins", 0, took_hold=False)]
        count = await requests_of(self._url, TOKEN_PATH) - self._before
        return [Finding("sign_ins", count, took_hold=count >= self._terminals / 2)]


def _lose_tokens(window: Window) -> Sequence[ClientFault]:
    return [ClientFault(window.began, window.began, new_connections=0, tokens_lost=True)]


RECONNECT_STORM = Fault(
    "reconnect-storm",
    Text("全端末が接続とトークンを同時に失う", "every terminal loses its connection and its token at once"),
    always(
        Expectation(
            Text(
                "エラーは Retry-After 付きの overloaded のみで、60秒以内に元に戻ります。",
                "No error but overloaded, with Retry-After; recovered within 60 s.",
            ),
            errors=frozenset({"overloaded"}),
            recovery_within_s=60.0,
        )
    ),
    SignInCount,
    client_faults=_lose_tokens,
    instantaneous=True,
)
