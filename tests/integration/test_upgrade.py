"""A database of schema revision 0010, with what an earlier version of the fund had recorded, survives the migrations.

`data/database-0010.sql` is that database (PostgreSQL's dump, after its roles were renamed), `database-0010.json` what the
fund had answered, `consent-0010.json` a consent that it had exported. All persons are synthetic.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import AsyncIterator
from datetime import date
from typing import Any, get_args
from uuid import UUID

import asyncpg
import pytest
from cryptography import x509

from eligibility_api.audit.recompute import recompute
from eligibility_api.consent import store as consents
from eligibility_api.consent.verifier import verify
from eligibility_api.contract.codes import Role as StaffRole
from eligibility_api.contract.identifiers import membership_key
from eligibility_api.contract.tokens import Credential
from eligibility_api.database.migrate import migrate
from eligibility_api.embedded_postgres.cluster import Role, programs_directory
from eligibility_api.insurer_ops.matching_again import match_again
from eligibility_api.merkle_log.commitments import commitment
from eligibility_api.platform.errors import OperatorError
from jpki_mock.personalisation import CardOrder
from jpki_mock.register.resident import Resident
from tests.builders import batches, claim_files, member_files
from tests.builders.audit_log import run, sequencing
from tests.builders.claims import request_history
from tests.builders.database import Database
from tests.builders.former_database import DATA, EMERGENCY_CLIENTS, load
from tests.builders.fund import Fund, open_fund
from tests.builders.people import Person

pytestmark = pytest.mark.anyio

FORMER_WORDS = r"(^|_)(spent|receipts?|look_ups?|swept|taken|told|observed|asked|alone)(_|$)|^revoked(_pkey|_status|_serial|$)|shows_once"
FORMER_KINDS = r"\.told$|^enrolment\.split$"


@pytest.fixture(scope="module")
def former() -> Any:
    """What the earlier version answered."""
    return json.loads((DATA / "database-0010.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def database(empty_database: Database) -> Database:
    return empty_database


@pytest.fixture(scope="module")
async def fund(
    database: Database, former: Any, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Fund]:
    """Today's fund on that database, with the former key of answers' versions and the former register's secret."""
    await load(database)
    home = tmp_path_factory.mktemp("fund")
    for path, secret in (
        ("fund/keys/version.key", "version_key"),
        ("jpki/keys/register.secret", "register_secret"),
    ):
        (home / path).parent.mkdir(parents=True, mode=0o700)
        (home / path).write_bytes(bytes.fromhex(former[secret]))
    await migrate(database.dsn("owner"))
    jobs = await asyncpg.connect(database.dsn("jobs"))
    assert await jobs.fetchval("SELECT maintain_used_nonces()") > 48
    await jobs.close()
    async with open_fund(database, home) as opened:
        await _sequence_while_serving(opened)
        yield opened


async def _sequence_while_serving(fund: Fund) -> None:
    """Former records get their salts and leaves in chunks; between two chunks every record is there, and taps are answered."""
    count = "SELECT count(*) AS records, count(salt) AS salted FROM audit_record"
    [before] = await fund.owner.fetch(count, ())
    assert before["records"] - before["salted"] > 30
    assert before["salted"] == 2, "the two admissions of the fund itself"
    person = await fund.insured()
    [serving] = await fund.owner.fetch(count, ())
    observed = []
    async with sequencing(fund.database, fund.state.settings, fund, chunk=10) as one:
        assert await one.lead()
        while await one.step():
            assert (await fund.tap(person.card)).status_code == 200
            [now] = await fund.owner.fetch(count, ())
            observed.append((now["records"] - serving["records"], now["salted"]))
            if len(observed) == 2:
                with pytest.raises(asyncpg.ObjectNotInPrerequisiteStateError):
                    await fund.owner.fetch("DELETE FROM audit_record_former", ())
            assert len(observed) < 1000
            if len(observed) > before["records"] / 10 + 5:
                break
        await run(one)
    assert [records for records, _ in observed] == list(range(1, len(observed) + 1))
    assert len({salted for _, salted in observed}) > 3
    jobs = await asyncpg.connect(fund.database.dsn("jobs"))
    assert await jobs.fetchval("SELECT maintain_audit_record()") == 1  # the empty former partition
    await jobs.close()


