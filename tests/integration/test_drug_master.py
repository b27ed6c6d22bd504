"""`eligibility-api drug-master`: a master is loaded completely or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from eligibility_api.drug_master.store import load_shipped_once, shipped
from tests.builders.commands import Command
from tests.builders.fund import Fund

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("external_database")]

DRUGS = len(shipped().splitlines())
_LOADS = "SELECT (SELECT count(*) FROM drug_load) AS loads, (SELECT count(*) FROM drug) AS drugs"


async def counted(fund: Fund) -> tuple[int, int]:
    """The numbers of loads and of known drugs."""
    [row] = await fund.owner.fetch(_LOADS, [])
    return row["loads"], row["drugs"]


async def test_a_master_is_loaded_replaced_and_reported(fund: Fund, command: Command, tmp_path: Path) -> None:
    await fund.owner.fetch("TRUNCATE drug, drug_load", [])
    assert (await command("drug-master", "status")).code == 1
    loaded = await command("drug-master", "load")
    assert (loaded.code, loaded.out.strip(), await counted(fund)) == (0, str(DRUGS), (1, DRUGS))

    first, second, *_ = shipped().decode().splitlines()
    master = tmp_path / "y.csv"
    master.write_bytes(f"{first.replace('見本', '改名')}\r\n1{second[1:]}\r\n".encode("cp932"))
    assert (await command("drug-master", "load", str(master))).out.strip() == "1"
    assert await counted(fund) == (2, DRUGS - 1)
    [renamed] = await fund.owner.fetch("SELECT name FROM drug WHERE drug_code = $1", ["990000101"])
    assert "改名" in renamed["name"]
    assert f"1 drugs, {DRUGS - 1} known" in (await command("drug-master", "status")).out

    master.write_text("0,Y,12\n")
    faulty = await command("drug-master", "load", str(master))
    assert faulty.code == 1
    assert faulty.err.splitlines()[0] == "line 1: 3 columns, not 35"
    assert await counted(fund) == (2, DRUGS - 1)


async def test_the_shipped_master_is_loaded_only_if_there_is_none(fund: Fund) -> None:
    async with fund.owner.transaction() as connection:
        await load_shipped_once(connection)
    loads, _ = await counted(fund)
    async with fund.owner.transaction() as connection:
        await load_shipped_once(connection)
    assert (await counted(fund))[0] == loads
