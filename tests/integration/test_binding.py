"""Whose is a certificate: J-LIS's word alone, once and for ever; nothing that a clinic types chooses a person."""

from __future__ import annotations

import json
from typing import Any

import pytest

from eligibility_api.presence.jlis import Holder
from tests.builders.fund import Fund

pytestmark = pytest.mark.anyio


async def test_a_first_registration_binds_and_a_second_one_changes_nothing(fund: Fund) -> None:
    person = fund.person()
    first, second = await fund.register(person.card), await fund.register(person.card)
    assert [first.json()["already"], second.json()["already"]] == [False, True]


async def test_with_the_right_membership_the_registration_holds(fund: Fund) -> None:
    person = fund.person()
    await fund.enrol(person)
    stated = {"insurer_number": "01130012", "symbol": "見本", "number": person.resident.resident_id[1:]}
    assert (await fund.register(person.card, membership=stated)).status_code == 201


async def test_ones_card_with_anothers_number_binds_nothing_and_is_on_record(fund: Fund) -> None:
    holder, other = fund.person(), fund.person()
    await fund.enrol(holder)
    await fund.enrol(other)
    stated = {"insurer_number": "01130012", "symbol": "見本", "number": other.resident.resident_id[1:]}

    refused = await fund.register(holder.card, membership=stated)
    tapped = await fund.tap(holder.card)

    assert refused.json()["code"] == "registration-other-member"
    assert tapped.json()["code"] == "first-registration-needed"
    assert await fund.records("outcome = 'registration-other-member'")


async def test_a_registration_cannot_name_a_person(fund: Fund) -> None:
    person = fund.person()
    refused = await fund.register(person.card, person_key="00" * 16)
    assert (refused.status_code, refused.json()["code"]) == (422, "request-invalid")


async def test_a_register_that_names_another_person_than_before_is_refused_and_recorded(
    fund: Fund, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = await fund.insured()

    async def another(_: Any, __: Any) -> Holder:
        return Holder(b"\1" * 16, [])

    monkeypatch.setattr(type(fund.state.presence.jlis), "holder", another)
    refused = await fund.register(person.card)

    assert (refused.status_code, refused.json()["code"]) == (409, "registration-conflict")
    [record] = await fund.records("outcome = 'registration-conflict'")
    assert json.loads(record["detail"])["named"] == "01" * 16
    assert (await fund.tap(person.card)).json()["validity"] == "1"


async def test_a_renewed_card_answers_at_its_first_tap_through_the_link(fund: Fund) -> None:
    person = await fund.insured()
    new = fund.jlis.cards.renew(person.card, fund.clock())

    answer = await fund.tap(new)

    assert answer.json()["validity"] == "1"
    [record] = await fund.records(
        "kind = 'binding.renewal' AND record_id > $1::text::uuid", "0" * 8 + "-0000" * 3 + "-" + "0" * 12
    )
    assert record["outcome"] == "bound"


async def test_a_renewal_link_that_names_another_person_is_refused_and_recorded(
    fund: Fund, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = await fund.insured()
    new = fund.jlis.cards.renew(person.card, fund.clock())
    honest: Any = type(fund.state.presence.jlis).holder

    async def lying(self: Any, certificate: Any) -> Holder:
        holder: Holder = await honest(self, certificate)
        return Holder(b"\2" * 16, holder.predecessors)

    monkeypatch.setattr(type(fund.state.presence.jlis), "holder", lying)
    refused = await fund.tap(new)

    assert (refused.status_code, refused.json()["code"]) == (409, "registration-conflict")
    assert await fund.records("kind = 'binding.renewal' AND outcome = 'registration-conflict'")


async def test_with_j_lis_away_an_unbound_card_is_a_technical_failure_and_spends_nothing(fund: Fund) -> None:
    person = fund.person()
    proof = await fund.proof(person.card)
    fund.line.cut = True

    failed = await fund.post("/v1/eligibility/card", proof)
    fund.line.cut = False
    later = await fund.post("/v1/eligibility/card", proof)

    assert (failed.status_code, failed.json()["code"]) == (503, "register-unavailable")
    assert later.json()["code"] == "first-registration-needed"
