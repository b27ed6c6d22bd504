"""Single enrolments and their ends: matching with the register, rights, records."""

from __future__ import annotations

from typing import Any

import pytest

from tests.builders.enrolment_changes import CHANGES, ENDED, correct, known
from tests.builders.fund import Fund
from tests.builders.fund_clients import INSURER, OTHER_INSURER

pytestmark = pytest.mark.anyio


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
