"""Members who are spelled otherwise than the register (rule R8): proposed, confirmed, then answered by card as by number."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from jpki_mock.register.register import ItemsChange
from tests.builders.database import Database
from tests.builders.fund import Fund, open_fund
from tests.builders.fund_clients import OTHER_INSURER
from tests.builders.insurers import admit
from tests.builders.member_files import csv_file, get, member, upload_and_process
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
    undo,
    unlink,
    visible,
    waiting,
    waiting_member,
)

pytestmark = pytest.mark.anyio

BY_CARD_ONLY = {"limit_certificate_consent", "limit_certificate_consent_at"}
"""What an answer by number has only if the desk sets a flag (rule S5)."""


async def test_a_proposal_waits_and_after_the_insurers_word_card_and_number_answer_alike(fund: Fund) -> None:
    person, enrolment_id = await proposed(fund)
    item = await waiting(fund, enrolment_id)
    assert item is not None
    assert (item["register_match"], item["differences"]) == ("variant", [CHARACTER])
    assert (await by_card(fund, person), await by_number(fund, person)) == (
        "4",
        "eligibility-not-confirmable",
    )

    answer = await confirm(fund, enrolment_id)

    assert (answer["match"], answer["mismatch"], answer["differences"]) == (
        "variant",
        "confirmed",
        [CHARACTER],
    )
    assert await waiting(fund, enrolment_id) is None
    await visible(fund)
    card, number = (await fund.tap(person.card)).json(), (await fund.look_up(person)).json()
    [shown], [looked_up] = card["results"], number["results"]
    assert (card["validity"], number["validity"]) == ("1", "1")
    assert {name for name in shown if shown[name] != looked_up[name]} == BY_CARD_ONLY
    assert (await confirm(fund, enrolment_id))["code"] == "mismatch-unknown"


async def test_nothing_that_the_insurer_reads_has_the_registers_spelling(fund: Fund) -> None:
    person, name = rare(fund)
    enrolled = await fund.enrol(person, name=name, address=person.resident.address.removeprefix("架空県"))
    texts = [enrolled.text, str(await get(fund, "/v1/mismatches")), str(await get(fund, "/v1/changes"))]
    texts.append(str(await confirm(fund, enrolled.json()["enrolment_id"])))
    assert enrolled.json()["differences"] == [CHARACTER, ADDRESS]
    assert not [text for text in texts if "𠮷" in text or "架空県" in text]


async def test_nobody_is_proposed_for_items_that_do_not_all_match(fund: Fund) -> None:
    person, name = rare(fund)
    answer = (await fund.enrol(person, name=name, address=NOWHERE)).json()
    assert (answer["match"], answer["differences"]) == ("none", [])


async def test_of_two_residents_whose_folded_items_are_equal_neither_is_proposed(fund: Fund) -> None:
    person, name = rare(fund)
    twin = person.resident.model_copy(
        update={"resident_id": person.resident.resident_id + "B", "name": name.replace("吉田", "吉田　")}
    )
    fund.jlis.register.add([twin.model_copy(update={"name": name.replace("吉", "𠮷").lower() + "Ａ"})])
    fund.jlis.register.add(
        [twin.model_copy(update={"resident_id": twin.resident_id + "C", "name": person.resident.name})]
    )
    answer = (await fund.enrol(person, name=name)).json()
    assert answer["match"] == "ambiguous"
    assert (await confirm(fund, answer["enrolment_id"]))["mismatch"] == "confirmed"
    await fund.register(person.card)
    assert (await by_card(fund, person), await by_number(fund, person)) == ("4", "1")


async def test_the_registers_own_spelling_links_without_a_confirmation(fund: Fund) -> None:
    person, enrolment_id = await proposed(fund)
    corrected = {"former": fund.lookup_body(person), "member": fund.enrolment_body(person)}
    answer = (await fund.post("/v1/enrolments/correct", corrected, fund.insurer)).json()
    assert (answer["match"], answer["differences"]) == ("one", [])
    assert await waiting(fund, enrolment_id) is None
    assert await by_card(fund, person) == "1"


async def test_a_rejected_proposal_is_never_linked_and_answered_by_number(fund: Fund) -> None:
    person, enrolment_id = await proposed(fund)
    rejected = (await unlink(fund, enrolment_id)).json()
    assert (rejected["match"], rejected["mismatch"], rejected["correction_list"]) == ("other", "open", [])
    confirmed = await confirm(fund, enrolment_id)
    assert (confirmed["match"], confirmed["mismatch"]) == ("other", "confirmed")
    assert (await by_card(fund, person), await by_number(fund, person)) == ("4", "1")


async def test_a_confirmed_member_may_be_unlinked_like_any_other(fund: Fund) -> None:
    person, enrolment_id = await proposed(fund)
    await confirm(fund, enrolment_id)
    assert await by_card(fund, person) == "1"
    assert (await unlink(fund, enrolment_id)).json()["match"] == "other"
    assert await by_card(fund, person) == "4"


async def test_a_person_proposed_only_at_the_confirmation_is_not_linked_by_it(fund: Fund) -> None:
    person, name = rare(fund)
    enrolment_id = (await fund.enrol(person, name=name, address=NOWHERE)).json()["enrolment_id"]
    await fund.register(person.card)
    fund.jlis.register.change(person.resident.resident_id, ItemsChange(address=NOWHERE))

    first = await confirm(fund, enrolment_id)
    assert (first["match"], first["mismatch"], first["differences"]) == ("variant", "open", [CHARACTER])
    assert await by_card(fund, person) == "4"

    second = await confirm(fund, enrolment_id)
    assert (second["match"], second["mismatch"]) == ("variant", "confirmed")
    assert await by_card(fund, person) == "1"


async def test_a_member_confirmed_without_a_person_is_asked_about_again(fund: Fund) -> None:
    """As members are who were confirmed before the fund knew proposals: their number goes on answering meanwhile."""
    person, name = rare(fund)
    enrolment_id = (await fund.enrol(person, name=name, address=NOWHERE)).json()["enrolment_id"]
    await fund.register(person.card)
    assert (await confirm(fund, enrolment_id))["mismatch"] == "confirmed"
    fund.jlis.register.change(person.resident.resident_id, ItemsChange(address=NOWHERE))

    first = await confirm(fund, enrolment_id)
    assert (first["match"], first["mismatch"], first["differences"]) == ("variant", "confirmed", [CHARACTER])
    assert (await by_card(fund, person), await by_number(fund, person)) == ("4", "1")

    await confirm(fund, enrolment_id)
    assert (await by_card(fund, person), await by_number(fund, person)) == ("1", "1")


async def test_another_person_than_the_proposed_one_is_not_linked(fund: Fund) -> None:
    person, enrolment_id = await proposed(fund)
    other, _ = rare(fund)
    items = ItemsChange(name=person.resident.name, address=person.resident.address)
    fund.jlis.register.change(person.resident.resident_id, ItemsChange(address=NOWHERE))
    fund.jlis.register.change(other.resident.resident_id, items)
    await fund.register(other.card)

    answer = await confirm(fund, enrolment_id)

    assert (answer["match"], answer["mismatch"]) == ("variant", "open")
    assert [await by_card(fund, one) for one in (person, other)] == ["4", "4"]


@pytest.mark.parametrize("confirmed", [False, True], ids=["proposed", "confirmed"])
@pytest.mark.parametrize("change", ["end", "branch", "items"])
async def test_a_change_of_other_items_keeps_the_proposal_and_the_confirmation(
    fund: Fund, change: str, confirmed: bool
) -> None:
    person, name = rare(fund)
    body = fund.enrolment_body(person) | {"name": name, "branch": "01"}
    enrolment_id = (await fund.post("/v1/enrolments", body, fund.insurer)).json()["enrolment_id"]
    await fund.register(person.card)
    if confirmed:
        await confirm(fund, enrolment_id)
    former = fund.lookup_body(person) | {"branch": "01"}
    if change == "end":
        answer = await fund.post(
            "/v1/enrolments/end", former | {"lost_on": "2027-03-01", "reason_of_loss": "03"}, fund.insurer
        )
    elif change == "branch":
        answer = await fund.post("/v1/enrolments/branch", former | {"new_branch": "02"}, fund.insurer)
    else:
        member_items = body | {"postal_code": "000-0077"}
        answer = await fund.post(
            "/v1/enrolments/correct", {"former": former, "member": member_items}, fund.insurer
        )
    assert (answer.status_code, answer.json()["match"], answer.json()["differences"]) == (
        200,
        "variant",
        [CHARACTER],
    )
    now = answer.json()["enrolment_id"]
    assert await by_card(fund, person) == ("1" if confirmed else "4")
    if not confirmed:
        assert (await waiting(fund, now) or {})["differences"] == [CHARACTER]
        await confirm(fund, now)
        assert await by_card(fund, person) == "1"


async def test_a_withdrawn_proposal_waits_no_longer(fund: Fund) -> None:
    person, enrolment_id = await proposed(fund)
    assert (await fund.change(person, "withdraw")).status_code == 200
    assert await waiting(fund, enrolment_id) is None
    assert (await confirm(fund, enrolment_id))["code"] == "mismatch-unknown"


async def test_a_linked_member_who_moves_is_found_again_by_the_differences_that_were_confirmed(
    fund: Fund,
) -> None:
    person, enrolment_id = await proposed(fund)
    await confirm(fund, enrolment_id)
    new = f"架空県見本市９丁目{person.resident.resident_id[1:]}"
    fund.jlis.register.change(person.resident.resident_id, ItemsChange(address=new))

    same = (await fund.change(person, "move", address=new)).json()
    assert (same["match"], same["differences"]) == ("variant", [CHARACTER])
    assert await by_card(fund, person) == "1"

    more = (await fund.change(person, "move", address=new.removeprefix("架空県"))).json()
    assert (more["match"], more["differences"]) == ("variant", [CHARACTER, ADDRESS])
    assert await by_card(fund, person) == "card-not-usable"
    await confirm(fund, enrolment_id)
    assert await by_card(fund, person) == "1"


async def test_a_proposal_to_one_insurer_closes_no_card_of_another(fund: Fund) -> None:
    person, name = rare(fund)
    await fund.enrol(person)
    await fund.register(person.card)
    other = await fund.admit_insurer(OTHER_INSURER)
    answer = (await fund.enrol(person, credential=other, name=name)).json()
    assert answer["match"] == "variant"
    assert await by_card(fund, person) == "1"
    confirmed = await confirm(fund, answer["enrolment_id"], other)
    assert confirmed["mismatch"] == "confirmed"
    await visible(fund)
    assert len((await fund.tap(person.card)).json()["results"]) == 2


async def test_a_proposed_block_is_contested_and_needs_another_key(fund: Fund) -> None:
    """Rules R7 and R11: the first key's confirmation links nobody whose card it would close."""
    rogue, (person, name) = await admit(fund), rare(fund)
    await fund.enrol(person)
    await fund.register(person.card)
    enrolled = await fund.enrol(person, credential=rogue.program, name=name, self_disclosure_blocked=True)
    assert enrolled.json()["match"] == "variant"
    enrolment_id = enrolled.json()["enrolment_id"]

    first = await confirm(fund, enrolment_id, rogue.program)
    assert (first["match"], first["mismatch"]) == ("contested", "open")
    assert await by_card(fund, person) == "1"

    body = {"enrolment_id": enrolment_id, "reason": "本人の申出を確認"}
    second = (await fund.post("/v1/mismatches/confirm", body, rogue.approver)).json()
    assert (second["match"], second["mismatch"]) == ("variant", "confirmed")
    assert await by_card(fund, person) == "card-not-usable"


