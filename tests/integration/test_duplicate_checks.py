"""The check of duplicate medication at a real fund (rules M1 to M9): what is compared, what is returned, and to whom."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import httpx2
import pytest

from eligibility_api.contract.codes import FacilityKind, Right, Role
from eligibility_api.contract.duplicate_checks import DUPLICATE_CHECKS_PATH
from eligibility_api.contract.tokens import Credential
from eligibility_api.domain.claims import Drug
from eligibility_api.domain.dates import day_in_japan
from eligibility_api.domain.duplicates import MAX_ENTRIES
from eligibility_api.drug_master.store import load, shipped
from tests.builders.claims import claim, months_ago, set_known_since, store_claims, store_prescription_entry
from tests.builders.consents import code_of, protect, registered_consent
from tests.builders.fund import Fund
from tests.builders.fund_clients import CLINIC, OTHER_CLINIC
from tests.builders.known import PHARMACY, content, drug
from tests.builders.people import Person
from tests.builders.staff import as_staff

pytestmark = pytest.mark.anyio

RIGHTS = (Right.ELIGIBILITY, Right.REGISTRATION, Right.CONSENT, Right.PRESCRIPTION)
DOCTOR, PHARMACIST = as_staff(Role.DOCTOR, "見本　医師"), as_staff(Role.PHARMACIST, "見本　薬剤師")
TAPE, TAPE_OF_ANOTHER_MAKER, TABLET, FORBIDDEN_WITH_TABLET = (
    "990000116",
    "990000117",
    "990000101",
    "990000114",
)


@pytest.fixture(scope="module")
async def clinic(fund: Fund) -> Credential:
    """A clinic's terminal that may prescribe; loads the shipped drug master."""
    async with fund.owner.transaction() as connection:
        await load(connection, shipped())
    return await fund.terminal(rights=RIGHTS)


@pytest.fixture(scope="module")
async def elsewhere(fund: Fund) -> Credential:
    """A terminal of another clinic."""
    return await fund.terminal(institution_code=OTHER_CLINIC, rights=RIGHTS)


@pytest.fixture(scope="module")
async def pharmacy(fund: Fund) -> Credential:
    """A pharmacy's terminal that may dispense."""
    return await fund.terminal(institution_code=PHARMACY, kind=FacilityKind.PHARMACY, rights=RIGHTS)


def tape(code: str = TAPE) -> Drug:
    return drug(code=code, act="23", times=1)


async def prescribed_elsewhere(
    fund: Fund, person: Person, terminal: Credential, of: Drug, *, ago: int, **more: Any
) -> int:
    day = day_in_japan(fund.clock()) - timedelta(days=ago)
    return await store_prescription_entry(fund, person, terminal, content(of), prescribed_on=day, **more)


async def check(
    fund: Fund,
    person: Person,
    terminal: Credential,
    *codes: str,
    act: str = "23",
    headers: dict[str, str] = DOCTOR,
    **more: Any,
) -> httpx2.Response:
    record = (await fund.tap(person.card, terminal)).json()["record_id"]
    body = {
        "identified_by": record,
        "on": day_in_japan(fund.clock()).isoformat(),
        "same_institution": True,
        "medicines": [{"drug_code": code, "act": act, "times": 7} for code in codes],
    }
    return await fund.post(DUPLICATE_CHECKS_PATH, body | more, terminal, headers=headers)


@pytest.mark.parametrize(("ago", "duplicate"), [(0, True), (9, True), (13, True), (14, False)])
async def test_two_ointments_of_one_ingredient_within_14_days_are_a_duplicate(
    fund: Fund, clinic: Credential, elsewhere: Credential, ago: int, duplicate: bool
) -> None:
    """Rules M3, M4; without consent only the fact is returned (M7)."""
    person = await fund.insured()
    await prescribed_elsewhere(fund, person, elsewhere, tape(), ago=ago)
    answer = await check(fund, person, clinic, TAPE_OF_ANOTHER_MAKER)
    assert answer.status_code == 200, answer.text
    facts = answer.json()
    assert (facts["duplicate"], facts["contraindicated"]) == (duplicate, False)
    assert (facts["consented"], facts["findings"]) == (False, [])
    assert not [named for named in (TAPE, OTHER_CLINIC, "架空") if named in answer.text]


async def test_a_claim_alone_is_no_duplicate(fund: Fund, clinic: Credential) -> None:
    """Rule M1."""
    person = await fund.insured()
    await set_known_since(fund, person, fund.clock() - timedelta(days=300))
    day = months_ago(fund, 2) + timedelta(days=27)
    medicine = drug(code=TABLET, times=90, dispensed_on=day, prescribed_on=day)
    await store_claims(
        fund, claim(fund, person, content(medicine, prescriber_code=OTHER_CLINIC), months=2, pharmacy=True)
    )
    answer = (await check(fund, person, clinic, TABLET, act="21")).json()
    assert (answer["duplicate"], answer["contraindicated"]) == (False, False)


