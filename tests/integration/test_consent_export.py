"""A consent is exported with its evidence, and verified without the fund."""

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
from tests.builders.consents import registered_consent
from tests.builders.fund import Fund

pytestmark = pytest.mark.anyio


@pytest.fixture(autouse=True)
def external_database(fund: Fund, monkeypatch: pytest.MonkeyPatch) -> None:
    """Points the commands to the module's database."""
    for role in get_args(Role):
        variable = "FUND_DATABASE_URL" if role == "api" else f"FUND_DATABASE_{role.upper()}_URL"
        monkeypatch.setenv(variable, fund.database.dsn(role))


async def command(*words: str) -> Result:
    return await run_sync(lambda: CliRunner().invoke(app, words))


async def exported(fund: Fund, registered: dict[str, Any]) -> dict[str, Any]:
    """The export of a consent, as the command writes it."""
    result = await command("consent", "export", registered["consent_id"])
    assert result.exit_code == 0, result.output
    return dict(json.loads(result.stdout))


def prove(fund: Fund, folder: Path, members: dict[str, Any], *, crl: bool = True) -> tuple[int, Any]:
    """Run `consent verify` as an outsider would: with files only, in an empty environment."""
    (folder / "consent.json").write_text(json.dumps(members), encoding="utf-8")
    (folder / "list.crl").write_bytes(fund.jlis_connection.responses["crl"])
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
    ("card", "terms"),
    [
        ({}, {}),
        ({"key": KeyProfile.P384}, {"care": "2", "language": "en"}),
        ({}, {"visual_check": True, "care": "2"}),
        ({}, {"care": "3"}),
    ],
)
async def test_an_exported_consent_is_verified_without_the_fund(
    fund: Fund, tmp_path: Path, card: dict[str, Any], terms: dict[str, Any]
) -> None:
    assert await fund.mirror()
    members = await exported(fund, await registered_consent(fund, await fund.insured(**card), **terms))

    code, report = await run_sync(prove, fund, tmp_path, members)

    assert (code, report["proved"]) == (0, True)
    assert statuses(report) == dict.fromkeys(Check, "ok") | {Check.RECORD: "not-proved"}


async def test_an_altered_export_is_not_proved(fund: Fund, tmp_path: Path) -> None:
    members = await exported(fund, await registered_consent(fund, await fund.insured()))
    members["statement"]["categories"].append("surgery")
    code, report = await run_sync(prove, fund, tmp_path, members)
    assert (code, report["proved"]) == (1, False)
    assert statuses(report)["signature"] == "failed"


async def test_a_consent_is_verified_after_the_fund_and_the_facility_are_renamed(
    fund: Fund, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    registered = await registered_consent(fund, await fund.insured())
    monkeypatch.setenv("FUND_AUDIENCE", "urn:shikaku:renamed")
    await fund.owner.fetch("UPDATE facility SET name = '改称　試験医院'", ())
    try:
        members = await exported(fund, registered)
    finally:
        await fund.owner.fetch("UPDATE facility SET name = '試験医院'", ())
    code, report = await run_sync(prove, fund, tmp_path, members)
    assert (code, statuses(report)["signature"]) == (0, "ok")


async def test_an_export_contains_the_end_of_the_consent(fund: Fund) -> None:
    registered = await registered_consent(fund, await fund.insured())
    ended = (await fund.post(f"/v1/consents/{registered['consent_id']}/end", {"reason": "2"})).json()
    members = await exported(fund, registered)
    assert (members["ended_at"], members["end_reason"]) == (ended["ended_at"], "2")


async def test_a_revocation_status_from_ocsp_is_not_proved(fund: Fund, tmp_path: Path) -> None:
    person = await fund.insured()
    await fund.batch.fetch(
        "UPDATE authority SET checked_at = checked_at - $1::interval", [timedelta(hours=1)]
    )
    try:
        members = await exported(fund, await registered_consent(fund, person))
    finally:
        assert await fund.mirror()
    code, report = await run_sync(prove, fund, tmp_path, members)
    assert members["revocation"]["source"] == "ocsp"
    assert (code, statuses(report)["revocation"]) == (0, "not-proved")


async def test_an_unknown_consent_cannot_be_exported(fund: Fund) -> None:
    result = await command("consent", "export", str(uuid4()))
    assert isinstance(result.exception, OperatorError)


async def test_the_text_output_summarises_what_is_proved(fund: Fund, tmp_path: Path) -> None:
    members = await exported(fund, await registered_consent(fund, await fund.insured()))
    (tmp_path / "consent.json").write_text(json.dumps(members), encoding="utf-8")
    words = ("consent", "verify", str(tmp_path / "consent.json"))
    proved = await command(*words, "--trust", str(fund.state.settings.trust_store))
    alone = await command(*words)
    assert (proved.exit_code, alone.exit_code) == (0, 1)
    assert "possession of the card and of its PIN" in proved.stdout
    assert "No trust store was given" in alone.stdout


@pytest.mark.parametrize("option", ["--trust", "--crl"])
async def test_a_missing_file_is_reported_in_one_sentence(tmp_path: Path, option: str) -> None:
    (tmp_path / "consent.json").write_text("{}", encoding="utf-8")
    result = await command(
        "consent", "verify", str(tmp_path / "consent.json"), option, str(tmp_path / "none")
    )
    assert isinstance(result.exception, OperatorError)


async def test_the_verifier_accepts_the_export_of_the_fund(fund: Fund) -> None:
    members = await exported(fund, await registered_consent(fund, await fund.insured()))
    assert verify(json.dumps(members).encode()).evidence is not None
