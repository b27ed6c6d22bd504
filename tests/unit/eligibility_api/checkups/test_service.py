"""Uploading check-ups: an insurer's own members only, all or none, and answered once they are visible."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from eligibility_api.checkups import service
from eligibility_api.contract import examples
from eligibility_api.contract.checkups import CheckupsRequest
from eligibility_api.contract.codes import Right
from eligibility_api.contract.errors import ShikakuError
from tests.builders.scripted_database import CLIENT, INSURER, NOW, asked_of, insurer, scripted_state, terminal

pytestmark = pytest.mark.anyio

OWN = insurer(Right.CLAIMS)
STORED = {"taken": 2, "unmatched": 1, "known_from": NOW}


@pytest.fixture(autouse=True)
def waited(monkeypatch: pytest.MonkeyPatch) -> list[timedelta]:
    """How long answers waited, instead of waiting."""
    waits: list[timedelta] = []

    async def wait(fixed: float, ahead: timedelta) -> None:
        waits.append(ahead)

    monkeypatch.setattr(service, "wait_until_visible", wait)
    return waits


def request(*members: dict[str, Any]) -> CheckupsRequest:
    [example] = examples.CHECKUPS["checkups"][:1]
    return CheckupsRequest.model_validate(
        {"checkups": [example | {"insurer_number": INSURER} | m for m in members]}
    )


async def test_members_are_stored_column_by_column_in_comparable_form(waited: list[timedelta]) -> None:
    sent = request(
        {"symbol": "見本－１", "number": "１２-３４", "branch": "01"},
        {"symbol": None, "branch": None, "number": "5"},
    )
    state = scripted_state([STORED])
    answer = await service.add_checkups(state, OWN, sent)
    [(_, parameters)] = asked_of(state).asked
    client, right, symbols, numbers, branches, births, days, items, lead = parameters
    assert (client, right, symbols, numbers, branches) == (
        CLIENT,
        "claims",
        ["見本1", ""],
        ["1234", "5"],
        ["01", ""],
    )
    assert (len(births), len(days), len(items), [lead]) == (2, 2, 2, waited)
    assert (answer.accepted, answer.unmatched, answer.known_from) == (2, 1, NOW)


async def test_items_are_stored_without_absent_members_and_with_their_characters() -> None:
    state = scripted_state([STORED])
    await service.add_checkups(state, OWN, request({}))
    [items] = asked_of(state).asked[0][1][7]
    sent = examples.CHECKUPS["checkups"][0]["items"]
    assert json.loads(items) == sent
    assert sent[0]["item_name"] in items


@pytest.mark.parametrize("place", [0, 1, 2])
async def test_one_member_of_another_insurer_rejects_the_whole_call(place: int) -> None:
    members: list[dict[str, Any]] = [{}, {}, {}]
    members[place] = {"insurer_number": "138057"}
    state = scripted_state()
    with pytest.raises(ShikakuError, match="enrolment-other-insurer"):
        await service.add_checkups(state, OWN, request(*members))
    assert asked_of(state).asked == []


async def test_a_closed_client_stores_nothing_and_waits_for_nothing(waited: list[timedelta]) -> None:
    with pytest.raises(ShikakuError, match="client-closed"):
        await service.add_checkups(scripted_state([]), OWN, request({}))
    assert waited == []


@pytest.mark.parametrize(
    "caller",
    [insurer(*set(Right) - {Right.CLAIMS}), terminal(Right.CLAIMS)],
    ids=["without the right", "a terminal"],
)
async def test_only_an_insurer_with_the_right_may_upload(caller: Any) -> None:
    state = scripted_state()
    with pytest.raises(ShikakuError, match="right-missing"):
        await service.add_checkups(state, caller, request({}))
    assert asked_of(state).asked == []
