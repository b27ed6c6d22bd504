"""Many insurers admitted by one command."""

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
from eligibility_api.platform.cluster import Role
from tests.builders.fund import Fund

pytestmark = pytest.mark.anyio
INSURERS = {"06130017": "架空健康保険組合", "39130018": "架空広域連合"}


@pytest.fixture
def outside(fund: Fund, monkeypatch: pytest.MonkeyPatch) -> None:
    """The commands' way to the module's database."""
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


@pytest.mark.usefixtures("outside")
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
