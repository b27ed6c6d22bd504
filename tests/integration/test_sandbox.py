"""A sandbox's fund: faults by header and by switch, the log of its requests, replay; nothing of it in production."""

from __future__ import annotations

import asyncio
import dataclasses
import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI

from eligibility_api.app import build
from eligibility_api.contract.client import FundClient
from eligibility_api.contract.codes import FacilityKind, Right
from eligibility_api.contract.eligibility import NumberCheckRequest
from eligibility_api.contract.sandbox_keys import sandbox_client_id, sandbox_credential
from eligibility_api.contract.tokens import token_form
from eligibility_api.domain.admission import Admission
from eligibility_api.facilities import service, store
from eligibility_api.jlis.client import Jlis
from eligibility_api.sandbox import endpoints
from eligibility_api.sandbox.app import add_sandbox
from eligibility_api.sandbox.faults import HEADER, FaultName
from eligibility_api.sandbox.jlis import FaultyRegister
from eligibility_api.sandbox.middleware import MAX_KEPT_BYTES
from eligibility_api.sandbox.store import SandboxStore
from eligibility_api.sandbox.strictness import MAX_DELAY_SECONDS
from sandbox.exchanges import as_curl, difference
from sandbox.services import FundSandbox
from tests.builders.fund import Fund, opened
from tests.builders.fund_clients import CLINIC
from tests.builders.in_process import InProcessTransport, in_thread
from tests.builders.real_server import serving

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def slept() -> list[float]:
    """The seconds of every wait of the sandbox, of which none is real."""
    return []


@pytest.fixture(scope="module")
async def sandbox(
    fund: Fund, slept: list[float], tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Fund]:
    """The module's fund, as a sandbox."""

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    register = FaultyRegister(fund.jlis_connection.transport())
    async with httpx2.AsyncClient(base_url="http://jlis.test", transport=register) as jlis:
        state = dataclasses.replace(fund.state, jlis=Jlis(jlis, fund.state.keys.jlis_client, fund.clock))
        switches = SandboxStore(tmp_path_factory.mktemp("sandbox"))
        app = add_sandbox(build(opened(state)), switches, Random(17), sleep)
        app.state.fund = state
        transport = httpx2.ASGITransport(app, raise_app_exceptions=False)
        async with httpx2.AsyncClient(transport=transport, base_url="http://fund.test") as http:
            yield dataclasses.replace(fund, state=state, app=app, http=http)
        switches.close()


@pytest.fixture(autouse=True)
async def no_switches(sandbox: Fund, slept: list[float]) -> None:
    """Every test begins without switches and waits."""
    slept.clear()
    for one in (await sandbox.http.get("/sandbox/faults")).json()["switches"]:
        await turn_off(sandbox, one["fault"], one["caller"])


async def turn_on(sandbox: Fund, fault: str, caller: str = "*", **more: Any) -> httpx2.Response:
    return await sandbox.http.post("/sandbox/faults", json={"fault": fault, "caller": caller} | more)


async def turn_off(sandbox: Fund, fault: str, caller: str = "*") -> None:
    response = await sandbox.http.post("/sandbox/faults/end", json={"fault": fault, "caller": caller})
    assert response.status_code == 204


async def newest(sandbox: Fund) -> dict[str, Any]:
    [row] = (await sandbox.http.get("/sandbox/requests", params={"limit": 1})).json()["requests"]
    return dict((await sandbox.http.get(f"/sandbox/requests/{row['id']}")).json())


STRICT_REQUESTS = 80

REFUSED = {
    FaultName.TOKEN_EXPIRED: (401, "token-expired"),
    FaultName.DATABASE_AWAY: (503, "database-unavailable"),
    FaultName.OVERLOADED: (503, "overloaded"),
    FaultName.REVOCATION_STALE: (503, "revocation-unavailable"),
    FaultName.CARD_SUSPENDED: (403, "certificate-suspended"),
}


