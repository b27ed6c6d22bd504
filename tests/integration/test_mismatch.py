"""Members whose items differ from the resident register: queue, confirmation, split."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx2
import pytest

from eligibility_api.contract.tokens import Credential
from jpki_mock.register.register import ItemsChange
from tests.builders.database import Database
from tests.builders.fund import Fund, open_fund
from tests.builders.fund_clients import CLINIC, OTHER_CLINIC, OTHER_INSURER
from tests.builders.people import Person

pytestmark = pytest.mark.anyio

NOWHERE = "架空県どこにもない町"


async def queue(fund: Fund, credential: Credential | None = None) -> list[dict[str, Any]]:
    """The whole queue, page by page."""
    items: list[dict[str, Any]] = []
    page: dict[str, Any] = {"next": None}
    while page["next"] is not None or not items:
        query = {"after": page["next"]} if page["next"] is not None else {}
        page = (await fund.get("/v1/mismatches", credential, **query)).json()
        items += page["mismatches"]
        if not page["mismatches"]:
            break
    return items


async def waiting(fund: Fund, enrolment_id: str) -> dict[str, Any] | None:
    """The queue's item about an enrolment."""
    return next((item for item in await queue(fund) if item["enrolment_id"] == enrolment_id), None)


async def confirm(fund: Fund, enrolment_id: str, credential: Credential | None = None) -> httpx2.Response:
    return await fund.post(
        "/v1/mismatches/confirm", {"enrolment_id": enrolment_id}, credential or fund.insurer
    )


async def split(
    fund: Fund, enrolment_id: str, credential: Credential | None = None, **more: Any
) -> httpx2.Response:
    body = {"enrolment_id": enrolment_id} | more
    return await fund.post("/v1/enrolments/unlink", body, credential or fund.insurer)


async def moved_away(fund: Fund) -> tuple[Person, str]:
    """A member with a registered card whose new address the register does not know, and her enrolment's id."""
    person = await fund.insured()
    moved = (await fund.change(person, "move", address=NOWHERE)).json()
    assert moved["match"] == "none"
    return person, moved["enrolment_id"]


async def test_the_queue_is_oldest_first_and_shows_the_member_to_her_insurer(fund: Fund) -> None:
    people = [fund.person() for _ in range(3)]
    ids = [(await fund.enrol(person, address=NOWHERE)).json()["enrolment_id"] for person in people]

    items = [item for item in await queue(fund) if item["enrolment_id"] in ids]

    assert [item["enrolment_id"] for item in items] == ids
    assert [item["number"] for item in items] == [person.resident.resident_id[1:] for person in people]
    assert {item["register_match"] for item in items} == {"none"}
    assert items == sorted(items, key=lambda item: item["since"])


async def test_a_mismatch_keeps_its_place_when_something_else_of_it_changes(fund: Fund) -> None:
    person = fund.person()
    first = (await fund.enrol(person, address=NOWHERE)).json()["enrolment_id"]
    since = (await waiting(fund, first) or {})["since"]
    await fund.change(person, "end", lost_on="2026-04-01", reason_of_loss="03")
    assert (await waiting(fund, first) or {})["since"] == since


async def test_the_queue_is_paged(fund: Fund, monkeypatch: pytest.MonkeyPatch) -> None:
    from eligibility_api.insurer_ops import service

    for _ in range(3):
        await fund.enrol(fund.person(), address=NOWHERE)
    whole = await queue(fund)
    monkeypatch.setattr(service, "MISMATCHES_PER_PAGE", 2)
    assert await queue(fund) == whole


async def test_an_insurer_reads_and_resolves_only_its_own_mismatches(fund: Fund) -> None:
    other = await fund.admit_insurer(OTHER_INSURER)
    enrolment_id = (await fund.enrol(fund.person(), address=NOWHERE)).json()["enrolment_id"]

    assert enrolment_id not in {item["enrolment_id"] for item in await queue(fund, other)}
    refused = [await confirm(fund, enrolment_id, other), await split(fund, enrolment_id, other)]

    assert [(r.status_code, r.json()["code"]) for r in refused] == [
        (404, "mismatch-unknown"),
        (404, "enrolment-unknown"),
    ]
    assert await waiting(fund, enrolment_id)


