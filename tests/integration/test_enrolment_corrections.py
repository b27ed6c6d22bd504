"""Corrections, withdrawals, branches and moves of single members, and concurrent changes."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from jpki_mock.register.register import ItemsChange
from tests.builders.enrolment_changes import CHANGES, ENDED, correct, known
from tests.builders.fund import Fund
from tests.builders.fund_clients import INSURER

pytestmark = pytest.mark.anyio


async def test_a_correction_contains_all_items(fund: Fund) -> None:
    person = fund.person()
    enrolled = (await fund.enrol(person, insured_name="誤記", postal_code="000-0001")).json()

    corrected = (await correct(fund, person, acquired_on="2024-05-01", name_alias="試験　通称")).json()

    assert corrected["enrolment_id"] == enrolled["enrolment_id"]
    assert (corrected["acquired_on"], corrected["match"]) == ("2024-05-01", "one")
    now = await known(fund, person)
    assert (now["acquired_on"], now["name_alias"]) == ("2024-05-01", "試験　通称")
    assert (now["insured_name"], now["postal_code"]) == (None, None)


async def test_a_corrected_number_is_a_new_enrolment_and_withdraws_the_old_one(fund: Fund) -> None:
    person = await fund.insured()
    former = (await known(fund, person))["number"]

    corrected = await correct(fund, person, number=former + "-9", branch="01")

    assert corrected.status_code == 200
    assert (await fund.look_up(person)).json()["validity"] == "4"
    assert (await known(fund, person, number=former + "-9", branch="01"))["number"] == former + "-9"
    (tapped,) = (await fund.tap(person.card)).json()["results"]
    assert tapped["number"] == former + "-9"


async def test_a_correction_that_overlaps_another_period_is_rejected(fund: Fund) -> None:
    """Rule T4."""
    person = fund.person()
    await fund.enrol(person)
    await fund.change(person, "end", **ENDED)
    await fund.enrol(person, acquired_on="2026-06-01")

    response = await correct(fund, person, acquired_on="2026-03-31")

    assert (response.status_code, response.json()["code"]) == (409, "enrolment-overlap")


async def test_a_period_among_several_is_named_by_its_first_day(fund: Fund) -> None:
    person = fund.person()
    await fund.enrol(person)
    await fund.change(person, "end", **ENDED)
    await fund.enrol(person, acquired_on="2026-06-01")

    withdrawn = await fund.change(person, "withdraw", acquired_on="2024-04-01")
    again = await fund.change(person, "withdraw", acquired_on="2024-04-01")

    assert (withdrawn.json()["acquired_on"], withdrawn.json()["lost_on"]) == ("2024-04-01", "2026-04-01")
    assert again.json()["code"] == "enrolment-unknown"
    assert (await fund.look_up(person, as_of="2025-01-01")).json()["validity"] == "4"
    assert (await fund.look_up(person)).json()["validity"] == "1"


async def test_a_withdrawn_enrolment_is_not_answered_and_may_be_enrolled_again(fund: Fund) -> None:
    person = await fund.insured()
    assert (await fund.change(person, "withdraw")).status_code == 200
    assert (await fund.tap(person.card)).json()["validity"] == "4"
    assert (await fund.enrol(person)).status_code == 201
    assert (await fund.tap(person.card)).json()["validity"] == "1"


async def test_a_new_branch_number_continues_from_the_same_day(fund: Fund) -> None:
    person = await fund.insured()

    changed = await fund.change(person, "branch", new_branch="07")

    assert (changed.json()["acquired_on"], changed.json()["match"]) == ("2024-04-01", "one")
    assert (await fund.look_up(person)).json()["validity"] == "4"
    (tapped,) = (await fund.tap(person.card)).json()["results"]
    assert tapped["branch"] == "07"


@pytest.mark.parametrize(
    ("items", "code"),
    [
        ({"insurer_number": "39131156"}, "enrolment-late-elderly"),
        ({"insurer_number": "12131157", "symbol": None, "number": "1234566"}, "enrolment-recipient"),
    ],
)
async def test_a_member_without_a_branch_cannot_get_one(fund: Fund, items: dict[str, Any], code: str) -> None:
    response = await fund.change(fund.person(), "branch", branch=None, new_branch="01", **items)
    assert response.json()["code"] == code


async def test_a_move_known_to_the_register_changes_only_the_address(fund: Fund) -> None:
    person = await fund.insured()
    fund.jlis.register.change(person.resident.resident_id, ItemsChange(address="架空県新居町"))

    moved = await fund.change(person, "move", address="架空県新居町", postal_code="000-0009")

    assert moved.json()["match"] == "one"
    now = await known(fund, person)
    assert (now["address"], now["postal_code"], now["name"]) == (
        "架空県新居町",
        "000-0009",
        person.resident.name,
    )


async def test_concurrent_changes_of_a_member_are_serialised(fund: Fund) -> None:
    person = fund.person()
    await fund.enrol(person)
    aliases = [f"通称{n}" for n in range(4)]

    responses = await asyncio.gather(*(correct(fund, person, name_alias=alias) for alias in aliases))

    assert [r.status_code for r in responses] == [200] * 4
    last = max(range(4), key=lambda n: responses[n].json()["known_from"])
    assert (await known(fund, person))["name_alias"] == aliases[last]


@pytest.mark.parametrize("action", ["correct", "withdraw"])
async def test_a_change_wins_over_a_file_that_is_still_in_preparation(fund: Fund, action: str) -> None:
    person = fund.person()
    enrolled = (await fund.enrol(person)).json()
    file = await prepared(fund, enrolled["enrolment_id"], name_alias="ファイルの通称")

    response = await CHANGES[action](fund, person, fund.insurer)
    assert response.is_success
    await fund.owner.fetch("UPDATE revision SET published_at = now() WHERE revision = $1", [file])

    answer = (await fund.look_up(person)).json()
    assert [r["name_alias"] for r in answer["results"]] == ([None] if action == "correct" else [])
    (left,) = await fund.owner.fetch(
        "SELECT count(*) FROM enrolment WHERE opened_by = $1 AND closed_by = $1", [file]
    )
    assert left["count"] == 1


async def prepared(fund: Fund, enrolment_id: str, **items: str) -> int:
    """The revision of a file in preparation, which will replace the enrolment's version by one with other items."""
    (revision,) = await fund.owner.fetch(
        """INSERT INTO revision (insurer_number, client_id, kind) VALUES ($1, $2::text::uuid, 'file')
           RETURNING revision""",
        [INSURER, fund.insurer.client_id],
    )
    (former,) = await fund.owner.fetch(
        """UPDATE enrolment e SET closed_by = $2 FROM entitlement t
           WHERE t.entitlement = e.entitlement AND t.enrolment_id = $1::text::uuid AND closed_by IS NULL
           RETURNING e.*""",
        [enrolment_id, revision["revision"]],
    )
    values = dict(former) | items | {"opened_by": revision["revision"], "closed_by": None}
    del values["version"]
    places = ", ".join(f"${n}" for n in range(1, len(values) + 1))
    await fund.owner.fetch(
        f"INSERT INTO enrolment ({', '.join(values)}) VALUES ({places})", list(values.values())
    )
    return int(revision["revision"])
