"""The record's log over HTTP, exports and witnesses, on a real database; and what its owner cannot do unnoticed."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import pytest

from eligibility_api import scheduler
from eligibility_api.audit.cosigning import collect
from eligibility_api.audit.export import export
from eligibility_api.audit.verification.findings import Problem, Report
from eligibility_api.audit.verifier import Trust, verify
from eligibility_api.audit.witness import Witness
from eligibility_api.audit.witness_http import LogClient, follow, witness_app
from eligibility_api.audit_log.checkpoint_keys import verification_keys
from eligibility_api.database.connections import Database
from eligibility_api.domain.recorded_answers import GivenAnswer
from tests.builders.audit_exports import WITNESS
from tests.builders.audit_log import sequence
from tests.builders.commands import Command
from tests.builders.fund import Fund
from tests.builders.fund_clients import OTHER_CLINIC
from tests.builders.independent_log import check_consistency, read_entries, read_head, read_proof, tree_hash

pytestmark = pytest.mark.anyio


@pytest.fixture
async def auditor(fund: Fund) -> AsyncIterator[Database]:
    database = Database(fund.database.dsn("auditor"))
    yield database
    await database.close()


async def logged(fund: Fund) -> list[dict[str, Any]]:
    """Answers by card and by number, one to an insured person and one about nobody, in the log."""
    person = await fund.insured()
    answers = [(await fund.tap(person.card)).json(), (await fund.look_up(person)).json()]
    answers.append((await fund.look_up(person, branch="77")).json())
    await sequence(fund)
    return answers


async def exported(fund: Fund, auditor: Database) -> list[bytes]:
    keys = verification_keys(fund.state.settings)
    return [line async for line in export(auditor, keys, [WITNESS.verification_key], fund.clock())]


async def verified(fund: Fund, auditor: Database, **trust: Any) -> tuple[Report, list[GivenAnswer]]:
    answers: list[GivenAnswer] = []
    keys = verification_keys(fund.state.settings)
    report = verify(await exported(fund, auditor), Trust(keys, **trust), answers=answers.append)
    return report, answers


async def fetched(fund: Fund, path: str) -> bytes:
    answer = await fund.http.get(f"/v1/audit/{path}")
    assert answer.status_code == 200, path
    return answer.content


def tiles(size: int) -> list[str]:
    """The paths of the hashes and entries of a log of this size."""
    full, rest = divmod(size, 256)
    paths = [f"tile/{kind}/{index:03}" for kind in ("0", "entries") for index in range(full)]
    return paths + [f"tile/{kind}/{full:03}.p/{rest}" for kind in ("0", "entries") if rest]


async def test_an_export_holds_and_its_answers_are_those_that_were_given(
    fund: Fund, auditor: Database
) -> None:
    """Apart from records that other tests changed."""
    await logged(fund)
    before, _ = await verified(fund, auditor)
    given = await logged(fund)
    report, answers = await verified(fund, auditor)
    assert {one.leaves for one in report.findings} == {one.leaves for one in before.findings}
    assert report.holds is (not before.findings)
    removed = sum(one.problem is Problem.REMOVED for one in report.findings)
    assert report.checkpoint is not None
    assert report.records + removed == report.checkpoint.size
    recomputed = {answer.record_id: answer.model_dump(mode="json") for answer in answers}
    for answer in given:
        expected = {name: value for name, value in answer.items() if name != "version"}
        again = recomputed[answer["record_id"]]
        assert {name: value for name, value in again.items() if name != "version"} == expected


async def test_an_independent_reader_follows_the_log(fund: Fund) -> None:
    await logged(fund)
    key = str(verification_keys(fund.state.settings)[0])
    former = read_head(await fetched(fund, "checkpoint"), key, [])
    given = await logged(fund)
    head = read_head(await fetched(fund, "checkpoint"), key, [])
    resources = {path: await fetched(fund, path) for path in tiles(head.size)}
    entries = read_entries(head.size, resources.__getitem__)
    assert tree_hash(entries) == head.root
    sizes = f"old_size={former.size}&new_size={head.size}"
    hashes = json.loads(await fetched(fund, f"consistency?{sizes}"))["hashes"]
    check_consistency(
        former.size, head.size, [base64.b64decode(item) for item in hashes], former.root, head.root
    )
    headers = {"Authorization": f"Bearer {await fund.token(fund.clinic)}"}
    proof = await fund.http.get(f"/v1/audit/records/{given[0]['record_id']}/proof", headers=headers)
    index, entry, proved = read_proof(proof.content, key)
    assert (entries[index], proved.size) == (entry, head.size)


async def test_a_proof_goes_to_those_whom_the_record_names(fund: Fund) -> None:
    [tap, *_] = await logged(fund)
    path = f"/v1/audit/records/{tap['record_id']}/proof"
    elsewhere = await fund.terminal(institution_code=OTHER_CLINIC)
    for credential, status in ((fund.clinic, 200), (elsewhere, 404), (fund.insurer, 404)):
        headers = {"Authorization": f"Bearer {await fund.token(credential)}"}
        assert (await fund.http.get(path, headers=headers)).status_code == status
        unknown = await fund.http.get(f"/v1/audit/records/{uuid4()}/proof", headers=headers)
        assert unknown.status_code == 404
    assert (await fund.http.get(path)).status_code == 401
    [row] = await fund.owner.fetch(
        "SELECT record_id FROM audit_record WHERE insurer_number IS NOT NULL ORDER BY record_id DESC LIMIT 1",
        (),
    )
    headers = {"Authorization": f"Bearer {await fund.token(fund.insurer)}"}
    own = await fund.http.get(f"/v1/audit/records/{row['record_id']}/proof", headers=headers)
    assert own.status_code == 200


async def tamper(fund: Fund, record_id: str, change: str) -> None:
    """Change a record as the database's owner, who switches the triggers off."""
    [row] = await fund.owner.fetch(
        "SELECT tableoid::regclass::text AS partition FROM audit_record WHERE record_id = $1::text::uuid",
        [record_id],
    )
    partition = row["partition"]
    assert re.fullmatch(r"audit_record_\w+", partition)
    await fund.owner.fetch(f"ALTER TABLE {partition} DISABLE TRIGGER ALL", ())
    await fund.owner.fetch(change.format(partition=partition), [record_id])
    await fund.owner.fetch(f"ALTER TABLE {partition} ENABLE ALWAYS TRIGGER only_grows", ())


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (
            "UPDATE {partition} SET institution_code = '0110113719' WHERE record_id = $1::text::uuid",
            Problem.ALTERED,
        ),
        (
            "UPDATE {partition} SET recorded_at = recorded_at - interval '1 day' WHERE record_id = $1::text::uuid",
            Problem.REDATED,
        ),
        ("DELETE FROM {partition} WHERE record_id = $1::text::uuid", Problem.REMOVED),
    ],
    ids=["altered", "re-dated", "removed"],
)
async def test_what_the_owner_of_the_database_does_is_named(
    fund: Fund, auditor: Database, change: str, problem: Problem
) -> None:
    [tap, *_] = await logged(fund)
    before, _ = await verified(fund, auditor)
    await tamper(fund, tap["record_id"], change)
    report, _ = await verified(fund, auditor)
    new = [one for one in report.findings if one.leaves not in {former.leaves for former in before.findings}]
    assert [one.problem for one in new] == [problem]
    [leaf] = await fund.owner.fetch(
        "SELECT leaf_index FROM audit_leaf WHERE record_id = $1::text::uuid", [tap["record_id"]]
    )
    assert new[0].leaves == (leaf["leaf_index"], leaf["leaf_index"])


