"""Webhooks of a whole fund: which events their owners receive, from the record of their cause to a signed message; who owns one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from eligibility_api.contract.codes import Right
from eligibility_api.contract.tokens import Credential
from eligibility_api.contract.webhook_signatures import WebhookRejected
from eligibility_api.contract.webhooks import MAX_WEBHOOKS, WEBHOOKS_PATH
from eligibility_api.webhooks import service
from tests.builders.commands import Command
from tests.builders.consents import code_of, registered_consent
from tests.builders.database import Database
from tests.builders.fund import Fund, open_fund
from tests.builders.fund_clients import INSURER, OTHER_CLINIC, OTHER_INSURER
from tests.builders.member_files import csv_file, member, run_jobs, upload_and_process
from tests.builders.own_page import ORIGIN, RIGHTS, agree, code_for, own_browser, wish
from tests.builders.webhooks import (
    Receiver,
    Subscription,
    WebhookSteps,
    delete_all,
    failures,
    record_file,
    run_at,
    send_test,
    subscribe,
    webhook_job,
    webhooks_of,
)

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
async def fund(database: Database, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Fund]:
    """A fund with a public address, on which patients have their own pages."""
    home: Path = tmp_path_factory.mktemp("fund")
    async with open_fund(database, home, public_url=ORIGIN) as opened:
        yield opened


@pytest.fixture
def receiver() -> Receiver:
    return Receiver()


@pytest.fixture
async def job(fund: Fund, receiver: Receiver) -> AsyncIterator[WebhookSteps]:
    """The job, which has read everything that was recorded before the test."""
    async with webhook_job(fund, receiver) as opened:
        await opened.run()
        yield opened
        await delete_all(fund)


async def test_an_insurer_receives_the_events_of_its_files(
    fund: Fund, job: WebhookSteps, receiver: Receiver
) -> None:
    """Rules E1, E2: checked, published on request, refused; ids only."""
    subscription = await subscribe(fund, fund.insurer, "/files")
    people = [fund.person() for _ in range(3)]
    sent = await upload_and_process(fund, csv_file(member(person) for person in people), publish="on-request")
    assert sent["state"] == "checked"
    await job.run()
    assert (await fund.post(f"/v1/uploads/{sent['upload_id']}/publish", {}, fund.insurer)).status_code == 200
    await run_jobs(fund)
    bad = csv_file([member(people[0], name="")])
    refused = await upload_and_process(fund, bad, bad_rows="reject-file")
    assert refused["state"] == "refused"
    await job.run()

    events = receiver.events("/files")
    assert [event["type"] for event in events] == ["file.checked", "file.published", "file.refused"]
    assert [event["data"] for event in events] == [
        {"upload_id": upload["upload_id"]} for upload in (sent, sent, refused)
    ]
    assert all(set(event) == {"type", "timestamp", "data"} for event in events)
    for request in receiver.of("/files"):
        assert subscription.check(fund, request)
        assert not any(person.resident.name.encode() in request.content for person in people)


async def test_an_insurer_receives_the_events_of_its_members(
    fund: Fund, job: WebhookSteps, receiver: Receiver
) -> None:
    """Rule E1: a registration, a decided mismatch, and withdrawn values, by the members' ids."""
    await subscribe(fund, fund.insurer, "/members")
    other = await fund.admit_insurer(OTHER_INSURER)
    await subscribe(fund, other, "/elsewhere")
    person = fund.person()
    enrolled = (await fund.enrol(person)).json()
    assert (await fund.register(person.card)).status_code == 201
    unlinked = await fund.post(
        "/v1/enrolments/unlink", {"enrolment_id": enrolled["enrolment_id"]}, fund.insurer
    )
    assert unlinked.status_code == 200, unlinked.text
    await job.run()

    events = receiver.events("/members")
    assert [event["type"] for event in events] == ["member.registered", "mismatch.decided"]
    assert [event["data"] for event in events] == [{"enrolment_ids": [enrolled["enrolment_id"]]}] * 2
    assert receiver.events("/elsewhere") == []