@pytest.fixture(scope="module")
def terminal(former: Any) -> Credential:
    """A terminal that the earlier version admitted."""
    return Credential.model_validate(former["terminal"])


async def test_every_recorded_answer_is_recomputed_to_the_same_bytes(fund: Fund, former: Any) -> None:
    assert len(former["recorded"]) > 10
    async with fund.owner.transaction() as connection:
        last = UUID(json.loads(former["recorded"][-1])["record_id"])
        answers = [answer async for answer in recompute(connection, version_key=fund.state.keys.version)]
    recorded = [answer.model_dump_json() for answer in answers if UUID(answer.record_id) <= last]
    assert recorded == former["recorded"]


async def test_former_records_have_salts_and_leaves_in_order_of_their_ids(fund: Fund) -> None:
    rows = await fund.owner.fetch(
        "SELECT l.leaf_index, l.record_id, l.commitment, r.salt, r.written_by, audit_record_text(r) AS text"
        " FROM audit_leaf l JOIN audit_record r ON r.record_id = l.record_id ORDER BY l.leaf_index",
        (),
    )
    former = [row for row in rows if row["written_by"] is None]
    assert len(former) > 30
    assert rows[: len(former)] == former
    assert former == sorted(former, key=lambda row: row["record_id"])
    assert len({row["salt"] for row in rows}) == len(rows)
    assert [row["leaf_index"] for row in rows] == list(range(len(rows)))
    for row in rows:
        assert row["commitment"] == commitment(row["salt"], row["text"].encode())


async def test_an_exported_consent_is_verified_and_exported_alike_again(fund: Fund, former: Any) -> None:
    file = (DATA / "consent-0010.json").read_bytes()
    async with fund.owner.transaction() as connection:
        again = await consents.read_evidence(connection, UUID(former["consent"]))
    assert again is not None
    exported = again.model_dump_json(indent=2).encode()
    assert exported == file.strip()
    trust = x509.load_pem_x509_certificates(former["authority"].encode())
    for evidence in (file, exported):
        assert verify(evidence, trust=trust, crl=bytes.fromhex(former["crl"])).proved


async def test_keys_of_memberships_are_folded_anew(fund: Fund) -> None:
    """Rule R1. Of two memberships that become one, neither is lost: one keeps its former key."""
    rows = await fund.owner.fetch(
        "SELECT number_key, symbol_key FROM entitlement WHERE number_key LIKE '9900%' ORDER BY number_key, symbol_key COLLATE \"C\"",
        (),
    )
    assert [tuple(row) for row in rows] == [
        ("99001C", "AB"), ("99002", "見本A"), ("99003", "TWIN"), ("99003", "twin"), ("99004", "é12"), ("99005", "Σσ"),
        ("99006", "ONE"), ("99006", "onE"),
    ]  # fmt: skip
    for row in rows:
        if row["symbol_key"] not in ("twin", "onE"):
            assert membership_key(row["symbol_key"]) == row["symbol_key"]


async def test_kinds_of_records_and_names_in_the_schema_are_renamed(fund: Fund) -> None:
    rows = await fund.owner.fetch("SELECT kind, count(*) AS records FROM audit_record GROUP BY kind", ())
    kinds = {row["kind"]: row["records"] for row in rows}
    for kind in ("prescription.recorded", "checkups.recorded", "enrolment.unlink"):
        assert kinds[kind] == 1, kind
    left = await fund.owner.fetch(
        f"""SELECT name FROM (
                SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace
                UNION ALL SELECT conname FROM pg_constraint WHERE connamespace = 'public'::regnamespace
                UNION ALL SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace
                UNION ALL SELECT tgname FROM pg_trigger
                UNION ALL SELECT attname FROM pg_attribute JOIN pg_class c ON c.oid = attrelid
                          WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND attnum > 0
                UNION ALL SELECT DISTINCT kind FROM audit_record WHERE kind ~ '{FORMER_KINDS}'
            ) AS names (name) WHERE name ~ '{FORMER_WORDS}' OR name ~ '{FORMER_KINDS}'""",
        (),
    )
    assert [row["name"] for row in left] == []


