"""Access in an emergency: the second factor before the statement, the refusal in its row, the notice of a permit."""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from cryptography.exceptions import InvalidTag

from eligibility_api.clients.caller import Caller
from eligibility_api.clients.second_factor import encrypt_secret
from eligibility_api.contract import examples
from eligibility_api.contract.codes import Right, Role
from eligibility_api.contract.consent import Basis
from eligibility_api.contract.emergency import EmergencyRequest
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.domain.second_factor import STEP_SECONDS, _totp
from eligibility_api.emergency import service
from tests.builders.scripted_database import (
    CLINIC,
    KEYS,
    NOW,
    asked_of,
    insurer,
    scripted_state,
    terminal,
)

pytestmark = pytest.mark.anyio

CALLER = terminal(Right.EMERGENCY)
SECRET = b"twenty secret bytes!"
RECORD = UUID(int=6)
OPERATOR = str(examples.EMERGENCY["operator"])
STORED = encrypt_secret(KEYS.second_factor, SECRET, CLINIC, OPERATOR)
FACTOR = {"totp_secret": STORED, "now": NOW}
PERMITTED = {
    "admitted": True,
    "entitled": True,
    "outcome": "permitted",
    "record_id": RECORD,
    "given_at": NOW,
    "until": NOW + timedelta(hours=24),
}
# The statement's parameters by their places.
REFUSAL, STORED_SECRET, EXPIRES, USED, LIMIT, CATEGORIES, REASON = 5, 6, 7, 8, 9, 10, 12


def password(seconds: int = 0, secret: bytes = SECRET) -> str:
    """The password that the authenticator shows so many seconds from now."""
    return _totp(secret).generate(int(NOW.timestamp()) + seconds).decode()


def request(**changes: Any) -> EmergencyRequest:
    return EmergencyRequest.model_validate(examples.EMERGENCY | {"one_time_password": password()} | changes)


async def parameters_of(asked: EmergencyRequest, factor: list[Any] | None = None) -> list[Any]:
    """The parameters of the statement for a request."""
    state = scripted_state([FACTOR] if factor is None else factor, [PERMITTED])
    await service.emergency(state, CALLER, asked)
    return asked_of(state).asked[1][1]


async def test_the_operators_secret_is_looked_up_by_facility_and_name() -> None:
    state = scripted_state([FACTOR], [PERMITTED])
    await service.emergency(state, CALLER, request())
    assert asked_of(state).asked[0][1] == [CLINIC, OPERATOR]


@pytest.mark.parametrize("seconds", [0, -STEP_SECONDS, STEP_SECONDS])
async def test_a_password_of_now_or_an_adjacent_step_is_used_once_under_its_step(seconds: int) -> None:
    parameters = await parameters_of(request(one_time_password=password(seconds)))
    step = int(NOW.timestamp()) // STEP_SECONDS + seconds // STEP_SECONDS
    named = f"second-factor\0{CLINIC}\0{OPERATOR}\0{step}".encode()
    assert parameters[USED] == hashlib.sha256(named).digest()
    assert parameters[EXPIRES].timestamp() == (step + 2) * STEP_SECONDS


@pytest.mark.parametrize(
    "wrong",
    [password(2 * STEP_SECONDS), password(-2 * STEP_SECONDS), password(secret=b"another twenty bytes")],
)
async def test_a_wrong_password_reaches_the_statement_as_none_to_be_counted(wrong: str) -> None:
    parameters = await parameters_of(request(one_time_password=wrong))
    assert (parameters[STORED_SECRET], parameters[EXPIRES], parameters[USED]) == (STORED, None, None)


async def test_an_unregistered_operator_has_neither_secret_nor_password() -> None:
    parameters = await parameters_of(request(), factor=[])
    assert parameters[STORED_SECRET : USED + 1] == [None, None, None]


async def test_a_secret_moved_from_another_operators_row_is_no_second_factor() -> None:
    moved = encrypt_secret(KEYS.second_factor, SECRET, CLINIC, "別人")
    with pytest.raises(InvalidTag):
        await service.emergency(scripted_state([FACTOR | {"totp_secret": moved}]), CALLER, request())


async def test_the_reason_is_stored_without_the_password() -> None:
    parameters = await parameters_of(request(reason="unconscious", note="交通事故"))
    assert json.loads(parameters[REASON]) == {"reason": "unconscious", "note": "交通事故"}
    assert parameters[CATEGORIES] == examples.EMERGENCY["categories"]


async def test_the_hourly_limit_is_the_settings() -> None:
    state = scripted_state([FACTOR], [PERMITTED], second_factor_misses_per_hour=2)
    await service.emergency(state, CALLER, request())
    assert asked_of(state).asked[1][1][LIMIT] == 2


MEDICAL = {Role.DOCTOR, Role.DENTIST, Role.PHARMACIST, Role.AUTHORISED_STAFF}


@pytest.mark.parametrize("role", Role)
async def test_only_medical_roles_get_a_permit(role: Role) -> None:
    parameters = await parameters_of(request(role=role.value))
    assert parameters[REFUSAL] == (None if role in MEDICAL else "role-not-permitted")


async def test_a_permit_names_its_end_and_that_it_is_shown_to_the_patient() -> None:
    answer = await service.emergency(scripted_state([FACTOR], [PERMITTED]), CALLER, request())
    assert (answer.basis, answer.given_at, answer.available_until) == (
        Basis.EMERGENCY,
        NOW,
        PERMITTED["until"],
    )
    assert "ご本人にも表示されます" in answer.notice
    assert "the patient can see it" in answer.notice
    assert answer.record_id == str(RECORD)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"admitted": False, "entitled": False, "outcome": None}, "client-closed"),
        ({"entitled": False, "outcome": None}, "right-missing"),
        *(({"outcome": code}, code) for code in (
            "role-not-permitted", "staff-not-authorised", "not-identified", "second-factor-refused", "card-not-usable",
        )),
    ],
)  # fmt: skip
async def test_the_recorded_refusal_is_answered(changes: dict[str, Any], code: str) -> None:
    with pytest.raises(ShikakuError) as refused:
        await service.emergency(scripted_state([FACTOR], [PERMITTED | changes]), CALLER, request())
    assert (refused.value.code, refused.value.retry_after) == (code, None)


async def test_beyond_the_limit_the_answer_contains_the_seconds_until_the_hour_ends() -> None:
    now = NOW.replace(minute=59, second=50)
    state = scripted_state([FACTOR], [PERMITTED | {"outcome": "second-factor-limit"}], now=now)
    with pytest.raises(ShikakuError) as refused:
        await service.emergency(state, CALLER, request())
    assert (refused.value.code, refused.value.retry_after) == ("second-factor-limit", 10)


@pytest.mark.parametrize("caller", [terminal(*set(Right) - {Right.EMERGENCY}), insurer(Right.EMERGENCY)])
async def test_without_the_right_no_secret_is_read(caller: Caller) -> None:
    state = scripted_state()
    with pytest.raises(ShikakuError, match="right-missing"):
        await service.emergency(state, caller, request())
    assert asked_of(state).asked == []
