"""An insurer alone cannot close the card of a person whom another insurer insures: not by a block, nor by a mismatch."""

from __future__ import annotations

import json
from typing import Any

import httpx2
import pytest

from eligibility_api.contract.tokens import Credential
from tests.builders.fund import Fund
from tests.builders.fund_clients import INSURER
from tests.builders.insurers import NOWHERE, Insurer, admit
from tests.builders.people import Person

pytestmark = pytest.mark.anyio


async def tapped(fund: Fund, person: Person) -> tuple[str, list[str]]:
    """The validity, or the code of the refusal, of a card check; and the insurers that it shows."""
    await fund.owner.fetch(
        "SELECT pg_sleep(greatest(extract(epoch FROM max(published_at) - now()), 0)) FROM revision", []
    )
    answer = (await fund.tap(person.card)).json()
    return answer.get("validity") or answer["code"], [r["insurer_number"] for r in answer.get("results", [])]


async def queue(fund: Fund, credential: Credential) -> dict[str, Any]:
    page: dict[str, Any] = (await fund.get("/v1/mismatches", credential)).json()
    return page


async def confirm(
    fund: Fund, enrolment_id: str, credential: Credential, reason: str | None = "本人の申出を確認"
) -> httpx2.Response:
    body = {"enrolment_id": enrolment_id} | ({"reason": reason} if reason is not None else {})
    return await fund.post("/v1/mismatches/confirm", body, credential)


PERIODS = {
    "now": {},
    "long ago": {"acquired_on": "2010-04-01", "lost_on": "2010-04-02", "reason_of_loss": "03"},
    "later": {"acquired_on": "2027-04-01"},
}


@pytest.mark.parametrize("period", PERIODS.values(), ids=PERIODS.keys())
@pytest.mark.parametrize("by_file", [False, True])
async def test_a_block_by_another_insurer_does_not_close_the_card(
    fund: Fund, by_file: bool, period: dict[str, str]
) -> None:
    person, rogue = await fund.insured(), await admit(fund)
    if by_file:
        answer = await rogue.process(fund, rogue.row(person, self_disclosure_blocked="1", **period))
        assert answer["state"] == "published"
    else:
        enrolled = await fund.enrol(person, credential=rogue.program, self_disclosure_blocked=True, **period)
        assert (enrolled.status_code, enrolled.json()["match"]) == (201, "contested")
    assert await tapped(fund, person) == ("1", [INSURER])
    [waiting] = (await queue(fund, rogue.program))["mismatches"]
    assert waiting["register_match"] == "contested"


async def _by_correction(fund: Fund, person: Person, rogue: Insurer, **items: Any) -> None:
    body = fund.enrolment_body(person, insurer=rogue.program)
    key = {name: body[name] for name in ("insurer_number", "symbol", "number", "branch", "birth_date")}
    changed = await fund.post(
        "/v1/enrolments/correct", {"former": key, "member": body | items}, rogue.program
    )
    assert changed.status_code == 200, changed.text


@pytest.mark.parametrize("by_file", [False, True])
@pytest.mark.parametrize("change", ["block", "mismatch"])
async def test_nor_does_a_member_shared_with_it_that_is_changed_later(
    fund: Fund, change: str, by_file: bool
) -> None:
    person, rogue = await fund.insured(), await admit(fund)
    await rogue.process(fund, rogue.row(person))
    validity, shown = await tapped(fund, person)
    assert (validity, set(shown)) == ("1", {INSURER, rogue.number})
    if by_file:
        cells = {"self_disclosure_blocked": "1"} if change == "block" else {"address": NOWHERE}
        await rogue.process(fund, rogue.row(person, **cells))
    else:
        items = {"self_disclosure_blocked": True} if change == "block" else {"address": NOWHERE}
        await _by_correction(fund, person, rogue, **items)
    assert await tapped(fund, person) == ("1", [INSURER])


async def test_the_other_insurer_sees_which_member_and_not_by_whom(fund: Fund) -> None:
    person, rogue, third = await fund.insured(), await admit(fund), await admit(fund)
    await fund.enrol(person, credential=rogue.program, self_disclosure_blocked=True)
    by_call = await queue(fund, fund.insurer)
    other = await fund.insured()
    await rogue.process(fund, rogue.row(other, self_disclosure_blocked="1"))
    await tapped(fund, other)
    page = await queue(fund, fund.insurer)
    numbers = [each["number"] for each in page["claimed_elsewhere"]]
    assert [each["number"] for each in by_call["claimed_elsewhere"]][:1] == [person.resident.resident_id[1:]]
    assert numbers[:2] == [other.resident.resident_id[1:], person.resident.resident_id[1:]]
    assert rogue.number not in json.dumps(page)
    for stranger in (third.program, rogue.program):
        assert (await queue(fund, stranger))["claimed_elsewhere"] == []