async def test_a_facility_receives_the_events_of_its_own_consents(
    fund: Fund, job: WebhookSteps, receiver: Receiver
) -> None:
    """Rule E1: given, ended by the facility, withdrawn by the patient; another clinic receives nothing."""
    await subscribe(fund, fund.clinic, "/consents")
    elsewhere = await fund.terminal(institution_code=OTHER_CLINIC)
    await subscribe(fund, elsewhere, "/other")
    person = await fund.insured()
    first, second = [(await registered_consent(fund, person))["consent_id"] for _ in range(2)]
    assert (await fund.post(f"/v1/consents/{first}/end", {"reason": "1"})).status_code == 200
    terminal = await fund.terminal(rights=RIGHTS)
    async with own_browser(fund) as browser:
        await browser.open(await code_for(fund, person, terminal))
        withdrawn = await browser.post("/portal/consents", {"permit": second})
        assert withdrawn.status_code == 200, withdrawn.text
    await job.run()

    assert [(event["type"], event["data"]) for event in receiver.events("/consents")] == [
        ("consent.given", {"consent_id": first}),
        ("consent.given", {"consent_id": second}),
        ("consent.ended", {"consent_id": first}),
        ("consent.withdrawn", {"consent_id": second}),
    ]
    assert receiver.events("/other") == []


async def test_a_consent_given_ahead_on_her_own_page_is_an_event_of_its_facility(
    fund: Fund, job: WebhookSteps, receiver: Receiver
) -> None:
    """Rules E1, W14: the facility that receives it, and not the one that made the page's code."""
    elsewhere = await fund.terminal(institution_code=OTHER_CLINIC, rights=(Right.ELIGIBILITY, Right.CONSENT))
    await subscribe(fund, elsewhere, "/ahead")
    await subscribe(fund, fund.clinic, "/code")
    person = await fund.insured()
    async with own_browser(fund) as browser:
        await browser.open(await code_for(fund, person, await fund.terminal(rights=RIGHTS)))
        await agree(browser, wish(fund))
    await job.run()

    [permit] = await fund.owner.fetch(
        "SELECT permit_id::text FROM permit WHERE basis = 'own-access' AND institution_code = $1",
        [OTHER_CLINIC],
    )
    assert [(event["type"], event["data"]) for event in receiver.events("/ahead")] == [
        ("consent.given", {"consent_id": permit["permit_id"]})
    ]
    assert receiver.events("/code") == []


async def test_only_the_types_that_were_asked_for_are_sent(
    fund: Fund, job: WebhookSteps, receiver: Receiver
) -> None:
    await subscribe(fund, fund.clinic, "/ended", "consent.ended")
    consent = (await registered_consent(fund, await fund.insured()))["consent_id"]
    await fund.post(f"/v1/consents/{consent}/end", {"reason": "1"})
    await job.run()
    assert [event["type"] for event in receiver.events("/ended")] == ["consent.ended"]


async def test_nothing_from_before_a_webhook_is_sent(
    fund: Fund, job: WebhookSteps, receiver: Receiver
) -> None:
    await registered_consent(fund, await fund.insured())
    await subscribe(fund, fund.clinic, "/later")
    await job.run()
    assert receiver.requests == []


async def test_a_record_with_a_lower_id_that_is_committed_later_is_not_missed(
    fund: Fund, job: WebhookSteps, receiver: Receiver
) -> None:
    """Decision 024: what is found are commits, not ids."""
    await subscribe(fund, fund.insurer, "/late")
    insert = (
        "INSERT INTO audit_record (kind, outcome, insurer_number, detail)"
        f" VALUES ('enrolment.file', 'done', '{INSURER}', jsonb_build_object('upload', $1::text))"
    )
    early, late = str(uuid4()), str(uuid4())
    async with fund.owner.transaction() as connection:
        raw: Any = (await connection.get_raw_connection()).driver_connection
        await connection.exec_driver_sql("SELECT 1")
        await raw.execute(insert, early)  # has the lower id
        await fund.owner.fetch(insert, [late])
        await job.run()
        assert [event["data"]["upload_id"] for event in receiver.events("/late")] == [late]
    await job.run()
    await job.run()
    assert [event["data"]["upload_id"] for event in receiver.events("/late")] == [late, early]


async def test_many_records_are_read_in_chunks_and_each_event_once(fund: Fund, receiver: Receiver) -> None:
    await subscribe(fund, fund.insurer, "/many")
    async with webhook_job(fund, receiver) as job:
        await job.run()
        uploads = [str(uuid4()) for _ in range(7)]
        for upload in uploads:
            await record_file(fund, upload)
        small = type(job.outbox)(fund.batch, fund.clock, chunk=2)
        steps = 1
        while await small.run_step():
            steps += 1
        await job.run()
    assert steps > 2
    assert [event["data"]["upload_id"] for event in receiver.events("/many")] == uploads