@pytest.mark.parametrize("fault", REFUSED)
async def test_a_header_makes_a_tap_fail_once_and_nothing_is_done(sandbox: Fund, fault: FaultName) -> None:
    person = await sandbox.insured()
    body = await sandbox.proof(person.card)
    failed = await sandbox.post("/v1/eligibility/card", body, headers={HEADER: fault})
    assert (failed.status_code, failed.json()["code"]) == REFUSED[fault]
    assert ("retry-after" in failed.headers) is (failed.status_code == 503)
    assert (await newest(sandbox))["request"]["faults"] == fault
    # The challenge was not used: the same proof is accepted now.
    again = await sandbox.post("/v1/eligibility/card", body)
    assert (again.status_code, again.json()["validity"]) == (200, "1")


async def test_a_switch_is_for_one_facility_and_is_undone_by_itself(sandbox: Fund) -> None:
    person = await sandbox.insured()
    elsewhere = await sandbox.terminal(institution_code="1340100123")
    assert (await turn_on(sandbox, "overloaded", CLINIC, for_seconds=30)).status_code == 200
    statuses = [(await sandbox.look_up(person, who)).status_code for who in (None, elsewhere)]
    assert statuses == [503, 200]
    sandbox.clock.offset = timedelta(seconds=31)
    assert (await sandbox.look_up(person)).status_code == 200
    assert (await sandbox.http.get("/sandbox/faults")).json()["switches"] == []


async def test_a_switch_is_turned_off_before_its_time(sandbox: Fund) -> None:
    person = await sandbox.insured()
    await turn_on(sandbox, "database-away")
    assert (await sandbox.look_up(person)).json()["code"] == "database-unavailable"
    await turn_off(sandbox, "database-away")
    assert (await sandbox.look_up(person)).status_code == 200


async def test_tokens_of_before_the_switch_have_expired_and_new_ones_are_accepted(sandbox: Fund) -> None:
    person = await sandbox.insured()
    await turn_on(sandbox, "token-expired", CLINIC)
    assert (await sandbox.look_up(person)).json()["code"] == "token-expired"
    sandbox._tokens.clear()
    sandbox.clock.offset = timedelta(seconds=1)
    assert (await sandbox.look_up(person)).status_code == 200


async def test_strict_and_random_the_sandbox_answers_the_same_to_a_robust_client(
    sandbox: Fund, slept: list[float]
) -> None:
    """Answers by number have their members in any order and some come later; a token may end early. No other fault is met."""
    person = await sandbox.insured()
    usual = (await sandbox.look_up(person)).json()
    await set_strict(sandbox, True)
    orders, codes = set(), []
    for _ in range(STRICT_REQUESTS):
        response = await sandbox.look_up(person)
        codes.append(response.json().get("code"))
        if response.status_code == 200:
            answer = response.json()
            orders.add(tuple(answer))
            assert answer["results"] == usual["results"]
            assert answer.keys() == usual.keys()
        elif response.json()["code"] == "assertion-used":
            sandbox._tokens.clear()
    assert len(orders) > 10
    assert set(codes) == {None, "token-expired"}
    assert codes.count(None) > 60
    assert 0 < len(slept) < STRICT_REQUESTS / 2
    assert 0 <= min(slept) < max(slept) <= MAX_DELAY_SECONDS
    slept.clear()
    await set_strict(sandbox, False)
    assert list((await sandbox.look_up(person)).json()) == list(usual)
    assert slept == []