async def test_the_attempt_is_recorded_under_the_person_whom_it_concerns(fund: Fund) -> None:
    person, rogue = await fund.insured(), await admit(fund)
    await fund.enrol(person, credential=rogue.program, self_disclosure_blocked=True)
    [hers] = await fund.records("insurer_number = $1 AND kind = 'enrolment.add'", rogue.number)
    [bound] = await fund.records(
        "kind = 'enrolment.add' AND person_key = $1 AND insurer_number = $2", hers["person_key"], INSURER
    )
    assert hers["person_key"] == bound["person_key"] is not None


async def test_only_a_second_key_with_a_reason_makes_the_block_count(fund: Fund) -> None:
    person, second = await fund.insured(), await admit(fund)
    enrolled = await fund.enrol(person, credential=second.program, self_disclosure_blocked=True)
    enrolment_id = enrolled.json()["enrolment_id"]
    refused = [
        await confirm(fund, enrolment_id, second.program),
        await confirm(fund, enrolment_id, second.program, reason=None),
        await confirm(fund, enrolment_id, second.approver, reason=None),
    ]
    assert [r.json()["code"] for r in refused] == [
        "approval-needs-another-key",
        "approval-needs-another-key",
        "right-missing",
    ]
    assert await tapped(fund, person) == ("1", [INSURER])

    confirmed = await confirm(fund, enrolment_id, second.approver)

    assert (confirmed.json()["match"], confirmed.json()["mismatch"]) == ("one", "none")
    assert await tapped(fund, person) == ("card-not-usable", [])
    [record] = await fund.records(
        "insurer_number = $1 AND kind = 'enrolment.confirm' AND outcome = 'done'", second.number
    )
    assert '"reason": "本人の申出を確認"' in record["detail"]
    assert str(record["client_id"]) == second.approver.client_id


async def test_a_confirmed_block_stays_when_something_else_of_it_changes(fund: Fund) -> None:
    person, second = await fund.insured(), await admit(fund)
    enrolled = await fund.enrol(person, credential=second.program, self_disclosure_blocked=True)
    await confirm(fund, enrolled.json()["enrolment_id"], second.approver)
    await _by_correction(fund, person, second, self_disclosure_blocked=True, name_alias="別名")
    assert await tapped(fund, person) == ("card-not-usable", [])
    await second.process(fund, second.row(person, self_disclosure_blocked="1", name_alias="又別名"))
    assert await tapped(fund, person) == ("card-not-usable", [])


async def test_the_second_key_confirms_nothing_else(fund: Fund) -> None:
    insurer = await admit(fund)
    enrolled = await fund.enrol(fund.person(), credential=insurer.program, address=NOWHERE)
    refused = await confirm(fund, enrolled.json()["enrolment_id"], insurer.approver)
    assert refused.json()["code"] == "right-missing"


@pytest.mark.parametrize("by_file", [False, True])
async def test_a_claim_without_its_block_is_linked_as_any_other(fund: Fund, by_file: bool) -> None:
    person, second = await fund.insured(), await admit(fund)
    await fund.enrol(person, credential=second.program, self_disclosure_blocked=True)
    if by_file:
        await second.process(fund, second.row(person, self_disclosure_blocked="1"))
        assert await tapped(fund, person) == ("1", [INSURER])
        await second.process(fund, second.row(person))
        [held] = await fund.owner.fetch(
            "SELECT upload_id::text FROM upload WHERE insurer_number = $1 AND state = 'held'", [second.number]
        )
        await second.decide(fund, held["upload_id"], "approve", approver=True)
    else:
        await _by_correction(fund, person, second)
    validity, shown = await tapped(fund, person)
    assert (validity, set(shown)) == ("1", {INSURER, second.number})


async def test_her_own_insurers_block_closes_the_card_at_once(fund: Fund) -> None:
    person = fund.person()
    await fund.register(person.card)
    await fund.enrol(person, self_disclosure_blocked=True)
    assert await tapped(fund, person) == ("card-not-usable", [])


