"""An insurer finds its own members by number and reads every version of one, on both time axes; nobody else does."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest

from eligibility_api.contract.insurer_ops import FoundMembers, MemberHistory
from tests.builders.fund import Fund
from tests.builders.insurers import Insurer, admit
from tests.builders.people import Person

pytestmark = pytest.mark.anyio

UNKNOWN = "019ab000-0000-7000-8000-000000000009"
NUMBERS: Iterator[int] = count(1)


@pytest.fixture
async def own(fund: Fund) -> Insurer:
    """A new insurer, so that its members do not depend on other tests."""
    return await admit(fund)


async def enrol(fund: Fund, insurer: Insurer, **items: Any) -> tuple[Person, str]:
    """A person enrolled at an insurer; returns the enrolment's id."""
    person = fund.person()
    response = await fund.enrol(person, credential=insurer.program, insurer_number=insurer.number, **items)
    assert response.status_code == 201, response.text
    return person, str(response.json()["enrolment_id"])


async def search(fund: Fund, insurer: Insurer, **request: Any) -> FoundMembers:
    response = await fund.post("/v1/members/search", request, insurer.program)
    assert response.status_code == 200, response.text
    return FoundMembers.model_validate_json(response.content)


async def history(fund: Fund, insurer: Insurer, enrolment_id: str) -> MemberHistory:
    response = await fund.get(f"/v1/members/{enrolment_id}", insurer.program)
    assert response.status_code == 200, response.text
    return MemberHistory.model_validate_json(response.content)


@pytest.mark.parametrize(
    ("request_", "found"),
    [
        ({"number": "7700"}, ["00", "01"]),
        ({"number": "７７－００"}, ["00", "01"]),
        ({"number": "7700", "symbol": "ｼｹﾝ"}, ["00", "01"]),
        ({"number": "7700", "branch": "1"}, ["01"]),
        ({"number": "7700", "symbol": "見本"}, []),
        ({"number": "770"}, []),
        ({"number": "7700", "birth_date": "1901-01-01"}, []),
    ],
    ids=["number", "full width", "symbol", "branch", "another symbol", "a part of the number", "birth date"],
)
async def test_members_are_found_by_number(
    fund: Fund, own: Insurer, request_: dict[str, Any], found: list[str]
) -> None:
    for branch in ("00", "01"):
        await enrol(fund, own, symbol="シケン", number="7700", branch=branch)
    answer = await search(fund, own, **request_)
    assert [member.branch for member in answer.members] == found
    assert not answer.has_more


async def test_another_insurers_members_are_neither_found_nor_read(fund: Fund, own: Insurer) -> None:
    other = await admit(fund)
    _, enrolment_id = await enrol(fund, other, number="8800")
    assert (await search(fund, own, number="8800")).members == []
    response = await fund.get(f"/v1/members/{enrolment_id}", own.program)
    assert (response.status_code, response.json()["code"]) == (404, "enrolment-unknown")
    assert (await fund.get(f"/v1/members/{UNKNOWN}", own.program)).status_code == 404


@pytest.mark.parametrize("client", ["approver", "clinic"])
async def test_only_the_insurers_program_may_ask(fund: Fund, own: Insurer, client: str) -> None:
    credential = own.approver if client == "approver" else fund.clinic
    for response in (
        await fund.post("/v1/members/search", {"number": "1"}, credential),
        await fund.get(f"/v1/members/{UNKNOWN}", credential),
    ):
        assert (response.status_code, response.json()["code"]) == (403, "right-missing")


async def test_every_version_is_listed_with_its_days_and_when_it_was_known(fund: Fund, own: Insurer) -> None:
    number = f"99{next(NUMBERS)}"
    person, enrolment_id = await enrol(fund, own, number=number, acquired_on="2020-04-01")
    of: dict[str, Any] = {"credential": own.program, "insurer_number": own.number, "number": number}
    ended = await fund.change(person, "end", **of, lost_on="2026-10-21", reason_of_loss="03")
    assert ended.status_code == 200, ended.text
    first, second = (await history(fund, own, enrolment_id)).versions
    assert (first.lost_on, second.lost_on and second.lost_on.isoformat()) == (None, "2026-10-21")
    assert first.known_until == second.known_from
    assert second.known_until is None
    assert (first.kind, first.items["name"]) == ("single", person.resident.name)
    assert first.items["acquired_on"] == "2020-04-01"
    withdrawn = await fund.change(person, "withdraw", **of)
    assert withdrawn.status_code == 200, withdrawn.text
    versions = (await history(fund, own, enrolment_id)).versions
    assert all(version.known_until is not None for version in versions)
    [found] = (await search(fund, own, number=number)).members
    assert (found.enrolment_id, found.withdrawn) == (enrolment_id, True)


async def test_each_look_is_recorded_without_the_numbers_that_were_asked(fund: Fund, own: Insurer) -> None:
    _, enrolment_id = await enrol(fund, own, number="5511223")
    await search(fund, own, number="5511223")
    await history(fund, own, enrolment_id)
    for kind in ("member.searched", "member.read"):
        [record] = await fund.records("kind = $1 AND insurer_number = $2", kind, own.number)
        assert enrolment_id in str(record["detail"])
        assert "5511223" not in str(record["detail"])


async def test_more_members_than_are_listed_are_distinguished_by_more_items(
    fund: Fund, own: Insurer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("eligibility_api.insurer_ops.members.MAX_FOUND", 1)
    for branch in ("00", "01"):
        await enrol(fund, own, number="6600", branch=branch)
    whole = await search(fund, own, number="6600")
    assert (len(whole.members), whole.has_more) == (1, True)
    one = await search(fund, own, number="6600", branch="01")
    assert (len(one.members), one.has_more) == (1, False)


@pytest.mark.parametrize(
    "request_",
    [
        {},
        {"number": ""},
        {"number": "1" * 200},
        {"number": "1", "birth_date": "x"},
        {"number": "1", "name": "x"},
    ],
    ids=["nothing", "empty", "long", "no day", "a name"],
)
async def test_a_bad_search_is_refused(fund: Fund, own: Insurer, request_: dict[str, Any]) -> None:
    response = await fund.post("/v1/members/search", request_, own.program)
    assert response.status_code == 422