async def test_only_hospitals_keep_the_right_for_emergencies(fund: Fund) -> None:
    """Rule G1."""
    rows = await fund.owner.fetch(
        "SELECT institution_code, rights FROM client WHERE institution_code = ANY ($1)",
        [list(EMERGENCY_CLIENTS)],
    )
    rights = {row["institution_code"]: row["rights"] for row in rows}
    assert rights == {
        code: ["eligibility", "emergency"] if kind == "hospital" else ["eligibility"]
        for code, kind in EMERGENCY_CLIENTS.items()
    }


async def test_an_open_disaster_stays_open_for_its_prefectures(fund: Fund) -> None:
    """Rule W9."""
    rows = await fund.owner.fetch("SELECT areas FROM disaster WHERE closes_at = 'infinity'", ())
    assert [row["areas"] for row in rows] == [["13"]]


async def test_a_repeated_idempotency_key_is_answered_as_before(
    fund: Fund, former: Any, terminal: Credential
) -> None:
    enrolment, unlinking, prescription = former["calls"]

    again = await fund.post(enrolment["path"], enrolment["body"], fund.insurer, key=enrolment["key"])
    later: dict[str, Any] = {"differences": []}  # a member of answers that the earlier program had not
    assert (again.status_code, again.json()) == (enrolment["status"], enrolment["answer"] | later)

    again = await fund.post("/v1/enrolments/unlink", unlinking["body"], fund.insurer, key=unlinking["key"])
    renamed = {"seen_by": "correction_list"}
    expected = {renamed.get(name, name): value for name, value in unlinking["answer"].items()}
    assert expected["correction_list"]
    assert (again.status_code, again.json()) == (unlinking["status"], expected | later)

    staff = {"Operator-Role": "doctor", "Operator-Name": "%E8%A6%8B%E6%9C%AC"}
    again = await fund.post(
        prescription["path"], prescription["body"], terminal, key=prescription["key"], headers=staff
    )
    assert (again.status_code, again.json()) == (prescription["status"], prescription["answer"])


async def test_a_new_card_of_a_known_person_shows_her_enrolment(
    fund: Fund, former: Any, terminal: Credential
) -> None:
    holder = former["cardholder"]
    resident = Resident(**holder | {"birth_date": date.fromisoformat(holder["birth_date"])})
    fund.jlis.register.add([resident])
    card = fund.jlis.cards.issue(CardOrder(resident_id=resident.resident_id), fund.clock())
    assert (await fund.register(card)).status_code == 201
    answer = (await fund.tap(card, terminal)).json()
    assert answer["validity"] == former["card"]["validity"] == "1"
    flag = {"limit_certificate_consent": True, "limit_certificate_consent_at": answer["answered_at"]}
    assert answer["results"] == [result | flag for result in former["card"]["results"]]
    newcomer: Person = await fund.insured()
    assert (await fund.tap(newcomer.card, terminal)).json()["validity"] == "1"


async def waiting(fund: Fund, number: str) -> list[tuple[str, str]]:
    """What the queue shows about a number."""
    queue = (await fund.get("/v1/mismatches")).json()["mismatches"]
    return [(item["register_match"], item["mismatch"]) for item in queue if item["number"] == number]


@pytest.mark.parametrize(("number", "mismatch"), [("7001", "open"), ("7002", "confirmed")])
async def test_members_whom_the_register_did_not_find_are_proposed_and_linked(
    fund: Fund, former: Any, number: str, mismatch: str
) -> None:
    """Rule R10: the first confirmation, or after the command the queue, shows the differences; the next one links."""
    [row] = await fund.owner.fetch(
        "SELECT t.enrolment_id, e.name_kana, e.address FROM entitlement t JOIN enrolment e USING (entitlement)"
        " WHERE t.number_key = $1 AND e.name LIKE '%吉野%'",
        [number],
    )
    holder = former["cardholder"] | {"resident_id": f"R{number}", "birth_date": date(1980, 5, 17), "sex": "2"}
    spelled = {"name": f"試験　𠮷野{number}", "name_kana": row["name_kana"], "address": row["address"]}
    fund.jlis.register.add([Resident(**holder | spelled)])
    before = {"open": [("none", "open")], "confirmed": []}
    assert await waiting(fund, number) == before[mismatch]
    async with fund.owner.transaction() as connection:
        await match_again(connection, fund.state.jlis, str(fund.insurer.insurer_number))
    await fund.owner.fetch("SELECT pg_sleep(0.1)", [])
    after = {"open": [("none", "open")], "confirmed": [("variant", "confirmed")]}
    assert await waiting(fund, number) == after[mismatch]

    body = {"enrolment_id": str(row["enrolment_id"])}
    times = {"open": 2, "confirmed": 1}[mismatch]
    answers = [(await fund.post("/v1/mismatches/confirm", body, fund.insurer)).json() for _ in range(times)]

    expected = [("variant", mismatch, False), ("variant", "confirmed", True)]
    assert [(a["match"], a["mismatch"], a["linked"]) for a in answers] == expected[-times:]
    assert {str(a["differences"]) for a in answers} == {"[{'item': 'name', 'kind': 'character'}]"}


