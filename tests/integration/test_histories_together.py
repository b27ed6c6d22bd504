"""History requests that travel together are checked, answered and recorded like single ones in turn."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any
from uuid import UUID, uuid4

import pytest

from eligibility_api.consent.access_check import CONSENT_BASES
from eligibility_api.contract.codes import Category, FacilityKind, Right, Role
from eligibility_api.contract.consent import Basis
from eligibility_api.contract.history import HistoryResource
from eligibility_api.contract.tokens import Credential
from eligibility_api.history.store import HISTORIES, read_history
from tests.builders.claims import (
    HISTORY_RIGHTS,
    claim,
    enrolled_patient,
    grant_permit,
    months_ago,
    pharmacy_with_history_rights,
    store_checkup,
    store_claims,
    store_prescription_entry,
)
from tests.builders.fund import Fund
from tests.builders.fund_clients import OTHER_CLINIC
from tests.builders.known import PHARMACY, content, drug
from tests.builders.together import given_in_turn, given_together, opened_workers, own_records, owners_session
from tests.depth import DEEP

pytestmark = pytest.mark.anyio

RECORDS = """
SELECT (to_jsonb(r) - 'record_id' - 'recorded_at' - 'salt' - 'written_by') AS row, row_number() OVER (ORDER BY record_id) AS n
FROM audit_record r WHERE recorded_at = now()
"""
PROOFS = 20 if DEEP else 3

RESOURCES = pytest.mark.parametrize("resource", HistoryResource)


@dataclass
class Nation:
    """Terminals, each of which asks once in a group, and permits."""

    terminals: list[Credential] = field(default_factory=list)
    permits: list[UUID] = field(default_factory=list)


@pytest.fixture(scope="module")
async def nation(fund: Fund) -> Nation:
    made = Nation()
    first = await pharmacy_with_history_rights(fund)
    more = [
        await fund.terminal(institution_code=PHARMACY, kind=FacilityKind.PHARMACY, rights=HISTORY_RIGHTS)
        for _ in range(5)
    ]
    elsewhere = await fund.terminal(institution_code=OTHER_CLINIC, rights=HISTORY_RIGHTS)
    without = await fund.terminal(
        institution_code=PHARMACY, kind=FacilityKind.PHARMACY, rights=(Right.ELIGIBILITY,)
    )
    made.terminals = [first, *more, elsewhere, without]
    for number in range(4):
        patient = await enrolled_patient(fund)
        if number:
            tablets = content(drug(), institution_name=f"架空診療所{number}")
            await store_claims(fund, *(claim(fund, patient, tablets, months=3 + n) for n in range(number)))
            await store_checkup(fund, patient, months_ago(fund, 3), f"12{number}")
            await store_prescription_entry(
                fund, patient, first, tablets, prescribed_on=months_ago(fund, 0), dispensed_on=None
            )
        made.permits.append(await grant_permit(fund, patient, first))
        made.permits.append(await grant_permit(fund, patient, first, [Category.TREATMENT]))
    ended = await grant_permit(fund, patient, first)
    await fund.owner.fetch(
        "INSERT INTO permit_end VALUES ($1, now(), '2', $2::text::uuid, gen_random_uuid())",
        [ended, str(first.client_id)],
    )
    of_emergency = await grant_permit(fund, patient, first, basis=Basis.EMERGENCY)
    made.permits += [ended, of_emergency, uuid4()]
    return made


def values(fund: Fund, nation: Nation, random: Random, client: UUID) -> Mapping[str, Any]:
    return {
        "client_id": client,
        "permit_id": random.choice(nation.permits),
        "held_right": random.choice([Right.CONSENT.value] * 5 + [None]),
        "role": random.choice([Role.PHARMACIST, Role.PHARMACIST, Role.DOCTOR, Role.RECEPTION]).value,
        "operator": random.choice([None, "薬剤師　見本"]),
        "first_month": months_ago(fund, random.choice([60, 4])),
        "last_month": months_ago(fund, random.choice([0, 3])),
    }


def group(fund: Fund, nation: Nation, seed: int) -> list[Mapping[str, Any]]:
    """A request of each of some terminals, in any order, and one of a terminal that nobody admitted."""
    random = Random(seed)
    clients = [UUID(str(one.client_id)) for one in nation.terminals] + [uuid4()]
    chosen = random.sample(clients, random.randint(2, len(clients)))
    return [values(fund, nation, random, client) for client in chosen]


def comparable(rows: Sequence[Mapping[str, Any]]) -> Any:
    """The access check's row, and what was read, in any order."""
    [summary] = [row for row in rows if row["outcome"] is not None]
    read = [row for row in rows if row["number"] is not None]
    own = {"place", "outcome", "record_id", "recorded_at", "until", "now", "instant", "drug_load"}
    return (
        summary["outcome"],
        summary["until"],
        summary["drug_load"],
        summary["instant"] == summary["now"],
        summary["record_id"] is not None,
        sorted(str(sorted((name, value) for name, value in row.items() if name not in own)) for row in read),
    )


