"""Many memberships asked at once: taken in at once, answered by the worker, fetched as they come."""

from __future__ import annotations

import asyncio
import json
import re
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import httpx2
import pytest

from eligibility_api import keeper
from eligibility_api.audit.recompute import recompute
from eligibility_api.batches import answering
from eligibility_api.batches.answering import PIECE, Answering, Pace
from eligibility_api.contract.codes import Right
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.contract.tokens import Credential
from eligibility_api.domain.days import day_in_japan
from eligibility_api.eligibility.by_number import look_up
from eligibility_api.platform.database import Database
from eligibility_api.platform.settings import Settings
from tests.builders.fund import CLINIC, INSURER, OTHER_CLINIC, Fund, Person

pytestmark = pytest.mark.anyio

PATH = "/v1/eligibility/batches"


@pytest.fixture(scope="module")
async def clinic(fund: Fund) -> Credential:
    """A terminal whose facility asks in batches."""
    return await fund.terminal(rights=(Right.ELIGIBILITY,))


@pytest.fixture(autouse=True)
async def nothing_open(fund: Fund) -> None:
    """No test meets another's batch."""
    await fund.owner.fetch("DELETE FROM batch_check", [])


def worker(fund: Fund, **settings: Any) -> Answering:
    """A worker that has just started, and does not pace itself; some of its settings may be other ones."""
    configured = fund.state.settings.model_copy(update=settings)
    return Answering(replace(fund.state, settings=configured), fund.batch, Pace(1e9))


async def work_off(fund: Fund, misses_per_day: int = 1_000) -> int:
    """Work until nothing is open, each piece by another worker; how many pieces it took."""
    pieces = 0
    while await worker(fund, batch_misses_per_day=misses_per_day).piece():
        pieces += 1
    return pieces


def row_of(person: Person, **more: Any) -> dict[str, Any]:
    resident = person.resident
    row = {
        "insurer_number": INSURER,
        "symbol": "見本",
        "number": resident.resident_id[1:],
        "branch": "00",
        "birth_date": resident.birth_date.isoformat(),
    }
    return row | more


def nobody(number: int = 0, **more: Any) -> dict[str, Any]:
    row = {"insurer_number": INSURER, "number": f"nobody-{number}", "birth_date": "1980-05-17"}
    return row | more


async def enrolled(fund: Fund) -> Person:
    person = fund.person()
    assert (await fund.enrol(person)).status_code == 201
    return person


async def hand_in(
    fund: Fund, rows: list[dict[str, Any]], clinic: Credential | None = None, **more: Any
) -> httpx2.Response:
    return await fund.post(PATH, {"rows": rows} | more, clinic)


async def accepted(fund: Fund, rows: list[dict[str, Any]], clinic: Credential | None = None) -> str:
    response = await hand_in(fund, rows, clinic)
    assert response.status_code == 202, response.text
    return str(response.json()["batch_id"])


async def get(fund: Fund, path: str, clinic: Credential | None = None, *, tag: str = "") -> httpx2.Response:
    token = await fund.token(clinic or fund.clinic)
    headers = {"Authorization": f"Bearer {token}", "If-None-Match": tag}
    return await fund.http.get(f"{PATH}/{path}", headers=headers)


async def fetched(fund: Fund, batch: str, **query: int) -> list[dict[str, Any]]:
    words = "&".join(f"{name}={value}" for name, value in query.items())
    response = await get(fund, f"{batch}/results?{words}")
    assert response.status_code == 200, response.text
    return [json.loads(line) for line in response.text.splitlines()]


async def test_a_batch_is_accepted_then_processed_then_done(fund: Fund) -> None:
    response = await hand_in(fund, [nobody(n) for n in range(PIECE + 1)])
    batch = response.json()
    assert (response.status_code, batch["state"], batch["rows"], batch["answered"]) == (
        202,
        "accepted",
        PIECE + 1,
        0,
    )
    assert response.headers["Location"] == f"{PATH}/{batch['batch_id']}"
    assert batch["as_of"] == day_in_japan(fund.clock()).isoformat()

    working, seen = worker(fund), []
    while await working.piece():
        told = (await get(fund, batch["batch_id"])).json()
        seen.append((told["state"], told["answered"]))

    assert seen == [("processing", PIECE), ("done", PIECE + 1)]


