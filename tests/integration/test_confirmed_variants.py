"""An insurer's word on a spelling (rules R8 to R10): for every number of the person, and for members confirmed before."""

from __future__ import annotations

import json
from typing import Any

import pytest

from eligibility_api.contract.numbers import check_digit
from eligibility_api.domain.membership import comparable
from eligibility_api.insurer_ops.matching_again import MatchedAgain, match_again
from jpki_mock.register.register import ItemsChange
from tests.builders.commands import Command
from tests.builders.fund import Fund
from tests.builders.fund_clients import OTHER_INSURER
from tests.builders.member_files import get, member
from tests.builders.people import Person
from tests.builders.variants import (
    ADDRESS,
    CHARACTER,
    NOWHERE,
    by_card,
    by_number,
    confirm,
    proposed,
    rare,
    send,
    unlink,
    visible,
    waiting,
)

pytestmark = pytest.mark.anyio

UNKNOWN_INSURER = f"0613777{check_digit('0613777')}"


def renumbered(person: Person) -> str:
    """Another number of the person's."""
    return f"9{person.resident.resident_id[1:]}"


async def new_number(fund: Fund, person: Person, by: str, **items: str) -> dict[str, Any]:
    """Give a person who is spelled otherwise another number, by a file or a call; returns report or answer."""
    spelled = {"name": person.resident.name.replace("𠮷", "吉"), "number": renumbered(person)} | items
    if by == "file":
        file = await send(fund, member(person, **spelled))
        assert file["state"] == "published"
        report: dict[str, Any] = file["report"]
        return report
    answer: dict[str, Any] = (await fund.enrol(person, **dict[str, Any](spelled))).json()
    return answer


async def correct(fund: Fund, person: Person, numbers: dict[str, str], items: dict[str, str]) -> None:
    """Correct the period of one of a person's numbers by a call; it may get another number."""
    spelled = {"name": person.resident.name.replace("𠮷", "吉")} | items
    former = fund.lookup_body(person) | {"number": numbers["number"]}
    member_ = fund.enrolment_body(person) | spelled | {"number": numbers["new_number"]}
    answer = await fund.post("/v1/enrolments/correct", {"former": former, "member": member_}, fund.insurer)
    assert answer.status_code == 200, answer.text


async def moved(fund: Fund, person: Person, by: str, number: str, address: str) -> None:
    """Let a person move, and her insurer learn it for one of her numbers."""
    fund.jlis.register.change(person.resident.resident_id, ItemsChange(address=address))
    if by == "file":
        spelled = {"name": person.resident.name.replace("𠮷", "吉"), "number": number, "address": address}
        report = await send(fund, member(person, **spelled))
        assert report["state"] == "published"
    else:
        await correct(fund, person, {"number": number, "new_number": number}, {"address": address})
    await visible(fund)


async def enrolment_of(fund: Fund, number: str) -> str:
    """The id of the insurer's only member with a number."""
    [row] = await fund.owner.fetch(
        "SELECT enrolment_id FROM entitlement WHERE number_key = $1", [comparable(None, number, None)[1]]
    )
    return str(row["enrolment_id"])


async def queue_of(fund: Fund, number: str) -> list[dict[str, Any]]:
    """What waits about a number."""
    await visible(fund)
    return [item for item in (await get(fund, "/v1/mismatches"))["mismatches"] if item["number"] == number]


@pytest.mark.parametrize("by", ["file", "call"])
async def test_the_insurers_word_holds_for_another_number_of_the_person(fund: Fund, by: str) -> None:
    """Rule R9: another number is another membership, and she is the same person."""
    person, enrolment_id = await proposed(fund)
    await confirm(fund, enrolment_id)

    answer = await new_number(fund, person, by)

    assert await queue_of(fund, renumbered(person)) == []
    assert await by_card(fund, person) == "1"
    card = (await fund.tap(person.card)).json()
    assert {row["number"] for row in card["results"]} == {
        person.resident.resident_id[1:],
        renumbered(person),
    }
    if by == "file":
        assert (answer["unmatched"], answer["proposed"]) == (0, 0)
        assert [finding["code"] for finding in answer["findings"]] == ["renumbered"]
    else:
        assert (answer["match"], answer["differences"]) == ("variant", [CHARACTER])


