"""Insurers enrol and change members; the fund keeps every version with its transaction time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import httpx2
import pytest

from eligibility_api.contract.tokens import Credential
from jpki_mock.register.register import ItemsChange
from tests.builders.fund import Fund
from tests.builders.fund_clients import INSURER, OTHER_INSURER
from tests.builders.people import Person

pytestmark = pytest.mark.anyio


ENDED: dict[str, Any] = {"lost_on": "2026-04-01", "reason_of_loss": "03"}


async def test_a_member_is_matched_with_the_resident_register_by_her_attributes(fund: Fund) -> None:
    response = await fund.enrol(fund.person())
    assert (response.status_code, response.json()["match"]) == (201, "one")


async def test_a_member_not_in_the_register_is_enrolled_but_not_linked(fund: Fund) -> None:
    response = await fund.enrol(fund.person(), address="架空県どこにもない町")
    assert (response.status_code, response.json()["match"]) == (201, "none")


async def test_two_residents_alike_are_ambiguous_and_neither_is_linked(fund: Fund) -> None:
    person = fund.person()
    twin = person.resident.model_copy(update={"resident_id": person.resident.resident_id + "B"})
    fund.jlis.register.add([twin])
    assert (await fund.enrol(person)).json()["match"] == "ambiguous"


async def test_an_existing_membership_is_rejected_also_in_other_character_widths(fund: Fund) -> None:
    person = fund.person()
    await fund.enrol(person, number="１２３-４５")
    again = await fund.enrol(person, number="12345", acquired_on="2025-01-01")
    assert (again.status_code, again.json()["code"]) == (409, "enrolment-overlap")


async def test_after_its_end_the_same_membership_may_begin_again(fund: Fund) -> None:
    person = fund.person()
    await fund.enrol(person)
    await fund.change(person, "end", **ENDED)
    again = await fund.enrol(person, acquired_on="2026-06-01")
    assert again.status_code == 201


async def test_the_version_before_an_end_is_kept(fund: Fund) -> None:
    person = fund.person()
    enrolled = (await fund.enrol(person)).json()
    await fund.change(person, "end", **ENDED)

    rows = await fund.state.database.fetch(
        """SELECT e.lost_on, o.published_at AS known_from, c.published_at AS known_to
           FROM enrolment e JOIN entitlement t USING (entitlement) JOIN revision o ON o.revision = e.opened_by
           LEFT JOIN revision c ON c.revision = e.closed_by WHERE t.enrolment_id = $1::text::uuid ORDER BY version""",
        [enrolled["enrolment_id"]],
    )

    former, present = rows
    assert (former["lost_on"], str(present["lost_on"])) == (None, "2026-04-01")
    assert former["known_to"] == present["known_from"]
    assert present["known_to"] is None


@pytest.mark.parametrize(
    "change", [{"number": "unknown"}, {"birth_date": "1970-01-01"}, {"lost_on": "2001-01-01"}]
)
async def test_an_end_without_an_enrolment_is_rejected(fund: Fund, change: dict[str, Any]) -> None:
    person = fund.person()
    await fund.enrol(person)
    response = await fund.change(person, "end", **ENDED | change)
    assert (response.status_code, response.json()["code"]) == (404, "enrolment-unknown")


async def correct(
    fund: Fund, person: Person, insurer: Credential | None = None, **more: Any
) -> httpx2.Response:
    """The corrected items of the person's latest period."""
    body = {"former": fund.lookup_body(person), "member": fund.enrolment_body(person, **more)}
    return await fund.post("/v1/enrolments/correct", body, insurer or fund.insurer)


Change = Callable[[Fund, Person, Credential], Awaitable[httpx2.Response]]
CHANGES: dict[str, Change] = {
    "add": lambda fund, person, insurer: fund.enrol(person, credential=insurer, insurer_number=INSURER),
    "end": lambda fund, person, insurer: fund.change(person, "end", credential=insurer, **ENDED),
    "correct": correct,
    "move": lambda fund, person, insurer: fund.change(person, "move", credential=insurer, address="架空県"),
    "branch": lambda fund, person, insurer: fund.change(
        person, "branch", credential=insurer, new_branch="09"
    ),
    "withdraw": lambda fund, person, insurer: fund.change(person, "withdraw", credential=insurer),
}
each_change = pytest.mark.parametrize("name", CHANGES)