async def test_a_forbidden_combination_is_found(
    fund: Fund, clinic: Credential, elsewhere: Credential
) -> None:
    """Rule M6."""
    person = await fund.insured()
    await prescribed_elsewhere(fund, person, elsewhere, drug(code=TABLET), ago=3)
    answer = (await check(fund, person, clinic, FORBIDDEN_WITH_TABLET, act="21")).json()
    assert (answer["duplicate"], answer["contraindicated"]) == (False, True)


@pytest.mark.parametrize(("same_institution", "duplicate"), [(True, True), (False, False)])
async def test_the_asker_decides_whether_the_own_institution_is_compared(
    fund: Fund, clinic: Credential, same_institution: bool, duplicate: bool
) -> None:
    """Rule M5."""
    person = await fund.insured()
    await prescribed_elsewhere(fund, person, clinic, tape(), ago=3, prescriber=CLINIC)
    answer = (await check(fund, person, clinic, TAPE, same_institution=same_institution)).json()
    assert answer["duplicate"] is duplicate


async def test_a_pharmacy_checks_a_prescription_against_all_others(
    fund: Fund, clinic: Credential, elsewhere: Credential, pharmacy: Credential
) -> None:
    """Rule M1: not with itself."""
    person = await fund.insured()
    today = day_in_japan(fund.clock())
    await prescribed_elsewhere(fund, person, clinic, tape(), ago=0)
    named: dict[str, Any] = {"prescription": {"institution_code": CLINIC, "prescribed_on": today.isoformat()}}
    alone = (await check(fund, person, pharmacy, TAPE, headers=PHARMACIST, **named)).json()
    await prescribed_elsewhere(fund, person, elsewhere, tape(TAPE_OF_ANOTHER_MAKER), ago=2)
    both = (await check(fund, person, pharmacy, TAPE, headers=PHARMACIST, **named)).json()
    assert (alone["duplicate"], both["duplicate"]) == (False, True)


async def test_with_consent_drugs_days_and_institutions_are_named(
    fund: Fund, clinic: Credential, elsewhere: Credential
) -> None:
    """Rule M7."""
    person = await fund.insured()
    await prescribed_elsewhere(fund, person, elsewhere, tape(), ago=5)
    consent = (await registered_consent(fund, person, "prescription", credential=clinic))["consent_id"]
    answer = (await check(fund, person, clinic, TABLET, TAPE_OF_ANOTHER_MAKER, consent_id=consent)).json()
    today = day_in_japan(fund.clock())
    assert answer["consented"] is True
    [finding] = answer["findings"]
    assert (finding["kind"], finding["medicine"]) == ("duplicate", 2)
    assert finding["other"] == {
        "origin": "prescription",
        "drug_code": TAPE,
        "name": "架空鎮痛テープ４０ｍｇ「見本」",
        "ingredient_code": "9905002",
        "institution_code": OTHER_CLINIC,
        "institution_name": "架空診療所",
        "first_day": (today - timedelta(days=5)).isoformat(),
        "last_day": (today + timedelta(days=8)).isoformat(),
    }
    disclosed = await fund.records("kind = 'duplicates.disclosed'")
    assert [json.loads(record["detail"])["permit"] for record in disclosed].count(consent) == 1


@pytest.mark.parametrize(
    ("categories", "code"),
    [(("medication",), "consent-category"), (("prescription",), "consent-other-facility")],
)
async def test_another_consent_names_nothing(
    fund: Fund,
    clinic: Credential,
    elsewhere: Credential,
    categories: tuple[str, ...],
    code: str,
) -> None:
    """Rule M7."""
    person = await fund.insured()
    given_to = elsewhere if code == "consent-other-facility" else clinic
    consent = (await registered_consent(fund, person, *categories, credential=given_to))["consent_id"]
    assert code_of(await check(fund, person, clinic, TAPE, consent_id=consent)) == code


async def test_another_persons_consent_names_nothing(fund: Fund, clinic: Credential) -> None:
    """Rule M7."""
    person, other = await fund.insured(), await fund.insured()
    consent = (await registered_consent(fund, other, "prescription", credential=clinic))["consent_id"]
    assert code_of(await check(fund, person, clinic, TAPE, consent_id=consent)) == "consent-missing"


