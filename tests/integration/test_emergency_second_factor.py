"""The second factor of emergency access: one-time passwords, used once and limited."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from uuid import uuid4

import asyncpg
import pytest

from eligibility_api.contract.tokens import Credential
from tests.builders.emergencies import (
    ask,
    attempts,
    code,
    early_in_a_time_step,
    emergency_terminal,
    identified,
    permits,
)
from tests.builders.fund import Fund
from tests.builders.limits import LOCK_WAITS, limited
from tests.builders.staff import Authenticator

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
async def terminal(fund: Fund) -> Credential:
    return await emergency_terminal(fund)


@pytest.fixture
async def doctor(fund: Fund) -> Authenticator:
    """An operator authorised for emergencies, new for each test."""
    return await Authenticator.of(fund, f"見本　医師{uuid4().hex[:8]}")


@pytest.fixture
async def early(fund: Fund) -> AsyncIterator[None]:
    async with early_in_a_time_step(fund):
        yield


@pytest.mark.parametrize("steps", [-1, 0, 1])
@pytest.mark.usefixtures("early")
async def test_a_password_of_an_adjacent_time_step_is_accepted_once(
    fund: Fund, terminal: Credential, doctor: Authenticator, steps: int
) -> None:
    record = await identified(fund, terminal)
    password = doctor.password(steps)
    first, second = [await ask(fund, terminal, doctor, record, one_time_password=password) for _ in range(2)]
    assert (first.status_code, code(second)) == (201, (403, "second-factor-refused"))


@pytest.mark.usefixtures("early")
async def test_of_simultaneous_uses_of_a_password_one_succeeds(
    fund: Fund, terminal: Credential, doctor: Authenticator
) -> None:
    record, password = await identified(fund, terminal), doctor.password(1)
    with limited(fund, second_factor_misses_per_hour=50):
        responses = await asyncio.gather(
            *(ask(fund, terminal, doctor, record, one_time_password=password) for _ in range(8))
        )
    assert sorted(response.status_code for response in responses) == [201] + [403] * 7
    assert await permits(fund, doctor) == 1


@pytest.mark.parametrize("steps", [-2, 2])
@pytest.mark.usefixtures("early")
async def test_a_password_two_time_steps_away_is_refused(
    fund: Fund, terminal: Credential, doctor: Authenticator, steps: int
) -> None:
    password = doctor.password(steps)
    refused = await ask(fund, terminal, doctor, await identified(fund, terminal), one_time_password=password)
    assert code(refused) == (403, "second-factor-refused")


async def test_another_operators_password_is_refused(
    fund: Fund, terminal: Credential, doctor: Authenticator
) -> None:
    other = await Authenticator.of(fund, f"見本　医師{uuid4().hex[:8]}")
    refused = await ask(
        fund, terminal, doctor, await identified(fund, terminal), one_time_password=other.password()
    )
    assert code(refused) == (403, "second-factor-refused")
    assert await attempts(fund, doctor) == ["second-factor-refused"]


async def test_wrong_passwords_are_limited_by_the_hour_and_then_a_right_one_is_refused_too(
    fund: Fund, terminal: Credential, doctor: Authenticator
) -> None:
    record, other = (
        await identified(fund, terminal),
        await Authenticator.of(fund, f"見本　医師{uuid4().hex[:8]}"),
    )
    with limited(fund, second_factor_misses_per_hour=2):
        wrong = [
            await ask(fund, terminal, doctor, record, one_time_password=doctor.wrong()) for _ in range(3)
        ]
        right = await ask(fund, terminal, doctor, record)
        elsewhere = await ask(fund, terminal, other, record)
        await fund.owner.fetch("UPDATE second_factor_miss SET hour = hour - interval '1 hour'", [])
        later = await ask(fund, terminal, doctor, record)
    assert [response.status_code for response in wrong] == [403, 403, 429]
    assert code(right) == (429, "second-factor-limit")
    assert 0 < int(right.headers["Retry-After"]) <= 3600
    assert (elsewhere.status_code, later.status_code) == (201, 201)
    assert await attempts(fund, doctor) == [
        *["second-factor-refused"] * 2,
        *["second-factor-limit"] * 2,
        "permitted",
    ]


async def test_right_passwords_are_not_counted(
    fund: Fund, terminal: Credential, doctor: Authenticator
) -> None:
    record = await identified(fund, terminal)
    with limited(fund, second_factor_misses_per_hour=1):
        given = [await ask(fund, terminal, doctor, record) for _ in range(2)]
    assert [response.status_code for response in given] == [201, 201]


async def test_simultaneous_wrong_passwords_cannot_exceed_the_limit(
    fund: Fund, terminal: Credential, doctor: Authenticator
) -> None:
    record = await identified(fund, terminal)
    await ask(fund, terminal, doctor, record, one_time_password=doctor.wrong())
    counting = await asyncpg.connect(fund.database.dsn("owner"))
    try:
        async with asyncio.timeout(30), asyncio.TaskGroup() as group, counting.transaction():
            await counting.execute(
                "SELECT FROM second_factor_miss WHERE operator = $1 FOR UPDATE", doctor.operator
            )
            with limited(fund, second_factor_misses_per_hour=4):
                asking = [
                    group.create_task(ask(fund, terminal, doctor, record, one_time_password=doctor.wrong()))
                    for _ in range(6)
                ]
                while await counting.fetchval(LOCK_WAITS) < len(asking):
                    await asyncio.sleep(0)
    finally:
        await counting.close()
    assert sorted(task.result().status_code for task in asking) == [403] * 3 + [429] * 3


async def test_the_secret_is_stored_encrypted_and_bound_to_its_operator(
    fund: Fund, terminal: Credential, doctor: Authenticator
) -> None:
    [row] = await fund.owner.fetch(
        "SELECT totp_secret FROM facility_operator WHERE operator = $1", [doctor.operator]
    )
    assert doctor.secret not in row["totp_secret"]
    other = await Authenticator.of(fund, f"見本　医師{uuid4().hex[:8]}")
    await fund.owner.fetch(
        "UPDATE facility_operator SET totp_secret = $2 WHERE operator = $1",
        [other.operator, row["totp_secret"]],
    )
    stolen = await ask(
        fund, terminal, other, await identified(fund, terminal), one_time_password=doctor.password()
    )
    assert code(stolen) == (500, "internal")
    assert await permits(fund, other) == 0
