"""Gathering a crowd in a house: J-LIS learns of those who may have a card, and everybody is filled into the database."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

import asyncpg
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from jpki_mock.jlis import Jlis
from jpki_mock.settings import Settings
from loadtest.clock import now
from loadtest.database.dsn import DatabaseUnreachable, operator_dsn
from loadtest.dataset.bulk_load import Progress, fill, holds
from loadtest.dataset.bulk_population import NAMED, BulkPopulation
from loadtest.target import LoadError, TargetEnvironment


def gather(target: TargetEnvironment, bulk: BulkPopulation, tell: Progress) -> None:
    """Bring a crowd into a house that has none, or has the very same one already. Raises LoadError, OSError."""
    try:
        address = operator_dsn(target.environment)
        if asyncio.run(holds(address, bulk)):
            return
        authority = _authority(Path(target.environment["FUND_TRUST_STORE"]))
        person_keys = _introduce(target.jpki_home, bulk)
        asyncio.run(fill(address, bulk, authority=authority, person_keys=person_keys, tell=tell))
        os.sync()  # gigabytes that the kernel still has to write would be the run's slowness
    except DatabaseUnreachable as error:
        raise LoadError(str(error)) from error
    except asyncpg.PostgresError as error:
        raise LoadError(f"the crowd could not be filled in: {type(error).__name__}") from error


def _introduce(jpki_home: Path, bulk: BulkPopulation) -> Mapping[int, bytes]:
    """Have J-LIS know the residents who may have a card; the keys under which the fund knows them, by number."""
    numbers = bulk.holders(NAMED)
    with Jlis(Settings(home=jpki_home), now()) as jlis:
        jlis.register.add(map(bulk.resident, numbers))
        keys = {number: jlis.register.person_key(bulk.resident(number).resident_id) for number in numbers}
    return {number: bytes.fromhex(key) for number, key in keys.items()}


def _authority(trust_store: Path) -> bytes:
    """By what the fund knows who issued the cards: SHA-256 of the newest authority's key."""
    newest = x509.load_pem_x509_certificates(trust_store.read_bytes())[-1]
    return sha256(newest.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).digest()