@pytest.mark.parametrize(
    "path", ["/v1/mismatches", "/v1/changes", "/v1/statistics", "/v1/paper-certificates"]
)
async def test_only_insurers_may_call(fund: Fund, path: str) -> None:
    response = await fund.get(path, fund.clinic)
    assert (response.status_code, response.json()["code"]) == (403, "right-missing")


async def test_a_move_that_the_register_does_not_know_keeps_the_link_and_stops_the_answers(
    fund: Fund,
) -> None:
    person, enrolment_id = await moved_away(fund)
    assert await waiting(fund, enrolment_id)
    assert (await fund.tap(person.card)).json()["code"] == "card-not-usable"
    assert (await fund.look_up(person)).json()["code"] == "eligibility-not-confirmable"


async def test_an_enrolment_confirmed_unchanged_is_answered_again(fund: Fund) -> None:
    person, enrolment_id = await moved_away(fund)

    answer = (await confirm(fund, enrolment_id)).json()

    assert (answer["match"], answer["mismatch"]) == ("none", "confirmed")
    assert await waiting(fund, enrolment_id) is None
    (tapped,) = (await fund.tap(person.card)).json()["results"]
    assert tapped["address"] == NOWHERE
    assert (await confirm(fund, enrolment_id)).json()["code"] == "mismatch-unknown"


async def test_a_member_found_in_the_register_at_confirmation_is_linked(fund: Fund) -> None:
    person = fund.person()
    enrolment_id = (await fund.enrol(person, address=NOWHERE)).json()["enrolment_id"]
    await fund.register(person.card)
    assert (await fund.tap(person.card)).json()["validity"] == "4"
    fund.jlis.register.change(person.resident.resident_id, ItemsChange(address=NOWHERE))

    answer = (await confirm(fund, enrolment_id)).json()

    assert (answer["match"], answer["mismatch"]) == ("one", "none")
    assert (await fund.tap(person.card)).json()["validity"] == "1"


async def test_a_member_never_in_the_register_is_answered_by_number_once_confirmed(fund: Fund) -> None:
    person = fund.person()
    enrolment_id = (await fund.enrol(person, address=NOWHERE)).json()["enrolment_id"]
    assert (await fund.look_up(person)).json()["code"] == "eligibility-not-confirmable"
    await confirm(fund, enrolment_id)
    assert (await fund.look_up(person)).json()["validity"] == "1"


async def test_a_correction_that_matches_another_person_is_not_merged(fund: Fund) -> None:
    person, other = await fund.insured(), await fund.insured()
    items = fund.enrolment_body(other) | {"number": person.resident.resident_id[1:]}

    corrected = await fund.post(
        "/v1/enrolments/correct", {"former": fund.lookup_body(person), "member": items}, fund.insurer
    )

    assert corrected.json()["match"] == "other"
    assert (await fund.tap(person.card)).json()["code"] == "card-not-usable"
    assert (await fund.tap(other.card)).json()["validity"] == "1"
    assert len((await fund.tap(other.card)).json()["results"]) == 1


async def linked_wrongly(fund: Fund) -> tuple[Person, Person, str]:
    """A member who was enrolled under another's items, that other, and the enrolment's id."""
    member, other = fund.person(), fund.person()
    for person in (member, other):
        await fund.register(person.card)
    wrong = fund.enrolment_body(other) | {"number": member.resident.resident_id[1:]}
    enrolled = (await fund.post("/v1/enrolments", wrong, fund.insurer)).json()
    assert (await fund.tap(other.card)).json()["validity"] == "1"
    return member, other, enrolled["enrolment_id"]


def identity(person: Person) -> dict[str, Any]:
    resident = person.resident
    return {
        "name": resident.name,
        "name_kana": resident.name_kana,
        "sex": resident.sex,
        "address": resident.address,
    }


async def test_a_split_enrolment_is_linked_to_the_person_of_its_corrected_items(fund: Fund) -> None:
    member, other, enrolment_id = await linked_wrongly(fund)

    answer = (await split(fund, enrolment_id, corrected=identity(member))).json()

    assert (answer["match"], answer["mismatch"]) == ("one", "none")
    (tapped,) = (await fund.tap(member.card)).json()["results"]
    assert tapped["name"] == member.resident.name
    assert (await fund.tap(other.card)).json()["validity"] == "4"