async def test_every_row_is_answered_as_a_look_up_by_number_and_recorded_so(fund: Fund) -> None:
    person = await enrolled(fund)
    rows = [row_of(person, tag="P-1"), nobody(tag="P-2"), row_of(person, birth_date="1999-01-01")]
    batch = await accepted(fund, rows)
    await work_off(fund)

    results = await fetched(fund, batch)
    single = (await fund.post("/v1/eligibility/number", row_of(person))).json()

    assert [(r["row"], r["tag"], r["answer"]["validity"]) for r in results] == [
        (1, "P-1", "1"),
        (2, "P-2", "4"),
        (3, None, "4"),
    ]
    own = {"record_id", "answered_at"}
    assert _without(results[0]["answer"], own) == _without(single, own)
    records = await fund.records("kind = 'eligibility.batch'")
    assert [str(r["record_id"]) for r in records[-3:]] == [r["answer"]["record_id"] for r in results]
    assert records[-1]["institution_code"] == CLINIC


def _without(answer: dict[str, Any], names: set[str]) -> dict[str, Any]:
    return {name: value for name, value in answer.items() if name not in names}


async def test_a_known_version_is_answered_unchanged(fund: Fund) -> None:
    person = await enrolled(fund)
    version = (await fund.post("/v1/eligibility/number", row_of(person))).json()["version"]
    batch = await accepted(fund, [row_of(person, known_version=version)])
    await work_off(fund)
    [result] = await fetched(fund, batch)
    assert result["answer"]["unchanged"] is True


async def test_a_refused_row_carries_its_code_and_stops_nobody_else(fund: Fund) -> None:
    unmatched, person = fund.person(), await enrolled(fund)
    assert (await fund.enrol(unmatched, address="架空県どこにもない町")).json()["match"] == "none"
    batch = await accepted(fund, [row_of(unmatched), row_of(person)])
    await work_off(fund)

    refused, answered = await fetched(fund, batch)

    assert (refused["code"], refused["answer"]) == ("eligibility-not-confirmable", None)
    assert (answered["code"], answered["answer"]["validity"]) == (None, "1")


async def test_results_are_resumed_behind_any_row_and_link_to_the_next(fund: Fund) -> None:
    batch = await accepted(fund, [nobody(n) for n in range(PIECE + 5)])
    await worker(fund).piece()

    response = await get(fund, f"{batch}/results?after=3&limit=4")
    assert [json.loads(line)["row"] for line in response.text.splitlines()] == [4, 5, 6, 7]
    assert response.headers["Link"] == f'<{PATH}/{batch}/results?after=7&limit=4>; rel="next"'
    assert response.headers["content-type"] == "application/x-ndjson"

    assert [r["row"] for r in await fetched(fund, batch)] == list(range(1, PIECE + 1))
    waiting = await get(fund, f"{batch}/results?after={PIECE}")
    assert (waiting.text, f"after={PIECE}&" in waiting.headers["Link"]) == ("", True)

    await work_off(fund)
    last = await get(fund, f"{batch}/results?after={PIECE}")
    assert len(last.text.splitlines()) == 5
    assert "Link" not in last.headers


async def test_every_page_that_is_fetched_is_on_record(fund: Fund, clinic: Credential) -> None:
    batch = await accepted(fund, [nobody(n) for n in range(3)])
    await get(fund, f"{batch}/results", clinic)
    await work_off(fund)
    for query in ("limit=2", "after=2", "after=3"):
        await get(fund, f"{batch}/results?{query}", clinic)

    records = await fund.records("kind = 'batch.read' AND detail ->> 'batch_id' = $1", batch)

    pages = [(detail["first"], detail["last"]) for detail in (json.loads(r["detail"]) for r in records)]
    assert pages == [(1, 2), (3, 3)]
    assert {(str(r["client_id"]), r["institution_code"]) for r in records} == {(clinic.client_id, CLINIC)}


async def test_the_state_is_sent_again_only_when_it_has_changed(fund: Fund) -> None:
    batch = await accepted(fund, [nobody()])
    tag = (await get(fund, batch)).headers["ETag"]
    before = await get(fund, batch, tag=tag)
    await work_off(fund)
    after = await get(fund, batch, tag=tag)
    assert (before.status_code, before.content, after.status_code) == (304, b"", 200)


async def test_a_worker_that_dies_between_pieces_is_followed_by_another(fund: Fund) -> None:
    batch = await accepted(fund, [nobody(n) for n in range(3 * PIECE)])
    while await worker(fund).piece():
        pass
    results = await fetched(fund, batch)
    assert [r["row"] for r in results] == list(range(1, 3 * PIECE + 1))