async def test_a_file_reports_proposals_by_item_and_kind(fund: Fund) -> None:
    (one, name), (other, other_name) = rare(fund), rare(fund)
    rows = [
        member(one, name=name),
        member(other, name=other_name, address=other.resident.address[3:]),
        member(fund.person()),
    ]
    report = (await upload_and_process(fund, csv_file(rows), scope="changes"))["report"]
    found = [finding for finding in report["findings"] if finding["code"] == "variant"]
    assert (report["unmatched"], report["proposed"]) == (2, 2)
    assert [(f["column"], f["detail"], f["count"], f["holds"]) for f in found] == [
        ("address", {"kind": "address"}, 1, False),
        ("name", {"kind": "character"}, 2, False),
    ]


async def test_a_member_of_a_file_is_proposed_confirmed_and_stays_so(fund: Fund) -> None:
    person, name = rare(fund)
    await fund.register(person.card)
    await send(fund, member(person, name=name))
    item = await waiting_member(fund, person)
    assert (item["register_match"], item["differences"]) == ("variant", [CHARACTER])
    assert await by_card(fund, person) == "4"
    assert (await confirm(fund, item["enrolment_id"]))["mismatch"] == "confirmed"
    assert await by_card(fund, person) == "1"

    again = await send(fund, member(person, name=name), member(fund.person()))
    assert (again["report"]["unchanged"], again["report"]["unmatched"]) == (1, 0)
    changed = await send(fund, member(person, name=name, name_alias="別名"))
    assert (changed["report"]["changed"], changed["report"]["unmatched"]) == (1, 0)
    assert (await by_card(fund, person), await by_number(fund, person)) == ("1", "1")


