"""The requests of a stale client, and the findings about their answers."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from datetime import date
from types import SimpleNamespace
from typing import Any, cast

import pytest

from eligibility_api.contract.codes import Purpose
from eligibility_api.contract.errors import CATALOGUE
from loadtest.faults import stale_client
from loadtest.faults.stale_client import (
    SERVED,
    SIGNS_OLD_BYTES,
    StaleClient,
    StaleRequest,
    sign_old_bytes,
    stale_requests,
)
from loadtest.http_client.connection import ConnectionFailed, Reply
from loadtest.model.events import Membership
from loadtest.tasks import unwrap_exception_group
from tests.unit.loadtest.dataset.builders import terminal
from tests.unit.loadtest.faults.builders import fault_context

MEMBER = Membership("06130017", None, "12", None, date(1980, 1, 31))


def test_each_request_has_one_expected_answer_of_the_catalogue() -> None:
    requests = stale_requests(MEMBER)
    assert len({each.what for each in requests}) == len(requests) > 0
    assert {each.expected for each in requests} - {SERVED} <= set(CATALOGUE)
    assert SERVED in {each.expected for each in requests}


def test_the_date_of_an_older_format_has_no_hyphens() -> None:
    [compact] = [each for each in stale_requests(MEMBER) if "hyphens" in each.what]
    assert json.loads(compact.body)["birth_date"] == "19800131"


class FakePool:
    """A pool whose answers are a function of the request."""

    host = "127.0.0.1"

    def __init__(self, answer: Callable[[bytes], Reply]) -> None:
        self.sent: list[bytes] = []
        self._answer = answer

    async def exchange(self, data: bytes) -> Reply:
        self.sent.append(data)
        return self._answer(data)

    async def __aenter__(self) -> FakePool:
        return self

    async def __aexit__(self, *_: object) -> None:
        pass


def test_the_card_signs_the_tag_of_another_version() -> None:
    signed: list[bytes] = []

    def sign(message: bytes) -> bytes:
        signed.append(message)
        return b"signature"

    pool = FakePool(lambda _: Reply(200, b'{"challenge": "C"}'))
    one, card = terminal(), SimpleNamespace(certificate=b"DER", sign=sign)
    asyncio.run(sign_old_bytes(cast(Any, pool), one, cast(Any, card)))
    right = one.credential.to_be_signed(Purpose.ELIGIBILITY, "C")
    assert signed == [right.replace(b"presence v1", b"presence v0")]
    assert b"POST /v1/eligibility/card" in pool.sent[-1]


def refusal(status: int, code: str) -> Reply:
    return Reply(status, json.dumps({"code": code}).encode())


def connection_is_cut(_: bytes) -> Reply:
    raise ConnectionFailed("connection cut")


@pytest.mark.parametrize(
    ("answer", "expected", "violation"),
    [
        (lambda _: refusal(401, "token-missing"), 1, None),
        (lambda _: Reply(200, b"{}"), 0, "1 × served for token-missing: no token"),
        (lambda _: refusal(500, "internal"), 0, "1 × 500 internal for token-missing: no token"),
        (connection_is_cut, 0, "1 × network: connection cut for token-missing: no token"),
    ],
    ids=["as expected", "served", "broken", "cut"],
)  # fmt: skip
def test_an_unexpected_answer_is_a_violation(
    answer: Callable[[bytes], Reply], expected: int, violation: str | None
) -> None:
    client = StaleClient(fault_context())
    stale_request = StaleRequest("no token", "token-missing", token=None)

    async def run() -> list[Any]:
        await client._send(cast(Any, FakePool(answer)), terminal(), cast(Any, None), stale_request)
        return await client.findings([])

    [number, answered] = asyncio.run(run())
    found = answered.violation and answered.violation.en
    assert (number.value, answered.value, found) == (1, expected, violation)


def sending_client(monkeypatch: pytest.MonkeyPatch, pool: FakePool) -> StaleClient:
    monkeypatch.setattr(stale_client, "ConnectionPool", lambda *_, **__: pool)
    monkeypatch.setattr(stale_client, "MIN_PER_S", 1e6)
    reference_data = SimpleNamespace(memberships=[MEMBER], answer=lambda *_: {"validity": "1"})
    card = SimpleNamespace(certificate=b"DER", sign=lambda _: b"")
    dataset = SimpleNamespace(terminals=[terminal()], cards=[card], reference_data=reference_data)
    return StaleClient(fault_context(dataset=dataset))


def test_it_sends_all_requests_in_turn_until_it_is_removed(monkeypatch: pytest.MonkeyPatch) -> None:
    pool = FakePool(lambda _: refusal(400, "request-invalid"))
    client = sending_client(monkeypatch, pool)

    async def run() -> list[Any]:
        await client.inject()
        async with asyncio.timeout(30):
            while len(pool.sent) < 50:
                await asyncio.sleep(0)
        await client.remove()
        return await client.findings([])

    number, _ = asyncio.run(run())
    assert number.value >= 3 * len(stale_requests(MEMBER))
    assert SIGNS_OLD_BYTES in {what for what, _, _ in client._answers}


def test_removed_early_it_has_sent_each_request_once(monkeypatch: pytest.MonkeyPatch) -> None:
    client = sending_client(monkeypatch, FakePool(lambda _: refusal(400, "request-invalid")))

    async def run() -> None:
        async with asyncio.timeout(30):
            await client.inject()
            await client.remove()

    asyncio.run(run())
    sent = {what for what, _, _ in client._answers}
    assert sent == {SIGNS_OLD_BYTES, *(each.what for each in stale_requests(MEMBER))}


def test_one_that_cannot_sign_in_is_removed_with_its_error(monkeypatch: pytest.MonkeyPatch) -> None:
    client = sending_client(monkeypatch, FakePool(connection_is_cut))

    async def run() -> None:
        async with asyncio.timeout(30):
            await client.inject()
            await client.remove()

    with pytest.raises(ConnectionFailed, match="connection cut"), unwrap_exception_group():
        asyncio.run(run())
