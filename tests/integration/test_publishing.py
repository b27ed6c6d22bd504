"""Publication of member files: at one instant and as a whole; held, approved, rejected, undone."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs

from eligibility_api.contract.tokens import Credential
from eligibility_api.facilities import service as facilities
from eligibility_api.platform.telemetry import METRICS
from eligibility_api.uploads.prepare import prepare_chunk
from eligibility_api.uploads.queue import QUEUE, UploadContext, UploadTask
from tests.builders.fund import Fund
from tests.builders.fund_clients import INSURER
from tests.builders.member_files import csv_file, get, member, run_jobs, upload, upload_and_process
from tests.builders.people import Person

pytestmark = pytest.mark.anyio


async def registered(fund: Fund) -> Person:
    person = fund.person()
    assert (await fund.register(person.card)).status_code == 201
    return person


async def answered(fund: Fund, person: Person, item: str) -> list[Any]:
    """An item in the answers to a card check, once the lead of the latest revision is over."""
    await fund.owner.fetch(
        "SELECT pg_sleep(greatest(extract(epoch FROM max(published_at) - now()), 0)) FROM revision", []
    )
    response = await fund.tap(person.card)
    assert response.status_code == 200, response.text
    return [result[item] for result in response.json()["results"]]


async def approver(fund: Fund) -> Credential:
    async with fund.owner.transaction() as connection:
        return await facilities.admit_insurer(
            connection,
            audience=fund.state.settings.audience,
            insurer_number=INSURER,
            name="試験",
            approver=True,
        )


async def decide(fund: Fund, upload_id: str, decision: str, credential: Credential | None = None) -> Any:
    path = f"/v1/uploads/{upload_id}/{decision}"
    body = {} if decision == "publish" else {"reason": "確認済み"}
    response = await fund.post(path, body, credential or fund.insurer)
    await run_jobs(fund)
    return response


async def approved_task(fund: Fund, upload_id: str) -> UploadTask:
    """The task of a checked file whose publication the insurer has requested."""
    await fund.post(f"/v1/uploads/{upload_id}/publish", {}, fund.insurer)
    async with fund.batch.transaction() as connection:
        task = await QUEUE.next_task(connection)
    assert task is not None
    return task


async def end(fund: Fund, person: Person) -> None:
    """A single change: ends the member's enrolment."""
    names = ("insurer_number", "symbol", "number", "branch", "birth_date")
    body = {name: member(person)[name] for name in names} | {"lost_on": "2025-04-01", "reason_of_loss": "03"}
    response = await fund.post("/v1/enrolments/end", body, fund.insurer)
    assert response.status_code == 200, response.text


