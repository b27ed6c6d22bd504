"""A fund killed while it publishes a member file has the old state or the new one, and nothing between."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import pytest

from eligibility_api.contract.insurer_client import InsurerClient
from eligibility_api.contract.tokens import Credential
from eligibility_api.contract.uploads import FileScope, UploadAnswer, UploadState
from eligibility_api.embedded_postgres.postmaster import wait_until
from eligibility_api.embedded_postgres.server import EmbeddedPostgres
from eligibility_api.enrolment.known import KNOWN_NOW, NOT_SUPERSEDED
from tests.builders.fund_clients import OTHER_INSURER
from tests.builders.member_files import csv_file
from tests.builders.stack import PopulatedStack
from tests.depth import DEEP

INSURER, NAME = OTHER_INSURER, "見本　公開"
MEMBERS = 6_000 if DEEP else 2_400
CRASH_POINTS = [point * MEMBERS // 20 for point in range(1, 21)] if DEEP else [MEMBERS // 2]
"""Minimum number of rows that are prepared when everything is killed."""

_ENDS = (UploadState.PUBLISHED, UploadState.REFUSED)
_KNOWN = (
    f"SELECT DISTINCT e.name_alias FROM enrolment e {KNOWN_NOW} WHERE {NOT_SUPERSEDED} AND e.name = '{NAME}'"
)
_PREPARED = """
SELECT prepared FROM upload WHERE upload_id = $1::text::uuid AND state IN ('publishing', 'published')
"""


@pytest.mark.parametrize("prepared", CRASH_POINTS)
def test_the_state_is_the_old_or_the_new_one_wherever_publishing_is_killed(
    killed_stack: PopulatedStack, prepared: int
) -> None:
    keys = _admit(killed_stack)
    # The cases share a stack, and the bytes of an earlier file are not published again.
    old, new, newest = (f"{word}{prepared}" for word in ("旧", "新", "次"))
    with _clients(killed_stack, keys) as clients:
        assert _publish(clients, old).state is UploadState.PUBLISHED
        assert _is_visible(killed_stack, old)
        sent = _approved(clients, new)
        assert wait_until(lambda: _prepared(killed_stack, sent.upload_id) >= prepared, 60)
    known_before = set(_fetch(killed_stack, _KNOWN))
    killed_stack.kill_fund()

    killed_stack.restart_fund()
    with _clients(killed_stack, keys) as clients:
        ended = _ended(clients[0], sent.upload_id)
        assert known_before in ({old}, {new})
        assert ended.refusal in {None, "file-lost"}
        assert _is_visible(killed_stack, new if ended.state is UploadState.PUBLISHED else old)
        assert _publish(clients, newest).state is UploadState.PUBLISHED
        assert _is_visible(killed_stack, newest)


def _file(alias: str) -> bytes:
    return csv_file(
        {
            "insurer_number": INSURER,
            "number": f"{number:08d}",
            "relationship": "1",
            "name": NAME,
            "name_kana": "ミホン　タロウ",
            "name_alias": alias,
            "sex": "1",
            "birth_date": "1970-01-01",
            "address": f"架空県見本市{number}",
            "acquired_on": "2024-04-01",
        }
        for number in range(MEMBERS)
    )


def _admit(stack: PopulatedStack) -> list[Path]:
    """Admit an insurer that no other test of the stack uses; returns keys of its program and of an approver."""
    keys = [stack.home / "killed-program.json", stack.home / "killed-approver.json"]
    for path, options in zip(keys, ((), ("--approver",)), strict=True):
        if not path.exists():
            words = ("--insurer-number", INSURER, "--name", "試験", "--out", path)
            stack.run("eligibility-api", "insurer", "add", *words, *options)
    return keys


@contextmanager
def _clients(stack: PopulatedStack, keys: Sequence[Path]) -> Iterator[Sequence[InsurerClient]]:
    """The insurer's client and its approver."""
    url = stack.wiring["PAYER_FUND_URL"]
    program, approver = (
        InsurerClient(url, Credential.load(path), clock=lambda: datetime.now(UTC), timeout_seconds=60)
        for path in keys
    )
    with program, approver:
        yield program, approver


def _approved(clients: Sequence[InsurerClient], alias: str) -> UploadAnswer:
    """An approved file. It changes all members and is therefore held for the approver."""
    program, approver = clients
    sent = program.upload([_file(alias)], scope=FileScope.CHANGES)
    assert wait_until(lambda: program.upload_status(sent.upload_id).state is UploadState.HELD, 60)
    return approver.approve_upload(sent.upload_id, "試験")


def _publish(clients: Sequence[InsurerClient], alias: str) -> UploadAnswer:
    return _ended(clients[0], _approved(clients, alias).upload_id)


def _ended(program: InsurerClient, upload_id: str) -> UploadAnswer:
    assert wait_until(lambda: program.upload_status(upload_id).state in _ENDS, 120)
    return program.upload_status(upload_id)


def _is_visible(stack: PopulatedStack, alias: str) -> bool:
    """Whether all members have this alias, once the publication's lead is over."""
    return wait_until(lambda: set(_fetch(stack, _KNOWN)) == {alias}, 10)


def _prepared(stack: PopulatedStack, upload_id: str) -> int:
    """The number of rows that are prepared, 0 before publishing begins."""
    return next((rows for rows in _fetch(stack, _PREPARED, upload_id) if isinstance(rows, int)), 0)


def _fetch(stack: PopulatedStack, statement: str, *values: object) -> list[object]:
    """The first column of the result."""

    async def fetch() -> list[object]:
        dsn = EmbeddedPostgres.attach(Path(stack.wiring["FUND_HOME"]) / "postgres").dsn("owner")
        connection = await asyncpg.connect(dsn)
        try:
            return [row[0] for row in await connection.fetch(statement, *values)]
        finally:
            await connection.close()

    return asyncio.run(fetch())
