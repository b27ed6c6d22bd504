"""A consent leaves the fund with all that proves it, and is proved where there is no fund."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any, get_args
from uuid import uuid4

import pytest
from anyio.to_thread import run_sync
from typer.testing import CliRunner, Result

from eligibility_api.cli import app
from eligibility_api.consent.verifier import Check, verify
from eligibility_api.embedded_postgres.cluster import Role
from eligibility_api.platform.errors import OperatorError
from jpki_mock.authority.keys import KeyProfile
from tests.builders.fund import Fund
from tests.integration.test_consent import given

pytestmark = pytest.mark.anyio


@pytest.fixture(autouse=True)
def outside(fund: Fund, monkeypatch: pytest.MonkeyPatch) -> None:
    """The commands' way to the module's database."""
    for role in get_args(Role):
        variable = "FUND_DATABASE_URL" if role == "api" else f"FUND_DATABASE_{role.upper()}_URL"
        monkeypatch.setenv(variable, fund.database.dsn(role))


async def command(*words: str) -> Result:
    return await run_sync(lambda: CliRunner().invoke(app, words))


async def exported(fund: Fund, told: dict[str, Any]) -> dict[str, Any]:
    """The export of a consent, as the command writes it."""
    said = await command("consent", "export", told["consent_id"])
    assert said.exit_code == 0, said.output
    return dict(json.loads(said.stdout))


def prove(fund: Fund, folder: Path, members: dict[str, Any], *, crl: bool = True) -> tuple[int, Any]:
    """`consent verify` as an outsider runs it: with files alone, in an empty environment."""
    (folder / "consent.json").write_text(json.dumps(members), encoding="utf-8")
    (folder / "list.crl").write_bytes(fund.line.heard["crl"])
    words = ["consent", "verify", "consent.json", "--trust", str(fund.state.settings.trust_store), "--json"]
    if crl:
        words += ["--crl", "list.crl"]
    ran = subprocess.run(
        [sys.executable, "-m", "eligibility_api.cli", *words],
        cwd=folder,
        env={"PYTHONPATH": str(Path.cwd())},
        capture_output=True,
        check=False,
    )
    assert not ran.stderr, ran.stderr
    return ran.returncode, json.loads(ran.stdout)


def statuses(report: dict[str, Any]) -> dict[str, str]:
    return {finding["check"]: finding["status"] for finding in report["findings"]}


@pytest.mark.parametrize(
    ("order", "wish"),
    [
        ({}, {}),
        ({"key": KeyProfile.P384}, {"care": "2", "language": "en"}),
        ({}, {"visual_check": True, "care": "3"}),
    ],
)
async def test_what_is_exported_is_proved_without_the_fund(
    fund: Fund, tmp_path: Path, order: dict[str, Any], wish: dict[str, Any]
) -> None:
    assert await fund.mirror()
    members = await exported(fund, await given(fund, await fund.insured(**order), **wish))

    code, report = await run_sync(prove, fund, tmp_path, members)

    assert (code, report["proved"]) == (0, True)
    assert statuses(report) == dict.fromkeys(Check, "ok") | {Check.RECORD: "not-proved"}


async def test_a_changed_export_is_not_proved(fund: Fund, tmp_path: Path) -> None:
    members = await exported(fund, await given(fund, await fund.insured()))
    members["statement"]["categories"].append("surgery")
    code, report = await run_sync(prove, fund, tmp_path, members)
    assert (code, report["proved"]) == (1, False)
    assert statuses(report)["signature"] == "failed"


async def test_a_fund_that_goes_by_another_name_since_still_proves_it(
    fund: Fund, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = await given(fund, await fund.insured())
    monkeypatch.setenv("FUND_AUDIENCE", "urn:shikaku:renamed")
    await fund.owner.fetch("UPDATE facility SET name = '改称　試験医院'", ())
    try:
        members = await exported(fund, told)
    finally:
        await fund.owner.fetch("UPDATE facility SET name = '試験医院'", ())
    code, report = await run_sync(prove, fund, tmp_path, members)
    assert (code, statuses(report)["signature"]) == (0, "ok")


async def test_an_end_goes_with_it(fund: Fund) -> None:
    told = await given(fund, await fund.insured())
    ended = (await fund.post(f"/v1/consents/{told['consent_id']}/end", {"reason": "2"})).json()
    members = await exported(fund, told)
    assert (members["ended_at"], members["end_reason"]) == (ended["ended_at"], "2")


async def test_where_ocsp_told_the_standing_it_is_the_funds_word(fund: Fund, tmp_path: Path) -> None:
    person = await fund.insured()
    await fund.batch.fetch(
        "UPDATE authority SET checked_at = checked_at - $1::interval", [timedelta(hours=1)]
    )
    try:
        members = await exported(fund, await given(fund, person))
    finally:
        assert await fund.mirror()
    code, report = await run_sync(prove, fund, tmp_path, members)
    assert members["revocation"]["source"] == "ocsp"
    assert (code, statuses(report)["revocation"]) == (0, "not-proved")


async def test_nobody_exports_what_was_not_given(fund: Fund) -> None:
    said = await command("consent", "export", str(uuid4()))
    assert isinstance(said.exception, OperatorError)


async def test_the_words_for_people_say_what_is_proved(fund: Fund, tmp_path: Path) -> None:
    members = await exported(fund, await given(fund, await fund.insured()))
    (tmp_path / "consent.json").write_text(json.dumps(members), encoding="utf-8")
    words = ("consent", "verify", str(tmp_path / "consent.json"))
    proved = await command(*words, "--trust", str(fund.state.settings.trust_store))
    alone = await command(*words)
    assert (proved.exit_code, alone.exit_code) == (0, 1)
    assert "possession of the card and of its PIN" in proved.stdout
    assert "No trust store was given" in alone.stdout


@pytest.mark.parametrize("option", ["--trust", "--crl"])
async def test_a_file_that_is_not_there_is_one_sentence(tmp_path: Path, option: str) -> None:
    (tmp_path / "consent.json").write_text("{}", encoding="utf-8")
    said = await command("consent", "verify", str(tmp_path / "consent.json"), option, str(tmp_path / "none"))
    assert isinstance(said.exception, OperatorError)


async def test_the_export_of_the_fund_is_what_the_verifier_reads(fund: Fund) -> None:
    members = await exported(fund, await given(fund, await fund.insured()))
    assert verify(json.dumps(members).encode()).evidence is not None