async def test_a_facilitys_fhir_subscription_is_a_webhook(
    fund: Fund, job: WebhookSteps, receiver: Receiver
) -> None:
    """The same outbox and signatures; a notification names the consent, and is deleted as a Subscription."""
    asked = {
        "resourceType": "Subscription",
        "status": "requested",
        "reason": "own consents",
        "criteria": "urn:shikaku:fhir:topic:consents",
        "channel": {"type": "rest-hook", "endpoint": "http://127.0.0.1:9000/fhir"},
    }
    made = await fund.post("/fhir/Subscription", asked)
    assert made.status_code == 201, made.text
    secret = made.json()["extension"][0]["valueString"]
    consent = (await registered_consent(fund, await fund.insured()))["consent_id"]
    await job.run()
    [request] = receiver.of("/fhir")
    assert Subscription(made.json()["id"], secret, "", "/fhir").check(fund, request)
    assert f"Consent/{consent}" in request.content.decode()

    assert (await fund.get(made.headers["location"], fund.clinic)).json()["status"] == "active"
    plain = await subscribe(fund, fund.clinic, "/plain")
    assert (await fund.get(f"/fhir/Subscription/{plain.id}", fund.clinic)).status_code == 404
    headers = await _headers(fund, fund.clinic)
    assert (await fund.http.delete(made.headers["location"], headers=headers)).status_code == 204
    assert (await fund.get(made.headers["location"], fund.clinic)).status_code == 404
    refused = await fund.post("/fhir/Subscription", asked | {"criteria": "Consent?"})
    assert (refused.status_code, refused.json()["resourceType"]) == (422, "OperationOutcome")
    assert (await fund.post("/fhir/Subscription", asked, fund.insurer)).status_code == 403


async def test_a_sandboxs_console_lists_the_latest_events(
    fund: Fund, job: WebhookSteps, receiver: Receiver
) -> None:
    made = await subscribe(fund, fund.insurer, "/shown")
    await send_test(fund, fund.insurer, made)
    await job.run()
    [newest, *_] = await service.latest(fund.state, 2)
    assert {name: newest[name] for name in ("type", "owner", "state", "last_result", "data")} == {
        "type": "test",
        "owner": INSURER,
        "state": "delivered",
        "last_result": "status-204",
        "data": {},
    }
    assert newest["url"].endswith("/shown")


async def test_a_rotated_secret_overlaps_for_a_day(fund: Fund, job: WebhookSteps, receiver: Receiver) -> None:
    """Rule E8."""
    former = await subscribe(fund, fund.insurer, "/rotated")
    rotated = await fund.post(f"{WEBHOOKS_PATH}/{former.id}/rotate", {}, fund.insurer)
    present = Subscription(former.id, rotated.json()["secret"], rotated.json()["public_key"], former.path)
    assert present.secret != former.secret
    await send_test(fund, fund.insurer, former)
    await job.run()
    [request] = receiver.of("/rotated")
    assert former.check(fund, request) == present.check(fund, request)

    await send_test(fund, fund.insurer, former)
    await run_at(fund, job, timedelta(days=1, seconds=1))
    request = receiver.of("/rotated")[-1]
    present.check(fund, request)
    with pytest.raises(WebhookRejected):
        former.check(fund, request)


async def test_secrets_are_stored_encrypted_and_shown_once(fund: Fund, job: WebhookSteps) -> None:
    made = await subscribe(fund, fund.insurer, "/secret")
    [row] = await fund.owner.fetch("SELECT * FROM webhook WHERE webhook_id = $1::text::uuid", [made.id])
    assert made.secret.startswith("whsec_")
    assert len(row["secret"]) == 12 + 32 + 16
    assert made.secret not in str(await webhooks_of(fund, fund.insurer))
    assert (
        await fund.http.delete(f"{WEBHOOKS_PATH}/{made.id}", headers=await _headers(fund, fund.insurer))
    ).status_code == 204
    [row] = await fund.owner.fetch("SELECT * FROM webhook WHERE webhook_id = $1::text::uuid", [made.id])
    assert (row["secret"], row["next_at"]) == (b"", None)
    kinds = [record["kind"] for record in await fund.records("detail->>'webhook' = $1", made.id)]
    assert kinds == ["webhook.created", "webhook.deleted"]


