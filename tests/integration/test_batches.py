"""Batch checks through the API: submission, limits, progress and results."""

from __future__ import annotations

import asyncio
import json
import re
from typing import Any

import pytest

from eligibility_api.batches.job import ROWS_PER_STEP
from eligibility_api.contract.batches import BATCHES_PATH as PATH
from eligibility_api.contract.codes import Right
from eligibility_api.contract.tokens import Credential
from eligibility_api.domain.dates import day_in_japan
from eligibility_api.platform.settings import Settings
from tests.builders.batches import (
    accepted,
    batch_job,
    enrolled,
    fetched,
    get,
    row_of,
    run_until_idle,
    submit,
    unknown_row,
)
from tests.builders.fund import Fund
from tests.builders.fund_clients import CLINIC, OTHER_CLINIC

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
async def clinic(fund: Fund) -> Credential:
    """Another terminal of the same facility."""
    return await fund.terminal(rights=(Right.ELIGIBILITY,))


@pytest.fixture(autouse=True)
async def nothing_open(fund: Fund) -> None:
    """Delete the batches of other tests."""
    await fund.owner.fetch("DELETE FROM batch_check", [])


async def test_a_batch_is_accepted_then_processed_then_done(fund: Fund) -> None:
    response = await submit(fund, [unknown_row(n) for n in range(ROWS_PER_STEP + 1)])
    batch = response.json()
    assert (response.status_code, batch["state"], batch["rows"], batch["answered"]) == (
        202,
        "accepted",
        ROWS_PER_STEP + 1,
        0,
    )
    assert response.headers["Location"] == f"{PATH}/{batch['batch_id']}"
    assert batch["as_of"] == day_in_japan(fund.clock()).isoformat()

    runner, states = batch_job(fund), []
    while await runner.run_step():
        answer = (await get(fund, batch["batch_id"])).json()
        states.append((answer["state"], answer["answered"]))

    assert states == [("processing", ROWS_PER_STEP), ("done", ROWS_PER_STEP + 1)]


async def test_every_row_is_answered_and_audited_like_a_look_up_by_number(fund: Fund) -> None:
    person = await enrolled(fund)
    rows = [row_of(person, tag="P-1"), unknown_row(tag="P-2"), row_of(person, birth_date="1999-01-01")]
    batch = await accepted(fund, rows)
    await run_until_idle(fund)

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
    await run_until_idle(fund)
    [result] = await fetched(fund, batch)
    assert result["answer"]["unchanged"] is True


async def test_a_rejected_row_has_its_code_and_does_not_stop_the_others(fund: Fund) -> None:
    unmatched, person = fund.person(), await enrolled(fund)
    assert (await fund.enrol(unmatched, address="架空県どこにもない町")).json()["match"] == "none"
    batch = await accepted(fund, [row_of(unmatched), row_of(person)])
    await run_until_idle(fund)

    refused, answered = await fetched(fund, batch)

    assert (refused["code"], refused["answer"]) == ("eligibility-not-confirmable", None)
    assert (answered["code"], answered["answer"]["validity"]) == (None, "1")


async def test_results_can_be_fetched_after_any_row_and_link_to_the_next_page(fund: Fund) -> None:
    batch = await accepted(fund, [unknown_row(n) for n in range(ROWS_PER_STEP + 5)])
    await batch_job(fund).run_step()

    response = await get(fund, f"{batch}/results?after=3&limit=4")
    assert [json.loads(line)["row"] for line in response.text.splitlines()] == [4, 5, 6, 7]
    assert response.headers["Link"] == f'<{PATH}/{batch}/results?after=7&limit=4>; rel="next"'
    assert response.headers["content-type"] == "application/x-ndjson"

    assert [r["row"] for r in await fetched(fund, batch)] == list(range(1, ROWS_PER_STEP + 1))
    waiting = await get(fund, f"{batch}/results?after={ROWS_PER_STEP}")
    assert (waiting.text, f"after={ROWS_PER_STEP}&" in waiting.headers["Link"]) == ("", True)

    await run_until_idle(fund)
    last = await get(fund, f"{batch}/results?after={ROWS_PER_STEP}")
    assert len(last.text.splitlines()) == 5
    assert "Link" not in last.headers


async def test_every_fetched_page_is_audited(fund: Fund, clinic: Credential) -> None:
    batch = await accepted(fund, [unknown_row(n) for n in range(3)])
    await get(fund, f"{batch}/results", clinic)
    await run_until_idle(fund)
    for query in ("limit=2", "after=2", "after=3"):
        await get(fund, f"{batch}/results?{query}", clinic)

    records = await fund.records("kind = 'batch.read' AND detail ->> 'batch_id' = $1", batch)

    pages = [(detail["first"], detail["last"]) for detail in (json.loads(r["detail"]) for r in records)]
    assert pages == [(1, 2), (3, 3)]
    assert {(str(r["client_id"]), r["institution_code"]) for r in records} == {(clinic.client_id, CLINIC)}


async def test_the_state_is_sent_again_only_when_it_has_changed(fund: Fund) -> None:
    batch = await accepted(fund, [unknown_row()])
    tag = (await get(fund, batch)).headers["ETag"]
    before = await get(fund, batch, tag=tag)
    await run_until_idle(fund)
    after = await get(fund, batch, tag=tag)
    assert (before.status_code, before.content, after.status_code) == (304, b"", 200)


