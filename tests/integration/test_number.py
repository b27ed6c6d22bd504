"""Eligibility by number: every miss has the same response, whatever was wrong, and is counted and limited."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from datetime import date
from typing import Any
from uuid import UUID

import asyncpg
import httpx2
import pytest
from structlog.testing import capture_logs

from eligibility_api import scheduler
from eligibility_api.contract.codes import FacilityKind, Right
from eligibility_api.contract.eligibility import NumberCheckRequest
from eligibility_api.eligibility.by_number import NUMBER_STATEMENT, membership_parameters
from eligibility_api.platform.telemetry import ALLOWED_FIELDS, METRICS
from tests.builders.fund import Fund
from tests.builders.fund_clients import CLINIC, OTHER_CLINIC, OTHER_INSURER
from tests.builders.limits import limited, miss_count, without_request_id
from tests.builders.people import Person

pytestmark = pytest.mark.anyio

MISSES: dict[str, dict[str, Any]] = {
    "unknown number": {"number": "0000-000000"},
    "wrong birth date": {"birth_date": "1980-05-18"},
    "wrong branch": {"branch": "07"},
    "wrong symbol": {"symbol": "見出"},
    "another insurer": {"insurer_number": OTHER_INSURER},
    "insurer that is not there": {"insurer_number": "06139992"},
}
"""Faults of a query, each about an enrolled person."""


def masked(response: httpx2.Response) -> bytes:
    """A response's bytes without its record's id and its instant."""
    content = response.content
    for name in ("record_id", "answered_at"):
        content = content.replace(response.json()[name].encode(), b"")
    return content


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


async def test_every_miss_has_the_same_response_bytes(fund: Fund) -> None:
    person, terminal = await fund.insured(), await fund.terminal()
    answers = [await fund.look_up(person, terminal, **wrong) for wrong in MISSES.values()]

    assert {answer.status_code for answer in answers} == {200}
    assert len({masked(answer) for answer in answers}) == 1
    assert len({len(answer.content) for answer in answers}) == 1
    first = answers[0].json()
    assert (first["validity"], first["version"], first["results"]) == ("4", None, [])
    unlike = {"x-request-id"}
    assert len({str({k: v for k, v in a.headers.items() if k not in unlike}) for a in answers}) == 1


_MEMBERS = """
WITH added AS (
    INSERT INTO entitlement (insurer_number, symbol_key, number_key, branch_key, birth_date)
    SELECT '01130012', '見本', n::text, '00', date '1980-05-17' FROM generate_series(7000000, 7002999) n
    RETURNING entitlement, number_key, birth_date
)
INSERT INTO enrolment (entitlement, opened_by, person_key, register_match, insurer_name, certificate_kind, symbol, number,
                       branch, relationship, name, name_kana, sex, birth_date, address, acquired_on)
SELECT entitlement, (SELECT min(revision) FROM revision), sha256(number_key::bytea), 'one', '試験', '01', '見本', number_key,
       '00', '1', '試験　見本', 'シケン ミホン', '1', birth_date, '架空県見本市', '2024-04-01'