@pytest.mark.parametrize("by", ["file", "call"])
async def test_a_correction_to_another_number_keeps_the_word_with_new_items(fund: Fund, by: str) -> None:
    """Rule R9: she moves at the same time, so that the register is asked again."""
    person, enrolment_id = await proposed(fund)
    await confirm(fund, enrolment_id)
    new = f"架空県見本市８丁目{person.resident.resident_id[1:]}"
    fund.jlis.register.change(person.resident.resident_id, ItemsChange(address=new))
    await new_number(fund, person, by, address=new)
    assert await queue_of(fund, renumbered(person)) == []
    assert await by_card(fund, person) == "1"


@pytest.mark.parametrize("by", ["file", "call"])
@pytest.mark.parametrize(
    "since", ["more differences", "unlinked", "withdrawn", "only proposed", "another insurer"]
)
async def test_another_number_waits_where_the_insurer_has_not_confirmed_just_this(
    fund: Fund, since: str, by: str
) -> None:
    """Rule R9."""
    credential = await fund.admit_insurer(OTHER_INSURER) if since == "another insurer" else None
    person, name = rare(fund)
    enrolled = (await fund.enrol(person, credential=credential, name=name)).json()
    await fund.register(person.card)
    if since != "only proposed":
        confirmed = await confirm(fund, enrolled["enrolment_id"], credential)
        assert confirmed["mismatch"] == "confirmed"
    if since == "unlinked":
        assert (await unlink(fund, enrolled["enrolment_id"])).status_code == 200
    if since == "withdrawn":
        assert (await fund.change(person, "withdraw")).status_code == 200
    more = {"address": person.resident.address[3:]} if since == "more differences" else {}

    answer = await new_number(fund, person, by, **more)

    [item] = await queue_of(fund, renumbered(person))
    differences = [CHARACTER, ADDRESS] if more else [CHARACTER]
    assert (item["register_match"], item["mismatch"], item["differences"]) == ("variant", "open", differences)
    if by == "file":
        assert (answer["unmatched"], answer["proposed"]) == (1, 1)
    await confirm(fund, item["enrolment_id"])
    assert await by_card(fund, person) == "1"


@pytest.mark.parametrize("by", ["file", "call"])
@pytest.mark.parametrize("renumbered_since", [False, True], ids=["same number", "another number"])
async def test_a_number_that_was_unlinked_from_the_person_waits_for_a_word_of_its_own(
    fund: Fund, by: str, renumbered_since: bool
) -> None:
    """Rule R9: what the insurer said of her other number is not what it said of this one."""
    person, enrolment_id = await proposed(fund)
    await confirm(fund, enrolment_id)
    await new_number(fund, person, by)
    mine = await enrolment_of(fund, renumbered(person))
    assert (await unlink(fund, mine)).json()["match"] == "other"
    number = renumbered(person)
    if renumbered_since:
        number = f"8{renumbered(person)[1:]}"
        body = {"number": renumbered(person), "new_number": number}
        await correct(fund, person, body, {})

    for street in ("７丁目", "６丁目"):
        await moved(fund, person, by, number, f"架空県見本市{street}{person.resident.resident_id[1:]}")
        [item] = await queue_of(fund, number)
        assert (item["register_match"], item["mismatch"]) == ("variant", "open")
        card = (await fund.tap(person.card)).json()
        assert [row["number"] for row in card["results"]] == [person.resident.resident_id[1:]]

    await confirm(fund, item["enrolment_id"])
    await moved(fund, person, by, number, f"架空県見本市５丁目{person.resident.resident_id[1:]}")
    assert await queue_of(fund, number) == []
    card = (await fund.tap(person.card)).json()
    assert {row["number"] for row in card["results"]} == {person.resident.resident_id[1:], number}


@pytest.mark.parametrize("by", ["file", "call"])
async def test_a_word_given_before_closes_no_card_of_another_insurer(fund: Fund, by: str) -> None:
    """Rules R7 and R11: a block under another number waits for another key, though the person is confirmed."""
    person, name = rare(fund)
    other = await fund.admit_insurer(OTHER_INSURER)
    await fund.enrol(person, credential=other)
    enrolment_id = (await fund.enrol(person, name=name)).json()["enrolment_id"]
    await fund.register(person.card)
    await confirm(fund, enrolment_id)
    blocked = {"self_disclosure_blocked": "true"}
    await new_number(fund, person, by, **blocked)
    [item] = await queue_of(fund, renumbered(person))
    assert item["register_match"] == "contested"
    assert await by_card(fund, person) == "1"


