"""The token endpoint down, and the sign-ins that a storm brings."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import asyncpg
import pytest

from loadtest.database.dsn import DatabaseUnreachable
from loadtest.errors import LoadError
from loadtest.faults import token_endpoint
from loadtest.faults.fault import Finding
from loadtest.faults.token_endpoint import SignInCount, TokenEndpointDown
from loadtest.http_client.connection import ConnectionFailed, Reply
from tests.unit.loadtest.faults.builders import FakePool, fault_context, known_dataset


class FakeSession:
    """A session of the owner."""

    def __init__(self) -> None:
        self.executed: list[str] = []
        self.closed = False

    async def fetchval(self, _: str) -> str:
        return "used_nonce_2026120103"

    async def execute(self, statement: str) -> None:
        self.executed.append(statement)

    async def close(self, timeout: float) -> None:
        self.closed = True


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> FakeSession:
    made = FakeSession()

    async def connect(dsn: str, timeout: float) -> FakeSession:
        assert dsn == "postgresql://owner"
        return made

    monkeypatch.setattr(token_endpoint, "operator_dsn", lambda _: "postgresql://owner")
    monkeypatch.setattr(asyncpg, "connect", connect)
    return made


def down(monkeypatch: pytest.MonkeyPatch, answer: Any) -> TokenEndpointDown:
    monkeypatch.setattr(token_endpoint, "ConnectionPool", lambda *_, **__: FakePool(answer))
    return TokenEndpointDown(fault_context(dataset=known_dataset()))


def granted(_: bytes) -> Reply:
    return Reply(200, b'{"access_token": "t", "expires_in": 300}')


def refused(_: bytes) -> Reply:
    return Reply(503, b'{"code": "database-unavailable"}')


def cut(_: bytes) -> Reply:
    raise ConnectionFailed("timeout")


def test_the_table_of_used_assertions_is_locked_until_the_fault_is_removed(
    session: FakeSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = down(monkeypatch, refused)

    async def run() -> list[Finding]:
        await one.inject()
        while not one._probe.results:
            await asyncio.sleep(0)
        assert not session.closed
        await one.remove()
        await one.remove()
        return await one.findings([])

    [finding] = asyncio.run(run())
    assert session.executed == ["BEGIN; LOCK TABLE used_nonce_2026120103 IN EXCLUSIVE MODE"]
    assert session.closed
    assert (finding.value >= 1, finding.took_hold) == (True, True)


@pytest.mark.parametrize(
    ("answers", "refusals", "took_hold"),
    [((refused, cut), 2, True), ((refused, granted), 1, False), ((granted,), 0, False), ((), 0, False)],
    ids=["refused or lost", "one granted", "granted", "never tried"],
)
def test_it_took_hold_if_nobody_could_sign_in(
    monkeypatch: pytest.MonkeyPatch, answers: tuple[Any, ...], refusals: int, took_hold: bool
) -> None:
    one = down(monkeypatch, granted)

    async def run() -> list[Finding]:
        for one._pool._answer in answers:  # type: ignore[attr-defined]
            one._probe.results[await one._sign_in()] += 1
        return await one.findings([])

    assert asyncio.run(run()) == [Finding("sign_ins_refused", refusals, took_hold=took_hold)]


def test_an_unreachable_database_is_reported(session: FakeSession, monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable(_: object) -> str:
        raise DatabaseUnreachable("it is elsewhere")

    monkeypatch.setattr(token_endpoint, "operator_dsn", unreachable)
    one = down(monkeypatch, refused)

    async def run() -> None:
        with pytest.raises(LoadError, match="cannot be stopped: it is elsewhere"):
            await one.inject()
        await one.remove()

    asyncio.run(run())


@pytest.mark.parametrize(("counts", "sign_ins", "took_hold"), [((10, 14), 4, True), ((10, 11), 1, False)])
def test_a_storm_is_shown_by_the_sign_ins_that_arrived(
    monkeypatch: pytest.MonkeyPatch, counts: tuple[int, int], sign_ins: int, took_hold: bool
) -> None:
    readings = iter(counts)

    async def requests_of(url: str, route: str) -> int:
        assert (url, route) == ("http://127.0.0.1:1", "/v1/token")
        return next(readings)

    monkeypatch.setattr(token_endpoint, "requests_of", requests_of)

    async def run() -> list[Finding]:
        count = SignInCount(fault_context(dataset=SimpleNamespace(terminals=[None] * 4)))
        await count.inject()
        await count.remove()
        return await count.findings([])

    assert asyncio.run(run()) == [Finding("sign_ins", sign_ins, took_hold=took_hold)]


def test_a_storm_that_was_never_injected_did_not_take_hold() -> None:
    count = SignInCount(fault_context(dataset=SimpleNamespace(terminals=[])))
    assert asyncio.run(count.findings([])) == [Finding("sign_ins", 0, took_hold=False)]