async def test_a_webhook_is_its_owners_alone(fund: Fund, job: WebhookSteps) -> None:
    own = await subscribe(fund, fund.insurer, "/own")
    other = await fund.admit_insurer(OTHER_INSURER)
    colleague = await fund.admit_insurer(INSURER)
    assert own.id in {webhook["webhook_id"] for webhook in await webhooks_of(fund, colleague)}
    for stranger in (other, fund.clinic):
        assert await webhooks_of(fund, stranger) == []
        for call in ("rotate", "test", "enable"):
            assert code_of(await fund.post(f"{WEBHOOKS_PATH}/{own.id}/{call}", {}, stranger)) == "not-found"
        assert code_of(await fund.get(f"{WEBHOOKS_PATH}/{own.id}/failures", stranger)) == "not-found"
        deleted = await fund.http.delete(f"{WEBHOOKS_PATH}/{own.id}", headers=await _headers(fund, stranger))
        assert code_of(deleted) == "not-found"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"url": "http://127.0.0.1:9000/", "events": ["consent.given"]}, "right-missing"),
        ({"url": "https://hooks.example/"}, "webhook-target"),
        ({"url": "http://hooks.example/"}, "webhook-target"),
        ({"url": "http://127.0.0.1:80/"}, "webhook-target"),
        ({"url": "http://169.254.169.254/"}, "webhook-target"),
        ({"url": "x" * 501}, "request-invalid"),
        ({"url": "http://127.0.0.1:9000/", "events": []}, "request-invalid"),
        ({"url": "http://127.0.0.1:9000/", "events": ["card.tapped"]}, "request-invalid"),
        ({"url": "http://127.0.0.1:9000/", "secret": "whsec_mine"}, "request-invalid"),
        ({}, "request-invalid"),
    ],
)
async def test_what_is_no_webhook_is_refused(fund: Fund, body: dict[str, Any], code: str) -> None:
    assert code_of(await fund.post(WEBHOOKS_PATH, body, fund.insurer)) == code


async def test_rights_and_limits(fund: Fund, job: WebhookSteps) -> None:
    without = await fund.terminal(rights=(Right.ELIGIBILITY,))
    assert code_of(await fund.get(WEBHOOKS_PATH, without)) == "right-missing"
    for number in range(MAX_WEBHOOKS):
        last = await subscribe(fund, fund.insurer, f"/{number}")
    refused = await fund.post(WEBHOOKS_PATH, {"url": "http://127.0.0.1:9000/"}, fund.insurer)
    assert code_of(refused) == "webhook-limit"
    for _ in range(100):
        await send_test(fund, fund.insurer, last)
    refused = await fund.post(f"{WEBHOOKS_PATH}/{last.id}/test", {}, fund.insurer)
    assert code_of(refused) == "webhook-limit"


async def test_a_closed_client_has_no_webhook(fund: Fund, job: WebhookSteps, receiver: Receiver) -> None:
    """Rule E7: nothing more is sent to the address that a closed client named."""
    client = await fund.admit_insurer(INSURER)
    made = await subscribe(fund, client, "/closed")
    await send_test(fund, client, made)
    await fund.owner.fetch(
        "UPDATE client SET closed_at = now() WHERE client_id = $1::text::uuid", [client.client_id]
    )
    assert code_of(await fund.get(WEBHOOKS_PATH, client)) == "client-closed"
    await job.run()
    assert receiver.of("/closed") == []
    [shown] = [w for w in await webhooks_of(fund, fund.insurer) if w["webhook_id"] == made.id]
    assert shown["disabled_because"] == "closed"
    assert len(await failures(fund, fund.insurer, made)) == 1


async def test_the_operators_list_decides_where_messages_go(
    fund: Fund, job: WebhookSteps, receiver: Receiver, command: Command
) -> None:
    """Rule E3: also for a webhook that was made while the target was allowed; each change has a record."""
    assert (await command("webhook-target", "allow", "https://Hooks.example:443")).code == 0
    listed = await command("webhook-target", "list")
    assert '{"entry": "https://hooks.example", "private": false}' in listed.out
    made = await subscribe(fund, fund.insurer, "/allowed")
    assert (await command("webhook-target", "forbid", "loopback")).code == 0
    await send_test(fund, fund.insurer, made)
    await job.run()
    assert receiver.of("/allowed") == []
    assert (await command("webhook-target", "allow", "loopback")).code == 0
    await run_at(fund, job, timedelta(seconds=6))
    assert len(receiver.of("/allowed")) == 1
    kinds = [record["kind"] for record in await fund.records("kind LIKE 'webhook-target.%'")]
    assert kinds == ["webhook-target.allowed", "webhook-target.forbidden", "webhook-target.allowed"]


@pytest.mark.parametrize(
    "words",
    [
        ("allow", "http://hooks.example"),
        ("allow", "https://hooks.example/path"),
        ("allow", "loopback", "--own-network"),
        ("forbid", "https://never.example"),
    ],
    ids=" ".join,
)
async def test_a_wrong_target_is_refused_by_the_command(words: tuple[str, ...], command: Command) -> None:
    assert (await command("webhook-target", *words)).code != 0


async def _headers(fund: Fund, credential: Credential) -> dict[str, str]:
    return {"Authorization": f"Bearer {await fund.token(credential)}"}
