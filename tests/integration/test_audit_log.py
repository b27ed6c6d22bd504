"""The log over the audit record: complete, without gap or fork, and provable to anybody who has a record and its salt."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from eligibility_api.audit_log import checkpoint_keys, log_store, log_writer, sequencer
from eligibility_api.audit_log.last_checkpoint import LogBehindCheckpoint
from eligibility_api.audit_log.log_store import StoredCheckpoint
from eligibility_api.merkle_log.checkpoints import open_checkpoint
from eligibility_api.merkle_log.commitments import commitment
from eligibility_api.merkle_log.hashing import leaf_hash, root_of
from eligibility_api.merkle_log.notes import NoteError
from eligibility_api.merkle_log.proofs import verify_consistency, verify_inclusion
from tests.builders.audit_log import append, leaf_of, read_log, run, sequence, sequencing
from tests.builders.fund import Fund

pytestmark = pytest.mark.anyio

LEAVES = "SELECT leaf_index, record_id, recorded_at, commitment FROM audit_leaf ORDER BY leaf_index"
RECORDS = "SELECT record_id, recorded_at, salt, audit_record_text(r) AS text FROM audit_record r"


@pytest.fixture
async def program(fund: Fund) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(fund.database.dsn("api"))
    yield connection
    await connection.close()


async def latest(fund: Fund) -> StoredCheckpoint:
    async with fund.state.database.transaction() as connection:
        found = await log_store.latest_checkpoint(connection)
    assert found is not None
    return found


async def leaves(fund: Fund) -> list[Any]:
    return await fund.owner.fetch(LEAVES, ())


async def check_log(fund: Fund, **settings: Any) -> list[Any]:
    """Check the whole log, of which the newest checkpoint is signed as `settings` say; returns the leaves."""
    configured = fund.state.settings.model_copy(update=settings)
    log = await read_log(fund.database.dsn("auditor"))
    assert log.is_signed
    keys = [replace(key, name=configured.log_origin) for key in checkpoint_keys.verification_keys(configured)]
    own = [
        stored
        for stored in log.checkpoints
        if stored["note"].startswith(f"{configured.log_origin}\n".encode())
    ]
    replace(log, checkpoints=own).check(configured.log_origin, keys)
    return log.leaves


async def test_every_record_of_a_fund_has_its_leaf_and_proof(fund: Fund) -> None:
    person = await fund.insured()
    record_id = UUID((await fund.tap(person.card)).json()["record_id"])
    await sequence(fund)
    assert len(await check_log(fund)) > 4
    async with fund.state.database.transaction() as connection:
        proof = await log_store.proof_of(connection, record_id)
        leaf = await leaf_of(connection, record_id)
        unknown = await log_store.proof_of(connection, uuid4())
    assert proof is not None
    assert unknown is None
    assert leaf == proof.leaf
    [record] = await fund.owner.fetch(f"{RECORDS} WHERE record_id = $1", [record_id])
    entry = commitment(record["salt"], record["text"].encode())
    verify_inclusion(
        proof.leaf.leaf_index,
        proof.checkpoint.tree_size,
        leaf_hash(entry),
        proof.hashes,
        proof.checkpoint.root,
    )


async def test_a_lower_id_that_is_committed_later_gets_a_later_leaf(
    fund: Fund, program: asyncpg.Connection
) -> None:
    slow = await asyncpg.connect(fund.database.dsn("api"))
    transaction = slow.transaction()
    await transaction.start()
    lower = await append(slow)
    higher = await append(program)
    await sequence(fund)
    assert await _index(fund, lower) is None
    first = await _index(fund, higher)
    await transaction.commit()
    await slow.close()
    await sequence(fund)
    second = await _index(fund, lower)
    assert lower < higher
    assert first is not None
    assert second is not None
    assert first < second
    await check_log(fund)


async def _index(fund: Fund, record_id: UUID) -> int | None:
    async with fund.state.database.transaction() as connection:
        leaf = await leaf_of(connection, record_id)
    return None if leaf is None else leaf.leaf_index


async def test_an_aborted_transaction_leaves_no_gap(fund: Fund, program: asyncpg.Connection) -> None:
    transaction = program.transaction()
    await transaction.start()
    lost = await append(program)
    kept = await append_elsewhere(fund)
    await sequence(fund)
    await transaction.rollback()
    await sequence(fund)
    assert await _index(fund, lost) is None
    assert await _index(fund, kept) is not None
    await check_log(fund)


async def append_elsewhere(fund: Fund) -> UUID:
    other = await asyncpg.connect(fund.database.dsn("jobs"))
    try:
        return await append(other, "enrolment.file")
    finally:
        await other.close()


async def test_transactions_that_end_in_any_order_during_steps_are_complete(fund: Fund) -> None:
    """Each of many programs commits while the sequencer steps with small chunks."""
    programs = [await asyncpg.connect(fund.database.dsn("api")) for _ in range(6)]
    answered: list[UUID] = []

    async def work(program: asyncpg.Connection, number: int) -> None:
        for turn in range(12):
            async with program.transaction():
                written = [await append(program) for _ in range(1 + (number + turn) % 3)]
                await asyncio.sleep(0.001 * ((number * 7 + turn) % 5))
            answered.extend(written)

    async with sequencing(fund.database, fund.state.settings, fund, chunk=2) as one:
        assert await one.lead()
        working = asyncio.gather(*(work(program, number) for number, program in enumerate(programs)))
        steps = 0
        while not working.done() or await one.step():
            steps += await one.step()
        await working
        await run(one)
    for program in programs:
        await program.close()
    found = {leaf["record_id"] for leaf in await check_log(fund)}
    assert len(answered) > 100
    assert found >= set(answered)
    assert steps > 3


async def test_full_tiles_are_stored_and_every_proof_holds(fund: Fund, program: asyncpg.Connection) -> None:
    async with program.transaction():
        await program.execute(
            "INSERT INTO audit_record (kind, outcome) SELECT 'batch.read', 'done' FROM generate_series(1, 600)"
        )
    older = await latest(fund) if await leaves(fund) else None
    await sequence(fund)
    found = await check_log(fund)
    tiles = await fund.owner.fetch("SELECT level, tile_index, hashes, root FROM audit_tile ORDER BY 1, 2", ())
    assert [(tile["level"], tile["tile_index"]) for tile in tiles] == [
        (0, n) for n in range(len(found) // 256)
    ]
    hashes = [leaf_hash(leaf["commitment"]) for leaf in found]
    for tile in tiles:
        part = hashes[256 * tile["tile_index"] :][:256]
        assert tile["hashes"] == b"".join(part)
        assert tile["root"] == root_of(part)
    async with fund.state.database.transaction() as connection:
        proofs = await log_store.proofs_of(connection, [leaf["record_id"] for leaf in found])
        last, width = divmod(len(found), 256)
        partial = await log_store.tile(connection, 0, last, width)
        above = await log_store.tile(connection, 1, 0, len(tiles))
        too_wide = await log_store.tile(connection, 0, last, width + 1)
        some = await log_store.entries(connection, len(found) - 2, 256)
        consistency = (
            await log_store.consistency_hashes(connection, older.tree_size, len(found)) if older else ()
        )
        with pytest.raises(ValueError, match="no checkpoint"):
            await log_store.consistency_hashes(connection, 1, len(found) + 1)
    assert partial == b"".join(hashes[-width:])
    assert above == b"".join(tile["root"] for tile in tiles)
    assert too_wide is None
    assert some == [leaf["commitment"] for leaf in found[-2:]]
    assert len(proofs) == len(found)
    for index, leaf in enumerate(found):
        proof = proofs[leaf["record_id"]]
        verify_inclusion(index, len(found), hashes[index], proof.hashes, proof.checkpoint.root)
    if older:
        now = await latest(fund)
        verify_consistency(older.tree_size, now.tree_size, consistency, older.root, now.root)


async def test_one_sequencer_leads_and_the_next_one_takes_over(
    fund: Fund, program: asyncpg.Connection
) -> None:
    settings = fund.state.settings
    async with sequencing(fund.database, settings, fund) as second:
        async with sequencing(fund.database, settings, fund) as first:
            assert await first.lead()
            assert not await second.lead()
            await append(program)
            await run(first)
        assert await second.lead()
        await append(program)
        await run(second)
    await check_log(fund)


async def test_even_without_the_lock_two_never_fork(fund: Fund, program: asyncpg.Connection) -> None:
    """Both step at once on connections of their own, as if the lock had been lost."""
    settings = fund.state.settings
    async with (
        sequencing(fund.database, settings, fund, chunk=3) as first,
        sequencing(fund.database, settings, fund, chunk=3) as second,
    ):
        for _ in range(20):
            for _ in range(4):
                await append(program)
            await asyncio.gather(first.step(), second.step())
        await run(first)
    await check_log(fund)
    [signed] = await fund.owner.fetch("SELECT count(*) AS checkpoints FROM audit_checkpoint", ())
    assert signed["checkpoints"] > 10


async def test_nothing_is_signed_whose_commit_was_not_confirmed(
    fund: Fund, program: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    await sequence(fund)
    before = await latest(fund)
    record_id = await append(program)
    move = log_writer.move

    async def warned(connection: Any, position: Any) -> None:
        await connection.exec_driver_sql("DO $$ BEGIN RAISE WARNING 'canceling wait'; END $$")
        await move(connection, position)

    async with sequencing(fund.database, fund.state.settings, fund) as one:
        assert await one.lead()
        with monkeypatch.context() as patch:
            patch.setattr(log_writer, "move", warned)
            with pytest.raises(sequencer.CommitNotConfirmed):
                await one.step()
        assert await latest(fund) == before
        async with fund.state.database.transaction() as connection:
            assert await log_store.proof_of(connection, record_id) is None
            leaf = await leaf_of(connection, record_id)
            assert leaf is not None
            unsigned = await log_store.entries(connection, leaf.leaf_index, 1)
        assert unsigned == []
        await run(one)
    assert (await check_log(fund))[-1]["record_id"] == record_id


async def test_a_sequencer_is_behind_until_it_has_appended_what_was_committed(
    fund: Fund, program: asyncpg.Connection
) -> None:
    """Only then does it rest: under load it takes what has gathered, a backlog is appended without a rest."""
    await sequence(fund)
    for _ in range(5):
        await append(program)
    async with sequencing(fund.database, fund.state.settings, fund, chunk=2) as one:
        assert await one.lead()
        behind = []
        while await one.step():
            behind.append(one.is_behind)
    assert behind == [True, True, False]


async def test_an_idle_log_writes_nothing(fund: Fund) -> None:
    await sequence(fund)
    before = await fund.owner.fetch("SELECT xmin::text, * FROM audit_log_position", ())
    checkpoint = await latest(fund)
    async with sequencing(fund.database, fund.state.settings, fund) as one:
        assert await one.lead()
        assert not await one.step()
    assert await fund.owner.fetch("SELECT xmin::text, * FROM audit_log_position", ()) == before
    assert await latest(fund) == checkpoint


async def test_on_another_cluster_the_record_is_read_again_by_ids(
    fund: Fund, program: asyncpg.Connection
) -> None:
    """Transaction numbers mean nothing there: a restored database may have lower ones."""
    await sequence(fund)
    before = len(await leaves(fund))
    await fund.owner.fetch("UPDATE audit_log_position SET cluster = 1", ())
    written = [await append(program) for _ in range(7)]
    await sequence(fund, chunk=200)
    found = await check_log(fund)
    assert [leaf["record_id"] for leaf in found[before:]] == written


async def test_transaction_numbers_that_went_back_are_noticed(
    fund: Fund, program: asyncpg.Connection
) -> None:
    await sequence(fund)
    await fund.owner.fetch("UPDATE audit_log_position SET snapshot = '9000000000:9000000000:'", ())
    record_id = await append(program)
    await sequence(fund)
    assert (await check_log(fund))[-1]["record_id"] == record_id


async def test_a_rotated_key_signs_at_once_and_the_former_one_still_verifies(fund: Fund) -> None:
    settings = fund.state.settings
    await sequence(fund)
    former = await latest(fund)
    async with sequencing(fund.database, settings, fund) as one:
        assert await one.lead()
        new = checkpoint_keys.rotate(settings)
        await run(one)
    now = await latest(fund)
    keys = checkpoint_keys.verification_keys(settings)
    assert keys[0] == new
    assert len(keys) > 1
    assert now.tree_size == former.tree_size
    open_checkpoint(now.note, settings.log_origin, keys[:1])
    open_checkpoint(former.note, settings.log_origin, keys[1:])
    with pytest.raises(NoteError):
        open_checkpoint(former.note, settings.log_origin, keys[:1])


async def test_a_database_that_lost_signed_leaves_gets_no_further_checkpoint(
    fund: Fund, program: asyncpg.Connection, tmp_path: Any
) -> None:
    """Restored to an instant before its last commit, the log would fork; under a new name it is another log."""
    await sequence(fund)
    settings = fund.state.settings
    signed = await latest(fund)
    home = tmp_path / "fund"
    home.mkdir()
    elsewhere = settings.model_copy(
        update={"home": home, "checkpoint_key": checkpoint_keys.key_path(settings)}
    )
    ahead = signed.note.decode().replace(f"\n{signed.tree_size}\n", f"\n{signed.tree_size + 1}\n")
    (home / "last-checkpoint.note").write_text(ahead)
    async with sequencing(fund.database, elsewhere, fund) as one:
        with pytest.raises(LogBehindCheckpoint, match="FUND_LOG_ORIGIN"):
            await one.lead()
    renamed = elsewhere.model_copy(update={"log_origin": "shikaku.example/another-log"})
    await append(program)
    async with sequencing(fund.database, renamed, fund) as one:
        assert await one.lead()
        await run(one)
    await check_log(fund, log_origin="shikaku.example/another-log")
    await sequence(fund)
