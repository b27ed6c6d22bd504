"""Checks by card that travel together answer, spend and record like single ones, one after the other."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import date, timedelta
from random import Random
from typing import Any

import asyncpg
import pytest

from eligibility_api.contract.errors import ShikakuError
from eligibility_api.domain.certificate import CertificateId
from eligibility_api.eligibility.store import CARDS, CardCheckRow, CardQuery, use_proof
from eligibility_api.jlis.client import Jlis
from eligibility_api.presence.query import Evidence, VerifiedProof
from tests.builders.checked_cards import Nation, certificate_of, make_nation, proof_of
from tests.builders.fund import Fund
from tests.builders.limits import LOCK_WAITS
from tests.builders.together import (
    RECORDS,
    Worker,
    given_in_turn,
    given_together,
    opened_workers,
    own_records,
    owners_session,
    rows_locked,
    versions_of,
)
from tests.depth import DEEP

pytestmark = pytest.mark.anyio

TODAY = date(2026, 11, 23)
MAX_AGE = timedelta(hours=1)


@pytest.fixture(scope="module")
async def nation(fund: Fund) -> Nation:
    return await make_nation(fund)


def drawn(fund: Fund, nation: Nation, random: Random) -> list[dict[str, Any]]:
    """The checks of one group: some with one proof, of all certificates and terminals."""
    asked = []
    nonces = [random.randbytes(16) for _ in range(random.randint(1, 8))]
    ends = fund.clock() + timedelta(minutes=5)
    for _ in range(random.randint(1, 12)):
        certificate = nation.certificates[random.choice(list(nation.certificates))]
        terminal = random.choice(nation.terminals + nation.terminals[:2] * 2)
        life = timedelta(seconds=random.choice((300, 300, 300, -1)))
        proof = proof_of(fund, certificate, terminal, random.choice(nonces), life)
        values = proof.values(Evidence(), MAX_AGE)
        values["expires_at"] = ends if life > timedelta() else ends - timedelta(minutes=6)
        values["as_of"] = random.choice((TODAY, date(2026, 3, 31)))
        values["kind"], values["operator"], values["carrier"] = "eligibility.card", None, None
        values["known_version"] = random.choice((None, "v"))
        values["expires_on"] = random.choice((None, None, TODAY))
        values["ended_at"] = random.choice((None, None, fund.clock() - timedelta(days=1)))
        asked.append(values)
    return asked


_COLUMNS = (
    "in_time", "admitted", "entitled", "missing", "spent", "revocation_status", "person_key", "facility_kind", "carrier",
    "outcome", "within_limit", "reference_number",
)  # fmt: skip


def comparable(rows: Sequence[Mapping[str, Any]]) -> Any:
    """A check's rows: the result without the record's id and instant, and the versions read."""
    first = rows[0]
    if not (first["in_time"] and first["admitted"] and first["entitled"]):
        return "refused", first["in_time"], first["admitted"], first["entitled"]
    if first.get("goes_alone", first["missing"] is not None):
        return ("alone",)
    if not first["spent"]:
        return ("used",)
    return first["outcome"], {name: first[name] for name in _COLUMNS}, versions_of(rows)


_STORED = f"""
{RECORDS}
UNION ALL SELECT 'nonce', to_jsonb(n), 0 FROM used_nonce n
ORDER BY 1, 3, 2
"""


async def test_together_gives_the_same_rows_records_and_nonces_as_in_turn(fund: Fund, nation: Nation) -> None:
    ways: Counter[str] = Counter()
    async with owners_session(fund) as connection:
        for seed in range(1000 if DEEP else 60):
            asked = drawn(fund, nation, Random(seed))
            one_by_one = await given_in_turn(connection, CARDS, asked, comparable, _STORED)
            at_once = await given_together(connection, CARDS, asked, comparable, _STORED)
            for single, joint in zip(one_by_one[0], at_once[0], strict=True):
                # Of a spent proof no other source is asked: alone, such a request is `used`.
                assert joint == single or (joint[0], single[0]) == ("alone", "used"), seed
            assert at_once[1] == one_by_one[1], seed
            ways.update(joint[0] for joint in at_once[0])
    expected = {
        "refused",
        "alone",
        "used",
        "answered",
        "certificate-revoked",
        "certificate-suspended",
        "certificate-expired",
    }
    assert expected <= set(ways), ways


async def test_nobody_gets_another_ones_record_whatever_the_order_of_ids(fund: Fund, nation: Nation) -> None:
    asked = [
        proof_of(fund, nation.certificates[kind], terminal, bytes([n, m] * 8)).values(Evidence(), MAX_AGE)
        | {
            "as_of": TODAY,
            "kind": "eligibility.card",
            "known_version": None,
            "expires_on": None,
            "ended_at": None,
        }
        for n, terminal in enumerate(nation.terminals[:3])
        for m, kind in enumerate(("insured", "revoked", "ended", "phone"))
    ]
    async with owners_session(fund) as connection:
        for one, row, record in await own_records(connection, CARDS, asked):
            assert (record["challenge"], record["client_id"]) == (one["nonce"], one["client_id"])
            assert (record["outcome"], record["person_key"]) == (row["outcome"], row["person_key"])


# -- Over the pool, with two workers --------------------------------------------------------------------------------------


@pytest.fixture
async def workers(fund: Fund) -> AsyncIterator[list[Worker]]:
    async with opened_workers(fund, 2, CARDS) as opened:
        yield opened


async def use(worker: Worker, proof: VerifiedProof) -> CardCheckRow:
    """One check, as a request of a worker makes it."""
    return await use_proof(worker.database, proof, CardQuery(TODAY, None, None), Evidence(), max_age=MAX_AGE)


async def ends(checks: Sequence[Any]) -> list[str]:
    """Each check's end: its recorded outcome, `used`, what it lacks, or a code."""

    def of(one: CardCheckRow | BaseException) -> str:
        if isinstance(one, ShikakuError):
            return one.code
        assert isinstance(one, CardCheckRow), one
        return one.outcome or one.proof_check.missing or "used"

    async with asyncio.timeout(30):
        return [of(one) for one in await asyncio.gather(*checks, return_exceptions=True)]