async def test_a_record_that_is_gone_is_dropped_by_rule_once_its_retention_has_ended(
    fund: Fund, auditor: Database
) -> None:
    [tap, *_] = await logged(fund)
    await tamper(fund, tap["record_id"], "DELETE FROM {partition} WHERE record_id = $1::text::uuid")
    [leaf] = await fund.owner.fetch(
        "SELECT leaf_index FROM audit_leaf WHERE record_id = $1::text::uuid", [tap["record_id"]]
    )
    keys = verification_keys(fund.state.settings)
    found = {}
    for years in (0, 12):
        lines = [line async for line in export(auditor, keys, [], fund.clock() + timedelta(days=366 * years))]
        report = verify(lines, Trust(keys))
        found[years] = [one.problem for one in report.findings if one.leaves == (leaf["leaf_index"],) * 2]
        assert report.dropped == (0 if years == 0 else len(dropped_lines(lines)))
    assert found == {0: [Problem.REMOVED], 12: []}


def dropped_lines(lines: list[bytes]) -> list[bytes]:
    return [line for line in lines if b'"dropped":' in line]


async def test_an_export_of_several_tiles_holds(fund: Fund, auditor: Database) -> None:
    """Chunks, full tiles and bundles: the log of a busy hour, apart from records that other tests changed."""
    await logged(fund)
    before, _ = await verified(fund, auditor)
    await fund.owner.fetch(
        "INSERT INTO audit_record (kind, outcome, detail) SELECT 'answer.read', 'done', jsonb_build_object('n', n)"
        " FROM generate_series(1, 600) AS n",
        (),
    )
    await sequence(fund)
    report, _ = await verified(fund, auditor)
    assert {one.leaves for one in report.findings} == {one.leaves for one in before.findings}
    assert report.records == before.records + 600
    key = str(verification_keys(fund.state.settings)[0])
    head = read_head(await fetched(fund, "checkpoint"), key, [])
    assert head.size >= 2 * 256
    resources = {path: await fetched(fund, path) for path in tiles(head.size)}
    assert tree_hash(read_entries(head.size, resources.__getitem__)) == head.root


