"""The console's pages over scripted services."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx2
import pytest

from sandbox.app import create_app
from tests.builders.console import HOSTILE, TERMINAL_URL, ScriptedServices, console_of, event, exchange

pytestmark = pytest.mark.anyio

URL = "http://127.0.0.1:8700"
SAME_ORIGIN = {"Origin": URL}


@pytest.fixture
def services() -> ScriptedServices:
    return ScriptedServices(log=[exchange(1), exchange(2, answer='{"validity":"2"}')])


@pytest.fixture
async def http(services: ScriptedServices) -> AsyncIterator[httpx2.AsyncClient]:
    transport = httpx2.ASGITransport(create_app(console_of(services)), client=("127.0.0.1", 1))
    async with httpx2.AsyncClient(transport=transport, base_url=URL, headers=SAME_ORIGIN) as client:
        yield client


@pytest.mark.parametrize(
    "path",
    [
        "/console",
        "/console/requests",
        "/console/requests/2",
        "/console/events",
        "/console/faults",
        "/console/errors",
    ],
)
async def test_every_page_has_the_band_of_a_sandbox(http: httpx2.AsyncClient, path: str) -> None:
    response = await http.get(path)
    assert response.status_code == 200
    assert "<strong>試験環境</strong>" in response.text
    assert "script-src 'self'" in response.headers["content-security-policy"]
    assert response.headers["cache-control"] == "no-store"
    assert "style=" not in response.text


async def test_the_address_alone_leads_to_the_console(http: httpx2.AsyncClient) -> None:
    response = await http.get("/")
    assert (response.status_code, response.headers["location"]) == (303, "/console")


async def test_persons_are_found_by_the_answer_wanted_and_as_json(http: httpx2.AsyncClient) -> None:
    all_listed = (await http.get("/console/persons.json")).json()["persons"]
    query = {"answer": "5", "asked": "number"}
    found = (await http.get("/console/persons.json", params=query)).json()
    assert found["pin"] == "4321"
    assert 0 < len(found["persons"]) < len(all_listed)
    page = (await http.get("/console", params=query)).text
    assert f"{len(all_listed)}人のうち{len(found['persons'])}人" in page
    for person in found["persons"]:
        assert person["id"] in page
        assert any(one["answer"] == "5" and one["request"] for one in person["questions"])


async def test_an_empty_list_names_the_next_step(http: httpx2.AsyncClient) -> None:
    assert "当てはまる人はいません" in (await http.get("/console", params={"text": "no such person"})).text


async def test_a_problem_that_is_wanted_has_its_sentence(http: httpx2.AsyncClient) -> None:
    page = (await http.get("/console", params={"answer": "certificate-suspended"})).text
    assert "一時停止中です" in page


async def test_a_card_is_placed_and_taken_and_the_search_stays(
    http: httpx2.AsyncClient, services: ScriptedServices
) -> None:
    form = {"reader": "0", "card": "P01-valid", "text": "P01", "answer": "1", "asked": ""}
    response = await http.post("/console/card", data=form)
    assert (response.status_code, response.headers["location"]) == (303, "/console?text=P01&answer=1")
    assert services.sent == [(TERMINAL_URL, "/reader/shelf", "card=P01-valid")]
    assert "P01-valid が置かれています" in (await http.get("/console")).text
    await http.post("/console/card", data={"reader": "0", "card": ""})
    assert services.placed is None


async def test_a_terminal_that_is_away_is_named_and_the_others_work(http: httpx2.AsyncClient) -> None:
    page = (await http.get("/console")).text
    assert "端末が応答していません" in page
    assert "架空診療所に置く" in page
    assert "見本薬局に置く" not in page
    response = await http.post("/console/card", data={"reader": "1", "card": "P01-valid"})
    assert response.status_code == 502


@pytest.mark.parametrize("reader", ["2", "1000"])
async def test_a_reader_that_does_not_exist_is_not_found(http: httpx2.AsyncClient, reader: str) -> None:
    assert (await http.post("/console/card", data={"reader": reader})).status_code == 404


async def test_a_request_is_shown_with_its_difference_and_curl(http: httpx2.AsyncClient) -> None:
    page = (await http.get("/console/requests/2")).text
    assert "curl -sS -X POST http://fund.test/v1/eligibility/number" in page
    assert '<span class="added">+  &#34;validity&#34;: &#34;2&#34;' in page
    first = (await http.get("/console/requests/1")).text
    assert "まだほかにありません" in first


async def test_a_replay_leads_to_the_new_request(http: httpx2.AsyncClient) -> None:
    response = await http.post("/console/requests/1/replay")
    assert response.headers["location"] == "/console/requests/3"
    assert "1番の再送" in (await http.get("/console/requests")).text


async def test_what_is_not_kept_cannot_be_sent_again(
    http: httpx2.AsyncClient, services: ScriptedServices
) -> None:
    services.log.append(exchange(3, client_id=None, body=None, answer=None, path="/v1/token"))
    page = (await http.get("/console/requests/3")).text
    assert "再送できません" in page
    assert "/replay" not in page


async def test_texts_of_callers_are_text(http: httpx2.AsyncClient, services: ScriptedServices) -> None:
    parts = dict.fromkeys(("path", "query", "body", "answer", "code", "caller", "method"), HOSTILE)
    services.log.append(exchange(3, **parts))
    for path in ("/console/requests", "/console/requests/3"):
        page = (await http.get(path)).text
        assert HOSTILE not in page
        assert "&lt;script&gt;" in page
    assert HOSTILE not in (await http.get("/console", params={"text": HOSTILE})).text


async def test_a_fault_is_turned_on_for_a_facility_and_off(
    http: httpx2.AsyncClient, services: ScriptedServices
) -> None:
    await http.post("/console/faults", data={"fault": "slow", "caller": " 1311111114 ", "minutes": "5"})
    body = {"fault": "slow", "caller": "1311111114", "for_seconds": 300}
    assert services.sent == [("POST", "/sandbox/faults", body)]
    page = (await http.get("/console/faults")).text
    assert "起きている障害 1件" in page
    await http.post("/console/faults/end", data={"fault": "slow", "caller": "1311111114"})
    assert "障害は起きていません" in (await http.get("/console/faults")).text


async def test_without_a_caller_a_fault_is_all_listeds(
    http: httpx2.AsyncClient, services: ScriptedServices
) -> None:
    await http.post("/console/faults", data={"fault": "overloaded", "caller": "", "minutes": "1"})
    assert services.sent[0][2]["caller"] == "*"
    assert "すべての施設・保険者" in (await http.get("/console/faults")).text


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ({"fault": "slow", "caller": "x", "minutes": "1"}, 400),
        ({"fault": "slow", "minutes": "0"}, 400),
        ({"fault": "slow", "minutes": "61"}, 400),
        ({"minutes": "1"}, 400),
        ({"fault": "x" * 101, "minutes": "1"}, 400),
    ],
)
async def test_a_fault_with_a_mistake_is_refused_on_a_page(
    http: httpx2.AsyncClient, services: ScriptedServices, form: dict[str, str], status: int
) -> None:
    response = await http.post("/console/faults", data=form)
    assert (response.status_code, "受け付けられない内容です" in response.text) == (status, True)
    assert services.switches == []


@pytest.mark.parametrize(
    "path", ["/console/requests", "/console/requests/1", "/console/faults", "/console/errors"]
)
async def test_a_fund_that_is_away_is_a_technical_failure(
    http: httpx2.AsyncClient, services: ScriptedServices, path: str
) -> None:
    services.away = True
    response = await http.get(path)
    assert (response.status_code, "支払基金が応答していません" in response.text) == (502, True)
    assert (await http.get("/console")).status_code == 200  # persons and readers need no fund


@pytest.mark.parametrize("path", ["/console/requests/99", "/console/nowhere"])
async def test_what_is_not_there_is_not_found(http: httpx2.AsyncClient, path: str) -> None:
    response = await http.get(path)
    assert (response.status_code, "見つかりません" in response.text) == (404, True)


@pytest.mark.parametrize("headers", [{"Origin": "http://evil.test"}, {"Origin": URL, "Host": "evil.test"}])
async def test_a_page_of_another_site_changes_nothing(
    http: httpx2.AsyncClient, services: ScriptedServices, headers: dict[str, str]
) -> None:
    for path in ("/console/faults", "/console/card", "/console/requests/1/replay"):
        response = await http.post(path, data={"fault": "slow", "reader": "0"}, headers=headers)
        assert response.status_code == 403
    assert services.sent == []


async def test_the_language_is_kept(http: httpx2.AsyncClient) -> None:
    form = {"language": "en", "contrast": "high", "next": "/console/faults"}
    response = await http.post("/console/display", data=form)
    assert response.headers["location"] == "/console/faults"
    page = (await http.get("/console/faults")).text
    assert 'lang="en" data-contrast="high"' in page
    assert "Cause a fault" in page


async def test_the_display_leads_to_no_other_site(http: httpx2.AsyncClient) -> None:
    response = await http.post("/console/display", data={"language": "en", "next": "//evil.test"})
    assert response.headers["location"] == "/console"


async def test_events_of_webhooks_are_listed_with_what_came_of_each(
    http: httpx2.AsyncClient, services: ScriptedServices
) -> None:
    assert "イベントはまだありません" in (await http.get("/console/events")).text
    one = event(
        "member.registered", data={"enrolment_ids": ["id-1", "id-2"]}, url=f"http://127.0.0.1/{HOSTILE}"
    )
    services.events = [one | {"state": state} for state in ("delivered", "waiting", "failed")]
    page = (await http.get("/console/events")).text
    for words in ("member.registered", "id-1, id-2", "01130012", "status-204", "受付済", "送信待ち", "失敗"):
        assert words in page
    assert HOSTILE not in page