async def test_a_consent_until_withdrawn_still_opens_the_history(
    fund: Fund, former: Any, terminal: Credential
) -> None:
    page = (await request_history(fund, UUID(former["consent"]), terminal, role=StaffRole.DOCTOR)).json()
    assert [row["origin"] for row in page["medicines"]] == ["claim", "claim"]


async def test_reports_have_the_present_keys(fund: Fund, former: Any) -> None:
    answer = (await fund.get(f"/v1/claims/{former['claims']['file_id']}")).json()
    renamed = {"receipts": "claims", "good": "accepted"}
    expected = {renamed.get(name, name): value for name, value in former["claims"]["report"].items()}
    assert answer["report"] == expected | {"passed": {}}
    answer = (await fund.get(f"/v1/uploads/{former['upload']['upload_id']}")).json()
    assert answer["report"] == former["upload"]["report"] | {"proposed": None}


async def test_faults_of_former_files_have_the_rows_of_a_spreadsheet(fund: Fund) -> None:
    """Rule F3."""
    rows = await fund.owner.fetch(
        "SELECT f.row, u.format FROM upload_fault f JOIN upload u USING (upload_id) ORDER BY 1", ()
    )
    assert [tuple(row) for row in rows] == [(0, "csv"), (8, "csv")]


async def test_work_that_was_pending_is_completed(fund: Fund) -> None:
    await member_files.run_jobs(fund)
    await claim_files.run_jobs(fund)
    await fund.owner.fetch("UPDATE batch_check SET kept_until = now() + interval '1 day'", ())
    await batches.run_until_idle(fund)
    uploads = await fund.owner.fetch("SELECT bad_rows, state FROM upload ORDER BY revision", ())
    assert [tuple(row) for row in uploads] == [("skip", "published"), ("reject-file", "published")]
    files = await fund.owner.fetch("SELECT state, stored FROM claim_file ORDER BY received_at", ())
    assert [tuple(row) for row in files] == [("done", 3), ("done", 1)]
    [counted] = await fund.owner.fetch(
        "SELECT sum(rows) = sum(answered) AS all_answered FROM batch_check", ()
    )
    assert counted["all_answered"]


def _schema(database: Database) -> str:
    """The schema without partitions, as pg_dump writes it."""
    program = str(programs_directory() / "pg_dump")
    partitions = ["--exclude-table=used_nonce_*", "--exclude-table=audit_record_*_2*"]
    options = ["--schema-only", *partitions, "--restrict-key=test"]
    ran = subprocess.run([program, *options, database.dsn("owner")], check=True, capture_output=True)
    return ran.stdout.decode()


async def test_an_upgraded_schema_equals_a_fresh_one(fund: Fund, migrated: Database) -> None:
    assert _schema(fund.database) == _schema(migrated)


@pytest.mark.parametrize("missing", [role for role in get_args(Role) if role != "owner"])
async def test_a_server_without_the_roles_is_reported(
    database: Database, monkeypatch: pytest.MonkeyPatch, missing: Role
) -> None:
    monkeypatch.setattr(
        "eligibility_api.database.migrate.role_name",
        lambda role: f"no_such_{role}" if role == missing else f"shikaku_{role}",
    )
    with pytest.raises(
        OperatorError, match=f"no role no_such_{missing}: run eligibility-api database prepare; or"
    ):
        await migrate(database.dsn("owner"))
