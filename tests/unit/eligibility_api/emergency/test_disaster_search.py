"""A person search in disaster mode: how the person is looked for, and the refusal or the permit in its row."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from structlog.testing import capture_logs

from eligibility_api.contract import examples
from eligibility_api.contract.codes import Right, Role
from eligibility_api.contract.consent import Basis
from eligibility_api.contract.emergency import DisasterSearch
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.emergency import person_search, service
from eligibility_api.state import State
from tests.builders.scripted_database import CLIENT, NOW, asked_of, scripted_state, terminal

pytestmark = pytest.mark.anyio

SEARCHER = terminal(Right.ELIGIBILITY)
RECORD = UUID(int=6)
MEDICAL = {Role.DOCTOR, Role.DENTIST, Role.PHARMACIST, Role.AUTHORISED_STAFF}
PERMITTED = {
    "admitted": True,
    "entitled": True,
    "outcome": "permitted",
    "record_id": RECORD,
    "given_at": NOW,
    "until": NOW + timedelta(hours=24),
}
QUOTA = {"misses_left": 5, "over_limit": False, "streak": None}
FOUND = PERMITTED | QUOTA


def search(**changes: Any) -> DisasterSearch:
    return DisasterSearch.model_validate(examples.DISASTER_SEARCH | changes)


def found_by(state: State) -> tuple[str, list[Any]]:
    [(statement, parameters)] = asked_of(state).asked
    return statement, parameters


async def test_a_person_is_searched_by_items_folded_for_comparison() -> None:
    state = scripted_state([FOUND])
    await service.disaster(
        state, SEARCHER, search(name="試験　見本", name_kana="ｼｹﾝ ﾐﾎﾝ", address="架空県見本市１ー２－３")
    )
    statement, parameters = found_by(state)
    assert statement == person_search.BY_ITEMS
    assert parameters[12:] == ["試験見本", "シケンミホン", "架空県見本市1-2-3"]


async def test_a_person_is_searched_by_a_membership() -> None:
    state = scripted_state([FOUND])
    membership = {
        "insurer_number": "01130012",
        "symbol": "見本",
        "number": "１-２",
        "birth_date": "1980-05-17",
    }
    items = {"name": None, "name_kana": None, "birth_date": None, "sex": None, "address": None}
    await service.disaster(state, SEARCHER, search(**items, membership=membership))
    statement, parameters = found_by(state)
    assert statement == person_search.BY_MEMBERSHIP
    assert parameters[10:13] == ["01130012", "12", "見本"]
    assert parameters[14:] == ["", "99"]


async def test_a_search_takes_the_right_and_the_limits_of_look_ups() -> None:
    state = scripted_state([FOUND], number_misses_per_hour=7, facility_number_misses_per_hour=9)
    await service.disaster(state, SEARCHER, search())
    assert found_by(state)[1][:4] == [CLIENT, "eligibility", 7, 9]


@pytest.mark.parametrize("consent", ["oral", "not-possible"])
async def test_the_patients_own_statement_is_recorded(consent: str) -> None:
    state = scripted_state([FOUND])
    answer = await service.disaster(state, SEARCHER, search(consent=consent))
    assert found_by(state)[1][9] == consent
    assert (answer.basis, "災害時の閲覧" in answer.notice) == (Basis.DISASTER, True)


@pytest.mark.parametrize("role", Role)
async def test_only_medical_roles_search(role: Role) -> None:
    state = scripted_state([FOUND])
    await service.disaster(state, SEARCHER, search(role=role.value))
    assert found_by(state)[1][6] == (None if role in MEDICAL else "role-not-permitted")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"admitted": False}, "client-closed"),
        ({"entitled": False}, "right-missing"),
        ({"misses_left": 0, "outcome": None}, "number-miss-limit"),
        ({"over_limit": True}, "number-miss-limit"),
        *(({"outcome": code}, code) for code in (
            "disaster-mode-off", "role-not-permitted", "staff-not-authorised", "disaster-not-found",
            "disaster-several-found", "card-not-usable",
        )),
    ],
)  # fmt: skip
async def test_a_search_that_finds_nobody_or_may_not_is_refused(changes: dict[str, Any], code: str) -> None:
    with pytest.raises(ShikakuError) as refused:
        await service.disaster(scripted_state([FOUND | changes]), SEARCHER, search())
    assert refused.value.code == code


async def test_a_streak_of_misses_is_logged_before_the_refusal() -> None:
    state = scripted_state([FOUND | {"outcome": "disaster-not-found", "streak": 10}])
    with capture_logs() as log, pytest.raises(ShikakuError, match="disaster-not-found"):
        await service.disaster(state, SEARCHER, search())
    assert [(line["event"], line["streak"]) for line in log] == [("number_miss_streak", 10)]
