"""The sandbox's file: what one worker writes another reads, and neither switches nor requests grow without end."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from eligibility_api.sandbox import store as sandbox_store
from eligibility_api.sandbox.faults import FaultName, Switch
from eligibility_api.sandbox.store import FILE, SandboxStore, TooManySwitches

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)


@pytest.fixture
def stores(tmp_path: Path) -> Iterator[tuple[SandboxStore, SandboxStore]]:
    """Those of two workers."""
    opened = SandboxStore(tmp_path), SandboxStore(tmp_path)
    yield opened
    for store in opened:
        store.close()


def switch(fault: FaultName = FaultName.SLOW, caller: str = "*", for_seconds: int = 60) -> Switch:
    return Switch(fault, caller, NOW, NOW + timedelta(seconds=for_seconds), 2.5)


def request(**more: Any) -> dict[str, Any]:
    row: dict[str, Any] = {
        "at": NOW.timestamp(), "client_id": "c", "caller": "1311111114", "rights": "eligibility", "method": "POST",
        "path": "/v1/eligibility/number", "query": "", "headers": "{}", "body": "{}", "status": 200, "milliseconds": 1.5,
        "code": "", "faults": "", "answer": "{}", "replay_of": None,
    }  # fmt: skip
    return row | more


def test_a_switch_is_on_in_every_worker_and_ends_by_itself(stores: tuple[SandboxStore, SandboxStore]) -> None:
    one, other = stores
    one.turn_on(switch())
    assert other.switches(NOW) == [switch()]
    assert other.switches(NOW + timedelta(seconds=60)) == []


def test_a_switch_that_is_turned_on_again_starts_anew(stores: tuple[SandboxStore, SandboxStore]) -> None:
    one, other = stores
    one.turn_on(switch())
    other.turn_on(switch(for_seconds=120))
    assert one.switches(NOW) == [switch(for_seconds=120)]


def test_a_switch_is_turned_off_alone(stores: tuple[SandboxStore, SandboxStore]) -> None:
    one, other = stores
    one.turn_on(switch())
    one.turn_on(switch(caller="1311111114"))
    other.turn_off(FaultName.SLOW, "*")
    assert one.switches(NOW) == [switch(caller="1311111114")]


def test_there_are_not_more_switches_than_are_allowed(
    stores: tuple[SandboxStore, SandboxStore], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sandbox_store, "MAX_SWITCHES", 2)
    store = stores[0]
    store.turn_on(switch(caller="01130012", for_seconds=1))
    store.turn_on(switch(caller="1311111114"))
    with pytest.raises(TooManySwitches):
        store.turn_on(switch(caller="1340100123"))
    later = NOW + timedelta(seconds=1)
    store.turn_on(Switch(FaultName.SLOW, "1340100123", later, later + timedelta(seconds=1)))
    assert [one.caller for one in store.switches(later)] == ["1311111114", "1340100123"]


def test_the_latest_requests_are_kept(
    stores: tuple[SandboxStore, SandboxStore], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sandbox_store, "MAX_REQUESTS", 3)
    one, other = stores
    numbers = [store.keep(request()) for store in (one, other, one, other, one)]
    assert len(set(numbers)) == 5
    assert [row["id"] for row in other.requests(10)] == sorted(numbers, reverse=True)[:3]
    assert [row["id"] for row in other.requests(1)] == [max(numbers)]
    assert other.request(numbers[0]) is None


def test_a_request_is_compared_with_the_last_of_its_client_method_and_path(
    stores: tuple[SandboxStore, SandboxStore],
) -> None:
    store = stores[0]
    first = store.keep(request())
    for other in ({"client_id": "d"}, {"method": "GET"}, {"path": "/v1/consents"}, {"client_id": None}):
        store.keep(request(**other))
    last = store.request(store.keep(request()))
    assert last is not None
    former = store.former(last)
    assert former is not None
    assert former["id"] == first
    assert store.former(former) is None
    without_token = store.request(store.keep(request(client_id=None)))
    assert without_token is not None
    assert store.former(without_token) is not None


def test_the_file_is_its_owners(stores: tuple[SandboxStore, SandboxStore], tmp_path: Path) -> None:
    stores[0].keep(request())
    files = list(tmp_path.glob(f"{FILE}*"))
    assert files
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}


def test_the_strict_mode_is_the_settings_until_it_is_switched(
    stores: tuple[SandboxStore, SandboxStore],
) -> None:
    one, other = stores
    assert [one.is_strict(default=default) for default in (True, False)] == [True, False]
    for strict in (True, False):
        one.set_strict(strict=strict)
        assert [other.is_strict(default=default) for default in (True, False)] == [strict, strict]