async def test_the_delays_of_the_strict_mode_follow_from_its_randomness(
    sandbox: Fund, slept: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each request that is drawn as slow waits once, and the request log says so."""
    monkeypatch.setattr("eligibility_api.sandbox.strictness.SLOW_SHARE", 0.5)
    person = await sandbox.insured()
    await sandbox.token(sandbox.clinic)
    await set_strict(sandbox, True)
    slow = 0
    for _ in range(30):
        before = len(slept)
        await sandbox.look_up(person)
        faults = (await newest(sandbox))["request"]["faults"].split(", ")
        assert len(slept) - before == faults.count("slow")
        slow += faults.count("slow")
    await set_strict(sandbox, False)
    assert len(slept) == len(set(slept)) == slow > 0


async def test_a_sandbox_waits_in_real_time_by_default(tmp_path: Path) -> None:
    store = SandboxStore(tmp_path)
    around = add_sandbox(FastAPI(), store).user_middleware[-1]
    store.close()
    assert around.kwargs["sleep"] is asyncio.sleep


async def test_strict_and_random_a_proof_may_need_another_challenge(
    sandbox: Fund, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A refused challenge was not used; the request log names what was drawn."""
    monkeypatch.setattr("eligibility_api.sandbox.strictness.NONCE_REFUSED_SHARE", 1.0)
    person = await sandbox.insured()
    body = await sandbox.proof(person.card)
    await set_strict(sandbox, True)
    refused = await sandbox.post("/v1/eligibility/card", body)
    assert refused.json()["code"] in {"challenge-expired", "token-expired"}
    assert "shuffled" not in (await newest(sandbox))["request"]["faults"]
    await set_strict(sandbox, False)
    assert (await sandbox.post("/v1/eligibility/card", body)).json()["validity"] == "1"


async def test_the_shipped_client_renews_a_token_that_a_strict_sandbox_ends(sandbox: Fund) -> None:
    person = await sandbox.insured()
    transport = InProcessTransport(sandbox.app)
    request = NumberCheckRequest.model_validate(sandbox.lookup_body(person))
    with FundClient("http://fund.test", sandbox.clinic, clock=sandbox.clock, transport=transport) as client:
        await in_thread(client.sign_in)
        await turn_on(sandbox, "token-expired", CLINIC)
        sandbox.clock.offset = timedelta(seconds=1)
        answer = await in_thread(lambda: client.check_number(request))
    assert answer.validity == "1"


async def set_strict(sandbox: Fund, strict: bool) -> None:
    response = await sandbox.http.post("/sandbox/strict", json={"strict": strict})
    assert response.status_code == 204
    assert (await sandbox.http.get("/sandbox/faults")).json()["strict"] is strict


async def test_a_facilitys_test_key_signs_in_at_a_sandbox_alone(sandbox: Fund) -> None:
    """Everybody can compute it: a fund that is no sandbox refuses it even if its client was admitted."""
    settings = sandbox.state.settings
    async with sandbox.owner.transaction() as connection:
        wanted = Admission(CLINIC, "試験医院", FacilityKind.CLINIC, frozenset({Right.ELIGIBILITY}))
        [credential] = await service.admit_terminals(
            connection, sandbox.state.jlis, audience=settings.audience, admissions=[wanted], sandbox_keys=True
        )
        assert await store.is_known(connection, sandbox_client_id(CLINIC))
    assert credential == sandbox_credential(CLINIC, settings.audience)
    found = []
    for is_sandbox in (True, False):
        object.__setattr__(sandbox.state, "settings", settings.model_copy(update={"sandbox": is_sandbox}))
        form = token_form(credential, now=sandbox.clock(), jti=f"a-test-key-{is_sandbox}")
        response = await sandbox.http.post("/v1/token", data=form)
        found.append((response.status_code, response.json().get("code")))
    object.__setattr__(sandbox.state, "settings", settings)
    assert found == [(200, None), (401, "assertion-invalid")]


async def test_a_slow_answer_is_slow_and_right(sandbox: Fund, slept: list[float]) -> None:
    """Of several waits the longest counts, once."""
    person = await sandbox.insured()
    await sandbox.token(sandbox.clinic)
    for header, waits in (("slow;seconds=0.2", 0.2), ("slow;seconds=3, slow;seconds=7", 7), ("slow", 5)):
        slept.clear()
        response = await sandbox.post(
            "/v1/eligibility/number", sandbox.lookup_body(person), headers={HEADER: header}
        )
        assert (response.status_code, response.json()["validity"]) == (200, "1")
        assert slept == [waits]
        assert (await newest(sandbox))["request"]["faults"] == "slow"


async def test_a_member_does_not_match_the_register_while_the_fault_is_on(sandbox: Fund) -> None:
    key = {"headers": {HEADER: "mismatch"}}
    person, other = sandbox.person(), sandbox.person()
    enrolled = await sandbox.post(
        "/v1/enrolments",
        sandbox.enrolment_body(person),
        sandbox.insurer,
        **key,  # type: ignore[arg-type]
    )
    assert (enrolled.status_code, enrolled.json()["match"]) == (201, "none")
    assert (await sandbox.enrol(other)).json()["match"] == "one"


async def test_a_lost_answer_was_committed(sandbox: Fund) -> None:
    person = sandbox.person()
    token = await sandbox.token(sandbox.insurer)
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": "lost-answer-0001"}
    body = sandbox.enrolment_body(person)
    async with (
        serving(sandbox.app) as (host, port),
        httpx2.AsyncClient(base_url=f"http://{host}:{port}") as http,
    ):
        with pytest.raises(httpx2.TransportError):
            await http.post("/v1/enrolments", json=body, headers=headers | {HEADER: "answer-lost"})
        again = await http.post("/v1/enrolments", json=body, headers=headers)
        assert (again.status_code, again.json()["match"]) == (201, "one")
    rows = (await sandbox.http.get("/sandbox/requests", params={"limit": 2})).json()["requests"]
    assert [(row["status"], row["faults"]) for row in rows] == [(201, ""), (201, "answer-lost")]


@pytest.mark.parametrize("header", ["nothing", "slow;seconds=61", "x" * 300])
async def test_a_mistyped_header_is_named_and_not_ignored(sandbox: Fund, header: str) -> None:
    person = await sandbox.insured()
    response = await sandbox.post(
        "/v1/eligibility/number", sandbox.lookup_body(person), headers={HEADER: header}
    )
    assert (response.status_code, response.json()["code"]) == (422, "request-invalid")
    assert response.json()["errors"] == [{"place": "header.Sandbox-Fault", "rule": "enum"}]


@pytest.mark.parametrize(
    "body",
    [
        {"fault": "nothing"},
        {"fault": "slow", "caller": "../x"},
        {"fault": "slow", "for_seconds": 3601},
        {"fault": "slow", "seconds": 61},
        {"fault": "slow", "more": 1},
        {},
    ],
)
async def test_a_switch_that_does_not_exist_is_refused(sandbox: Fund, body: dict[str, Any]) -> None:
    assert (await sandbox.http.post("/sandbox/faults", json=body)).status_code == 422


async def test_a_form_of_another_site_turns_nothing_on(sandbox: Fund) -> None:
    for media_type in ("text/plain", "application/x-www-form-urlencoded"):
        content = '{"fault": "overloaded"}'
        response = await sandbox.http.post(
            "/sandbox/faults", content=content, headers={"content-type": media_type}
        )
        assert response.status_code == 422
    assert (await sandbox.http.get("/sandbox/faults")).json()["switches"] == []


async def test_a_request_is_kept_with_its_answer_and_without_token(sandbox: Fund) -> None:
    person = await sandbox.insured()
    token = await sandbox.token(sandbox.clinic)
    answer = await sandbox.look_up(person, branch="99")
    kept = (await newest(sandbox))["request"]
    assert (kept["method"], kept["path"], kept["caller"]) == ("POST", "/v1/eligibility/number", CLINIC)
    assert (kept["status"], kept["answer"]) == (200, answer.text)
    assert '"branch":"99"' in kept["body"]
    assert token not in str(kept)


async def test_of_a_sign_in_neither_assertion_nor_token_is_kept(sandbox: Fund) -> None:
    sandbox._tokens.clear()
    token = await sandbox.token(sandbox.clinic)
    kept = (await newest(sandbox))["request"]
    assert (kept["path"], kept["status"], kept["body"], kept["answer"]) == ("/v1/token", 200, None, None)
    assert token not in str(kept)


async def test_of_a_large_body_nothing_is_kept(sandbox: Fund) -> None:
    headers = {"Authorization": f"Bearer {await sandbox.token(sandbox.insurer)}"}
    for size, is_kept in ((MAX_KEPT_BYTES, True), (MAX_KEPT_BYTES + 1, False)):
        await sandbox.http.post("/v1/enrolments", content=b"x" * size, headers=headers)
        body = (await newest(sandbox))["request"]["body"]
        assert (body == "x" * size, body is None) == (is_kept, not is_kept)


async def test_a_replay_gets_a_token_of_its_own_and_is_compared_with_the_last(sandbox: Fund) -> None:
    person = await sandbox.insured()
    first = await sandbox.look_up(person)
    number = (await newest(sandbox))["request"]["id"]
    sandbox.clock.offset = timedelta(minutes=10)  # the first token has expired
    replayed = await sandbox.http.post(f"/sandbox/requests/{number}/replay")
    assert replayed.json()["status"] == 200
    answer = await newest(sandbox)
    assert (answer["request"]["id"], answer["request"]["replay_of"]) == (replayed.json()["number"], number)
    assert answer["former"]["id"] == number
    assert f'"validity":"{first.json()["validity"]}"' in answer["request"]["answer"]


async def test_a_replayed_proof_is_refused_as_a_used_one(sandbox: Fund) -> None:
    person = await sandbox.insured()
    assert (await sandbox.tap(person.card)).status_code == 200
    number = (await newest(sandbox))["request"]["id"]
    replayed = await sandbox.http.post(f"/sandbox/requests/{number}/replay")
    assert replayed.json()["status"] == 409
    assert (await newest(sandbox))["request"]["code"] == "challenge-used"


@pytest.mark.parametrize(("number", "status"), [(0, 422), (999_999, 404), (2**53, 404), (2**53 + 1, 422)])
async def test_an_unknown_request_is_not_found(sandbox: Fund, number: int, status: int) -> None:
    path = f"/sandbox/requests/{number}"
    assert (await sandbox.http.get(path)).status_code == status
    assert (await sandbox.http.post(f"{path}/replay")).status_code == status


async def test_a_sign_in_is_not_replayed(sandbox: Fund) -> None:
    sandbox._tokens.clear()
    await sandbox.token(sandbox.clinic)
    number = (await newest(sandbox))["request"]["id"]
    assert (await sandbox.http.post(f"/sandbox/requests/{number}/replay")).status_code == 404


async def test_production_has_no_route_and_no_header_of_the_sandbox(fund: Fund) -> None:
    paths = [route.path for route in endpoints.router.routes]  # type: ignore[attr-defined]
    assert paths
    for path in paths:
        assert (await fund.http.get(path.replace("{number}", "1"))).status_code == 404
    person = await fund.insured()
    response = await fund.post(
        "/v1/eligibility/number", fund.lookup_body(person), headers={HEADER: "overloaded"}
    )
    assert response.status_code == 200


async def test_production_imports_nothing_of_the_sandbox() -> None:
    program = (
        "import sys, eligibility_api.app, eligibility_api.serve, eligibility_api.jobs, eligibility_api.scheduler,"
        " eligibility_api.cli; sys.exit(any(name.startswith('eligibility_api.sandbox') for name in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", program], check=False, timeout=120)
    assert done.returncode == 0