async def test_a_worker_that_dies_in_a_piece_loses_and_doubles_no_answer_that_was_seen(
    fund: Fund, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = await accepted(fund, [nobody(n) for n in range(2 * PIECE)])
    await worker(fund).piece()
    seen = await fetched(fund, batch)

    asked = 0

    async def killed_at_the_fifth(*arguments: Any, **more: Any) -> Any:
        nonlocal asked
        asked += 1
        if asked == 5:
            raise asyncio.CancelledError
        return await look_up(*arguments, **more)

    monkeypatch.setattr(answering, "look_up", killed_at_the_fifth)
    with pytest.raises(asyncio.CancelledError):
        await worker(fund).piece()
    assert await fetched(fund, batch) == seen
    monkeypatch.setattr(answering, "look_up", look_up)
    await work_off(fund)

    results = await fetched(fund, batch)
    records = await fund.records("kind = 'eligibility.batch'")
    named = [r["answer"]["record_id"] for r in results]
    assert results[:PIECE] == seen
    assert len(set(named)) == 2 * PIECE
    # The four answers that were lost with the worker stay on record.
    assert set(named) < {str(r["record_id"]) for r in records[-2 * PIECE - 4 :]}


async def test_look_ups_do_not_wait_for_the_disk_and_all_else_does(fund: Fund) -> None:
    look_ups = Database(fund.database.dsn("api"), durable=False)
    await look_ups.open()
    shown = [
        await d.fetch("SHOW synchronous_commit", []) for d in (look_ups, fund.state.database, fund.batch)
    ]
    await look_ups.close()
    assert [row["synchronous_commit"] for [row] in shown] == ["off", "on", "on"]


async def test_a_row_that_the_program_fails_at_does_not_hold_up_the_others(
    fund: Fund, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = await accepted(fund, [nobody(1), nobody(2)])

    async def faulty(database: Any, caller: Any, question: Any, **more: Any) -> Any:
        if question.membership.number == "nobody-1":
            raise RuntimeError("a fault")
        return await look_up(database, caller, question, **more)

    monkeypatch.setattr(answering, "look_up", faulty)
    await work_off(fund)

    assert [r["code"] for r in await fetched(fund, batch)] == ["internal", None]


async def test_when_nobody_can_decide_the_piece_is_tried_again_and_nothing_is_answered(
    fund: Fund, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = await accepted(fund, [nobody(1), nobody(2)])

    async def away(*_: Any, **__: Any) -> Any:
        raise ShikakuError("database-unavailable")

    monkeypatch.setattr(answering, "look_up", away)
    with pytest.raises(ShikakuError):
        await worker(fund).piece()
    assert (await get(fund, batch)).json()["answered"] == 0
    monkeypatch.setattr(answering, "look_up", look_up)
    await work_off(fund)

    assert [r["code"] for r in await fetched(fund, batch)] == [None, None]


async def test_an_auditor_computes_every_answer_of_a_batch_again(fund: Fund) -> None:
    person = await enrolled(fund)
    batch = await accepted(fund, [row_of(person), nobody(), row_of(person, branch=None)])
    await work_off(fund)

    auditor = Database(fund.database.dsn("sequencer"))
    again = []
    async with auditor.transaction() as connection:
        for result in await fetched(fund, batch):
            record_id = UUID(result["answer"]["record_id"])
            answers = recompute(connection, version_key=fund.state.keys.version, record_id=record_id)
            again += [answer.model_dump(mode="json") async for answer in answers]
    await auditor.close()

    assert again == [result["answer"] for result in await fetched(fund, batch)]


async def test_open_batches_take_turns(fund: Fund) -> None:
    other = await fund.terminal(institution_code=OTHER_CLINIC)
    large = await accepted(fund, [nobody(n) for n in range(5 * PIECE)])
    small = await accepted(fund, [nobody()], other)
    working = worker(fund)
    await working.piece()
    await working.piece()
    told = [(await get(fund, large)).json(), (await get(fund, small, other)).json()]
    assert [(t["state"], t["answered"]) for t in told] == [("processing", PIECE), ("done", 1)]


async def test_a_batch_is_its_facilitys_at_any_of_its_terminals_and_nobody_elses(
    fund: Fund, clinic: Credential
) -> None:
    batch = await accepted(fund, [nobody()])
    other = await fund.terminal(institution_code=OTHER_CLINIC)
    unknown = "019ab000-0000-7000-8000-000000000001"
    codes = {(await get(fund, path, other)).json()["code"] for path in (batch, f"{batch}/results", unknown)}
    assert (await get(fund, batch, clinic)).status_code == 200
    assert (await get(fund, f"{batch}/results", clinic)).status_code == 200
    assert codes == {"not-found"}


async def test_the_second_batch_of_a_facility_waits_for_the_first(fund: Fund, clinic: Credential) -> None:
    await accepted(fund, [nobody(n) for n in range(300)])
    refused = await hand_in(fund, [nobody()], clinic)
    assert (refused.status_code, refused.json()["code"]) == (429, "batch-limit")
    assert refused.headers["Retry-After"] == "3"

    await work_off(fund)
    assert (await hand_in(fund, [nobody()], clinic)).status_code == 202


async def test_two_batches_at_the_same_moment_are_one(fund: Fund, clinic: Credential) -> None:
    await fund.token(clinic)
    answers = await asyncio.gather(*(hand_in(fund, [nobody()], c) for c in (clinic, None, clinic)))
    assert sorted(a.status_code for a in answers) == [202, 429, 429]


async def test_a_facility_has_so_many_rows_a_day(fund: Fund) -> None:
    most = Settings().batch_rows_per_day
    batch = await accepted(fund, [nobody()])
    await work_off(fund)
    await fund.owner.fetch("UPDATE batch_check SET rows = $1, answered = $1", [most - 1])
    assert (await hand_in(fund, [nobody(1), nobody(2)])).json()["code"] == "batch-limit"

    await fund.owner.fetch("UPDATE batch_check SET accepted_at = now() - interval '1 day'", [])
    assert (await hand_in(fund, [nobody(1), nobody(2)])).status_code == 202
    assert (await get(fund, batch)).status_code == 200


async def test_misses_in_a_batch_are_told_in_runs_and_leave_the_desk_its_own(
    fund: Fund, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs: list[int] = []
    monkeypatch.setattr(answering, "log_streak", lambda _, run: runs.append(run))
    person = await enrolled(fund)
    most = Settings().number_misses_per_hour
    batch = await accepted(fund, [row_of(person), *(nobody(n) for n in range(most + 1)), row_of(person)])
    await work_off(fund)

    assert runs == [0, *range(1, most + 2), 0]
    assert {r["code"] for r in await fetched(fund, batch)} == {None}
    assert (await fund.post("/v1/eligibility/number", nobody())).status_code == 200


async def test_behind_so_many_misses_of_a_day_nothing_more_is_looked_up(fund: Fund) -> None:
    person = await enrolled(fund)
    batch = await accepted(fund, [nobody(1), row_of(person), nobody(2), row_of(person, tag="P-4"), nobody(3)])
    recorded = len(await fund.records("kind = 'eligibility.batch'"))
    await work_off(fund, misses_per_day=2)

    results = await fetched(fund, batch)

    assert [r["code"] for r in results] == [None, None, None, "number-miss-limit", "number-miss-limit"]
    assert (results[3]["tag"], results[3]["answer"]) == ("P-4", None)
    assert len(await fund.records("kind = 'eligibility.batch'")) == recorded + 3


async def test_misses_of_a_day_are_a_facilitys_in_all_its_batches_and_outlive_the_worker(
    fund: Fund, clinic: Credential
) -> None:
    other = await fund.terminal(institution_code=OTHER_CLINIC)
    codes = []
    for terminal in (None, clinic, other):
        batch = await accepted(fund, [nobody(n) for n in range(PIECE + 1)], terminal)
        await work_off(fund, misses_per_day=PIECE + 2)
        lines = (await get(fund, f"{batch}/results", terminal)).text.splitlines()
        codes.append([json.loads(line)["code"] for line in lines].count("number-miss-limit"))
    assert codes == [0, PIECE, 0]

    await fund.owner.fetch("UPDATE batch_check SET worked_at = now() - interval '1 day'", [])
    batch = await accepted(fund, [nobody()])
    await work_off(fund, misses_per_day=PIECE + 2)
    assert [r["code"] for r in await fetched(fund, batch)] == [None]


async def test_what_was_asked_is_gone_once_it_is_answered(fund: Fund) -> None:
    person = await enrolled(fund)
    await accepted(fund, [row_of(person), nobody()])
    await work_off(fund)
    rows = await fund.owner.fetch("SELECT asked, result FROM batch_row", [])
    assert [row["asked"] for row in rows] == [None, None]


async def test_after_seven_days_the_keeper_forgets_and_nobody_is_shown_what_is_past(fund: Fund) -> None:
    response = await hand_in(fund, [nobody()])
    batch = response.json()
    assert timedelta(days=7) - timedelta(minutes=1) < _life(batch) <= timedelta(days=7)

    await fund.owner.fetch("UPDATE batch_check SET kept_until = now()", [])
    assert (await get(fund, batch["batch_id"])).json()["code"] == "not-found"
    assert await worker(fund).piece() is False

    await keeper._forget_batches(fund.batch)
    assert await fund.owner.fetch("SELECT FROM batch_row", []) == []


def _life(batch: dict[str, Any]) -> timedelta:
    return datetime.fromisoformat(batch["kept_until"]) - datetime.fromisoformat(batch["accepted_at"])


async def test_a_terminal_that_was_closed_meanwhile_is_answered_nothing_more(fund: Fund) -> None:
    closing = await fund.terminal()
    batch = await accepted(fund, [nobody()], closing)
    await fund.owner.fetch(
        "UPDATE client SET closed_at = now() WHERE client_id = $1::text::uuid", [closing.client_id]
    )
    await work_off(fund)

    assert [r["code"] for r in await fetched(fund, batch)] == ["client-closed"]
    assert (await get(fund, batch, closing)).json()["code"] == "client-closed"
    assert (await hand_in(fund, [nobody()], closing)).json()["code"] == "client-closed"


async def test_an_insurer_asks_no_batches(fund: Fund) -> None:
    response = await hand_in(fund, [nobody()], fund.insurer)
    assert (response.status_code, response.json()["code"]) == (403, "right-missing")


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"rows": []}, "request-invalid"),
        ({"rows": [nobody(insurer_number="123456789018")]}, "my-number-refused"),
        ({"rows": [nobody(birth_date="19800517")]}, "request-invalid"),
        ({"rows": [nobody(my_number="1")]}, "request-invalid"),
        ({"as_of": "1990-01-01"}, "as-of-out-of-range"),
    ],
)
async def test_a_bad_batch_is_refused_whole(fund: Fund, more: dict[str, Any], code: str) -> None:
    response = await fund.post(PATH, {"rows": [nobody()]} | more)
    assert (response.status_code, response.json()["code"]) == (422, code)
    assert await fund.owner.fetch("SELECT FROM batch_check", []) == []


