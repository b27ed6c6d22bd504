"""What is kept no longer (rule T9): members ten years after their loss, medical information once no history reaches it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from eligibility_api.audit.export import export
from eligibility_api.audit.verification.findings import Problem, Report
from eligibility_api.audit.verifier import Trust, verify
from eligibility_api.audit_log.checkpoint_keys import verification_keys
from eligibility_api.database.connections import Database
from eligibility_api.domain.dates import day_in_japan
from eligibility_api.domain.membership import comparable
from eligibility_api.enrolment.purging import EnrolmentPurge, purge_details
from eligibility_api.history.purging import purge_medical
from tests.builders.audit import recomputed
from tests.builders.audit_log import sequence
from tests.builders.claim_files import claim_file, medical_claim, upload_and_process
from tests.builders.claim_files import member as claim_member
from tests.builders.fund import Fund
from tests.builders.people import Person

pytestmark = pytest.mark.anyio

TODAY = day_in_japan(datetime.now(UTC))
BEFORE = {"acquired_on": "2001-04-01", "reason_of_loss": "03"}


def years_ago(years: int, days: int = 0) -> date:
    """A day so many years ago (the 28th of its month at the latest), and days later."""
    day = TODAY.replace(year=TODAY.year - years, day=min(TODAY.day, 28))
    return date.fromordinal(day.toordinal() + days)


async def known_for(fund: Fund, interval: str) -> None:
    """Set back the instant from which everything so far is known."""
    await fund.owner.fetch(
        "UPDATE revision SET published_at = now() - $1::text::interval WHERE published_at > now() - interval '1 year'",
        [interval],
    )


async def ended(fund: Fund, lost_on: date, known: str = "10 years 1 day", **items: str) -> Person:
    """A member who lost her insurance on a day, which has been known for that long."""
    person = fund.person()
    answer = await fund.enrol(person, **dict[str, Any](BEFORE | items, lost_on=lost_on.isoformat()))
    assert answer.status_code == 201, answer.text
    await known_for(fund, known)
    return person


def number_key(person: Person) -> str:
    """The person's number as it is compared (rule I5)."""
    _, key, _ = comparable(None, person.resident.resident_id[1:], None)
    return key


async def stored(fund: Fund, person: Person) -> tuple[int, int]:
    """How many memberships and versions of a person are stored."""
    rows = await fund.owner.fetch(
        "SELECT count(DISTINCT t.entitlement) AS members, count(e.version) AS versions FROM entitlement t"
        " LEFT JOIN enrolment e USING (entitlement) WHERE t.number_key = $1",
        [number_key(person)],
    )
    return rows[0]["members"], rows[0]["versions"]


async def versions_of(fund: Fund, person: Person) -> list[int]:
    """A person's versions, the oldest first."""
    rows = await fund.owner.fetch(
        "SELECT version FROM enrolment JOIN entitlement USING (entitlement) WHERE number_key = $1 ORDER BY version",
        [number_key(person)],
    )
    return [row["version"] for row in rows]


async def verified(fund: Fund) -> Report:
    """What the offline verifier finds in an export of the fund."""
    await sequence(fund)
    keys = verification_keys(fund.state.settings)
    auditor = Database(fund.database.dsn("auditor"))
    try:
        return verify([line async for line in export(auditor, keys, [], fund.clock())], Trust(keys))
    finally:
        await auditor.close()


async def purge(fund: Fund) -> int:
    return await EnrolmentPurge().run(fund.batch)


@pytest.mark.parametrize(
    ("lost_on", "known", "kept"),
    [
        (years_ago(11), "10 years 1 day", False),
        (years_ago(10, -1), "10 years 1 day", False),
        (years_ago(10, 5), "10 years 1 day", True),
        (years_ago(11), "9 years 11 months", True),
    ],
    ids=["eleven years", "ten years", "not quite ten", "changed since"],
)
async def test_a_member_is_kept_for_ten_years_after_her_loss(
    fund: Fund, lost_on: date, known: str, kept: bool
) -> None:
    person = await ended(fund, lost_on, known)
    await purge(fund)
    assert await stored(fund, person) == ((1, 1) if kept else (0, 0))
    answer = (await fund.look_up(person)).json()
    assert answer["validity"] == ("2" if kept else "4")


