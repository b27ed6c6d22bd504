"""Bulk admission: one command for many insurers, one for the facilities of a file with their terminals."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import get_args

import pytest
from anyio.to_thread import run_sync
from typer.testing import CliRunner

from eligibility_api.cli import app
from eligibility_api.contract.tokens import Credential
from eligibility_api.domain.admission import APPROVER_RIGHTS, INSURER_RIGHTS
from eligibility_api.embedded_postgres.cluster import Role
from tests.builders.commands import Command
from tests.builders.fund import Fund
from tests.builders.fund_clients import CLINIC

pytestmark = pytest.mark.anyio
INSURERS = {"06130017": "架空健康保険組合", "39130018": "架空広域連合"}


@pytest.fixture
def external_database(fund: Fund, monkeypatch: pytest.MonkeyPatch) -> None:
    """Points the commands to the module's database."""
    for role in get_args(Role):
        variable = "FUND_DATABASE_URL" if role == "api" else f"FUND_DATABASE_{role.upper()}_URL"
        monkeypatch.setenv(variable, fund.database.dsn(role))
    monkeypatch.setenv("FUND_HOME", str(fund.state.settings.home))
    monkeypatch.setenv("FUND_AUDIENCE", fund.state.settings.audience)


async def admit(folder: Path) -> None:
    lines = [f"{number},{name}\n" for number, name in INSURERS.items()]
    (folder / "insurers.csv").write_text("insurer_number,name\n" + "".join(lines), encoding="utf-8")
    words = ["--from", folder / "insurers.csv", "--out-dir", folder / "programs"]
    words += ["--approvers-out-dir", folder / "approvers"]
    result = await run_sync(lambda: CliRunner().invoke(app, ["insurer", "add", *map(str, words)]))
    assert (result.exit_code, result.stdout, result.exception) == (0, "2\n", None)


@pytest.mark.usefixtures("external_database")
async def test_every_insurer_has_a_key_for_its_program_and_one_for_its_approver(
    fund: Fund, tmp_path: Path
) -> None:
    await admit(tmp_path)
    files = sorted(tmp_path.glob("*/*.json"))
    assert [file.name for file in files] == [
        *(f"approver-{number}.json" for number in INSURERS),
        *(f"payer-{number}.json" for number in INSURERS),
    ]
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    rows = await fund.owner.fetch("SELECT client_id, insurer_number, rights FROM client", [])
    admitted = {str(row["client_id"]): (row["insurer_number"], row["rights"]) for row in rows}
    for file in files:
        credential = Credential.load(file)
        rights = APPROVER_RIGHTS if "approver" in file.name else INSURER_RIGHTS
        assert admitted[credential.client_id] == (credential.insurer_number, sorted(rights))


FACILITIES = """institution_code,name,kind,rights,terminals
1312345679,試験クリニック,clinic,eligibility registration,2
1342345673,試験薬局,pharmacy,eligibility prescription,1
"""


def add_facilities(folder: Path, lines: str = FACILITIES) -> list[str]:
    (folder / "facilities.csv").write_text(lines, encoding="utf-8")
    words = ["--from", folder / "facilities.csv", "--out-dir", folder / "terminals"]
    return ["facility", "add", *map(str, words)]


async def test_a_facilities_file_admits_each_facility_with_its_terminals(
    fund: Fund, tmp_path: Path, command: Command
) -> None:
    result = await command(*add_facilities(tmp_path))
    assert (result.code, result.out, result.err) == (0, "3\n", "")
    files = sorted((tmp_path / "terminals").iterdir())
    names = ["terminal-1312345679-1.json", "terminal-1312345679-2.json", "terminal-1342345673-1.json"]
    assert [file.name for file in files] == names
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    rows = await fund.owner.fetch("SELECT client_id, institution_code, rights FROM client", [])
    admitted = {str(row["client_id"]): (row["institution_code"], row["rights"]) for row in rows}
    rights = {"1312345679": ["eligibility", "registration"], "1342345673": ["eligibility", "prescription"]}
    credentials = [Credential.load_terminal(file) for file in files]
    assert len({one.client_id for one in credentials}) == 3
    for one in credentials:
        assert one.institution_code is not None
        assert admitted[one.client_id] == (one.institution_code, rights[one.institution_code])
    recorded = await fund.owner.fetch(
        "SELECT client_id FROM audit_record WHERE kind = 'admission.terminal'", []
    )
    assert {one.client_id for one in credentials} <= {str(row["client_id"]) for row in recorded}


async def test_admitting_a_facilities_file_again_adds_terminals(
    fund: Fund, tmp_path: Path, command: Command
) -> None:
    line = FACILITIES.replace("1312345679", "1312345687")
    for _ in range(2):
        assert (await command(*add_facilities(tmp_path, line))).code == 0
    counted = await fund.owner.fetch("SELECT count(*) FROM client WHERE institution_code = '1312345687'", [])
    assert counted[0]["count"] == 4


async def test_one_invalid_facility_rejects_the_whole_file(
    fund: Fund, tmp_path: Path, command: Command
) -> None:
    lines = FACILITIES.replace("1312345679", "1312345695").replace("1342345673", CLINIC)
    result = await command(*add_facilities(tmp_path, lines))
    assert (result.code, len(result.err.splitlines())) == (1, 1)
    assert "facility-other-kind" in result.err
    assert CLINIC in result.err
    assert not (tmp_path / "terminals").exists()
    assert await fund.owner.fetch("SELECT FROM facility WHERE institution_code = '1312345695'", []) == []


async def test_facilities_whose_keys_cannot_be_saved_are_not_admitted(
    fund: Fund, tmp_path: Path, command: Command
) -> None:
    (tmp_path / "terminals").touch()
    result = await command(*add_facilities(tmp_path, FACILITIES.replace("1312345679", "1312345703")))
    assert result.code == 2
    assert await fund.owner.fetch("SELECT FROM facility WHERE institution_code = '1312345703'", []) == []
