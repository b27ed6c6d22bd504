"""SQL of the drug master: a load replaces the drugs that it names, completely or not at all."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from eligibility_api import contract
from eligibility_api.audit_log.acts import record_act
from eligibility_api.drug_master.reader import read_master

_LOAD = text("INSERT INTO drug_load (sha256, drugs) VALUES (:sha256, :drugs) RETURNING load")

_UPSERT = text("""
INSERT INTO drug AS d (drug_code, name, unit_code, unit, generic, price_list_code, load)
SELECT m.drug_code, m.name, m.unit_code, m.unit, m.generic, m.price_list_code, :load
FROM jsonb_to_recordset(CAST(:drugs AS jsonb)) AS m (
    drug_code text, name text, unit_code text, unit text, generic boolean, price_list_code text
)
ON CONFLICT (drug_code) DO UPDATE SET
    name = excluded.name, unit_code = excluded.unit_code, unit = excluded.unit, generic = excluded.generic,
    price_list_code = excluded.price_list_code, load = excluded.load
""")

_ERASE = text("DELETE FROM drug WHERE drug_code = ANY (:codes)")

_STATUS = text("""
SELECT l.load, l.loaded_at, l.sha256, l.drugs, (SELECT count(*) FROM drug) AS known
FROM drug_load l
ORDER BY l.load DESC
LIMIT 1
""")


@dataclass(frozen=True, slots=True)
class MasterStatus:
    """The last load: instant, SHA-256 of the file, number of its drugs, and of all known drugs."""

    load: int
    loaded_at: datetime
    sha256: bytes
    drugs: int
    known: int


def shipped() -> bytes:
    """The synthetic master that comes with the program."""
    return files(contract).joinpath("drug_master.csv").read_bytes()


async def load(connection: AsyncConnection, content: bytes) -> int:
    """Load a master, and return the number of drugs that it names.

    Raises MasterFaults, with nothing loaded.
    """
    master = read_master(content)
    sha256 = hashlib.sha256(content).digest()
    values = {"sha256": sha256, "drugs": len(master.drugs)}
    number = (await connection.execute(_LOAD, values)).scalar_one()
    rows = json.dumps([drug._asdict() for drug in master.drugs], ensure_ascii=False)
    await connection.execute(_ERASE, {"codes": master.erased})
    await connection.execute(_UPSERT, {"drugs": rows, "load": number})
    detail = {"sha256": sha256.hex(), "drugs": len(master.drugs), "erased": len(master.erased)}
    await record_act(connection, "drug-master.loaded", detail)
    return len(master.drugs)


async def status(connection: AsyncConnection) -> MasterStatus | None:
    """The status of the last load; None if there was none yet."""
    row = (await connection.execute(_STATUS)).one_or_none()
    return MasterStatus(**row._asdict()) if row is not None else None


async def load_shipped_once(connection: AsyncConnection) -> None:
    """Load the shipped master if none was loaded yet."""
    if await status(connection) is None:
        await load(connection, shipped())