@pytest.mark.parametrize(
    ("headers", "more", "code"),
    [
        (as_staff(Role.RECEPTION), {}, "role-not-permitted"),
        (PHARMACIST, {}, "role-not-permitted"),
        (as_staff(Role.AUTHORISED_STAFF, "見本　誰か"), {}, "staff-not-authorised"),
        (DOCTOR, {"on": "2020-01-01"}, "prescription-day"),
        (DOCTOR, {"identified_by": "00000000-0000-4000-8000-000000000000"}, "not-identified"),
        (
            PHARMACIST,
            {"prescription": {"institution_code": OTHER_CLINIC, "prescribed_on": "TODAY"}},
            "facility-kind-not-permitted",
        ),
        (DOCTOR, {"medicines": []}, "request-invalid"),
        (DOCTOR, {"medicines": [{"drug_code": TAPE, "act": "99", "times": 1}]}, "request-invalid"),
        (DOCTOR, {"medicines": [{"drug_code": TAPE, "act": "23", "times": 1}] * 101}, "request-invalid"),
        (DOCTOR, {"same_institution": None}, "request-invalid"),
    ],
    ids=["reception", "pharmacist", "staff", "day", "patient", "clinic", "empty", "act", "many", "flag"],
)
async def test_a_check_is_refused_as_a_prescription_is(
    fund: Fund, clinic: Credential, headers: dict[str, str], more: dict[str, Any], code: str
) -> None:
    """Rule M8."""
    person = await fund.insured()
    if "prescription" in more:
        more["prescription"]["prescribed_on"] = day_in_japan(fund.clock()).isoformat()
    refused = await check(fund, person, clinic, TAPE, headers=headers, **more)
    assert code_of(refused) == code
    if code != "request-invalid":
        assert (await fund.records("kind = 'duplicates.checked'"))[-1]["outcome"] == code


async def test_of_a_protected_person_nothing_is_returned(fund: Fund, clinic: Credential) -> None:
    """Rules M8, W6."""
    person = await fund.insured()
    record = (await fund.tap(person.card, clinic)).json()["record_id"]
    await protect(fund, person)
    body = {
        "identified_by": record,
        "on": day_in_japan(fund.clock()).isoformat(),
        "same_institution": True,
        "medicines": [{"drug_code": TAPE, "act": "23", "times": 1}],
    }
    refused = await fund.post(DUPLICATE_CHECKS_PATH, body, clinic, headers=DOCTOR)
    assert code_of(refused) == "card-not-usable"


async def test_a_terminal_without_the_right_may_not_ask(fund: Fund, clinic: Credential) -> None:
    """Rule M8."""
    terminal = await fund.terminal(rights=(Right.ELIGIBILITY,))
    assert code_of(await check(fund, await fund.insured(), terminal, TAPE)) == "right-missing"


async def test_the_record_names_the_entries_that_were_compared(
    fund: Fund, clinic: Credential, elsewhere: Credential
) -> None:
    """Rule M8."""
    person = await fund.insured()
    entry = await prescribed_elsewhere(fund, person, elsewhere, tape(), ago=30)
    answer = (await check(fund, person, clinic, TAPE)).json()
    [record] = await fund.records("record_id = $1::text::uuid", answer["record_id"])
    assert (record["kind"], record["outcome"]) == ("duplicates.checked", "done")
    assert json.loads(record["detail"]) == {"role": "doctor", "entries": [entry]}


async def test_beyond_the_newest_entries_a_check_is_not_complete(
    fund: Fund, clinic: Credential, elsewhere: Credential
) -> None:
    """Rule M9: the duplicate is the oldest of 501 entries, then the oldest of 500."""
    person = await fund.insured()
    oldest = await prescribed_elsewhere(fund, person, elsewhere, tape(), ago=3, registered=timedelta(days=2))
    copies = """INSERT INTO prescription_entry (origin, person_key, institution_code, prescribed_on, prescriber_code,
            prescriber_name, content, known_from, client_id, record_id, idempotency_key, digest)
        SELECT origin, person_key, institution_code, prescribed_on, prescriber_code, prescriber_name,
            replace(content::text, $2, '990000101')::json, known_from + n * interval '1 second', client_id, record_id,
            gen_random_uuid()::text, digest
        FROM prescription_entry, generate_series(1, $3::integer) n WHERE entry = $1"""
    await fund.owner.fetch(copies, [oldest, TAPE, MAX_ENTRIES])
    beyond = (await check(fund, person, clinic, TAPE_OF_ANOTHER_MAKER)).json()
    assert (beyond["duplicate"], beyond["complete"]) == (False, False)
    await fund.owner.fetch(
        "DELETE FROM prescription_entry WHERE entry = (SELECT max(entry) FROM prescription_entry)", []
    )
    within = (await check(fund, person, clinic, TAPE_OF_ANOTHER_MAKER)).json()
    assert (within["duplicate"], within["complete"]) == (True, True)
