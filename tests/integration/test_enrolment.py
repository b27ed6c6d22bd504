"""Insurers say who is their member; the fund keeps what it knew, and when."""

from __future__ import annotations

from typing import Any

import pytest

from tests.builders.fund import OTHER_INSURER, Fund, Person

pytestmark = pytest.mark.anyio


def _end(person: Person, **more: Any) -> dict[str, Any]:
    body = {
        "insurer_number": "01130012",
        "symbol": "見本",
        "number": person.resident.resident_id[1:],
        "branch": "00",
        "birth_date": person.resident.birth_date.isoformat(),
        "lost_on": "2026-04-01",
        "reason_of_loss": "03",
    }
    return body | more


async def test_a_member_is_matched_with_the_resident_register_by_her_attributes(fund: Fund) -> None:
    response = await fund.enrol(fund.person())
    assert (response.status_code, response.json()["match"]) == (201, "one")


async def test_who_is_not_in_the_register_is_enrolled_but_never_guessed_at(fund: Fund) -> None:
    response = await fund.enrol(fund.person(), address="架空県どこにもない町")
    assert (response.status_code, response.json()["match"]) == (201, "none")


async def test_two_residents_alike_are_ambiguous_and_neither_is_taken(fund: Fund) -> None:
    person = fund.person()
    twin = person.resident.model_copy(update={"resident_id": person.resident.resident_id + "B"})
    fund.jlis.register.add([twin])
    assert (await fund.enrol(person)).json()["match"] == "ambiguous"


async def test_a_membership_that_holds_already_is_refused_also_in_other_widths(fund: Fund) -> None:
    person = fund.person()
    await fund.enrol(person, number="１２３-４５")
    again = await fund.enrol(person, number="12345", acquired_on="2025-01-01")
    assert (again.status_code, again.json()["code"]) == (409, "enrolment-overlap")


async def test_after_its_end_the_same_membership_may_begin_again(fund: Fund) -> None:
    person = fund.person()
    await fund.enrol(person)
    await fund.post("/v1/enrolments/end", _end(person), fund.insurer)
    again = await fund.enrol(person, acquired_on="2026-06-01")
    assert again.status_code == 201


async def test_what_was_known_before_an_end_is_kept(fund: Fund) -> None:
    person = fund.person()
    enrolled = (await fund.enrol(person)).json()
    await fund.post("/v1/enrolments/end", _end(person), fund.insurer)

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
async def test_an_end_without_its_enrolment_is_refused(fund: Fund, change: dict[str, str]) -> None:
    person = fund.person()
    await fund.enrol(person)
    response = await fund.post("/v1/enrolments/end", _end(person, **change), fund.insurer)
    assert (response.status_code, response.json()["code"]) == (404, "enrolment-unknown")


async def test_an_insurer_changes_its_own_members_only(fund: Fund) -> None:
    person = fund.person()
    await fund.enrol(person)
    other = await fund.admit_insurer(OTHER_INSURER)
    ended = await fund.post("/v1/enrolments/end", _end(person), other)
    enrolled = await fund.enrol(person, credential=other, insurer_number="01130012")
    assert [r.json()["code"] for r in (ended, enrolled)] == ["enrolment-other-insurer"] * 2


async def test_a_closed_insurers_token_changes_nothing_more(fund: Fund) -> None:
    person, insurer = fund.person(), await fund.admit_insurer(OTHER_INSURER)
    await fund.token(insurer)
    await fund.owner.fetch(
        "UPDATE client SET closed_at = now() WHERE client_id = $1::text::uuid", [insurer.client_id]
    )

    enrolled = await fund.enrol(person, credential=insurer)
    ended = await fund.post("/v1/enrolments/end", _end(person, insurer_number=OTHER_INSURER), insurer)

    assert [r.json()["code"] for r in (enrolled, ended)] == ["client-closed"] * 2


async def test_every_change_is_on_record(fund: Fund) -> None:
    person = fund.person()
    await fund.enrol(person)
    await fund.post("/v1/enrolments/end", _end(person), fund.insurer)
    kinds = [r["kind"] for r in await fund.records("kind LIKE 'enrolment.%'")][-2:]
    assert kinds == ["enrolment.add", "enrolment.end"]


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
    ],
)
async def test_a_bad_field_is_refused_and_its_value_repeated_nowhere(
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