FROM added
"""
"""Enough members for the planner to choose the same plan as at national size."""


async def test_every_miss_reads_the_same_rows(fund: Fund) -> None:
    person, terminal = await fund.insured(), await fund.terminal()
    # The rows that count misses exist: what a look-up adds to them is rolled back, in place.
    await fund.look_up(person, terminal, **MISSES["wrong branch"])
    asked = fund.lookup_body(person, number="7001500")
    wrong = MISSES | {"unknown number": {"number": "70015001"}}
    connection = await asyncpg.connect(fund.database.dsn("owner"))
    try:
        await connection.execute(_MEMBERS)
        await connection.execute("VACUUM ANALYZE entitlement, enrolment")
        await connection.execute("SET plan_cache_mode = force_generic_plan")
        # Once beforehand, so that every page is in the cache.
        hit = [await _accesses(connection, terminal.client_id, asked) for _ in range(2)][-1]
        misses = [await _accesses(connection, terminal.client_id, asked | fault) for fault in wrong.values()]
    finally:
        await connection.close()

    [look_up] = [node for node in misses[0] if node.get("Index Name") == "entitlement_once"]
    assert (look_up["Actual Rows"], look_up["Index Searches"]) == (0, 1)
    assert "Rows Removed by Filter" not in look_up
    assert all(miss == misses[0] for miss in misses)
    assert hit != misses[0]


async def _accesses(
    connection: asyncpg.Connection[Any], client_id: str, asked: dict[str, Any]
) -> list[dict[str, Any]]:
    """What one look-up reads from each table and index: rows, descents, buffers. It is rolled back."""
    parameters = [
        UUID(client_id),
        Right.ELIGIBILITY.value,
        60,
        200,
        *membership_parameters(NumberCheckRequest.model_validate(asked)),
        date(2026, 11, 23),
        "eligibility.number",
        [],
        None,
    ]
    transaction = connection.transaction()
    await transaction.start()
    try:
        await connection.execute(f"PREPARE asking AS {NUMBER_STATEMENT}")
        given = ", ".join("NULL" if p is None else f"'{p or '{}'}'" for p in parameters)
        explain = f"EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) EXECUTE asking ({given})"
        [plan] = json.loads(await connection.fetchval(explain))
    finally:
        await transaction.rollback()
        await connection.execute("DEALLOCATE asking")
    columns = (
        "Relation Name",
        "Index Name",
        "Actual Rows",
        "Actual Loops",
        "Index Searches",
        "Rows Removed by Filter",
    )
    buffers = ("Shared Hit Blocks", "Shared Read Blocks")
    return [
        {name: node[name] for name in columns if name in node}
        | {"buffers": sum(node[name] for name in buffers)}
        for node in _nodes(plan["Plan"])
        if "Relation Name" in node and node["Node Type"] != "ModifyTable"
    ]


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for part in plan.get("Plans", []):
        yield from _nodes(part)


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
        (await fund.look_up(person, **MISSES["wrong branch"])).json(),
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
        await fund.look_up(person, terminal, **MISSES["wrong branch"]),
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


async def test_a_miss_is_counted_and_a_hit_is_not(fund: Fund) -> None:
    person, terminal = await fund.insured(), await fund.terminal()
    await fund.look_up(person, terminal)
    nothing = await miss_count(fund, terminal.client_id)
    await fund.look_up(person, terminal, **MISSES["unknown number"])
    one = await miss_count(fund, terminal.client_id)
    await fund.look_up(person, terminal)

    assert nothing is None
    assert one is not None
    assert (one["misses"], one["streak"]) == (1, 1)
    assert await miss_count(fund, terminal.client_id) == one


async def test_above_the_terminals_limit_nothing_is_looked_up_until_the_next_hour(fund: Fund) -> None:
    person, terminal, other = await fund.insured(), await fund.terminal(), await fund.terminal()
    with limited(fund, number_misses_per_hour=2):
        for _ in range(2):
            assert (await fund.look_up(person, terminal, **MISSES["wrong branch"])).json()["validity"] == "4"
        refused = [
            await fund.look_up(person, terminal),
            await fund.look_up(person, terminal, **MISSES["wrong branch"]),
        ]
        elsewhere = await fund.look_up(person, other)
        await fund.owner.fetch("UPDATE number_miss SET hour = hour - interval '1 hour'", [])
        later = await fund.look_up(person, terminal)

    assert [(r.status_code, r.json()["code"]) for r in refused] == [(429, "number-miss-limit")] * 2
    assert all(0 < int(r.headers["Retry-After"]) <= 3600 for r in refused)
    assert (
        len(
            await fund.records(
                "client_id = $1::text::uuid AND kind = 'eligibility.number'", terminal.client_id
            )
        )
        == 3
    )
    assert [elsewhere.json()["validity"], later.json()["validity"]] == ["1", "1"]


async def test_all_simultaneous_misses_are_counted(fund: Fund) -> None:
    person, terminal = await fund.insured(), await fund.terminal()
    await fund.token(terminal)
    await asyncio.gather(*(fund.look_up(person, terminal, **MISSES["wrong branch"]) for _ in range(20)))
    count = await miss_count(fund, terminal.client_id)
    assert count is not None
    assert (count["misses"], count["streak"]) == (20, 20)


async def test_the_facilitys_limit_applies_to_all_its_terminals(fund: Fund) -> None:
    person, elsewhere = await fund.insured(), await fund.terminal(institution_code=OTHER_CLINIC)
    terminals = [await fund.terminal(institution_code="2711111110") for _ in range(3)]
    with limited(fund, facility_number_misses_per_hour=2):
        for terminal in terminals[:2]:
            await fund.look_up(person, terminal, **MISSES["wrong branch"])
        third, other = await fund.look_up(person, terminals[2]), await fund.look_up(person, elsewhere)
    assert (third.status_code, other.status_code) == (429, 200)


async def test_a_streak_of_misses_is_logged_at_10_20_40_without_any_number(fund: Fund) -> None:
    person, terminal = await fund.insured(), await fund.terminal()

    def counted() -> float:
        return METRICS.get_sample_value("shikaku_lookup_miss_streaks_total") or 0

    before = counted()
    with capture_logs() as log:
        for n in range(21):
            await fund.look_up(person, terminal, number=f"0000-{n}")
            await fund.look_up(person, terminal)
    logged = [entry for entry in log if entry["event"] == "number_miss_streak"]
    assert [(entry["client_id"], entry["streak"]) for entry in logged] == [
        (terminal.client_id, 10),
        (terminal.client_id, 20),
    ]
    assert set(logged[0]) - {"log_level"} <= ALLOWED_FIELDS
    assert counted() - before == 2


async def test_a_minute_without_a_miss_ends_a_streak(fund: Fund) -> None:
    person, terminal = await fund.insured(), await fund.terminal()
    for _ in range(3):
        await fund.look_up(person, terminal, **MISSES["wrong branch"])
    await fund.owner.fetch("UPDATE number_miss SET missed_at = missed_at - interval '61 seconds'", [])
    await fund.look_up(person, terminal, **MISSES["wrong branch"])
    count = await miss_count(fund, terminal.client_id)
    assert count is not None
    assert (count["misses"], count["streak"]) == (4, 1)


async def test_counts_are_deleted_after_a_day(fund: Fund) -> None:
    person, old, fresh = await fund.insured(), await fund.terminal(), await fund.terminal()
    for terminal in (old, fresh):
        await fund.look_up(person, terminal, **MISSES["wrong branch"])
    await fund.owner.fetch(
        "UPDATE number_miss SET hour = hour - interval '25 hours', missed_at = missed_at - interval '25 hours' WHERE client_id = $1::text::uuid",
        [old.client_id],
    )
    await scheduler._delete_expired_counters(fund.batch)
    assert [await miss_count(fund, t.client_id) is None for t in (old, fresh)] == [True, False]


async def protected(fund: Fund, **flags: Any) -> Person:
    """A person with a registered card whose insurer set flags afterwards."""
    person = await fund.insured()
    member = fund.enrolment_body(person)
    names = ("insurer_number", "symbol", "number", "branch", "birth_date", "acquired_on")
    change = {"former": {name: member[name] for name in names}, "member": member | flags}
    corrected = await fund.post("/v1/enrolments/correct", change, fund.insurer)
    assert corrected.status_code == 200, corrected.text
    return person


async def mismatched(fund: Fund) -> Person:
    """A person with a registered card whose membership has an open mismatch."""
    person = await fund.insured()
    await fund.owner.fetch(
        "UPDATE enrolment SET mismatch = 'open' WHERE number = $1", [person.resident.resident_id[1:]]
    )
    return person


async def test_a_block_and_a_mismatch_are_refused_alike_by_card(fund: Fund) -> None:
    people = [await protected(fund, self_disclosure_blocked=True), await mismatched(fund)]
    refused = [await fund.tap(person.card) for person in people]
    assert {r.json()["code"] for r in refused} == {"card-not-usable"}
    assert without_request_id(refused[0]) == without_request_id(refused[1])
    assert len({len(r.content) for r in refused}) == 1


@pytest.mark.parametrize("flag", ["nondisclosure", "self_disclosure_blocked"])
async def test_a_protected_person_is_answered_by_number_without_address(fund: Fund, flag: str) -> None:
    person = await protected(fund, **{flag: True})
    response = await fund.look_up(person)
    [shown] = response.json()["results"]
    assert (response.json()["validity"], shown["address"], shown["postal_code"]) == ("1", None, None)
    assert flag not in response.text


async def test_a_mismatch_is_refused_by_number_after_recording(fund: Fund) -> None:
    person = await mismatched(fund)
    before = len(await fund.records("kind = 'eligibility.number'"))
    refused = await fund.look_up(person)
    assert refused.json()["code"] == "eligibility-not-confirmable"
    assert person.resident.name not in refused.text
    records = await fund.records("kind = 'eligibility.number'")
    assert (len(records) - before, records[-1]["outcome"], len(records[-1]["enrolments"])) == (
        1,
        "answered",
        1,
    )


async def test_a_person_unknown_to_the_register_cannot_be_confirmed_by_number(fund: Fund) -> None:
    person = fund.person()
    await fund.enrol(person, name="別人　見本", name_kana="ベツジン ミホン")
    assert (await fund.look_up(person)).json()["code"] == "eligibility-not-confirmable"


async def test_an_eligibility_only_facility_gets_no_address_by_number_either(fund: Fund) -> None:
    person = await fund.insured()
    practitioner = await fund.terminal(
        institution_code="1312345672", kind=FacilityKind.ELIGIBILITY_ONLY, rights=(Right.ELIGIBILITY,)
    )
    answer = (await fund.look_up(person, practitioner)).json()
    assert (answer["validity"], answer["results"][0]["address"]) == ("1", None)


async def test_versions_of_two_facilities_cannot_be_linked(fund: Fund) -> None:
    person, elsewhere = await fund.insured(), await fund.terminal(institution_code=OTHER_CLINIC)
    versions = [
        (await fund.look_up(person, terminal)).json()["version"] for terminal in (fund.clinic, elsewhere)
    ]
    assert versions[0] != versions[1]