async def test_the_sandboxs_middleware_is_inside_of_the_access_log(sandbox: Fund) -> None:
    names = [one.cls.__name__ for one in sandbox.app.user_middleware]  # type: ignore[attr-defined]
    assert names[:2] == ["AccessLog", "SandboxMiddleware"]


async def test_the_console_reads_and_changes_what_the_fund_keeps(sandbox: Fund) -> None:
    transport = InProcessTransport(sandbox.app)
    client = FundSandbox("http://fund.test", lambda: transport)
    person = await sandbox.insured()
    first = await sandbox.look_up(person)
    await in_thread(lambda: client.turn_on("overloaded", CLINIC, 60))
    second = await sandbox.look_up(person)
    assert (first.status_code, second.status_code) == (200, 503)
    found = await in_thread(client.faults)
    assert found["faults"] == list(FaultName)
    assert found["refusals"]["database-away"] == "database-unavailable"
    assert [(one["fault"], one["caller"]) for one in found["switches"]] == [("overloaded", CLINIC)]
    await in_thread(lambda: client.turn_off("overloaded", CLINIC))
    [failed, answered] = await in_thread(lambda: client.requests(2))
    assert (failed["code"], failed["faults"], answered["status"]) == ("overloaded", "overloaded", 200)
    shown = await in_thread(lambda: client.request(failed["id"]))
    assert "+503 overloaded" in difference(shown["former"], shown["request"])
    assert as_curl("http://fund.test", shown["request"]).count("--data-raw") == 1
    number = await in_thread(lambda: client.replay(failed["id"]))
    again = await in_thread(lambda: client.request(number))
    assert (again["request"]["replay_of"], again["request"]["status"]) == (failed["id"], 200)