async def test_a_member_with_another_period_is_kept_whole(fund: Fund) -> None:
    person = await ended(fund, years_ago(12))
    assert (await fund.enrol(person, acquired_on="2024-04-01")).status_code == 201
    await known_for(fund, "10 years 1 day")
    await purge(fund)
    assert await stored(fund, person) == (1, 2)


async def test_a_member_who_is_insured_is_kept_however_long_nothing_changes(fund: Fund) -> None:
    person = fund.person()
    await fund.enrol(person, acquired_on="2001-04-01")
    await known_for(fund, "20 years")
    await purge(fund)
    assert await stored(fund, person) == (1, 1)


async def test_all_that_belongs_to_a_member_goes_with_her_former_versions(fund: Fund) -> None:
    person = await ended(fund, years_ago(13))
    correction = {
        "former": fund.lookup_body(person),
        "member": fund.enrolment_body(person) | BEFORE | {"lost_on": years_ago(12).isoformat()},
    }
    assert (await fund.post("/v1/enrolments/correct", correction, fund.insurer)).status_code == 200
    await known_for(fund, "10 years 1 day")
    await fund.owner.fetch(
        "WITH t AS (SELECT entitlement FROM entitlement WHERE number_key = $1),"
        " a AS (INSERT INTO paper_application (entitlement, reason, applied_at)"
        " SELECT entitlement, 'card-lost', now() - interval '11 years' FROM t),"
        " d AS (INSERT INTO deregistration_application (insurer_number, entitlement, person_key, applied_at)"
        " SELECT insurer_number, entitlement, '', now() - interval '11 years' FROM t JOIN entitlement USING (entitlement)),"
        " u AS (INSERT INTO unlinked_person SELECT entitlement, '' FROM t)"
        " INSERT INTO reference_number SELECT (SELECT institution_code FROM facility LIMIT 1), entitlement, '1', now()"
        " FROM t",
        [number_key(person)],
    )
    assert await stored(fund, person) == (1, 2)

    versions = await versions_of(fund, person)

    assert await purge(fund) >= 1

    assert await stored(fund, person) == (0, 0)
    details = [record["detail"] for record in await fund.records("kind = 'enrolment.purged'")]
    assert '"versions": 2' in str(details[-1])
    assert f'"purged": [[{versions[0]}, {versions[1]}]]' in str(details[-1])
    assert person.resident.resident_id[1:] not in str(details)


@pytest.mark.parametrize(
    "since",
    [
        "INSERT INTO medical_ticket (entitlement, opened_by, ticket_type, month, institution_code, treatment,"
        " single_or_combined, valid_from, valid_to) SELECT entitlement, {revision}, '1', '2010-04-01', '', '1', '1',"
        " '2010-04-01', '2010-04-30' FROM t",
        "INSERT INTO paper_application (entitlement, reason) SELECT entitlement, 'card-lost' FROM t",
        "INSERT INTO paper_application (entitlement, reason, applied_at, withdrawn_at)"
        " SELECT entitlement, 'card-lost', now() - interval '11 years', now() FROM t",
        "INSERT INTO deregistration_application (insurer_number, entitlement, person_key)"
        " SELECT insurer_number, entitlement, '' FROM t JOIN entitlement USING (entitlement)",
    ],
    ids=["ticket", "paper", "paper withdrawn", "deregistration"],
)
async def test_a_member_about_whom_something_else_changed_is_kept(fund: Fund, since: str) -> None:
    """Rule T9: anything about her, though her insurance ended long ago."""
    person = await ended(fund, years_ago(12))
    await fund.insured()
    newest = "(SELECT max(revision) FROM revision)"
    await fund.owner.fetch(
        f"WITH t AS (SELECT entitlement FROM entitlement WHERE number_key = $1) {since.format(revision=newest)}",
        [number_key(person)],
    )
    await purge(fund)
    assert await stored(fund, person) == (1, 1)
    await known_for(fund, "10 years 1 day")
    await fund.owner.fetch("DELETE FROM paper_application", [])
    await fund.owner.fetch("DELETE FROM deregistration_application", [])
    await purge(fund)
    assert await stored(fund, person) == (0, 0)


