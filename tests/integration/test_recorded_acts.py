"""What is done to the fund itself, and what insurers' staff reads, each leaves a record: who, what, when."""

from __future__ import annotations

import json
import os
import pwd
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from eligibility_api.audit_log.kinds import KINDS, PRIVILEGED_KINDS
from eligibility_api.contract.tokens import Credential
from eligibility_api.facilities import service as facilities
from eligibility_api.platform.key_files import KeyFiles
from eligibility_api.platform.keys import fingerprints, load_keys
from eligibility_api.scheduler import _record_keys
from tests.builders.commands import Command
from tests.builders.fund import Fund
from tests.builders.insurer_changes import LEAVES, new_insurer, of
from tests.builders.member_files import csv_file, member, run_jobs, upload_and_process

pytestmark = pytest.mark.anyio

ME = pwd.getpwuid(os.getuid()).pw_name
CODE = "1310100134"
"""An institution code that only this module admits."""


@dataclass(frozen=True)
class Act:
    """A command, and the kinds of its records with their columns and details."""

    words: tuple[str, ...]
    records: dict[str, dict[str, Any]] = field(default_factory=dict)


def acts(folder: Path, disaster: int = 0) -> list[Act]:
    """Every command that acts on the fund, in an order that is possible."""
    operator = ("--institution-code", CODE, "--operator", "見本 花子")
    named = {"institution_code": CODE, "operator": "見本 花子"}
    granted = {"medical": True, "emergency": False, "authorised_by": "管理 見本"}
    where = {"areas": ["13"], "reason": "地震（見本）"}
    return [
        Act(
            ("facility", "add", "--institution-code", CODE, "--name", "記録医院", "--rights", "eligibility,consent",
             "--out", str(folder / "terminal.json")),
            {
                "admission.facility": {"institution_code": CODE, "facility_kind": "clinic", "name": "記録医院"},
                "admission.terminal": {"institution_code": CODE, "rights": ["consent", "eligibility"]},
            },
        ),
        Act(("operator", "add", *operator, "--authorised-by", "管理 見本", "--medical"), {"operator.registered": named | granted}),
        Act(("operator", "end", *operator), {"operator.ended": named | granted}),
        Act(("facility", "close", CODE), {"admission.facility-end": {"institution_code": CODE, "name": "記録医院"}}),
        Act(
            ("insurer", "add", "--insurer-number", "06130017", "--name", "記録組合", "--out", str(folder / "payer.json")),
            {"admission.insurer": {"insurer_number": "06130017", "rights": ["claims", "enrolment"]}},
        ),
        Act(
            ("disaster", "open", "--prefectures", "13", "--reason", "地震（見本）", "--opened-by", "課長 見本"),
            {"disaster.opened": {"operator": "課長 見本", **where}},
        ),
        Act(
            ("disaster", "extend", str(disaster), "--days", "1", "--extended-by", "次長 見本"),
            {"disaster.extended": {"operator": "次長 見本", **where}},
        ),
        Act(
            ("disaster", "close", str(disaster), "--closed-by", "部長 見本"),
            {"disaster.closed": {"operator": "部長 見本", **where}},
        ),
        Act(("keys", "rotate-challenge"), {"keys.rotated": {"key": "challenge"}}),
        Act(("keys", "rotate-token", "--lead", "3600"), {"keys.rotated": {"key": "token"}}),
        Act(("drug-master", "load"), {"drug-master.loaded": {"erased": 0}}),
    ]  # fmt: skip


async def test_each_command_that_acts_on_the_fund_leaves_its_records_with_the_operating_system_user(
    fund: Fund, command: Command, tmp_path: Path
) -> None:
    earlier = {record["record_id"] for record in await fund.records()}
    [next_disaster] = await fund.owner.fetch(
        "SELECT coalesce(max(disaster_id), 0) + 1 AS n FROM disaster", []
    )
    done = acts(tmp_path, next_disaster["n"])
    for act in done:
        result = await command(*act.words)
        assert not result.code, (act.words, result.err)
        new = [record for record in await fund.records() if record["record_id"] not in earlier]
        earlier |= {record["record_id"] for record in new}

        assert [record["kind"] for record in new] == list(act.records)
        for record in new:
            shown = record | json.loads(record["detail"])
            expected = act.records[record["kind"]] | {"os_user": ME, "outcome": "done", "person_key": None}
            assert expected.items() <= shown.items(), record["kind"]
    assert {kind for act in done for kind in act.records} <= set(PRIVILEGED_KINDS)