async def confirmed_unseen(fund: Fund) -> tuple[Person, str]:
    """A member who was confirmed while the register found nobody, and whom it would propose today."""
    person, name = rare(fund)
    enrolment_id = (await fund.enrol(person, name=name, address=NOWHERE)).json()["enrolment_id"]
    await fund.register(person.card)
    assert (await confirm(fund, enrolment_id))["mismatch"] == "confirmed"
    fund.jlis.register.change(person.resident.resident_id, ItemsChange(address=NOWHERE))
    return person, enrolment_id


async def ask_again(fund: Fund) -> MatchedAgain:
    """Run the command's work for the fund's insurer."""
    async with fund.owner.transaction() as connection:
        again = await match_again(connection, fund.state.jlis, str(fund.insurer.insurer_number))
    await visible(fund)
    return again


async def test_members_confirmed_without_a_person_join_the_queue_once_the_register_proposes_one(
    fund: Fund,
) -> None:
    """Rule R10: by number they are answered as before; a rejected proposal is not asked about again."""
    await ask_again(fund)  # about members of other tests
    before = len(await fund.records("kind = 'enrolment.matched-again'"))
    person, enrolment_id = await confirmed_unseen(fund)
    rejected, rejected_id = await proposed(fund)
    await unlink(fund, rejected_id)
    await confirm(fund, rejected_id)
    assert await waiting(fund, enrolment_id) is None

    again = await ask_again(fund)

    assert (again.proposed, again.linked) == (1, 0)
    item = await waiting(fund, enrolment_id)
    assert item is not None
    assert (item["register_match"], item["mismatch"], item["differences"]) == (
        "variant",
        "confirmed",
        [CHARACTER],
    )
    assert (await by_card(fund, person), await by_number(fund, person)) == ("4", "1")
    assert await waiting(fund, rejected_id) is None
    assert (await ask_again(fund)).proposed == 0
    records = await fund.records("kind = 'enrolment.matched-again'")
    assert [(record["outcome"], record["client_id"]) for record in records[before:]] == [("done", None)]

    await confirm(fund, enrolment_id)
    assert await waiting(fund, enrolment_id) is None
    assert (await by_card(fund, person), await by_card(fund, rejected)) == ("1", "4")


async def test_a_member_whom_the_register_now_spells_equally_is_linked(fund: Fund) -> None:
    """Rule R10, as a repeated confirmation would."""
    await ask_again(fund)  # about members of other tests
    person, enrolment_id = await confirmed_unseen(fund)
    name = person.resident.name.replace("𠮷", "吉")
    fund.jlis.register.change(person.resident.resident_id, ItemsChange(name=name))
    again = await ask_again(fund)
    assert (again.proposed, again.linked) == (0, 1)
    assert await waiting(fund, enrolment_id) is None
    assert await by_card(fund, person) == "1"


async def test_whom_the_register_still_does_not_know_stays_as_she_is(fund: Fund) -> None:
    await ask_again(fund)  # about members of other tests
    person, enrolment_id = await confirmed_unseen(fund)
    fund.jlis.register.change(person.resident.resident_id, ItemsChange(address=person.resident.address))
    await visible(fund)
    revisions = "SELECT count(*) FROM revision"
    before = await fund.owner.fetch(revisions, [])
    again = await ask_again(fund)
    assert (again.asked >= 1, again.proposed, again.linked) == (True, 0, 0)
    assert await fund.owner.fetch(revisions, []) == before
    assert await waiting(fund, enrolment_id) is None


async def test_the_command_prints_what_it_asked(fund: Fund, command: Command) -> None:
    """No J-LIS answers here: only who has such members depends on it."""
    nobody = await fund.admit_insurer("06139992")
    answer = await command("insurer", "match-again", str(nobody.insurer_number))
    counts = {"insurer_number": "06139992", "asked": 0, "proposed": 0, "linked": 0}
    assert (answer.code, json.loads(answer.out)) == (0, counts)
    await confirmed_unseen(fund)
    refused = await command("insurer", "match-again")
    unknown = await command("insurer", "match-again", UNKNOWN_INSURER)
    assert (refused.code, "register-unavailable" in refused.err) == (1, True)
    assert (unknown.code, unknown.err.strip()) == (1, "No such insurer is admitted.")