@pytest.mark.parametrize("by_file", [False, True])
async def test_the_block_of_the_insurer_to_which_she_has_moved_counts_at_once(
    fund: Fund, by_file: bool
) -> None:
    person, second = await fund.insured(), await admit(fund)
    await fund.change(person, "end", lost_on="2026-04-01", reason_of_loss="03")
    if by_file:
        await second.process(fund, second.row(person, self_disclosure_blocked="1", acquired_on="2026-04-01"))
    else:
        await fund.enrol(
            person, credential=second.program, self_disclosure_blocked=True, acquired_on="2026-04-01"
        )
    assert await tapped(fund, person) == ("card-not-usable", [])


@pytest.mark.parametrize("by_file", [False, True])
async def test_a_mismatch_of_an_ended_period_stays_linked_and_closes_those_days_alone(
    fund: Fund, by_file: bool
) -> None:
    person, former = await fund.insured(), await admit(fund)
    ended = {"acquired_on": "2022-04-01", "lost_on": "2023-04-01", "reason_of_loss": "03"}
    await former.process(fund, former.row(person, **ended))
    if by_file:
        await former.process(fund, former.row(person, address=NOWHERE, **ended))
    else:
        await _by_correction(fund, person, former, address=NOWHERE, **ended)
    assert await tapped(fund, person) == ("1", [INSURER])
    past = await fund.tap(person.card, as_of="2022-05-01")
    assert past.json()["code"] == "card-not-usable"


@pytest.mark.parametrize("by_file", [False, True])
async def test_a_second_insurer_cannot_undermine_the_block_of_the_first(fund: Fund, by_file: bool) -> None:
    first, rogue, person = await admit(fund), await admit(fund), fund.person()
    await fund.register(person.card)
    for insurer in (first, rogue):
        await insurer.process(fund, insurer.row(person))
    assert (await tapped(fund, person))[0] == "1"
    if by_file:
        await first.process(fund, first.row(person, self_disclosure_blocked="1"))
    else:
        await _by_correction(fund, person, first, self_disclosure_blocked=True)
    assert await tapped(fund, person) == ("card-not-usable", [])
    assert (await queue(fund, first.program))["mismatches"] == []


@pytest.mark.parametrize("by_file", [False, True])
async def test_a_former_insurer_that_reopens_its_period_is_not_the_first(fund: Fund, by_file: bool) -> None:
    former, person = await admit(fund), fund.person()
    await fund.register(person.card)
    ended = {"lost_on": "2026-04-01", "reason_of_loss": "03"}
    await fund.enrol(person, credential=former.program)
    key = fund.lookup_body(person, insurer_number=former.number)
    await fund.post("/v1/enrolments/end", key | ended, former.program)
    await fund.enrol(person, acquired_on="2026-04-01")
    await _by_correction(fund, person, former)
    if by_file:
        await former.process(fund, former.row(person, self_disclosure_blocked="1"))
    else:
        await _by_correction(fund, person, former, self_disclosure_blocked=True)
    assert await tapped(fund, person) == ("1", [INSURER])


@pytest.mark.parametrize("by_file", [False, True])
async def test_a_block_in_which_both_insurers_agree_is_not_contested(fund: Fund, by_file: bool) -> None:
    """A protected member changes insurers, and the former one has not ended her enrolment yet."""
    person, second = fund.person(), await admit(fund)
    await fund.register(person.card)
    await fund.enrol(person, self_disclosure_blocked=True)
    if by_file:
        await second.process(fund, second.row(person, self_disclosure_blocked="1"))
    else:
        await fund.enrol(person, credential=second.program, self_disclosure_blocked=True)
    assert (await queue(fund, second.program))["mismatches"] == []
    await fund.change(person, "withdraw")
    assert await tapped(fund, person) == ("card-not-usable", [])


async def test_a_contested_member_is_not_answered_by_number(fund: Fund) -> None:
    person, rogue = await fund.insured(), await admit(fund)
    await fund.enrol(person, credential=rogue.program, self_disclosure_blocked=True)
    theirs = await fund.look_up(person, insurer_number=rogue.number)
    hers = (await fund.look_up(person)).json()
    assert theirs.json()["code"] == "eligibility-not-confirmable"
    assert [result["insurer_number"] for result in hers["results"]] == [INSURER]
