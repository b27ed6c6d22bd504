"""The cloud vendor's clients: served before, lost while it hangs, served again."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any, cast

import pytest

from loadtest.clock import now, today_in_japan
from loadtest.faults import cloud_vendor
from loadtest.faults.cloud_vendor import AFTER, BEFORE, MEANWHILE, CloudVendor
from loadtest.faults.fault import Finding, Window
from loadtest.http_client.connection import ConnectionFailed, Reply
from loadtest.model.answer import Question
from tests.unit.loadtest.dataset.builders import terminal
from tests.unit.loadtest.faults.builders import FakePool, fault_context, known_dataset, right_answer
from tests.unit.loadtest.generator.builders import MEMBERSHIPS


def served(**changes: str) -> Callable[[bytes], Reply]:
    def answer(data: bytes) -> Reply:
        if b"/v1/token" in data:
            return Reply(200, b'{"access_token": "t", "expires_in": 300}')
        right = right_answer(Question(today_in_japan(), "", membership=MEMBERSHIPS[0]))
        instant = now().isoformat()
        return Reply(
            200, json.dumps({**right, "record_id": instant, "answered_at": instant, **changes}).encode()
        )

    return answer


def timeout(_: bytes) -> Reply:
    raise ConnectionFailed("timeout")


def refused(_: bytes) -> Reply:
    return Reply(503, b'{"code": "overloaded"}')


def findings(*steps: tuple[str, Callable[[bytes], Reply]]) -> dict[str, Finding]:
    """The findings after a check in each phase."""

    async def run() -> list[Finding]:
        vendor = CloudVendor(fault_context(dataset=known_dataset()))
        for vendor._phase, answer in steps:
            await vendor._send(cast(Any, FakePool(answer)), terminal(), MEMBERSHIPS[0])
        return await vendor.findings([])

    return {finding.name: finding for finding in asyncio.run(run())}


def test_checks_are_counted_by_when_they_were_sent() -> None:
    found = findings((BEFORE, served()), (MEANWHILE, timeout), (MEANWHILE, timeout), (AFTER, served()))
    assert {name: one.value for name, one in found.items()} == {
        "served_before": 1, "lost_at_vendor": 2, "served_after": 1, "answers_compared": 2,
    }  # fmt: skip
    assert [name for name, one in found.items() if one.violation is not None] == []
    assert found["lost_at_vendor"].took_hold


def test_a_vendor_that_lost_nothing_did_not_take_hold() -> None:
    assert findings((MEANWHILE, served()))["lost_at_vendor"].took_hold is False


@pytest.mark.parametrize(
    ("step", "name", "violation"),
    [
        ((BEFORE, refused), "served_before", "refused: overloaded"),
        (
            (AFTER, timeout),
            "served_after",
            "no check through the vendor was answered within 10 s of its return",
        ),
        ((AFTER, served(validity="2")), "answers_compared", "wrong answers: 1 × validity"),
    ],
    ids=["refused", "not served again", "wrong"],
)
def test_what_must_not_be_is_a_violation(
    step: tuple[str, Callable[[bytes], Reply]], name: str, violation: str
) -> None:
    found = findings(step)[name].violation
    assert found is not None
    assert found.en == violation


class FakeRelay:
    """A relay that passes everything on, and records when it hangs."""

    url = "http://127.0.0.1:2"

    def __init__(self, url: str) -> None:
        assert url == "http://127.0.0.1:1"
        self.calls: list[str] = []

    def hang(self) -> None:
        self.calls.append("hang")

    def resume(self) -> None:
        self.calls.append("resume")

    async def __aenter__(self) -> FakeRelay:
        self.calls.append("open")
        return self

    async def __aexit__(self, *_: object) -> None:
        self.calls.append("closed")


def test_it_hangs_after_a_third_of_the_faults_time_until_it_is_removed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pools: list[FakePool] = []

    def pool(*_: object, **__: object) -> FakePool:
        pools.append(FakePool(served()))
        return pools[-1]

    monkeypatch.setattr(cloud_vendor, "ConnectionPool", pool)
    monkeypatch.setattr(cloud_vendor, "Relay", FakeRelay)
    monkeypatch.setattr(cloud_vendor, "MIN_PER_S", 1e6)

    async def run() -> list[Finding]:
        vendor = CloudVendor(fault_context(dataset=known_dataset(), window=Window(1.0, 1.03)))
        async with asyncio.timeout(30):
            await vendor.inject()
            relay = cast(FakeRelay, vendor._relay)
            assert relay.calls == ["open", "hang"]
            await vendor.remove()
        assert relay.calls == ["open", "hang", "resume", "closed"]
        return await vendor.findings([])

    found = {one.name: one.value for one in asyncio.run(run())}
    assert found["served_before"] > 0
    assert found["served_after"] > 0


def test_removed_before_it_was_injected_it_does_nothing() -> None:
    asyncio.run(CloudVendor(fault_context(dataset=known_dataset())).remove())
