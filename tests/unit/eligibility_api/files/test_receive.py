"""Receiving a file: begun before its first byte, accepted once, abandoned if anything goes wrong."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, cast
from uuid import UUID

import pytest
from starlette.requests import ClientDisconnect

from eligibility_api.contract.errors import ShikakuError
from eligibility_api.database.connections import Database
from eligibility_api.files.parts import StoredFile
from eligibility_api.files.receive import Received, Receiver
from eligibility_api.files.store import FAULTS_PER_PAGE, FileStore, next_cursor
from tests.builders.scripted_database import ScriptedDatabase

pytestmark = pytest.mark.anyio

FILE, EARLIER = UUID(int=1), UUID(int=2)
STORED = StoredFile(1, 3, b"digest")


class Store:
    """The store of files, which notes its calls. `earlier`: a file with the same bytes."""

    def __init__(
        self, steps: list[str], earlier: UUID | None = None, refusal: Exception | None = None
    ) -> None:
        self.steps, self.earlier, self.refusal = steps, earlier, refusal

    async def find_same(self, _: object, insurer_number: str, sha256: bytes) -> UUID | None:
        assert (insurer_number, sha256) == ("01130012", STORED.sha256)
        self.steps.append("find")
        return self.earlier

    async def abandon(self, _: object, file_id: UUID) -> None:
        assert file_id == FILE
        self.steps.append("abandon")

    async def complete(self, _: object, file_id: UUID, stored: StoredFile) -> None:
        assert (file_id, stored) == (FILE, STORED)
        self.steps.append("complete")
        if self.refusal is not None:
            raise self.refusal


class Case:
    """One file that is received, and the steps that were taken."""

    def __init__(
        self, monkeypatch: pytest.MonkeyPatch, *, broken: Exception | None = None, **of_store: Any
    ) -> None:
        self.steps: list[str] = []
        self.database = ScriptedDatabase()
        self.store = Store(self.steps, **of_store)

        async def store_parts(*_: object) -> StoredFile:
            self.steps.append("store")
            if broken is not None:
                raise broken
            return STORED

        monkeypatch.setattr("eligibility_api.files.parts.store", store_parts)

    async def begin(self, _: object) -> UUID:
        self.steps.append("begin")
        return FILE

    async def accept(self, _: object, file_id: UUID) -> None:
        assert file_id == FILE
        self.steps.append("accept")

    async def run(self, *, with_accept: bool = True) -> Received:
        receiver = Receiver(
            cast(FileStore, self.store), "01130012", self.begin, self.accept if with_accept else None
        )
        return await receiver.receive(cast(Database, self.database), nothing())


async def nothing() -> AsyncIterator[bytes]:
    for _ in range(0):
        yield b""


@pytest.mark.parametrize(("with_accept", "last"), [(True, ["complete", "accept"]), (False, ["complete"])])
async def test_a_new_file_is_accepted_after_its_last_byte(
    monkeypatch: pytest.MonkeyPatch, with_accept: bool, last: list[str]
) -> None:
    case = Case(monkeypatch)
    received = await case.run(with_accept=with_accept)
    assert (received, received.duplicate_of) == (Received(FILE, False), None)
    assert case.steps == ["begin", "store", "find", *last]
    assert (case.database.transactions, case.database.rolled_back) == (2, 0)


async def test_the_same_bytes_again_return_the_earlier_file_and_abandon_the_new_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    case = Case(monkeypatch, earlier=EARLIER)
    received = await case.run()
    assert (received, received.duplicate_of) == (Received(EARLIER, True), str(EARLIER))
    assert case.steps == ["begin", "store", "find", "abandon"]


async def test_a_broken_connection_is_a_truncated_file_that_is_abandoned(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    case = Case(monkeypatch, broken=ClientDisconnect())
    with pytest.raises(ShikakuError, match="file-truncated"):
        await case.run()
    assert case.steps == ["begin", "store", "abandon"]


@pytest.mark.parametrize(
    "error",
    [
        ShikakuError("database-unavailable", retry_after=5),
        ShikakuError("request-too-large"),
        ValueError("a defect"),
    ],
)
async def test_any_other_error_abandons_the_file_and_stays_itself(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    case = Case(monkeypatch, broken=error)
    with pytest.raises(type(error)) as raised:
        await case.run()
    assert raised.value is error
    assert case.steps[-1] == "abandon"


async def test_a_file_whose_upload_took_too_long_is_abandoned_in_a_transaction_of_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    case = Case(monkeypatch, refusal=ShikakuError("file-truncated"))
    with pytest.raises(ShikakuError, match="file-truncated"):
        await case.run()
    assert case.steps[-2:] == ["complete", "abandon"]
    assert (case.database.transactions, case.database.rolled_back) == (3, 1)


async def test_a_closed_client_is_refused_before_a_byte_is_stored(monkeypatch: pytest.MonkeyPatch) -> None:
    case = Case(monkeypatch)

    async def begin(_: object) -> UUID:
        raise ShikakuError("client-closed")

    receiver = Receiver(cast(FileStore, case.store), "01130012", begin)
    with pytest.raises(ShikakuError, match="client-closed"):
        await receiver.receive(cast(Database, case.database), nothing())
    assert case.steps == []


class Fault:
    """A stored fault by its number."""

    def __init__(self, fault: int) -> None:
        self.fault = fault


@pytest.mark.parametrize(
    ("count", "cursor"), [(0, None), (1, None), (FAULTS_PER_PAGE - 1, None), (FAULTS_PER_PAGE, "1009")]
)
def test_only_a_full_page_of_faults_has_a_next_one(count: int, cursor: str | None) -> None:
    assert next_cursor([Fault(number) for number in range(10, 10 + count)]) == cursor  # type: ignore[misc]