async def test_every_table_that_names_a_member_is_purged_with_her(fund: Fund) -> None:
    """One that is forgotten would stop the walk at the first member whom it names."""
    naming = await fund.owner.fetch(
        "SELECT DISTINCT conrelid::regclass::text AS name FROM pg_constraint"
        " WHERE confrelid IN ('entitlement'::regclass, 'enrolment'::regclass) AND contype = 'f'",
        [],
    )
    [purge] = await fund.owner.fetch(
        "SELECT prosrc AS body FROM pg_proc WHERE proname = 'purge_enrolments'", []
    )
    assert {row["name"] for row in naming} >= {"enrolment", "medical_ticket"}
    assert [row["name"] for row in naming if f"DELETE FROM {row['name']} " not in purge["body"]] == []


async def test_a_version_in_preparation_keeps_the_member(fund: Fund) -> None:
    """A file that is not published yet may enrol her again."""
    person = await ended(fund, years_ago(12))
    await fund.owner.fetch(
        "UPDATE revision SET published_at = NULL WHERE revision = (SELECT max(revision) FROM revision)", []
    )
    await purge(fund)
    assert await stored(fund, person) == (1, 1)
    await fund.owner.fetch(
        "UPDATE revision SET published_at = now() - interval '11 years' WHERE published_at IS NULL", []
    )


