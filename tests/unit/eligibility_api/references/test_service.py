"""Registering reference numbers: outcomes, misses in the log, and the quota before anything else."""

from __future__ import annotations

from typing import Any

import pytest
from structlog.testing import capture_logs

from eligibility_api.contract import examples
from eligibility_api.contract.codes import Right
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.contract.references import ReferenceRegistration, ReferenceRegistrations
from eligibility_api.references import service
from eligibility_api.references.store import REGISTER
from tests.builders.scripted_database import CLIENT, asked_of, scripted_state, terminal

pytestmark = pytest.mark.anyio

CALLER = terminal(Right.ELIGIBILITY)
FOUND, MISSED, SEVERAL = "registered", "reference-not-found", "reference-several-found"


def row(*outcomes: str, **changes: Any) -> dict[str, Any]:
    quota = {"admitted": True, "entitled": True, "misses_left": 5, "over_limit": False, "streak": None}
    return quota | {"outcomes": list(outcomes)} | changes


def registration(**changes: Any) -> ReferenceRegistration:
    return ReferenceRegistration.model_validate(examples.REFERENCE | changes)


def bulk(count: int) -> ReferenceRegistrations:
    rows = [examples.REFERENCE | {"reference_number": f"P-{number}"} for number in range(count)]
    return ReferenceRegistrations.model_validate({"registrations": rows})


async def test_a_registered_number_is_answered() -> None:
    assert (await service.register(scripted_state([row(FOUND)]), CALLER, registration())).outcome == FOUND


@pytest.mark.parametrize("outcome", [MISSED, SEVERAL, "number-miss-limit"])
async def test_a_single_number_that_is_not_registered_is_refused(outcome: str) -> None:
    with pytest.raises(ShikakuError) as refused:
        await service.register(scripted_state([row(outcome)]), CALLER, registration())
    assert refused.value.code == outcome


async def test_each_row_of_a_bulk_keeps_its_outcome_and_its_place() -> None:
    outcomes = (FOUND, MISSED, SEVERAL, FOUND, "number-miss-limit")
    answer = await service.register_all(scripted_state([row(*outcomes)]), CALLER, bulk(5))
    assert [one.outcome for one in answer.registrations] == list(outcomes)


async def test_the_rows_are_sent_column_by_column_with_the_settings_limits() -> None:
    state = scripted_state([row(FOUND, FOUND)], number_misses_per_hour=7, facility_number_misses_per_hour=9)
    await service.register_all(state, CALLER, bulk(2))
    [(_, parameters)] = asked_of(state).asked
    values = dict(zip(REGISTER.names, parameters, strict=True))
    shared = ("client_id", "right", "terminal_limit", "facility_limit")
    assert [values.pop(name) for name in shared] == [CLIENT, "eligibility", 7, 9]
    assert [len(column) for column in values.values()] == [2] * 7
    assert values["reference_number"] == ["P-0", "P-1"]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"admitted": False, "entitled": False, "misses_left": 0}, "client-closed"),
        ({"entitled": False, "misses_left": 0}, "right-missing"),
        ({"misses_left": 0}, "number-miss-limit"),
        ({"misses_left": -3}, "number-miss-limit"),
        ({"over_limit": True}, "number-miss-limit"),
    ],
)
async def test_without_quota_no_outcome_is_answered(changes: dict[str, Any], code: str) -> None:
    with pytest.raises(ShikakuError, match=code):
        await service.register(scripted_state([row(outcomes=None, **changes)]), CALLER, registration())


@pytest.mark.parametrize(
    ("outcomes", "streak", "lines"),
    [
        ((MISSED,), 10, 1),
        ((FOUND,), 10, 0),
        ((SEVERAL,), 10, 0),
        ((MISSED, FOUND, MISSED), 11, 1),
        ((MISSED,) * 40, 40, 3),
    ],
)
async def test_a_streak_is_logged_by_the_misses_of_the_call(
    outcomes: tuple[str, ...], streak: int, lines: int
) -> None:
    with capture_logs() as log:
        await service.register_all(
            scripted_state([row(*outcomes, streak=streak)]), CALLER, bulk(len(outcomes))
        )
    assert len(log) == lines
    assert all(line["client_id"] == str(CLIENT) for line in log)


async def test_without_the_right_nothing_is_asked() -> None:
    state = scripted_state()
    with pytest.raises(ShikakuError, match="right-missing"):
        await service.register(state, terminal(Right.CONSENT), registration())
    assert asked_of(state).asked == []