async def test_a_split_enrolment_that_still_matches_the_wrong_person_stays_unlinked(fund: Fund) -> None:
    member, other, enrolment_id = await linked_wrongly(fund)

    answer = (await split(fund, enrolment_id)).json()

    assert (answer["match"], answer["mismatch"]) == ("other", "open")
    assert await waiting(fund, enrolment_id)
    for person in (member, other):
        assert (await fund.tap(person.card)).json()["validity"] == "4"


async def test_confirming_does_not_link_a_split_member_to_the_wrong_person_again(fund: Fund) -> None:
    member, other, enrolment_id = await linked_wrongly(fund)
    await split(fund, enrolment_id)

    confirmed = (await confirm(fund, enrolment_id)).json()

    assert (confirmed["match"], confirmed["mismatch"]) == ("other", "confirmed")
    for person in (member, other):
        assert (await fund.tap(person.card)).json()["validity"] == "4"
    asked = fund.lookup_body(member)
    assert (await fund.look_up(member)).json()["validity"] == "1"
    await fund.post(
        "/v1/enrolments/correct", {"former": asked, "member": fund.enrolment_body(member)}, fund.insurer
    )
    assert (await fund.tap(member.card)).json()["validity"] == "1"


async def test_a_split_lists_the_facilities_shown_wrong_data_and_keeps_the_bindings(fund: Fund) -> None:
    member, other, enrolment_id = await linked_wrongly(fund)
    elsewhere = await fund.terminal(institution_code=OTHER_CLINIC)
    await fund.look_up(member, elsewhere)
    # Answers that did not show the wrong data: before the first insured day, and of another insurer.
    third = await fund.terminal(institution_code="1323456787")
    await fund.tap(other.card, third, as_of="2023-01-01")

    answer = (await split(fund, enrolment_id, corrected=identity(member))).json()

    assert {f["institution_code"]: f["answers"] for f in answer["correction_list"]} == {
        CLINIC: 1,
        OTHER_CLINIC: 1,
    }
    assert {f["institution_name"] for f in answer["correction_list"]} == {"試験医院"}
    bound = await fund.owner.fetch("SELECT count(DISTINCT person_key) AS people FROM binding", [])
    assert (await fund.tap(other.card)).status_code == 200
    assert bound == await fund.owner.fetch("SELECT count(DISTINCT person_key) AS people FROM binding", [])


async def test_a_repeated_split_returns_the_same_facilities(fund: Fund) -> None:
    _, _, enrolment_id = await linked_wrongly(fund)
    body = {"enrolment_id": enrolment_id}
    first = await fund.post("/v1/enrolments/unlink", body, fund.insurer, key="split")
    second = await fund.post("/v1/enrolments/unlink", body, fund.insurer, key="split")
    assert first.content == second.content
    assert first.json()["correction_list"]


@pytest.fixture(scope="module")
async def strict(database: Database, fund: Fund) -> AsyncIterator[Fund]:
    """The module's fund again, of the same home and register, with a low limit for guessing."""
    async with open_fund(database, fund.home, mismatches_per_hour=2) as opened:
        yield opened


async def test_guessing_attributes_is_rate_limited(strict: Fund) -> None:
    insurer = await strict.admit_insurer("06139992")
    guess: dict[str, Any] = {"credential": insurer, "address": NOWHERE}
    person = strict.person()
    for _ in range(2):
        assert (await strict.enrol(strict.person(), **guess)).status_code == 201

    wrong, right = await strict.enrol(person, **guess), await strict.enrol(person, credential=insurer)

    assert [r.json()["code"] for r in (wrong, right)] == ["mismatch-limit"] * 2
    assert right.status_code == 429
    assert 0 < int(right.headers["Retry-After"]) <= timedelta(hours=1).total_seconds()
    elsewhere = await strict.enrol(person, credential=await strict.admit_insurer(OTHER_INSURER))
    assert elsewhere.status_code == 201