async def test_a_purge_goes_on_where_it_was_interrupted(fund: Fund, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("eligibility_api.enrolment.purging.MEMBERS_PER_STEP", 2)
    people = [await ended(fund, years_ago(12)) for _ in range(5)]
    whole = EnrolmentPurge()
    assert await whole.run(fund.batch) >= 5
    assert whole.after == 0
    assert [await stored(fund, person) for person in people] == [(0, 0)] * 5

    rest = EnrolmentPurge(after=10**12)
    later = await ended(fund, years_ago(12))
    assert await rest.run(fund.batch) == 0
    assert await stored(fund, later) == (1, 1)
    assert await rest.run(fund.batch) == 1


async def test_a_recorded_answer_of_purged_data_is_named_as_such(fund: Fund) -> None:
    person = await ended(fund, years_ago(12))
    kept = await fund.insured()
    given = [(await fund.look_up(one)).json() for one in (person, kept)]
    await known_for(fund, "10 years 1 day")
    await purge(fund)

    again = await recomputed(fund)

    purged, unchanged = (again[answer["record_id"]] for answer in given)
    assert purged == {"record_id": given[0]["record_id"], "purged": True}
    assert unchanged["validity"] == "1"
    read = await fund.get(f"/v1/eligibility/answers/{given[0]['record_id']}", fund.clinic)
    assert (read.status_code, read.json()["code"]) == (404, "not-found")


async def test_an_export_after_a_purge_holds_and_counts_the_answers_that_are_not_recomputed(
    fund: Fund,
) -> None:
    person = await ended(fund, years_ago(12))
    for _ in range(2):
        assert (await fund.look_up(person)).status_code == 200
    before = await verified(fund)
    assert before.holds
    await known_for(fund, "10 years 1 day")
    await purge(fund)

    report = await verified(fund)

    assert report.findings == []
    assert report.purged == before.purged + 2
    assert report.answers == before.answers - 2


async def test_a_version_that_was_deleted_against_the_rule_is_no_purged_one(fund: Fund) -> None:
    """Rule T9: the log has no purge that names it, so that recomputation and verifier miss it."""
    person = await ended(fund, years_ago(12))
    given = (await fund.look_up(person)).json()
    [version] = await versions_of(fund, person)
    assert (await verified(fund)).findings == []
    [row] = await fund.owner.fetch("DELETE FROM enrolment WHERE version = $1 RETURNING *", [version])

    assert (await recomputed(fund, given["record_id"]))[given["record_id"]] == {
        "record_id": given["record_id"],
        "missing": True,
    }
    report = await verified(fund)
    assert [finding.problem for finding in report.findings] == [Problem.ROW_MISSING]

    # Nor does it help to claim a purge in the database: the log does not have it.
    await fund.owner.fetch("INSERT INTO purged_version VALUES ($1)", [version])
    again = await verified(fund)
    assert [finding.problem for finding in again.findings] == [Problem.ROW_MISSING]
    assert again.purged == report.purged + 1
    await fund.owner.fetch("DELETE FROM purged_version WHERE version = $1", [version])
    columns = ", ".join(f'"{name}"' for name in row.keys())  # noqa: SIM118 - iterating has the values
    places = ", ".join(f"${place}" for place in range(1, len(row) + 1))
    await fund.owner.fetch(
        f"INSERT INTO enrolment ({columns}) OVERRIDING SYSTEM VALUE VALUES ({places})", list(row.values())
    )
    assert (await verified(fund)).findings == []


def test_a_purge_of_many_versions_is_named_in_several_records(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("eligibility_api.enrolment.purging.VERSIONS_PER_RECORD", 2)
    assert list(purge_details(2, [1, 2, 4, 6, 7])) == [
        {"members": 2, "versions": 2, "purged": [(1, 2)]},
        {"members": 0, "versions": 2, "purged": [(4, 4), (6, 6)]},
        {"members": 0, "versions": 1, "purged": [(7, 7)]},
    ]
    assert list(purge_details(0, [])) == []


async def medical(fund: Fund) -> dict[str, int]:
    """How many claims, check-ups and prescriptions are stored."""
    [row] = await fund.owner.fetch(
        "SELECT (SELECT count(*) FROM claim) AS claims, (SELECT count(*) FROM health_checkup) AS checkups,"
        " (SELECT count(*) FROM prescription_entry) AS entries",
        [],
    )
    return dict(row)


async def received(fund: Fund, months: int) -> None:
    """Set back the arrival of all medical information to the last instant of a month so many months ago."""
    instant = (
        "(date_trunc('month', now() AT TIME ZONE 'Asia/Tokyo') - make_interval(months => $1::int - 1))"
        " AT TIME ZONE 'Asia/Tokyo' - interval '1 second'"
    )
    for table, column in (
        ("claim_file", "received_at"),
        ("health_checkup", "known_from"),
        ("prescription_entry", "known_from"),
    ):
        await fund.owner.fetch(f"UPDATE {table} SET {column} = {instant}", [months])


@pytest.mark.parametrize(("months", "kept"), [(61, 1), (62, 0)])
async def test_medical_information_is_kept_as_long_as_a_history_may_reach(
    fund: Fund, months: int, kept: int
) -> None:
    """Rules H11 and T11: on the 1st of a month a history reaches the 61st month back."""
    person = await fund.insured()
    file = await upload_and_process(fund, claim_file([medical_claim(claim_member(person))]))
    assert file["report"]["accepted"] == 1
    await fund.owner.fetch(
        "INSERT INTO health_checkup (insurer_number, symbol_key, number_key, branch_key, birth_date, examined_on, items,"
        " client_id, known_from) SELECT f.insurer_number, '', '1', '', '1980-01-01', '2021-01-01', '[]', f.client_id, now()"
        " FROM claim_file f LIMIT 1",
        [],
    )
    await fund.owner.fetch(
        "INSERT INTO prescription_entry (origin, person_key, institution_code, prescribed_on, prescriber_code,"
        " prescriber_name, content, known_from, client_id, record_id, idempotency_key, digest)"
        " SELECT 'prescription', '', f.institution_code, '2021-01-01', '', '', '[]', now(), c.client_id,"
        " gen_random_uuid(), gen_random_uuid()::text, '' FROM facility f JOIN client c USING (institution_code) LIMIT 1",
        [],
    )
    assert await medical(fund) == {"claims": 1, "checkups": 1, "entries": 1}
    await received(fund, months)
    before = len(await fund.records("kind = 'history.purged'"))

    deleted = await purge_medical(fund.batch)

    assert (deleted, await medical(fund)) == (
        3 * (1 - kept),
        {"claims": kept, "checkups": kept, "entries": kept},
    )
    records: list[Any] = await fund.records("kind = 'history.purged'")
    assert len(records) == before + 1 - kept
    await received(fund, 62)
    await purge_medical(fund.batch)


async def test_of_many_the_oldest_are_deleted_and_newer_ones_stay(
    fund: Fund, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("eligibility_api.history.purging.ROWS_PER_STEP", 2)
    people = [await fund.insured() for _ in range(5)]
    await upload_and_process(fund, claim_file([medical_claim(claim_member(person)) for person in people]))
    await received(fund, 70)
    newer = [await fund.insured() for _ in range(2)]
    await upload_and_process(fund, claim_file([medical_claim(claim_member(person)) for person in newer]))
    assert await purge_medical(fund.batch) == 5
    assert (await medical(fund))["claims"] == 2