async def test_a_batch_is_visible_to_all_terminals_of_its_facility_and_to_no_other(
    fund: Fund, clinic: Credential
) -> None:
    batch = await accepted(fund, [unknown_row()])
    other = await fund.terminal(institution_code=OTHER_CLINIC)
    unknown = "019ab000-0000-7000-8000-000000000001"
    codes = {(await get(fund, path, other)).json()["code"] for path in (batch, f"{batch}/results", unknown)}
    assert (await get(fund, batch, clinic)).status_code == 200
    assert (await get(fund, f"{batch}/results", clinic)).status_code == 200
    assert codes == {"not-found"}


async def test_a_facility_can_have_one_open_batch_only(fund: Fund, clinic: Credential) -> None:
    await accepted(fund, [unknown_row(n) for n in range(300)])
    refused = await submit(fund, [unknown_row()], clinic)
    assert (refused.status_code, refused.json()["code"]) == (429, "batch-limit")
    assert refused.headers["Retry-After"] == "2"

    await run_until_idle(fund)
    assert (await submit(fund, [unknown_row()], clinic)).status_code == 202


async def test_of_concurrent_batches_of_a_facility_one_is_accepted(fund: Fund, clinic: Credential) -> None:
    await fund.token(clinic)
    answers = await asyncio.gather(*(submit(fund, [unknown_row()], c) for c in (clinic, None, clinic)))
    assert sorted(a.status_code for a in answers) == [202, 429, 429]


async def test_the_rows_of_a_facility_per_day_are_limited(fund: Fund) -> None:
    limit = Settings().batch_rows_per_day
    batch = await accepted(fund, [unknown_row()])
    await run_until_idle(fund)
    await fund.owner.fetch("UPDATE batch_check SET rows = $1, answered = $1", [limit - 1])
    assert (await submit(fund, [unknown_row(1), unknown_row(2)])).json()["code"] == "batch-limit"

    await fund.owner.fetch("UPDATE batch_check SET accepted_at = now() - interval '1 day'", [])
    assert (await submit(fund, [unknown_row(1), unknown_row(2)])).status_code == 202
    assert (await get(fund, batch)).status_code == 200


async def test_an_insurer_cannot_submit_batches(fund: Fund) -> None:
    response = await submit(fund, [unknown_row()], fund.insurer)
    assert (response.status_code, response.json()["code"]) == (403, "right-missing")


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"rows": []}, "request-invalid"),
        ({"rows": [unknown_row(insurer_number="123456789018")]}, "my-number-refused"),
        ({"rows": [unknown_row(birth_date="1980517")]}, "request-invalid"),
        ({"rows": [unknown_row(my_number="1")]}, "request-invalid"),
        ({"as_of": "1990-01-01"}, "as-of-out-of-range"),
    ],
)
async def test_an_invalid_batch_is_rejected_as_a_whole(fund: Fund, more: dict[str, Any], code: str) -> None:
    response = await fund.post(PATH, {"rows": [unknown_row()]} | more)
    assert (response.status_code, response.json()["code"]) == (422, code)
    assert await fund.owner.fetch("SELECT FROM batch_check", []) == []


async def test_only_the_first_invalid_row_is_reported(fund: Fund) -> None:
    response = await submit(
        fund, [unknown_row(), *(unknown_row(birth_date="2026-13-01") for _ in range(1_000))]
    )
    assert [error["place"] for error in response.json()["errors"]] == ["body.rows.1.birth_date"]


async def test_too_many_unknown_members_are_one_fault_of_a_batch_and_a_hundred_of_a_small_request(
    fund: Fund,
) -> None:
    unknown: dict[str, Any] = {f"unknown_{n}": 1 for n in range(1_000)}
    row = (await submit(fund, [unknown_row(), unknown_row(**unknown)])).json()["errors"]
    whole = (await submit(fund, [unknown_row()], **unknown)).json()["errors"]
    single = (await fund.post("/v1/eligibility/number", unknown_row(**unknown))).json()["errors"]
    assert [error["rule"] for error in (*row, *whole)] == ["too_many_members"] * 2
    assert len(single) == 100


async def test_invalid_json_is_rejected(fund: Fund) -> None:
    token = await fund.token(fund.clinic)
    response = await fund.http.post(PATH, content=b"{", headers={"Authorization": f"Bearer {token}"})
    assert (response.status_code, response.json()["code"]) == (422, "request-invalid")


async def test_ten_thousand_rows_are_accepted_and_one_more_is_not(fund: Fund) -> None:
    rows = [unknown_row(n, symbol="見本", branch="00", tag=f"{n:050d}") for n in range(10_001)]
    too_many = await submit(fund, rows)
    accepted = await submit(fund, rows[:-1])
    assert (too_many.status_code, accepted.status_code) == (422, 202)


async def test_every_reference_in_the_openapi_document_resolves(fund: Fund) -> None:
    document = (await fund.http.get("/openapi.json")).json()
    references = set(re.findall(r'"\$ref": "#/([^"]*)"', json.dumps(document)))
    assert references
    for reference in references:
        place = document
        for part in reference.split("/"):
            place = place[part]
