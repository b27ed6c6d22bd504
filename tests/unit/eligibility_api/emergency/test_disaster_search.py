"""A person search in disaster mode: how the person is looked for, and the refusal or the permit in its row."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from structlog.testing import capture_logs

from eligibility_api.contract import examples
from eligibility_api.contract.codes import Right, Role
from eligibility_api.contract.consent import Basis
from eligibility_api.contract.emergency import DisasterPermitRequest, DisasterSearch
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.domain.areas import areas_of
from eligibility_api.emergency import person_search, service
from eligibility_api.platform.sql import Statement
from eligibility_api.state import State
from tests.builders.scripted_database import CLIENT, NOW, asked_of, scripted_state, terminal, values_asked
from tests.builders.stored_versions import stored_version

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
FOUND = PERMITTED | QUOTA | {"outcome": "answered", "today": date(2026, 4, 1), "version": None}


def search(**changes: Any) -> DisasterSearch:
    return DisasterSearch.model_validate(examples.DISASTER_SEARCH | changes)


def permit(**changes: Any) -> DisasterPermitRequest:
    return DisasterPermitRequest.model_validate(examples.DISASTER_PERMIT | changes)


def found_by(state: State) -> tuple[str, list[Any]]:
    [(statement, parameters)] = asked_of(state).asked
    return statement, parameters


def searched_by(state: State, statement: Statement = person_search.BY_ITEMS) -> dict[str, Any]:
    [values] = values_asked(state, statement)
    return values


async def test_a_person_is_searched_by_items_folded_for_comparison() -> None:
    state = scripted_state([FOUND])
    await service.search(
        state, SEARCHER, search(name="試験　見本", name_kana="ｼｹﾝ ﾐﾎﾝ", address="架空県見本市１ー２－３")
    )
    values = searched_by(state)
    assert [values[name] for name in ("name", "name_kana", "address")] == [
        "試験見本",
        "シケンミホン",
        "架空県見本市1-2-3",
    ]


async def test_a_person_is_searched_by_a_membership() -> None:
    state = scripted_state([FOUND])
    membership = {
        "insurer_number": "01130012",
        "symbol": "見本",
        "number": "１-２",
        "birth_date": "1980-05-17",
    }
    items = {"name": None, "name_kana": None, "birth_date": None, "sex": None, "address": None}
    await service.search(state, SEARCHER, search(**items, membership=membership))
    values = searched_by(state, person_search.BY_MEMBERSHIP)
    assert [values[name] for name in ("insurer_number", "number_key", "symbol_key")] == [
        "01130012",
        "12",
        "見本",
    ]
    assert (values["first_branch"], values["last_branch"]) == ("", "99")


async def test_a_search_takes_the_right_and_the_limits_of_look_ups() -> None:
    state = scripted_state([FOUND], number_misses_per_hour=7, facility_number_misses_per_hour=9)
    await service.search(state, SEARCHER, search())
    values = searched_by(state)
    assert (values["client_id"], values["right"]) == (CLIENT, "eligibility")
    assert (values["terminal_limit"], values["facility_limit"]) == (7, 9)


async def test_the_search_takes_the_areas_of_the_facility() -> None:
    state = scripted_state([FOUND])
    assert (await service.search(state, SEARCHER, search())).record_id == str(RECORD)
    assert searched_by(state)["areas"] == list(areas_of(SEARCHER.institution()))


@pytest.mark.parametrize(
    ("cover", "shown"),
    [
        ({}, ["1"]),
        ({"birth_date": date(1951, 3, 31)}, []),
        ({"birth_date": date(1951, 4, 2)}, ["1"]),
    ],
)
async def test_what_holds_today_is_shown(cover: dict[str, Any], shown: list[str]) -> None:
    """Rules D1, W15: the legal end counts."""
    rows = [FOUND | stored_version(number="1", **cover)]
    answer = await service.search(scripted_state(rows), SEARCHER, search())
    assert [membership.number for membership in answer.memberships] == shown


@pytest.mark.parametrize("role", Role)
async def test_only_medical_roles_get_a_permit(role: Role) -> None:
    state = scripted_state([PERMITTED])
    await service.disaster_permit(state, SEARCHER, permit(role=role.value))
    assert found_by(state)[1][5] == (None if role in MEDICAL else "role-not-permitted")


@pytest.mark.parametrize("consent", ["oral", "unconscious"])
async def test_the_patients_own_statement_is_recorded(consent: str) -> None:
    state = scripted_state([PERMITTED])
    answer = await service.disaster_permit(state, SEARCHER, permit(consent=consent))
    assert found_by(state)[1][8] == consent
    assert (answer.basis, "災害時の閲覧" in answer.notice) == (Basis.DISASTER, True)


@pytest.mark.parametrize(
    "code",
    ["disaster-mode-off", "role-not-permitted", "staff-not-authorised", "not-identified", "card-not-usable"],
)
async def test_a_permit_is_refused(code: str) -> None:
    with pytest.raises(ShikakuError) as refused:
        await service.disaster_permit(scripted_state([PERMITTED | {"outcome": code}]), SEARCHER, permit())
    assert refused.value.code == code


@pytest.mark.parametrize("change", ["admitted", "entitled"])
async def test_a_closed_or_restricted_client_gets_no_permit(change: str) -> None:
    code = {"admitted": "client-closed", "entitled": "right-missing"}[change]
    with pytest.raises(ShikakuError, match=code):
        await service.disaster_permit(scripted_state([PERMITTED | {change: False}]), SEARCHER, permit())


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"admitted": False}, "client-closed"),
        ({"entitled": False}, "right-missing"),
        ({"misses_left": 0, "outcome": None}, "number-miss-limit"),
        ({"over_limit": True}, "number-miss-limit"),
        *(({"outcome": code}, code) for code in (
            "disaster-mode-off", "disaster-not-found", "disaster-several-found", "card-not-usable",
        )),
    ],
)  # fmt: skip
async def test_a_search_that_finds_nobody_or_may_not_is_refused(changes: dict[str, Any], code: str) -> None:
    with pytest.raises(ShikakuError) as refused:
        await service.search(scripted_state([FOUND | changes]), SEARCHER, search())
    assert refused.value.code == code


async def test_a_streak_of_misses_is_logged_before_the_refusal() -> None:
    state = scripted_state([FOUND | {"outcome": "disaster-not-found", "streak": 10}])
    with capture_logs() as log, pytest.raises(ShikakuError, match="disaster-not-found"):
        await service.search(state, SEARCHER, search())
    assert [(line["event"], line["streak"]) for line in log] == [("number_miss_streak", 10)]
