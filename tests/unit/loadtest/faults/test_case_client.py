"""A client that sends cases: each in turn, and every unexpected or wrong answer is a violation."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any, cast

import pytest

from loadtest.clock import now, today_in_japan
from loadtest.faults import case_client
from loadtest.faults.case_client import SERVED, Case, CaseClient, confirmable, usable_card
from loadtest.faults.fault import Finding
from loadtest.http_client.connection import ConnectionFailed, Reply
from loadtest.model.answer import Question
from loadtest.scenario.answer_sample import CheckQuery
from loadtest.tasks import unwrap_exception_group
from tests.unit.loadtest.dataset.builders import terminal
from tests.unit.loadtest.faults.builders import FakePool, fault_context, known_dataset, right_answer
from tests.unit.loadtest.generator.builders import MEMBERSHIPS

HER = "R1-00000000"


def reply(status: int, **members: object) -> Reply:
    return Reply(status, json.dumps(members).encode())


def case(
    expected: str, answer: Callable[[], Reply], query: CheckQuery | None = None, what: str = "it"
) -> Case:
    async def send(*_: object) -> Reply:
        return answer()

    return Case(what, expected, send, query)


def cut() -> Reply:
    raise ConnectionFailed("connection cut")


async def findings_after(one: Case) -> list[Finding]:
    client = CaseClient(fault_context(dataset=known_dataset()), lambda *_: [one])
    await client._send(cast(Any, None), terminal(), one)
    return await client.findings([])


@pytest.mark.parametrize(
    ("answer", "expected", "violation"),
    [
        (lambda: reply(401, code="token-missing"), 1, None),
        (lambda: reply(200), 0, "1 × served for token-missing: it"),
        (lambda: reply(500, code="internal"), 0, "1 × 500 internal for token-missing: it"),
        (lambda: Reply(502, b"<html>"), 0, "1 × 502 unreadable for token-missing: it"),
        (cut, 0, "1 × network: connection cut for token-missing: it"),
    ],
    ids=["as expected", "served", "broken", "unreadable", "cut"],
)  # fmt: skip
def test_an_unexpected_answer_is_a_violation(
    answer: Callable[[], Reply], expected: int, violation: str | None
) -> None:
    [sent, answered, _] = asyncio.run(findings_after(case("token-missing", answer)))
    found = answered.violation and answered.violation.en
    assert (sent.value, sent.took_hold, answered.value, found) == (1, True, expected, violation)


def test_a_client_that_sent_nothing_did_not_take_hold() -> None:
    client = CaseClient(fault_context(dataset=known_dataset()), lambda *_: [])
    [sent, _, _] = asyncio.run(client.findings([]))
    assert (sent.value, sent.took_hold) == (0, False)


@pytest.mark.parametrize(
    ("changes", "violation"),
    [({}, None), ({"validity": "2"}, "wrong answers: 1 × validity")],
    ids=["right", "wrong"],
)
def test_a_served_case_is_compared_with_the_reference_model(
    changes: dict[str, str], violation: str | None
) -> None:
    def served() -> Reply:
        right = right_answer(Question(today_in_japan(), "", person=HER))
        return reply(200, **{**right, "record_id": "r1", "answered_at": now().isoformat(), **changes})

    one = case(SERVED, served, CheckQuery.at(terminal(), person=HER))
    [_, answered, compared] = asyncio.run(findings_after(one))
    assert (answered.value, compared.value) == (1, 1)
    assert (compared.violation and compared.violation.en) == violation


def sending(monkeypatch: pytest.MonkeyPatch, pool: FakePool, *cases: Case) -> CaseClient:
    monkeypatch.setattr(case_client, "ConnectionPool", lambda *_, **__: pool)
    monkeypatch.setattr(case_client, "MIN_PER_S", 1e6)
    return CaseClient(fault_context(dataset=known_dataset()), lambda *_: cases)


TWO = (
    case("not-found", lambda: reply(404, code="not-found"), what="one"),
    case("request-invalid", lambda: reply(400, code="request-invalid"), what="another"),
)


def test_it_sends_all_cases_in_turn_until_it_is_removed(monkeypatch: pytest.MonkeyPatch) -> None:
    client = sending(monkeypatch, FakePool(lambda _: reply(200, access_token="t", expires_in=300)), *TWO)

    async def run() -> list[Finding]:
        await client.inject()
        async with asyncio.timeout(30):
            while client._answers.total() < 50:
                await asyncio.sleep(0)
        await client.remove()
        return await client.findings([])

    sent, answered, _ = asyncio.run(run())
    assert sent.value == answered.value >= 50
    assert len(client._answers) == 2


def test_removed_early_it_has_sent_each_case_once(monkeypatch: pytest.MonkeyPatch) -> None:
    client = sending(monkeypatch, FakePool(lambda _: reply(200, access_token="t", expires_in=300)), *TWO)

    async def run() -> None:
        async with asyncio.timeout(30):
            await client.inject()
            await client.remove()

    asyncio.run(run())
    assert {what for what, _, _ in client._answers} == {"one", "another"}


def test_one_that_cannot_sign_in_is_removed_with_its_error(monkeypatch: pytest.MonkeyPatch) -> None:
    client = sending(monkeypatch, FakePool(lambda _: cut()), *TWO)

    async def run() -> None:
        async with asyncio.timeout(30):
            await client.inject()
            await client.remove()

    with pytest.raises(ConnectionFailed, match="connection cut"), unwrap_exception_group():
        asyncio.run(run())


def test_memberships_that_the_fund_refuses_are_left_out() -> None:
    some = known_dataset(MEMBERSHIPS[0])
    assert list(confirmable(some.reference_data, terminal())) == MEMBERSHIPS[1:]


def test_a_card_that_the_fund_refuses_is_not_used_and_another_has_another_key() -> None:
    some = known_dataset(HER)
    first = usable_card(some, terminal())
    second = usable_card(some, terminal(), other_than=first)
    assert first.resident_id != HER
    assert first.key_number != second.key_number