@each_change
async def test_an_insurer_changes_its_own_members_only(fund: Fund, name: str) -> None:
    person = fund.person()
    await fund.enrol(person)
    other = await fund.admit_insurer(OTHER_INSURER)

    response = await CHANGES[name](fund, person, other)

    assert (response.status_code, response.json()["code"]) == (403, "enrolment-other-insurer")
    assert (await known(fund, person))["address"] == person.resident.address


async def test_a_correction_cannot_move_a_membership_to_another_insurer(fund: Fund) -> None:
    person = fund.person()
    await fund.enrol(person)
    moved = await correct(fund, person, insurer_number=OTHER_INSURER)
    assert moved.json()["code"] == "enrolment-other-insurer"


@each_change
async def test_a_terminal_has_no_right_to_change_members(fund: Fund, name: str) -> None:
    response = await CHANGES[name](fund, fund.person(), fund.clinic)
    assert (response.status_code, response.json()["code"]) == (403, "right-missing")


@each_change
async def test_a_closed_insurers_token_is_rejected(fund: Fund, name: str) -> None:
    person, insurer = fund.person(), await fund.admit_insurer(INSURER)
    await fund.enrol(person)
    await fund.token(insurer)
    await fund.owner.fetch(
        "UPDATE client SET closed_at = now() WHERE client_id = $1::text::uuid", [insurer.client_id]
    )

    response = await CHANGES[name](fund, person, insurer)

    assert response.json()["code"] == "client-closed"


@each_change
async def test_every_change_is_recorded(fund: Fund, name: str) -> None:
    person = fund.person()
    if name != "add":
        await fund.enrol(person)

    response = await CHANGES[name](fund, person, fund.insurer)

    assert response.is_success, response.text
    record = (await fund.records("kind LIKE 'enrolment.%'"))[-1]
    assert (record["kind"], record["insurer_number"]) == (f"enrolment.{name}", INSURER)
    assert record["person_key"] is not None


async def known(fund: Fund, person: Person, **more: Any) -> dict[str, Any]:
    """The only result of a look-up by number."""
    (result,) = (await fund.look_up(person, **more)).json()["results"]
    return dict(result)


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


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("number", "123456789018", "my-number-refused"),
        ("number", "１２３４ー５６７８ー９０１８", "my-number-refused"),
        ("symbol", "1234 5678 9018", "my-number-refused"),
        ("insurer_number", "123456789018", "my-number-refused"),
        ("branch", "123456789018", "my-number-refused"),
        ("insurer_number", "06139999", "request-invalid"),
        ("lost_on", "2020-01-01", "enrolment-period"),
        ("sex", "77", "request-invalid"),
        ("my_number", "123456789018", "request-invalid"),
        ("birth_date", "2026-13-01", "request-invalid"),
        ("birth_date", "20217600", "request-invalid"),
        ("acquired_on", "0001-01-01", "request-invalid"),
        ("number", "－ -", "request-invalid"),
    ],
)
async def test_an_invalid_field_is_rejected_without_repeating_its_value(
    fund: Fund, capfd: pytest.CaptureFixture[str], field: str, value: str, code: str
) -> None:
    person = fund.person()
    more: dict[str, Any] = {field: value} | ({"reason_of_loss": "99"} if field == "lost_on" else {})

    response = await fund.enrol(person, **more)

    assert (response.status_code, response.json()["code"]) == (422, code)
    assert value not in response.text
    assert value not in "".join(capfd.readouterr())
    assert not await fund.state.database.fetch(
        "SELECT FROM enrolment WHERE name = $1", [person.resident.name]
    )


@pytest.mark.parametrize("written", ["ｼｹﾝ　ﾐﾎﾝ", "しけん みほん", " シケン　ミホン "])
async def test_a_name_reading_is_stored_in_katakana(fund: Fund, written: str) -> None:
    person = fund.person()
    enrolled = await fund.enrol(person, name_kana=written, name_alias="通称", name_alias_kana=written)
    assert enrolled.json()["match"] == "one"
    [shown] = (await fund.look_up(person)).json()["results"]
    assert (shown["name_kana"], shown["name_alias_kana"]) == ("シケン ミホン", "シケン ミホン")


@pytest.mark.parametrize("written", ["\u3000", "㌖" * 100])
async def test_an_invalid_name_reading_is_rejected_before_the_register_is_asked(
    fund: Fund, written: str
) -> None:
    response = await fund.enrol(fund.person(), name_kana=written)
    assert (response.status_code, response.json()["code"]) == (422, "request-invalid")