async def test_the_first_faulty_row_is_named_alone(fund: Fund) -> None:
    faulty = await hand_in(fund, [nobody(), *(nobody(birth_date="2026-13-01") for _ in range(1_000))])
    assert [error["place"] for error in faulty.json()["errors"]] == ["body.rows.1.birth_date"]


async def test_members_beyond_number_are_one_fault_of_a_batch_and_a_hundred_of_a_small_request(
    fund: Fund,
) -> None:
    unknown: dict[str, Any] = {f"unknown_{n}": 1 for n in range(1_000)}
    row = (await hand_in(fund, [nobody(), nobody(**unknown)])).json()["errors"]
    whole = (await hand_in(fund, [nobody()], **unknown)).json()["errors"]
    single = (await fund.post("/v1/eligibility/number", nobody(**unknown))).json()["errors"]
    assert [error["rule"] for error in (*row, *whole)] == ["too_many_members"] * 2
    assert len(single) == 100


async def test_what_is_no_json_is_refused(fund: Fund) -> None:
    token = await fund.token(fund.clinic)
    response = await fund.http.post(PATH, content=b"{", headers={"Authorization": f"Bearer {token}"})
    assert (response.status_code, response.json()["code"]) == (422, "request-invalid")


async def test_ten_thousand_rows_are_taken_and_one_more_is_not(fund: Fund) -> None:
    rows = [nobody(n, symbol="見本", branch="00", tag=f"{n:050d}") for n in range(10_001)]
    too_many = await hand_in(fund, rows)
    accepted = await hand_in(fund, rows[:-1])
    assert (too_many.status_code, accepted.status_code) == (422, 202)


async def test_every_reference_of_the_description_leads_somewhere(fund: Fund) -> None:
    document = (await fund.http.get("/openapi.json")).json()
    references = set(re.findall(r'"\$ref": "#/([^"]*)"', json.dumps(document)))
    assert references
    for reference in references:
        place = document
        for part in reference.split("/"):
            place = place[part]


async def test_turns_are_evenly_apart_and_a_missed_one_is_not_made_up_for() -> None:
    waited: list[float] = []
    now = 100.0

    async def sleep(seconds: float) -> None:
        nonlocal now
        waited.append(round(seconds, 3))
        now += seconds

    pace = Pace(10, now=lambda: now, sleep=sleep)
    for passing in (0, 0, 0.04, 7, 0):
        now += passing
        await pace.turn()
    assert waited == [0, 0.1, 0.06, 0, 0.1]
