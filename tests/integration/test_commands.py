"""`eligibility-api`: a command that fails prints one sentence and changes nothing."""

from __future__ import annotations

import io
import json
from datetime import timedelta
from pathlib import Path

import pytest
from anyio.to_thread import run_sync

from eligibility_api.audit_log.acts import operating_user
from eligibility_api.cli import main
from tests.builders.audit_log import sequence
from tests.builders.commands import Command
from tests.builders.fund import Fund
from tests.builders.fund_clients import CLINIC

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("external_database")]

NOBODY = "01980c5e-0000-7000-8000-000000000000"
FACILITY = ("facility", "add", "--institution-code", "0110113719", "--name", "試験医院")


async def test_an_answer_under_another_rule_version_is_not_recomputed(fund: Fund, command: Command) -> None:
    await fund.tap((await fund.insured()).card)
    await fund.owner.fetch(
        """INSERT INTO audit_record (kind, outcome, client_id, institution_code, facility_kind, rule_version,
                                     enrolments, as_of)
           VALUES ('eligibility.card', 'answered', $1::text::uuid, $2, 'clinic', 0, '{}', now())""",
        [fund.clinic.client_id, CLINIC],
    )
    result = await command("audit", "recompute")
    assert (result.code, len(result.err.splitlines())) == (1, 1)
    assert "rule 0" in result.err
    assert '"validity":"1"' in result.out


@pytest.mark.parametrize("words", [("recompute",), ("recompute", "--record", NOBODY), ("export", "--out")])
async def test_who_reads_the_record_by_command_stands_in_it(
    fund: Fund, command: Command, tmp_path: Path, words: tuple[str, ...]
) -> None:
    """Before anything is read, so that a reading that fails or is broken off is in it too."""
    await sequence(fund)
    before = len(await fund.records("kind = 'record.read'"))
    await command("audit", *words, *([str(tmp_path / "out.jsonl")] if words[-1] == "--out" else []))
    *_, record = await fund.records("kind = 'record.read'")
    assert len(await fund.records("kind = 'record.read'")) == before + 1
    assert (record["outcome"], record["client_id"], record["person_key"]) == ("done", None, None)
    assert json.loads(str(record["detail"])) == {
        "command": f"audit {words[0]}",
        "os_user": operating_user(),
    }


async def test_an_export_that_cannot_be_written_reads_nothing(
    fund: Fund, command: Command, tmp_path: Path
) -> None:
    before = len(await fund.records("kind = 'record.read'"))
    assert (await command("audit", "export", "--out", str(tmp_path / "none" / "out"))).code == 1
    assert len(await fund.records("kind = 'record.read'")) == before


async def test_an_answer_whose_rows_are_gone_against_the_rule_ends_the_command_with_1(
    fund: Fund, command: Command
) -> None:
    """Rule T9."""
    given = (await fund.tap((await fund.insured()).card)).json()
    await fund.owner.fetch(
        """INSERT INTO audit_record (kind, outcome, client_id, institution_code, facility_kind, rule_version, enrolments, as_of)
           VALUES ('eligibility.card', 'answered', $1::text::uuid, $2, 'clinic', 3, '{1000000}', now())""",
        [fund.clinic.client_id, CLINIC],
    )
    [gone] = await fund.owner.fetch(
        "SELECT record_id::text FROM audit_record WHERE enrolments = '{1000000}'", []
    )
    one = await command("audit", "recompute", "--record", given["record_id"])
    assert (one.code, json.loads(one.out)["validity"]) == (0, "1")
    result = await command("audit", "recompute", "--record", gone["record_id"])
    assert (result.code, json.loads(result.out)) == (1, {"record_id": gone["record_id"], "missing": True})
    assert (len(result.err.splitlines()), "T9" in result.err) == (1, True)


async def test_audit_known_answers_for_a_membership_from_standard_input(
    fund: Fund, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    person = await fund.insured()
    asked = json.dumps(fund.lookup_body(person))
    words = ["--as-of", "2026-10-01", "--institution-code", CLINIC]
    validities = []
    for instant in (fund.clock(), fund.clock() - timedelta(days=1)):
        monkeypatch.setattr(
            "sys.argv", ["eligibility-api", "audit", "known", *words, "--known-at", instant.isoformat()]
        )
        monkeypatch.setattr("sys.stdin", io.StringIO(asked))
        with pytest.raises(SystemExit) as end:
            await run_sync(main)
        assert not end.value.code
        validities.append(json.loads(capsys.readouterr().out)["validity"])
    assert validities == ["1", "4"]
    readings = await fund.records("kind = 'record.read' AND detail ->> 'command' = 'audit known'")
    assert len(readings) == 2


@pytest.mark.parametrize("name", ["", "架空\n医院", "長" * 201])
async def test_a_name_that_cannot_appear_in_a_consent_is_not_admitted(
    command: Command, tmp_path: Path, name: str
) -> None:
    out = tmp_path / "terminal.json"
    result = await command(*FACILITY[:-1], name, "--out", str(out))
    assert (result.code, "--name" in result.err, out.exists()) == (2, True, False)


async def test_a_terminal_that_jlis_does_not_certify_is_not_admitted(
    fund: Fund, command: Command, tmp_path: Path
) -> None:
    out = tmp_path / "terminal.json"
    result = await command(*FACILITY, "--rights", "visual-check", "--out", str(out))
    assert (result.code, len(result.err.splitlines())) == (1, 1)
    assert "register-unavailable" in result.err
    assert not out.exists()
    assert await _facilities(fund) == []


async def test_a_terminal_whose_key_cannot_be_saved_is_not_admitted(
    fund: Fund, command: Command, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    result = await command(*FACILITY, "--out", str(tmp_path / "file" / "terminal.json"))
    assert result.code == 2
    assert "--out" in result.err
    assert await _facilities(fund) == []


async def _facilities(fund: Fund) -> list[object]:
    return list(await fund.owner.fetch("SELECT FROM facility WHERE institution_code = '0110113719'", []))
