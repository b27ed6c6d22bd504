"""How medicines are returned: names, pages, groups, overlaps, and entries recorded at once."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from eligibility_api.contract.codes import Category
from eligibility_api.contract.tokens import Credential
from eligibility_api.domain.claims import READER_VERSION, Content
from eligibility_api.domain.dates import JAPAN, day_in_japan
from eligibility_api.drug_master.store import load, shipped
from tests.builders.claims import (
    HISTORY_RIGHTS,
    claim,
    drug_codes,
    enrolled_patient,
    fetch_history,
    grant_permit,
    months_ago,
    pharmacy_with_history_rights,
    store_claims,
    store_prescription_entry,
)
from tests.builders.fund import Fund
from tests.builders.fund_clients import CLINIC, OTHER_CLINIC
from tests.builders.known import PHARMACY, content, drug
from tests.builders.people import Person

pytestmark = pytest.mark.anyio

TABLETS = content(drug(), institution_name="架空診療所")


@pytest.fixture
async def pharmacy(fund: Fund) -> Credential:
    """A pharmacy with the right to access histories."""
    return await pharmacy_with_history_rights(fund)


async def test_a_medicine_has_its_name_origin_and_age(fund: Fund, pharmacy: Credential) -> None:
    person = await enrolled_patient(fund)
    day = months_ago(fund, 2) + timedelta(days=9)
    medicine = drug(
        dispensed_on=day, prescribed_on=day, usage_code="003", instruction="見本の指示", quantity="2"
    )
    contents = Content("架空薬局", CLINIC, "架空診療所", (medicine,), (), ())
    await store_claims(fund, claim(fund, person, contents, months=2, pharmacy=True))

    answer = await fetch_history(fund, await grant_permit(fund, person, pharmacy), pharmacy)

    due = datetime(*months_ago(fund, 1).timetuple()[:2], 11, tzinfo=JAPAN)
    shown_from = max(due, datetime.fromisoformat(answer["medicines"][0]["known_from"]))
    assert answer["medicines"] == [
        {
            "month": months_ago(fund, 2).isoformat()[:7],
            "on": day.isoformat(),
            "origin": "claim",
            "claim_month": months_ago(fund, 1).isoformat()[:7],
            "known_from": answer["medicines"][0]["known_from"],
            "age_days": (day_in_japan(fund.clock()) - day_in_japan(shown_from)).days,
            "institution": {"institution_code": PHARMACY, "institution_name": "架空薬局", "own": True},
            "setting": "pharmacy",
            "earlier_reader": False,
            "row": 1,
            "prescribed_on": day.isoformat(),
            "prescriber": {"institution_code": CLINIC, "institution_name": "架空診療所", "own": False},
            "act": "21",
            "drug_code": "990000101",
            "name": "架空降圧錠５ｍｇ「見本」",
            "ingredient_code": "9901001",
            "generic": False,
            "quantity": "2",
            "unit": "錠",
            "usage_code": "003",
            "usage": "1日3回食後",
            "instruction": "見本の指示",
            "times": 14,
            "overlaps": [],
        }
    ]
    assert (answer["total"], answer["next"], answer["groups"]) == (1, None, [])


async def test_rows_that_an_older_reader_read_are_marked(fund: Fund, pharmacy: Credential) -> None:
    """Rule H18."""
    person = await enrolled_patient(fund)
    for months, version in ((2, READER_VERSION), (3, READER_VERSION - 1)):
        of = claim(fund, person, TABLETS, months=months, pharmacy=True)
        await store_claims(fund, of, reader_version=version)
    answer = await fetch_history(fund, await grant_permit(fund, person, pharmacy), pharmacy)
    marks = {row["month"]: row["earlier_reader"] for row in answer["medicines"]}
    assert marks == {
        months_ago(fund, 2).isoformat()[:7]: False,
        months_ago(fund, 3).isoformat()[:7]: True,
    }


async def test_a_drug_missing_in_the_master_has_its_code_only(fund: Fund, pharmacy: Credential) -> None:
    person = await enrolled_patient(fund)
    await store_claims(fund, claim(fund, person, content(drug(code="999999999"))))
    [medicine] = (await fetch_history(fund, await grant_permit(fund, person, pharmacy), pharmacy))[
        "medicines"
    ]
    assert medicine["drug_code"] == "999999999"
    assert [medicine[name] for name in ("name", "unit", "generic", "ingredient_code")] == [None] * 4


async def test_a_new_load_of_the_master_takes_effect_at_once(fund: Fund, pharmacy: Credential) -> None:
    person = await enrolled_patient(fund)
    await store_claims(fund, claim(fund, person, TABLETS))
    permit = await grant_permit(fund, person, pharmacy)
    assert (await fetch_history(fund, permit, pharmacy))["medicines"][0]["name"] == "架空降圧錠５ｍｇ「見本」"
    renamed = shipped().decode().replace("架空降圧錠５ｍｇ「見本」", "架空降圧錠５ｍｇ「改名」").encode()
    async with fund.owner.transaction() as connection:
        await load(connection, renamed)
    assert (await fetch_history(fund, permit, pharmacy))["medicines"][0]["name"] == "架空降圧錠５ｍｇ「改名」"


async def test_pages_are_consistent_when_claims_arrive_between_them(fund: Fund, pharmacy: Credential) -> None:
    person = await enrolled_patient(fund)
    await store_claims(fund, *(claim(fund, person, TABLETS, months=months) for months in (3, 4, 5, 6, 7)))
    permit = await grant_permit(fund, person, pharmacy)
    whole = (await fetch_history(fund, permit, pharmacy))["medicines"]
    first = await fetch_history(fund, permit, pharmacy, limit=2)
    await store_claims(fund, claim(fund, person, TABLETS, months=2), known_from=fund.clock())
    second = await fetch_history(fund, permit, pharmacy, limit=2, after=first["next"])
    third = await fetch_history(fund, permit, pharmacy, limit=2, after=second["next"])
    assert first["medicines"] + second["medicines"] + third["medicines"] == whole
    assert {page["total"] for page in (first, second, third)} == {5}
    assert third["next"] is None
    assert (await fetch_history(fund, permit, pharmacy))["total"] == 6


async def grouped_patient(fund: Fund) -> Person:
    """A patient with two ingredients on two days and a drug without ingredient; the newest row has the first ingredient."""
    person = await enrolled_patient(fund)
    days = ((10, 5), (24, 5))
    await store_claims(
        fund,
        claim(
            fund,
            person,
            content(drug(code="990000101", days=days), drug(code="990000104", days=days)),
            months=2,
        ),
        claim(
            fund,
            person,
            content(drug(code="990000102", days=((3, 5),)), drug(code="990000190", days=((3, 5),))),
            months=3,
        ),
    )
    return person


async def test_medicines_are_grouped_by_ingredient(fund: Fund, pharmacy: Credential) -> None:
    permit = await grant_permit(fund, await grouped_patient(fund), pharmacy)
    groups = (await fetch_history(fund, permit, pharmacy, group="ingredient"))["groups"]
    grouped = [(group["key"], [m["drug_code"] for m in group["medicines"]]) for group in groups]
    assert grouped == [
        ("9901001", ["990000101", "990000101", "990000102"]),
        ("9901002", ["990000104", "990000104"]),
        (None, ["990000190"]),
    ]
    assert groups[0]["name"] == "架空降圧錠５ｍｇ「見本」"


async def test_medicines_are_grouped_by_day_across_pages(fund: Fund, pharmacy: Credential) -> None:
    permit = await grant_permit(fund, await grouped_patient(fund), pharmacy)
    whole = (await fetch_history(fund, permit, pharmacy, group="date"))["groups"]
    assert [len(group["medicines"]) for group in whole] == [2, 2, 2]
    first = await fetch_history(fund, permit, pharmacy, group="date", limit=3)
    second = await fetch_history(fund, permit, pharmacy, group="date", limit=3, after=first["next"])
    assert [group["key"] for group in [*first["groups"], *second["groups"]]] == [
        whole[0]["key"],
        whole[1]["key"],
        whole[1]["key"],
        whole[2]["key"],
    ]
    rows = [m["row"] for page in (first, second) for group in page["groups"] for m in group["medicines"]]
    assert rows == [1, 2, 3, 4, 5, 6]


async def test_an_overlap_is_marked_also_if_the_filter_omits_the_other_row(
    fund: Fund, pharmacy: Credential
) -> None:
    person = await enrolled_patient(fund)
    days = ((5, 14), (10, 14))
    elsewhere = content(drug(code="990000102", days=((20, 14),)))
    await store_claims(
        fund,
        claim(fund, person, content(drug(code="990000101", days=days)), months=2),
        claim(fund, person, elsewhere, months=2, institution_code=OTHER_CLINIC),
    )
    permit = await grant_permit(fund, person, pharmacy)
    whole = (await fetch_history(fund, permit, pharmacy))["medicines"]
    filtered = await fetch_history(fund, permit, pharmacy, prescriber=CLINIC)
    groups = (await fetch_history(fund, permit, pharmacy, group="ingredient"))["groups"]
    # The clinic's two supplies overlap as well, but are a refill.
    assert [(m["row"], m["overlaps"]) for m in whole] == [(1, [2]), (2, [1]), (3, [])]
    assert [(m["row"], m["overlaps"]) for m in filtered["medicines"]] == [(2, [1]), (3, [])]
    assert (filtered["total"], [group["overlaps"] for group in groups]) == (2, [True])


async def test_an_entry_is_disclosed_until_its_claim_arrives(fund: Fund, pharmacy: Credential) -> None:
    person = await enrolled_patient(fund)
    clinic = await fund.terminal(rights=HISTORY_RIGHTS)
    day = months_ago(fund, 0) - timedelta(days=1)
    medicine = drug(prescribed_on=day)
    await store_prescription_entry(
        fund, person, clinic, content(medicine, institution_name="架空診療所"), prescribed_on=day
    )
    permit = await grant_permit(fund, person, pharmacy)

    async def origins() -> list[str]:
        return [m["origin"] for m in (await fetch_history(fund, permit, pharmacy))["medicines"]]

    [row] = (await fetch_history(fund, permit, pharmacy))["medicines"]
    assert (row["origin"], row["on"], row["claim_month"]) == ("prescription", day.isoformat(), None)
    assert row["prescriber"] == {"institution_code": CLINIC, "institution_name": "架空診療所", "own": False}

    dispensed = content(medicine._replace(dispensed_on=day), prescriber_code=CLINIC)
    await store_prescription_entry(fund, person, pharmacy, dispensed, prescribed_on=day, dispensed_on=day)
    assert await origins() == ["dispensing"]

    claimed = claim(fund, person, dispensed, months=1, pharmacy=True, claim_month=months_ago(fund, 1))
    await store_claims(fund, claimed)
    assert await origins() == ["claim"]


async def test_entries_need_their_own_category(fund: Fund, pharmacy: Credential) -> None:
    person = await enrolled_patient(fund)
    day = day_in_japan(fund.clock())
    await store_prescription_entry(
        fund, person, pharmacy, content(drug()), prescribed_on=day, dispensed_on=day
    )
    permit = await grant_permit(fund, person, pharmacy, [Category.MEDICATION])
    assert (await fetch_history(fund, permit, pharmacy))["medicines"] == []
    assert await drug_codes(fund, person, pharmacy) == ["990000101"]


async def test_an_entry_is_disclosed_for_a_hundred_days_from_its_registration(
    fund: Fund, pharmacy: Credential
) -> None:
    """Rule H6: of days 150 ago, the one registered 100 days ago shows."""
    person = await enrolled_patient(fund)
    day = day_in_japan(fund.clock()) - timedelta(days=150)
    for ago in (0, 100, 101):
        medicine = content(drug(code=f"990000{ago:03}"))
        await store_prescription_entry(
            fund,
            person,
            pharmacy,
            medicine,
            prescribed_on=day,
            dispensed_on=day,
            registered=timedelta(days=ago),
        )
    assert sorted(await drug_codes(fund, person, pharmacy)) == ["990000000", "990000100"]


async def test_an_on_site_dispensing_is_replaced_by_its_institutions_claim_alone(
    fund: Fund, pharmacy: Credential
) -> None:
    """Rule H6."""
    person = await enrolled_patient(fund)
    clinic = await fund.terminal(rights=HISTORY_RIGHTS)
    day = months_ago(fund, 1) + timedelta(days=4)
    given = content(drug(prescribed_on=day, dispensed_on=day), institution_name="架空診療所")
    await store_prescription_entry(
        fund, person, clinic, given, prescribed_on=day, dispensed_on=day, on_site=True
    )
    permit = await grant_permit(fund, person, pharmacy)

    async def origins() -> list[str]:
        return [m["origin"] for m in (await fetch_history(fund, permit, pharmacy))["medicines"]]

    [row] = (await fetch_history(fund, permit, pharmacy))["medicines"]
    assert (row["origin"], row["on"], row["setting"]) == ("on-site", day.isoformat(), "outpatient")
    assert row["prescriber"]["institution_code"] == row["institution"]["institution_code"] == CLINIC

    elsewhere = content(drug(prescribed_on=day, dispensed_on=day), prescriber_code=CLINIC)
    await store_claims(
        fund,
        claim(fund, person, elsewhere, months=1, pharmacy=True, claim_month=months_ago(fund, 1)),
    )
    assert sorted(await origins()) == ["claim", "on-site"]
    own = content(drug(code="990000111", days=((5, 1),)))
    await store_claims(fund, claim(fund, person, own, months=1, claim_month=months_ago(fund, 1)))
    assert await origins() == ["claim", "claim"]