async def records_of(fund: Fund, *nonces: bytes) -> list[int]:
    return [len(await fund.records("challenge = $1", nonce)) for nonce in nonces]


def nonces(*numbers: int) -> list[bytes]:
    """Nonces of this call alone."""
    nonces.calls += 1  # type: ignore[attr-defined]
    return [b"%08d%08d" % (nonces.calls, number) for number in numbers]  # type: ignore[attr-defined]


nonces.calls = 0  # type: ignore[attr-defined]


async def test_each_of_many_at_once_gets_its_own_person_and_record(
    fund: Fund, nation: Nation, workers: list[Worker]
) -> None:
    certificates = [certificate_of(fund, await fund.insured()) for _ in range(3)]
    own = nonces(*range(9))
    proofs = [
        proof_of(fund, certificates[n % 3], nation.terminals[n % 2], nonce) for n, nonce in enumerate(own)
    ]
    rows = await asyncio.gather(*(use(workers[0], proof) for proof in proofs))
    assert workers[0].sent == ["alone", "together"]
    for proof, row in zip(proofs, rows, strict=True):
        [record] = await fund.records("challenge = $1", proof.challenge.nonce)
        assert record["record_id"] == row.proof_check.record_id
        assert record["person_key"] == row.proof_check.person_key
        assert record["serial"] == proof.certificate.serial_bytes
        assert [version.person_key for version in row.enrolments] == [record["person_key"]]
    assert len({row.proof_check.person_key for row in rows}) == 3


async def test_one_proof_is_spent_once_in_a_group_and_across_workers(
    fund: Fund, nation: Nation, workers: list[Worker]
) -> None:
    for _ in range(50 if DEEP else 10):
        own = nonces(0, 1, 2)
        one, two, three = (
            proof_of(fund, nation.certificates["insured"], nation.terminals[0], n) for n in own
        )
        asked = [one, two, two, three, two, one]
        done = await ends([use(worker, proof) for proof in asked for worker in workers])
        assert Counter(done) == {"answered": 3, "used": 9}
        assert await records_of(fund, *own) == [1, 1, 1]
    assert all("together" in worker.sent for worker in workers)


async def test_what_another_source_must_decide_goes_alone_and_nothing_of_it_is_used(
    fund: Fund, nation: Nation, workers: list[Worker]
) -> None:
    kinds = ("insured", "not bound", "insured", "of a stale mirror", "revoked")
    own = nonces(*range(5))
    asked = [
        proof_of(fund, nation.certificates[kind], nation.terminals[0], nonce)
        for kind, nonce in zip(kinds, own, strict=True)
    ]
    assert await ends([use(workers[0], proof) for proof in asked]) == [
        "answered",
        "holder",
        "answered",
        "revocation_status",
        "certificate-revoked",
    ]
    assert await records_of(fund, *own) == [1, 0, 1, 0, 1]
    spent = await fund.owner.fetch("SELECT id FROM used_nonce WHERE id = ANY ($1)", [own])
    assert {row["id"] for row in spent} == {own[0], own[2], own[4]}
    assert workers[0].sent == ["alone", "together", "alone", "alone"]