async def test_an_act_that_fails_leaves_no_record(fund: Fund, command: Command, tmp_path: Path) -> None:
    earlier = len(await fund.records())
    (tmp_path / "file").touch()
    out = str(tmp_path / "file" / "terminal.json")
    failing = [
        ("facility", "add", "--institution-code", "1310200146", "--name", "記録医院", "--out", out),
        ("facility", "close", "1310200146"),
        ("client", "close", "00000000-0000-4000-8000-000000000000"),
        ("operator", "end", "--institution-code", "1310200146", "--operator", "見本"),
        ("disaster", "close", "999999", "--closed-by", "見本"),
    ]
    for words in failing:
        assert (await command(*words)).code, words
    assert len(await fund.records()) == earlier


async def test_a_key_that_cannot_be_written_is_not_recorded_as_rotated(
    fund: Fund, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    earlier = await fund.records("kind = 'keys.rotated'")

    def fail(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("eligibility_api.cli.keys.rotate_challenge_key", fail)
    failed = await command("keys", "rotate-challenge")
    assert (failed.code, failed.err) == (1, "The new key cannot be written: No space left on device.\n")
    assert await fund.records("kind = 'keys.rotated'") == earlier


async def test_a_started_service_records_which_keys_it_has_and_not_the_keys(fund: Fund) -> None:
    await _record_keys(fund.batch, fund.state.keys)
    record = (await fund.records("kind = 'keys.loaded'"))[-1]
    detail = json.loads(record["detail"])
    assert detail == fingerprints(fund.state.keys) | {"os_user": ME}
    keys = fund.state.keys
    secrets = [keys.version, keys.second_factor, *keys.challenge.keys.values()]
    assert not any(secret.hex() in record["detail"] for secret in secrets)
    assert str(keys.token.as_dict(private=True)["d"]) not in record["detail"]


def test_another_key_has_another_fingerprint(tmp_path: Path) -> None:
    one, other = (fingerprints(load_keys(KeyFiles.below(tmp_path / name))) for name in ("one", "other"))
    assert one.keys() == other.keys()
    assert not {name for name in one if one[name] == other[name]}
    assert fingerprints(load_keys(KeyFiles.below(tmp_path / "one"))) == one


@pytest.fixture
async def own(fund: Fund) -> Credential:
    return await new_insurer(fund)


async def reads(fund: Fund, own: Credential) -> list[tuple[str, dict[str, Any]]]:
    """What the insurer's staff has read, by the records."""
    records = await fund.records("client_id = $1::text::uuid AND kind LIKE '%.read'", own.client_id)
    assert all(record["insurer_number"] == own.insurer_number for record in records)
    return [(record["kind"], json.loads(record["detail"])) for record in records]


async def test_lists_that_show_members_are_recorded_each_time_they_are_read(
    fund: Fund, own: Credential
) -> None:
    person = fund.person()
    enrolled = (await fund.enrol(person, credential=own)).json()
    moved = (await fund.change(person, "move", address="架空県どこにもない町", **of(own))).json()
    assert moved["match"] == "none"

    for path in (
        "/v1/mismatches",
        "/v1/changes",
        "/v1/paper-certificates",
        f"/v1/members/{enrolled['enrolment_id']}",
    ):
        assert (await fund.get(path, own)).status_code == 200, path

    found = dict(await reads(fund, own))
    assert found["mismatches.read"] == {"members": 1, "enrolment_ids": [enrolled["enrolment_id"]]}
    assert found["changes.read"]["members"] == 3
    assert found["papers.read"]["members"] == 1
    assert found["member.read"]["enrolment_ids"] == [enrolled["enrolment_id"]]
    assert found.keys() <= KINDS.keys()


async def test_a_page_that_shows_nobody_and_figures_leave_no_record(fund: Fund, own: Credential) -> None:
    for path in ("/v1/mismatches", "/v1/changes", "/v1/paper-certificates", "/v1/statistics"):
        assert (await fund.get(path, own)).status_code == 200, path
    assert await reads(fund, own) == []


async def test_a_page_is_recorded_also_if_it_has_not_changed_since(fund: Fund, own: Credential) -> None:
    await fund.enrol(fund.person(), credential=own)
    first = await fund.get("/v1/changes", own)
    again = await fund.get("/v1/changes", own, etag=first.headers["ETag"])
    assert again.status_code == 304
    assert [kind for kind, _ in await reads(fund, own)] == ["changes.read"] * 2


async def test_a_correction_list_is_recorded_with_its_file(fund: Fund, own: Credential) -> None:
    rows = [member(fund.person(), own.insurer_number or "")]
    file = await upload_and_process(fund, csv_file(rows), own)
    assert (await fund.get(f"/v1/uploads/{file['upload_id']}/correction-list", own)).status_code == 200
    [(kind, detail)] = await reads(fund, own)
    assert (kind, UUID(detail["upload"]), detail["facilities"]) == (
        "corrections.read",
        UUID(file["upload_id"]),
        0,
    )


async def test_publication_approval_rejection_and_undo_of_a_file_are_recorded_with_client_and_reason(
    fund: Fund, own: Credential
) -> None:
    number = own.insurer_number or ""
    async with fund.owner.transaction() as connection:
        second = await facilities.admit_insurer(
            connection,
            audience=fund.state.settings.audience,
            insurer_number=number,
            name="試験",
            approver=True,
        )
    one = member(fund.person(), number)
    protected = one | {"nondisclosure": "1"}

    async def decide(file: dict[str, Any], decision: str, by: Credential, **body: str) -> None:
        response = await fund.post(f"/v1/uploads/{file['upload_id']}/{decision}", body, by)
        assert response.status_code in {200, 202}, response.text
        await run_jobs(fund)

    await upload_and_process(fund, csv_file([protected]), own)
    held = await upload_and_process(fund, csv_file([one]), own)
    await decide(held, "approve", second, reason="届出を確認")
    # The same bytes again would be the same upload.
    await upload_and_process(fund, csv_file([protected | {"name_alias": "旧名"}]), own)
    rejected = await upload_and_process(fund, csv_file([one | {"name_alias": "旧名"}]), own)
    await decide(rejected, "reject", second, reason="誤送信")
    asked = await upload_and_process(
        fund, csv_file([protected | {"name_alias": "別名"}]), own, publish="on-request"
    )
    await decide(asked, "publish", own)
    await decide(asked, "undo", own, reason="別名の誤り")

    records = await fund.records(
        "insurer_number = $1 AND kind LIKE 'enrolment.file%'"
        " AND kind NOT IN ('enrolment.file-matched', 'enrolment.file-checked')",
        number,
    )
    shown = [
        (
            record["kind"].removeprefix("enrolment."),
            str(record["client_id"]) == second.client_id,
            json.loads(record["detail"])["upload"],
            json.loads(record["detail"]).get("reason"),
        )
        for record in records
    ]
    files = [place["upload_id"] for place in (held, rejected, asked)]
    assert [one for one in shown if one[2] in files] == [
        ("file-approve", True, files[0], "届出を確認"),
        ("file", False, files[0], None),
        ("file-reject", True, files[1], "誤送信"),
        ("file-publish", False, files[2], None),
        ("file", False, files[2], None),
        ("file-undo", False, files[2], "別名の誤り"),
        ("file-undone", False, files[2], None),
    ]


async def test_faults_of_a_file_that_name_members_are_recorded_and_others_are_not(
    fund: Fund, own: Credential
) -> None:
    number = own.insurer_number or ""
    person = fund.person()
    file = await upload_and_process(
        fund, csv_file([member(person, number), member(fund.person(), number)]), own
    )
    assert (await fund.change(person, "end", **of(own), **LEAVES)).status_code == 200
    undo = await fund.post(f"/v1/uploads/{file['upload_id']}/undo", {"reason": "誤り"}, own)
    assert undo.status_code == 202, undo.text
    await run_jobs(fund)
    malformed = await upload_and_process(
        fund, csv_file([member(fund.person(), number, birth_date="昨日")]), own
    )

    changed = file["upload_id"]
    for upload_id in (changed, malformed["upload_id"]):
        assert len((await fund.get(f"/v1/uploads/{upload_id}/faults", own)).json()["faults"]) == 1

    assert await reads(fund, own) == [("file-faults.read", {"members": 1, "upload": changed, "after": 0})]