async def test_a_file_that_spells_a_confirmed_member_otherwise_again(fund: Fund) -> None:
    person, name = rare(fund)
    await fund.register(person.card)
    await send(fund, member(person, name=name))
    item = await waiting_member(fund, person)
    await confirm(fund, item["enrolment_id"])

    await send(fund, member(person, name=name.replace("　", "")))
    assert await by_card(fund, person) == "1"

    file = await send(fund, member(person, name=name, address=person.resident.address[3:]))
    assert await by_card(fund, person) == "card-not-usable"
    assert (await waiting_member(fund, person))["differences"] == [CHARACTER, ADDRESS]

    await undo(fund, file)
    assert await waiting(fund, item["enrolment_id"]) is None
    assert await by_card(fund, person) == "1"


async def test_an_undone_file_restores_the_proposal(fund: Fund) -> None:
    person, enrolment_id = await proposed(fund)
    file = await send(fund, member(person, acquired_on="2023-04-01"))
    assert file["state"] == "published"
    assert await by_card(fund, person) == "1"
    await undo(fund, file)
    assert await by_card(fund, person) == "4"
    item = await waiting(fund, enrolment_id)
    assert item is not None
    assert item["differences"] == [CHARACTER]
    await confirm(fund, enrolment_id)
    assert await by_card(fund, person) == "1"