async def test_only_the_certificate_that_is_not_bound_is_asked_for_at_jlis(
    fund: Fund, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Over HTTP: a card that was not registered yet, beside others."""
    bound, renewed = [await fund.insured() for _ in range(4)], fund.person()
    await fund.enrol(renewed)
    asked: list[Any] = []
    holder = Jlis.holder

    async def asking(jlis: Jlis, certificate: CertificateId) -> Any:
        asked.append(certificate)
        return await holder(jlis, certificate)

    monkeypatch.setattr(Jlis, "holder", asking)
    people = [bound[0], bound[1], renewed, bound[2], bound[3]]
    proofs = [await fund.proof(person.card) for person in people]
    done = await asyncio.gather(*(fund.post("/v1/eligibility/card", proof) for proof in proofs))
    codes = [response.json().get("code", response.json().get("validity")) for response in done]
    assert codes == ["1", "1", "first-registration-needed", "1", "1"]
    assert [certificate.serial for certificate in asked] == [certificate_of(fund, renewed).serial]


async def test_a_failing_one_fails_alone(fund: Fund, nation: Nation, workers: list[Worker]) -> None:
    """No partition exists for its expiry: the server refuses the row."""
    own = nonces(*range(4))
    insured, terminal = nation.certificates["insured"], nation.terminals[0]
    proofs = [
        proof_of(fund, insured, terminal, nonce, timedelta(days=900 if n == 2 else 0, minutes=5))
        for n, nonce in enumerate(own)
    ]
    done = await ends([use(workers[0], proof) for proof in proofs])
    assert done == ["answered", "answered", "database-unavailable", "answered"]
    assert await records_of(fund, *own) == [1, 1, 0, 1]
    assert workers[0].sent == ["alone", "together", "alone", "alone", "alone"]


async def test_a_cut_connection_ends_all_of_a_group_and_nothing_is_spent_or_repeated(
    fund: Fund, nation: Nation, workers: list[Worker]
) -> None:
    own = nonces(*range(4))
    insured, terminal = nation.certificates["insured"], nation.terminals[0]
    proofs = [proof_of(fund, insured, terminal, nonce) for nonce in own]
    blocker = await asyncpg.connect(fund.database.dsn("owner"))
    try:
        transaction = blocker.transaction()
        await transaction.start()
        # Another transaction is about to spend the second proof: who spends it too waits for its end.
        challenge = proofs[1].challenge
        await blocker.execute("INSERT INTO used_nonce VALUES ($1, $2)", challenge.expires_at, challenge.nonce)
        done = asyncio.create_task(ends([use(workers[0], proof) for proof in proofs]))
        while not await blocker.fetchval(LOCK_WAITS):
            await asyncio.sleep(0)
        cut = "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE NOT granted"
        assert len(await fund.state.database.fetch(cut, [])) == 1
        assert await done == ["answered", *["database-unavailable"] * 3]
        await transaction.rollback()
    finally:
        await blocker.close()
    assert workers[0].sent == ["alone", "together"]
    assert await records_of(fund, *own) == [1, 0, 0, 0]
    assert await ends([use(workers[0], proof) for proof in proofs]) == ["used", *["answered"] * 3]


async def test_groups_spend_in_one_order(fund: Fund, nation: Nation, workers: list[Worker]) -> None:
    """Two workers spend the same proofs in opposite orders, at once and often."""
    deadlocks = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
    [before] = await fund.owner.fetch(deadlocks, [])
    for _ in range(100 if DEEP else 15):
        own = nonces(*range(8))
        proofs = [proof_of(fund, nation.certificates["insured"], nation.terminals[0], nonce) for nonce in own]
        both = zip(proofs, reversed(proofs), strict=True)
        done = await ends([use(w, proof) for pair in both for w, proof in zip(workers, pair, strict=True)])
        assert Counter(done) == {"answered": 8, "used": 8}
    [after] = await fund.owner.fetch(deadlocks, [])
    assert after == before


async def test_slow_look_ups_hold_up_no_card_check(fund: Fund, nation: Nation) -> None:
    person, terminal = await fund.insured(), await fund.terminal()
    nobody = {"number": "0000-000000"}
    await fund.look_up(person, terminal, **nobody)
    async with rows_locked(fund, "number_miss") as blocker:
        slow = [asyncio.create_task(fund.look_up(person, terminal, **nobody)) for _ in range(20)]
        while await blocker.fetchval(LOCK_WAITS) < 2:
            await asyncio.sleep(0)
        async with asyncio.timeout(10):
            taps = await asyncio.gather(*(fund.tap(person.card) for _ in range(5)))
        assert {tap.status_code for tap in taps} == {200}
        assert not any(task.done() for task in slow)
    assert {response.status_code for response in await asyncio.gather(*slow)} <= {200, 503}