@RESOURCES
async def test_a_group_is_answered_and_recorded_as_its_requests_in_turn(
    fund: Fund, nation: Nation, resource: HistoryResource
) -> None:
    outcomes, read = set(), 0
    async with owners_session(fund) as session:
        for seed in range(8 * PROOFS):
            requests = group(fund, nation, seed)
            in_turn = await given_in_turn(session, HISTORIES[resource], requests, comparable, RECORDS)
            together = await given_together(session, HISTORIES[resource], requests, comparable, RECORDS)
            assert together == in_turn
            outcomes |= {one[0] for one in together[0]}
            read += sum(len(one[-1]) for one in together[0])
    assert outcomes >= {
        "answered", "client-closed", "right-missing", "consent-missing", "consent-other-facility", "consent-withdrawn",
        "role-not-permitted",
    }  # fmt: skip
    assert (read > 0) is (resource is not HistoryResource.DIAGNOSES)


@RESOURCES
async def test_each_request_gets_its_own_record_in_whatever_order_ids_are(
    fund: Fund, nation: Nation, resource: HistoryResource
) -> None:
    async with owners_session(fund) as session:
        requests = [values(fund, nation, Random(7), UUID(str(one.client_id))) for one in nation.terminals]
        recorded = await own_records(session, HISTORIES[resource], requests)
    assert len(recorded) == len(nation.terminals)
    for asked, row, record in recorded:
        assert record["client_id"] == asked["client_id"]
        assert json.loads(record["detail"])["permit"] == str(asked["permit_id"])
        assert (record["outcome"], record["kind"]) == (row["outcome"], f"history.{resource}")


async def test_requests_of_one_client_do_not_share_a_group(fund: Fund, nation: Nation) -> None:
    """Otherwise a record could be found for the wrong one of them."""
    resource = HistoryResource.HEALTH_CHECKUPS
    pharmacy, other = [UUID(str(one.client_id)) for one in nation.terminals[:2]]
    async with opened_workers(fund, 1, HISTORIES[resource]) as [worker]:
        parameters = [
            [client, permit, Right.CONSENT.value, Role.PHARMACIST.value, None]
            for client, permit in (
                (other, nation.permits[2]),
                *((pharmacy, permit) for permit in nation.permits[:6]),
                (other, nation.permits[4]),
            )
        ]
        months = months_ago(fund, 60), months_ago(fund, 0)
        answers = await asyncio.gather(
            *(
                read_history(worker.database, resource, CONSENT_BASES, access, months=months, instant=None)
                for access in parameters
            )
        )
    records = {row["record_id"]: row for row in await fund.records("kind = $1", f"history.{resource}")}
    for access, answer in zip(parameters, answers, strict=True):
        record = records[answer.record_id]
        assert record["client_id"] == access[0]
        assert json.loads(record["detail"])["permit"] == str(access[1])
    assert len({answer.record_id for answer in answers}) == len(answers)
    assert "together" in worker.sent
    assert worker.sent.count("alone") > 1
