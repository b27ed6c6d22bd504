"""Eligibility by number: which questions find a member, and what is answered and recorded."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from tests.builders.fund import Fund
from tests.builders.fund_clients import CLINIC, OTHER_INSURER
from tests.builders.limits import miss_count

pytestmark = pytest.mark.anyio


async def test_a_matching_person_is_answered_as_by_card(fund: Fund) -> None:
    person = await fund.insured()
    by_card, by_number = (await fund.tap(person.card)).json(), (await fund.look_up(person)).json()
    assert (by_number["validity"], len(by_number["results"])) == ("1", 1)
    flag = {"limit_certificate_consent": True, "limit_certificate_consent_at": by_card["answered_at"]}
    assert [result | flag for result in by_number["results"]] == by_card["results"]
    assert by_number["version"] == by_card["version"]


@pytest.mark.parametrize(
    "written",
    [{"symbol": " 見－本"}, {"number": None}, {"branch": None}],
    ids=["symbol", "number", "no branch"],
)
async def test_width_spaces_and_hyphens_do_not_matter_and_the_branch_may_be_missing(
    fund: Fund, written: dict[str, Any]
) -> None:
    person = await fund.insured()
    if "number" in written:
        number = person.resident.resident_id[1:].replace("-", "")
        written = {"number": "".join(chr(ord(c) + 0xFEE0) for c in number)}
    assert (await fund.look_up(person, **written)).json()["validity"] == "1"


@pytest.mark.parametrize(
    "written",
    [
        {"insurer_number": "00138057"},
        {"insurer_number": "  138057"},
        {"insurer_number": "１３-８０５７"},
        {"branch": "0"},
        {"birth_date": "昭和55年5月17日"},
        {"birth_date": "1980/5/17"},
    ],
)
async def test_another_spelling_is_the_same_question_and_no_miss(fund: Fund, written: dict[str, Any]) -> None:
    """Rules R1, I1 to I6: an insurer of national health insurance, with six digits."""
    program, terminal = await fund.admit_insurer(OTHER_INSURER), await fund.terminal()
    person = fund.person()
    assert person.resident.birth_date == date(1980, 5, 17)
    assert (await fund.enrol(person, credential=program)).status_code == 201
    asked = {"insurer_number": OTHER_INSURER} | written
    answer = (await fund.look_up(person, terminal, **asked)).json()
    assert (answer["validity"], [row["insurer_number"] for row in answer["results"]]) == (
        "1",
        [OTHER_INSURER],
    )
    assert await miss_count(fund, terminal.client_id) is None


@pytest.mark.parametrize(
    ("written", "fault"),
    [
        ({"insurer_number": "51136018"}, ("insurer_number", "law_number")),
        ({"insurer_number": "06139999"}, ("insurer_number", "insurer_number")),
        ({"insurer_number": "1380570"}, ("insurer_number", "insurer_number")),
        ({"insurer_number": "12137014"}, ("number", "recipient_number")),
        ({"insurer_number": "39131008"}, ("branch", "scheme")),
        ({"branch": "1a"}, ("branch", "branch")),
        ({"birth_date": "1980-02-30"}, ("birth_date", "date_from_datetime_parsing")),
        ({"birth_date": "S64.2.1"}, ("birth_date", "day")),
    ],
)
async def test_what_cannot_be_meant_is_refused_with_its_field_and_is_no_miss(
    fund: Fund, written: dict[str, Any], fault: tuple[str, str]
) -> None:
    """Rule I7."""
    person, terminal = await fund.insured(), await fund.terminal()
    records = len(await fund.records())
    refused = await fund.look_up(person, terminal, **written)
    assert (refused.status_code, refused.json()["code"]) == (422, "request-invalid")
    places = [(one["place"].rsplit(".")[-1], one["rule"]) for one in refused.json()["errors"]]
    assert fault in places
    assert await miss_count(fund, terminal.client_id) is None
    assert len(await fund.records()) == records


async def test_two_matching_persons_are_not_disclosed_and_the_branch_distinguishes_them(
    fund: Fund,
) -> None:
    one, other = fund.person(), fund.person()
    number = one.resident.resident_id[1:]
    await fund.enrol(one, branch="01")
    await fund.enrol(other, number=number, branch="02")

    both = await fund.look_up(one, branch=None)
    alone = (await fund.look_up(one, branch="02")).json()

    answer = both.json()
    assert (answer["validity"], answer["version"], answer["results"]) == ("5", None, [])
    assert one.resident.name not in both.text
    assert [result["name"] for result in alone["results"]] == [other.resident.name]
    [record] = await fund.records("record_id = $1::text::uuid", answer["record_id"])
    assert (record["person_key"], len(record["matched_entitlements"]), len(record["enrolments"])) == (
        None,
        2,
        2,
    )


async def test_an_ended_enrolment_is_validity_2_and_with_a_newer_one_3(fund: Fund) -> None:
    """Rule R3: the newer one has another number, and is found by the person."""
    person = fund.person()
    await fund.enrol(person, lost_on="2026-04-01", reason_of_loss="03")
    before = (await fund.look_up(person)).json()
    await fund.enrol(person, number="8" + person.resident.resident_id[1:], acquired_on="2026-04-01")
    after = (await fund.look_up(person)).json()

    assert (before["validity"], after["validity"]) == ("2", "3")
    assert [[r["lost_on"] for r in answer["results"]] for answer in (before, after)] == [["2026-04-01"]] * 2


async def test_every_look_up_is_recorded_without_any_number(fund: Fund) -> None:
    person = await fund.insured()
    hit, miss = (
        (await fund.look_up(person, limit_certificate_consent=True)).json(),
        (await fund.look_up(person, branch="07")).json(),
    )

    [found] = await fund.records("record_id = $1::text::uuid", hit["record_id"])
    [missed] = await fund.records("record_id = $1::text::uuid", miss["record_id"])

    assert {(r["kind"], r["outcome"], r["institution_code"]) for r in (found, missed)} == {
        ("eligibility.number", "answered", CLINIC)
    }
    assert (len(found["matched_entitlements"]), len(found["enrolments"]), found["consents"]) == (
        1,
        1,
        ["limit-certificate"],
    )
    assert found["person_key"] is not None
    assert (missed["matched_entitlements"], missed["enrolments"], missed["person_key"]) == ([], [], None)
    assert [json.loads(r["detail"]) for r in (found, missed)] == [{"asked_insurer": "01130012"}] * 2


async def test_a_known_version_is_answered_as_unchanged_and_recorded(
    fund: Fund,
) -> None:
    person = await fund.insured()
    version = (await fund.look_up(person)).json()["version"]
    again = (await fund.look_up(person, known_version=version)).json()
    assert (again["unchanged"], again["validity"], "results" in again) == (True, "1", False)
    assert len(await fund.records("record_id = $1::text::uuid", again["record_id"])) == 1


async def test_a_my_number_is_rejected_and_not_recorded(fund: Fund) -> None:
    person = await fund.insured()
    before = len(await fund.records())
    response = await fund.look_up(person, number="123456789018")
    assert (response.status_code, response.json()["code"]) == (422, "my-number-refused")
    assert len(await fund.records()) == before


@pytest.mark.parametrize(
    ("change", "code"),
    [("closed_at = now()", "client-closed"), ("rights = '{}'", "right-missing")],
    ids=["closed", "without the right"],
)
async def test_a_closed_terminal_or_one_without_the_right_reads_nothing(
    fund: Fund, change: str, code: str
) -> None:
    person, terminal = await fund.insured(), await fund.terminal()
    await fund.token(terminal)
    await fund.owner.fetch(
        f"UPDATE client SET {change} WHERE client_id = $1::text::uuid", [terminal.client_id]
    )
    refused = [
        await fund.look_up(person, terminal),
        await fund.look_up(person, terminal, branch="07"),
    ]
    assert [(r.status_code, r.json()["code"]) for r in refused] == [(403, code)] * 2
    assert (
        await fund.records("client_id = $1::text::uuid AND kind <> 'admission.terminal'", terminal.client_id)
        == []
    )
    assert await miss_count(fund, terminal.client_id) is None


async def test_an_insurer_may_not_look_up_by_number(fund: Fund) -> None:
    refused = await fund.look_up(await fund.insured(), fund.insurer)
    assert (refused.status_code, refused.json()["code"]) == (403, "right-missing")
