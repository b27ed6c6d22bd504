"""The bytes of a file as parts: the same for any split of the body, complete or refused, deleted in steps."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Any, cast
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eligibility_api.contract.errors import ShikakuError
from eligibility_api.database.connections import Database
from eligibility_api.files import parts
from eligibility_api.files.parts import StoredFile

pytestmark = pytest.mark.anyio

FILE, OTHER = UUID(int=1), UUID(int=2)


class PartTable:
    """The table of parts, in memory."""

    def __init__(self) -> None:
        self.rows: dict[tuple[UUID, int], bytes] = {}
        self.statements = 0

    async def fetch(self, statement: str, parameters: Sequence[Any]) -> list[dict[str, Any]]:
        self.statements += 1
        file_id, *rest = parameters
        own = sorted(part for of, part in self.rows if of == file_id)
        if statement.startswith("INSERT"):
            part, body = rest
            assert (file_id, part) not in self.rows
            self.rows[file_id, part] = body
            return []
        if "count(*)" in statement:
            return [{"parts": len(own)}]
        if "DELETE" in statement:
            for part in own[:64]:
                del self.rows[file_id, part]
            return [{"part": part} for part in own[:64]]
        [part] = rest
        return [{"body": self.rows[file_id, part]}] if part in own else []


def database(table: PartTable) -> Database:
    return cast(Database, table)


async def body(chunks: Iterable[bytes]) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Parts of four bytes."""
    monkeypatch.setattr(parts, "PART_BYTES", 4)


@pytest.mark.usefixtures("small_parts")
@given(chunks=st.lists(st.binary(max_size=11), max_size=8))
async def test_any_split_of_a_body_gives_the_same_parts(chunks: list[bytes]) -> None:
    table, whole = PartTable(), b"".join(chunks)
    stored = await parts.store(database(table), FILE, body(chunks))
    expected = [whole[start : start + 4] for start in range(0, len(whole), 4)]
    assert stored == StoredFile(len(expected), len(whole), hashlib.sha256(whole).digest())
    assert [table.rows[FILE, part] for part in range(len(expected))] == expected
    assert [part async for part in parts.read(database(table), FILE, stored.parts)] == expected


@pytest.mark.parametrize("size", [1, parts.PART_BYTES - 1, parts.PART_BYTES, parts.PART_BYTES + 1])
async def test_a_part_has_a_megabyte_at_most(size: int) -> None:
    table = PartTable()
    await parts.store(database(table), FILE, body([bytes(size)]))
    sizes = [len(content) for content in table.rows.values()]
    assert sum(sizes) == size
    assert max(sizes) <= 1024 * 1024


async def test_an_empty_body_has_no_part_and_is_complete() -> None:
    table = PartTable()
    stored = await parts.store(database(table), FILE, body([b"", b""]))
    assert (stored.parts, stored.size, stored.sha256) == (0, 0, hashlib.sha256().digest())
    await parts.check_complete(database(table), FILE, 0)


async def test_a_body_that_breaks_off_keeps_its_complete_parts_for_deletion() -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield bytes(parts.PART_BYTES + 5)
        raise ConnectionResetError

    table = PartTable()
    with pytest.raises(ConnectionResetError):
        await parts.store(database(table), FILE, broken())
    assert list(table.rows) == [(FILE, 0)]
    await parts.delete(database(table), FILE)
    assert table.rows == {}


def filled(count: int) -> PartTable:
    table = PartTable()
    table.rows = {(FILE, part): b"x" for part in range(count)} | {(OTHER, 0): b"y"}
    return table


@pytest.mark.parametrize(("stored", "expected"), [(2, 3), (0, 1), (3, 2)])
async def test_a_file_with_missing_or_foreign_parts_is_lost(stored: int, expected: int) -> None:
    with pytest.raises(ShikakuError, match="file-lost"):
        await parts.check_complete(database(filled(stored)), FILE, expected)


async def test_a_part_that_disappears_while_a_file_is_read_ends_the_reading() -> None:
    table = filled(3)
    del table.rows[FILE, 1]
    reading = parts.read(database(table), FILE, 3)
    assert await anext(reading) == b"x"
    with pytest.raises(ShikakuError, match="file-lost"):
        await anext(reading)


@pytest.mark.parametrize(("count", "statements"), [(0, 1), (1, 2), (64, 2), (65, 3), (129, 4)])
async def test_parts_are_deleted_64_at_a_time_and_no_other_file_is_touched(
    count: int, statements: int
) -> None:
    table = filled(count)
    await parts.delete(database(table), FILE)
    assert (list(table.rows), table.statements) == ([(OTHER, 0)], statements)