@pytest.fixture(scope="module")
async def strict(database: Database, fund: Fund) -> AsyncIterator[Fund]:
    """The module's fund again, of the same home and register, with a low limit for guessing."""
    async with open_fund(database, fund.home, mismatches_per_hour=2) as opened:
        yield opened


async def test_each_proposal_counts_as_a_guess_and_its_confirmation_does_not(strict: Fund) -> None:
    """Rule N4."""
    insurer = await strict.admit_insurer("06139992")
    ids = []
    for _ in range(2):
        person, name = rare(strict)
        answer = await strict.enrol(person, credential=insurer, name=name)
        assert answer.json()["match"] == "variant"
        ids.append(answer.json()["enrolment_id"])
    third, name = rare(strict)
    limited = await strict.enrol(third, credential=insurer, name=name)
    right = await strict.enrol(third, credential=insurer)
    assert [answer.json()["code"] for answer in (limited, right)] == ["mismatch-limit"] * 2

    await strict.owner.fetch("UPDATE mismatch_count SET mismatches = 1 WHERE insurer_number = '06139992'", [])
    for enrolment_id in ids:
        assert (await confirm(strict, enrolment_id, insurer))["mismatch"] == "confirmed"
    counted = await strict.owner.fetch(
        "SELECT mismatches, pending FROM mismatch_count WHERE insurer_number = '06139992'", []
    )
    assert [tuple(row) for row in counted] == [(1, 0)]