def witness(fund: Fund, folder: Path) -> Witness:
    keys = verification_keys(fund.state.settings)
    return Witness(WITNESS, {keys[0].name: keys}, folder / "witness.json", fund.clock)


async def test_a_witness_follows_the_fund_and_its_cosignatures_are_served(
    fund: Fund, auditor: Database, tmp_path: Path
) -> None:
    await logged(fund)
    one, key = witness(fund, tmp_path), WITNESS.verification_key
    transport = httpx2.ASGITransport(app=witness_app(one))
    size = await collect(fund.batch, key, "http://witness.test", transport=transport)
    assert await collect(fund.batch, key, "http://witness.test") == size
    log_key = str(verification_keys(fund.state.settings)[0])
    head = read_head(await fetched(fund, "checkpoint"), log_key, [str(key)])
    assert head.cosigners == [WITNESS.name]
    lines = await exported(fund, auditor)
    assert verify(lines, Trust(verification_keys(fund.state.settings), [key])).cosigned == [WITNESS.name]
    await logged(fund)
    async with httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app=fund.app), base_url="http://fund.test/v1/audit/"
    ) as http:
        _, signature = await follow(one, LogClient(http), verification_keys(fund.state.settings)[0].name)
    assert signature.name == WITNESS.name
    assert read_head(await fetched(fund, "checkpoint"), log_key, [str(key)]).cosigners == []
    cosigned = await fetched(fund, "checkpoint?cosigned=true")
    assert read_head(cosigned, log_key, [str(key)]).size == head.size
    # Its cosignature of the newest one was not stored: the next round learns the size from the witness.
    await collect(fund.batch, key, "http://witness.test", last_size=size, transport=transport)
    assert read_head(await fetched(fund, "checkpoint"), log_key, [str(key)]).cosigners == [WITNESS.name]


async def test_the_commands_export_verify_and_add_cosignatures(
    fund: Fund, command: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    await logged(fund)
    monkeypatch.setenv("FUND_WITNESSES", f"{WITNESS.verification_key} http://127.0.0.1:1")
    note = await fetched(fund, "checkpoint")
    text = note.decode().partition("\n\n")[0] + "\n"
    (tmp_path / "cosigned").write_bytes(note + WITNESS.sign(text, 1_800_000_000).line.encode())
    result = await command("audit", "add-cosignatures", str(tmp_path / "cosigned"))
    assert (result.code, result.out) == (0, "1 cosignatures.\n")
    path = tmp_path / "export.jsonl"
    result = await command("audit", "export", "--out", str(path))
    assert result.code == 0
    assert str(verification_keys(fund.state.settings)[0]) in result.out
    options = ["--witness", str(WITNESS.verification_key), "--checkpoint", str(tmp_path / "cosigned")]
    result = await command("audit", "verify", str(path), *options, "--json")
    findings = json.loads(result.out)["findings"]
    assert {one["problem"] for one in findings} <= {"altered", "re-dated", "removed"}
    (tmp_path / "cosigned").write_bytes(note.replace(b"\n\n", b"x\n\n", 1))
    result = await command("audit", "add-cosignatures", str(tmp_path / "cosigned"))
    assert (result.code, len(result.err.splitlines())) == (1, 1)


async def test_cosignatures_only_grow_and_the_api_cannot_add_any(fund: Fund) -> None:
    import asyncpg

    with pytest.raises(asyncpg.PostgresError, match="only grow"):
        await fund.owner.fetch("DELETE FROM audit_cosignature", ())
    statement = "INSERT INTO audit_cosignature (tree_size, name, key_id, signature) VALUES (1, 'w', '', '')"
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await fund.state.database.fetch(statement, ())


async def test_the_scheduler_asks_each_witness_and_one_that_fails_stops_none(
    fund: Fund, monkeypatch: pytest.MonkeyPatch
) -> None:
    import asyncio

    asked: list[str] = []
    all_asked = asyncio.Event()

    async def recorded(database: Database, key: Any, url: str, *, last_size: int) -> int:
        asked.append(url)
        if len(asked) >= 4:
            all_asked.set()
        if "broken" in url:
            raise OSError
        return last_size + 1

    monkeypatch.setattr(scheduler, "collect", recorded)
    monkeypatch.setattr(scheduler, "_COSIGNING_SECONDS", 0.0)
    key = WITNESS.verification_key
    settings = fund.state.settings.model_copy(
        update={"witnesses": f"{key} http://broken.test, {key} http://well.test"}
    )
    running = asyncio.create_task(scheduler._have_cosigned_forever(settings, fund.batch))
    await asyncio.wait_for(all_asked.wait(), 10)
    running.cancel()
    assert set(asked) == {"http://broken.test", "http://well.test"}


async def test_a_program_cannot_read_what_only_auditors_may(fund: Fund) -> None:
    import asyncpg

    for statement in ("SELECT salt FROM audit_record", "SELECT audit_record_text(r) FROM audit_record r"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await fund.state.database.fetch(statement, ())