async def test_a_file_that_is_committed_after_its_instant_is_logged(
    fund: Fund, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = await registered(fund)
    monkeypatch.setattr("eligibility_api.uploads.publish.lead_of", lambda *_: timedelta(microseconds=1))
    with capture_logs() as log:
        assert (await upload_and_process(fund, csv_file([member(person)])))["state"] == "published"
    assert "published_late" in [line["event"] for line in log]


async def test_an_undo_that_is_committed_after_its_instant_is_logged(
    fund: Fund, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = await registered(fund)
    file = await upload_and_process(fund, csv_file([member(person)]))
    monkeypatch.setattr("eligibility_api.uploads.undo.lead_of", lambda *_: timedelta(microseconds=1))
    with capture_logs() as log:
        await decide(fund, file["upload_id"], "undo")
    assert (await get(fund, f"/v1/uploads/{file['upload_id']}"))["state"] == "undone"
    assert "published_late" in [line["event"] for line in log]


async def test_a_member_of_a_published_file_is_answered(fund: Fund) -> None:
    person = await registered(fund)
    answer = await upload_and_process(fund, csv_file([member(person)]))
    assert (answer["state"], answer["refusal"], answer["report"]["new"]) == ("published", None, 1)
    assert await answered(fund, person, "number") == [person.resident.resident_id[1:]]


async def test_a_file_changes_what_differs_and_writes_no_row_for_the_rest(fund: Fund) -> None:
    one, other = await registered(fund), await registered(fund)
    await upload_and_process(fund, csv_file([member(one), member(other)]))
    before = await fund.owner.fetch("SELECT count(*) FROM enrolment", [])
    answer = await upload_and_process(fund, csv_file([member(one, name_alias="別名"), member(other)]))
    after = await fund.owner.fetch("SELECT count(*) FROM enrolment", [])
    assert (answer["report"]["changed"], answer["report"]["unchanged"], answer["report"]["new"]) == (1, 1, 0)
    assert after[0][0] == before[0][0] + 1
    assert await answered(fund, one, "name_alias") == ["別名"]


async def test_the_metrics_count_a_file_once_it_is_published_with_its_delay(fund: Fund) -> None:
    def figures() -> tuple[float, float]:
        name = "shikaku_member_file_publication_delay_seconds"
        count, seconds = (METRICS.get_sample_value(name + end) for end in ("_count", "_sum"))
        assert count is not None
        assert seconds is not None
        return count, seconds

    person, before = await registered(fund), figures()
    waiting = await upload_and_process(fund, csv_file([member(person)]), publish="on-request")
    assert figures() == before
    await fund.owner.fetch("UPDATE upload SET received_at = received_at - interval '2 days'", [])
    await decide(fund, waiting["upload_id"], "publish")
    count, seconds = figures()
    assert count == before[0] + 1
    assert 2 * 86_400 <= seconds - before[1] < 2 * 86_400 + 600


async def test_a_single_change_after_the_upload_takes_precedence_over_the_file(fund: Fund) -> None:
    person = await registered(fund)
    await upload_and_process(fund, csv_file([member(person)]))
    sent = await upload(fund, csv_file([member(person, name_alias="別名")]))
    await end(fund, person)
    await run_jobs(fund)
    answer = await get(fund, f"/v1/uploads/{sent.json()['upload_id']}")
    faults = await get(fund, f"/v1/uploads/{sent.json()['upload_id']}/faults")
    assert (answer["state"], answer["report"]["changed_since"]) == ("published", 1)
    assert [(fault["row"], fault["code"]) for fault in faults["faults"]] == [(2, "changed-since")]
    assert await answered(fund, person, "lost_on") == ["2025-04-01"]


async def test_a_single_change_withdraws_what_a_file_has_prepared(fund: Fund) -> None:
    changed, kept = await registered(fund), await registered(fund)
    await upload_and_process(fund, csv_file([member(changed), member(kept)]))
    rows = [member(changed, name_alias="新"), member(kept, name_alias="新")]
    checked = await upload_and_process(fund, csv_file(rows), publish="on-request")
    task = await approved_task(fund, checked["upload_id"])
    assert await prepare_chunk(UploadContext.of(fund.state, fund.batch), task, 0) == 3
    assert await answered(fund, kept, "name_alias") == [None]

    await end(fund, changed)
    await run_jobs(fund)

    answer = await get(fund, f"/v1/uploads/{checked['upload_id']}")
    assert (answer["state"], answer["report"]["changed_since"]) == ("published", 1)
    assert await answered(fund, changed, "lost_on") == ["2025-04-01"]
    assert await answered(fund, changed, "name_alias") == [None]
    assert await answered(fund, kept, "name_alias") == ["新"]


async def test_a_file_that_was_approved_against_an_older_state_is_checked_again(fund: Fund) -> None:
    person = await registered(fund)
    await upload_and_process(fund, csv_file([member(person)]))
    older = await upload_and_process(fund, csv_file([member(person, name_alias="先")]), publish="on-request")
    newer = await upload_and_process(fund, csv_file([member(person, name_alias="後")]), publish="on-request")
    await decide(fund, older["upload_id"], "publish")
    await decide(fund, newer["upload_id"], "publish")
    assert await answered(fund, person, "name_alias") == ["後"]
    assert (await get(fund, f"/v1/uploads/{newer['upload_id']}"))["state"] == "published"


async def test_an_older_file_that_is_published_late_does_not_change_what_a_newer_one_set(fund: Fund) -> None:
    person = await registered(fund)
    await upload_and_process(fund, csv_file([member(person)]))
    older = await upload_and_process(fund, csv_file([member(person, name_alias="先")]), publish="on-request")
    await upload_and_process(fund, csv_file([member(person, name_alias="後")]))
    await decide(fund, older["upload_id"], "publish")
    answer = await get(fund, f"/v1/uploads/{older['upload_id']}")
    assert (answer["state"], answer["report"]["changed_since"]) == ("published", 1)
    assert await answered(fund, person, "name_alias") == ["後"]


async def test_a_file_can_be_undone_within_the_window_only(fund: Fund) -> None:
    answer = await upload_and_process(fund, csv_file([member(await registered(fund))]))
    window = timedelta(days=fund.state.settings.undo_window_days)
    known_from, undo_until = (datetime.fromisoformat(answer[name]) for name in ("known_from", "undo_until"))
    assert undo_until == known_from + window
    days = f"{fund.state.settings.undo_window_days + 1} days"
    statement = "UPDATE revision r SET published_at = published_at - $1::text::interval FROM upload u WHERE u.revision = r.revision AND u.upload_id = $2"
    await fund.owner.fetch(statement, [days, answer["upload_id"]])
    assert (await decide(fund, answer["upload_id"], "undo")).json()["code"] == "undo-too-late"


async def test_a_file_that_drops_a_protection_flag_is_held_for_another_key(fund: Fund) -> None:
    person = await registered(fund)
    await upload_and_process(fund, csv_file([member(person, nondisclosure="1")]))
    held = await upload_and_process(fund, csv_file([member(person)]))
    assert (held["state"], held["undo_until"]) == ("held", None)
    assert [f["code"] for f in held["report"]["findings"] if f["holds"]] == ["protection-lost"]
    own = await decide(fund, held["upload_id"], "approve")
    assert own.json()["code"] == "right-missing"
    approved = await decide(fund, held["upload_id"], "approve", await approver(fund))
    assert approved.status_code == 200, approved.text
    assert (await get(fund, f"/v1/uploads/{held['upload_id']}"))["state"] == "published"
    assert await answered(fund, person, "address") == [person.resident.address]


async def test_a_held_file_can_be_rejected_and_changes_nothing(fund: Fund) -> None:
    person = await registered(fund)
    await upload_and_process(fund, csv_file([member(person, nondisclosure="1", name_alias="旧")]))
    held = await upload_and_process(fund, csv_file([member(person, name_alias="新")]))
    assert (await decide(fund, held["upload_id"], "reject")).status_code == 200
    assert (await get(fund, f"/v1/uploads/{held['upload_id']}"))["state"] == "rejected"
    assert await answered(fund, person, "name_alias") == ["旧"]
    again = await decide(fund, held["upload_id"], "approve", await approver(fund))
    assert again.json()["code"] == "upload-state"


async def test_a_checked_file_waits_for_the_insurers_request(fund: Fund) -> None:
    person = await registered(fund)
    checked = await upload_and_process(fund, csv_file([member(person)]), publish="on-request")
    assert checked["state"] == "checked"
    assert await answered(fund, person, "number") == []
    assert (await decide(fund, checked["upload_id"], "publish")).status_code == 200
    assert await answered(fund, person, "number") == [person.resident.resident_id[1:]]


async def test_an_undo_restores_the_former_values_except_of_members_changed_since(fund: Fund) -> None:
    kept, new, since = [await registered(fund) for _ in range(3)]
    await upload_and_process(fund, csv_file([member(kept), member(since)]))
    wrong = await upload_and_process(fund, csv_file([member(p, name_alias="誤") for p in (kept, new, since)]))
    assert await answered(fund, kept, "name_alias") == ["誤"]
    await end(fund, since)

    assert (await decide(fund, wrong["upload_id"], "undo")).status_code == 202
    undone = await get(fund, f"/v1/uploads/{wrong['upload_id']}")

    assert (undone["state"], undone["report"]["changed_since"]) == ("undone", 1)
    assert await answered(fund, kept, "name_alias") == [None]
    assert await answered(fund, new, "name_alias") == []
    assert await answered(fund, since, "name_alias") == ["誤"]
    listed = await get(fund, f"/v1/uploads/{wrong['upload_id']}/correction-list")
    assert [facility["institution_code"] for facility in listed["facilities"]] == [
        fund.clinic.institution_code
    ]


async def test_a_file_waits_while_the_register_is_unavailable(fund: Fund) -> None:
    person = await registered(fund)
    fund.jlis_connection.cut = True
    waiting = await upload_and_process(fund, csv_file([member(person)]))
    assert waiting["state"] == "checking"
    fund.jlis_connection.cut = False
    await fund.owner.fetch("UPDATE upload SET retry_at = now()", [])
    await run_jobs(fund)
    assert (await get(fund, f"/v1/uploads/{waiting['upload_id']}"))["state"] == "published"


async def test_a_file_lost_in_a_crash_is_refused_and_what_was_prepared_is_withdrawn(
    fund: Fund,
) -> None:
    person = await registered(fund)
    await upload_and_process(fund, csv_file([member(person, name_alias="旧")]))
    checked = await upload_and_process(
        fund, csv_file([member(person, name_alias="新")]), publish="on-request"
    )
    task = await approved_task(fund, checked["upload_id"])
    assert await prepare_chunk(UploadContext.of(fund.state, fund.batch), task, 0) == 2
    await fund.batch.fetch(f"TRUNCATE staging.rows_{task.revision}", [])
    await run_jobs(fund)
    lost = await get(fund, f"/v1/uploads/{checked['upload_id']}")
    assert (lost["state"], lost["refusal"]) == ("refused", "file-lost")
    assert await answered(fund, person, "name_alias") == ["旧"]


async def test_a_file_in_its_final_state_has_no_parts_or_staging_tables(fund: Fund) -> None:
    await upload_and_process(fund, csv_file([member(await registered(fund))]))
    left = await fund.owner.fetch(
        """SELECT (SELECT count(*) FROM upload_part p JOIN upload u USING (upload_id) WHERE u.state = 'published')
                + (SELECT count(*) FROM pg_tables WHERE schemaname = 'staging')""",
        [],
    )
    assert left[0][0] == 0
