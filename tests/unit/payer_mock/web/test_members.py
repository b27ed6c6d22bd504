"""The pages of members: what is sent to the fund, what stays unsaid, and how faults are named."""

from __future__ import annotations

import json
import re
from typing import Any

import httpx2
import pytest
from fastapi.routing import APIRoute

from payer_mock.web import deregistrations, figures, mismatches, papers
from payer_mock.web import members as members_pages
from tests.builders.page_words import words_of
from tests.unit.payer_mock.builders import INSURER
from tests.unit.payer_mock.fake_uploads import FakeUploads
from tests.unit.payer_mock.web.app import APPROVER, Browser
from tests.unit.payer_mock.web.member_data import HISTORY, ITEMS, MEMBER, version

pytestmark = pytest.mark.anyio

PAGE = f"/enrolment/members/{MEMBER}"
DEREGISTER = f"/enrolment/deregistrations/{MEMBER}"
FOUND = {
    "enrolment_id": MEMBER, "symbol": "架空", "number": "7701", "branch": "00", "birth_date": "1980-05-17",
    "name": "試験　<b>太郎", "name_kana": None, "acquired_on": "2020-04-01", "lost_on": None, "withdrawn": False,
}  # fmt: skip
CHANGED = {
    "enrolment_id": MEMBER, "match": "one", "known_from": "2026-11-30T00:00:00Z", "acquired_on": "2020-04-01",
    "lost_on": None,
}  # fmt: skip


class Fund(FakeUploads):
    """A fake fund that keeps the bodies of what it is sent."""

    def __init__(self) -> None:
        super().__init__(
            answers={
                "/v1/members/search": {"members": [FOUND], "has_more": False},
                f"/v1/members/{MEMBER}": json.loads(json.dumps(HISTORY)),
                "/v1/enrolments/correct": CHANGED,
                "/v1/enrolments/end": CHANGED,
                "/v1/paper-certificates/applications": {
                    "enrolment_id": MEMBER, "reason": "card-lost", "applied_at": "2026-11-30T00:00:00Z",
                },
                "/v1/deregistrations": {"enrolment_id": MEMBER, "last_day": "2026-12-31"},
                "/v1/deregistration-applications": {
                    "applications": [{
                        "enrolment_id": MEMBER, "symbol": "架空", "number": "7701", "branch": None,
                        "birth_date": "1980-05-17", "applied_at": "2026-11-28T05:00:00Z",
                    }],
                    "next": None,
                },
            }
        )  # fmt: skip
        self.bodies: list[tuple[str, dict[str, Any]]] = []

    def _handle(self, request: httpx2.Request) -> httpx2.Response:
        if request.method == "POST" and request.headers["Content-Type"] == "application/json":
            self.bodies.append((request.url.path, json.loads(request.read())))
        return super()._handle(request)


@pytest.fixture
def members(browser: Browser) -> Fund:
    """The fund of the browser's desk, with one member."""
    fund = Fund()
    browser.desk.make_transport = fund.transport
    return fund


async def test_numbers_travel_in_the_body_and_what_is_found_ends_with_the_session(
    browser: Browser, members: Fund
) -> None:
    await browser.log_in()
    sent = await browser.post(
        "/enrolment/members", {"symbol": "", "number": "７７０１", "branch": "", "birth_date": "S55.5.17"}
    )
    assert sent.headers["location"] == "/enrolment/members"
    assert members.bodies == [("/v1/members/search", {"number": "７７０１", "birth_date": "1980-05-17"})]
    page = await browser.get("/enrolment/members")
    assert "試験　&lt;b&gt;太郎" in page.text
    assert "カナなし" in words_of(page)
    assert "昭和55年5月17日（1980-05-17）" in words_of(page)
    await browser.log_in()
    assert "太郎" not in (await browser.get("/enrolment/members")).text


@pytest.mark.parametrize(
    ("field", "text"), [("number", ""), ("birth_date", "99/99"), ("branch", "xyz"), ("number", "1" * 300)]
)
async def test_a_bad_search_names_its_field_and_asks_nobody(
    browser: Browser, members: Fund, field: str, text: str
) -> None:
    await browser.log_in()
    response = await browser.post("/enrolment/members", {"number": "1"} | {field: text})
    assert response.status_code == 400
    assert f'href="#{field}"' in response.text
    assert f'id="{field}-fault"' in response.text
    assert members.bodies == []


async def test_a_member_is_shown_with_days_versions_and_what_changed(browser: Browser, members: Fund) -> None:
    await browser.log_in()
    page = await browser.get(PAGE)
    words = words_of(page)
    assert "<script>alert" not in page.text
    assert "資格なし" in words
    assert "令和8年10月21日（2026-10-21）" in words
    assert "資格喪失年月日、資格喪失事由" in words
    assert 'role="img"' in page.text


@pytest.mark.parametrize(
    ("day", "known", "sentence"),
    [
        ("2026-10-15", "2026-11-30", "2026-10-15の資格は、2026-11-30の時点では「あり"),
        ("R8.11.1", "2026-11-30", "2026-11-01の資格は、2026-11-30の時点では登録されていませんでした。"),
        ("2026-11-01", "2026-11-10", "2026-11-01の資格は、2026-11-10の時点では「あり"),
        ("2026-11-01", "2026-01-01", "2026-01-01の時点では登録されていませんでした。"),
        ("x", "99999", "2026-11-30の資格は、2026-11-30の時点では登録されていませんでした。"),
    ],
)
async def test_the_answer_on_a_day_as_known_on_a_day(
    browser: Browser, members: Fund, day: str, known: str, sentence: str
) -> None:
    await browser.log_in()
    page = await browser.http.get(PAGE, params={"day": day, "known": known})
    assert sentence in words_of(page)


async def test_a_correction_sends_the_whole_member_and_names_the_former_period(
    browser: Browser, members: Fund
) -> None:
    await browser.log_in()
    form = {name: ITEMS.get(name, "") for name in ("name", "name_kana", "sex", "symbol", "number", "branch")}
    form |= {
        "birth_date": "S55.5.18",
        "address": "架空県別町２",
        "acquired_on": "令和2年4月1日",
        "postal_code": "",
    }
    response = await browser.post(f"{PAGE}/correct", form)
    assert response.headers["location"] == PAGE
    [(path, body)] = members.bodies
    assert path == "/v1/enrolments/correct"
    key = {name: ITEMS[name] for name in ("symbol", "number", "branch", "birth_date", "acquired_on")}
    assert body["former"] == {"insurer_number": INSURER} | key
    changed = {
        "birth_date": "1980-05-18",
        "address": "架空県別町２",
        "lost_on": "2026-10-21",
        "reason_of_loss": "03",
    }
    assert body["member"] == body["member"] | ITEMS | changed | {"insurer_number": INSURER}
    assert "訂正しました。" in words_of(await browser.get(PAGE))


@pytest.mark.parametrize(
    ("action", "form", "field"),
    [
        ("correct", {"name": ""}, "name"),
        ("correct", {"birth_date": "昭和99年1月1日"}, "birth_date"),
        ("correct", {"postal_code": "12"}, "postal_code"),
        ("end", {"lost_on": "", "reason_of_loss": "03"}, "lost_on"),
        ("end", {"lost_on": "2026-10-21", "reason_of_loss": "77"}, "reason_of_loss"),
    ],
)
async def test_a_faulty_form_names_its_field_keeps_what_was_typed_and_sends_nothing(
    browser: Browser, members: Fund, action: str, form: dict[str, str], field: str
) -> None:
    members.answers[f"/v1/members/{MEMBER}"]["versions"] = [version("2026-04-02T00:00:00Z")]
    await browser.log_in()
    given = {
        name: str(ITEMS.get(name, "")) for name in ("name", "sex", "number", "birth_date", "acquired_on")
    }
    response = await browser.post(f"{PAGE}/{action}", given | form)
    assert response.status_code == 400
    assert f'href="#{field}"' in response.text
    assert members.bodies == []
    assert "<title>エラー：" in response.text


async def test_an_end_and_an_application_are_sent(browser: Browser, members: Fund) -> None:
    await browser.log_in()
    await browser.post(f"{PAGE}/end", {"lost_on": "2026/10/21", "reason_of_loss": "03"})
    await browser.post(f"{PAGE}/paper", {"reason": "card-lost"})
    (_, end), (_, paper) = members.bodies
    assert (end["lost_on"], end["number"], end["birth_date"]) == ("2026-10-21", "7701", "1980-05-17")
    assert paper == {"enrolment_id": MEMBER, "reason": "card-lost"}


@pytest.mark.parametrize("page", [PAGE, "/enrolment/deregistrations"])
async def test_a_deregistration_asks_first_on_a_page_that_names_whose_and_what(
    browser: Browser, members: Fund, page: str
) -> None:
    await browser.log_in()
    shown = (await browser.get(page)).text
    assert f'<a class="button" href="{DEREGISTER}"' in shown
    assert not re.search(r'method="post" action="[^"]*deregist', shown)
    asked = await browser.get(DEREGISTER)
    words = words_of(asked)
    assert "試験　<script>alert(1)</script>".replace("　", " ") in words.replace("　", " ")
    assert "架空・7701・00" in words
    assert "昭和55年5月17日" in words
    assert "翌月末で終了します。" in words
    assert "この画面では取り消せません。" in words
    assert f'<form method="post" action="{DEREGISTER}"><button class="destructive">' in asked.text
    assert members.bodies == []


async def test_an_application_for_deregistration_is_listed_and_granted(
    browser: Browser, members: Fund
) -> None:
    """Rule K6: the member asked on her own page."""
    await browser.log_in()
    page = await browser.get("/enrolment/deregistrations")
    assert 'aria-current="page"' in page.text
    words = words_of(page)
    assert "2026-11-28 14:00" in words or "11月28日 14:00" in words
    assert "2日前" in words
    assert "架空・7701" in words
    assert "ご本人に理由をお知らせください" in words

    sent = await browser.post(DEREGISTER)
    assert sent.headers["location"] == "/enrolment/deregistrations"
    assert members.bodies == [("/v1/deregistrations", {"enrolment_id": MEMBER})]

    members.answers["/v1/deregistration-applications"] = {"applications": [], "next": "9 &"}
    page = await browser.get("/enrolment/deregistrations?after=3")
    assert "利用登録の解除を登録しました。" in words_of(page)
    assert "未処理の申請はありません。" in words_of(page)
    assert 'href="/enrolment/deregistrations?after=9+%26"' in page.text


@pytest.mark.parametrize("member", ["x", MEMBER + "0", "1" * 300])
async def test_an_application_of_nobody_is_sent_to_nobody(
    browser: Browser, members: Fund, member: str
) -> None:
    await browser.log_in()
    for path in (f"/enrolment/deregistrations/{member}", f"/enrolment/members/{member}"):
        assert (await browser.get(path)).status_code == 400
    assert (await browser.post(f"/enrolment/deregistrations/{member}")).status_code == 400
    assert (await browser.get(f"/enrolment/deregistrations?after={'1' * 201}")).status_code == 400
    assert members.bodies == []


async def test_the_reason_of_a_refused_deregistration_is_shown(browser: Browser, members: Fund) -> None:
    """Rules K4, R7: another insurer insures her too."""
    await browser.log_in()
    members.failure = "deregistration-refused"
    sent = await browser.post(DEREGISTER)
    assert sent.status_code == 409
    assert "deregistration-refused" in sent.text


async def test_a_withdrawn_member_has_a_history_and_no_forms(browser: Browser, members: Fund) -> None:
    history = members.answers[f"/v1/members/{MEMBER}"]
    history["versions"] = [version("2026-04-02T00:00:00Z", "2026-11-20T00:00:00Z")]
    await browser.log_in()
    page = await browser.get(PAGE)
    assert "取得取消済" in words_of(page)
    assert f'action="{PAGE}/correct"' not in page.text


async def test_the_approvers_menu_has_the_files_only(browser: Browser, members: Fund) -> None:
    await browser.log_in(APPROVER)
    page = await browser.get("/enrolment/uploads")
    assert "/enrolment/members" not in page.text
    assert "/enrolment/mismatches" not in page.text


SENDERS = [
    ("GET", "/enrolment/members"),
    ("POST", "/enrolment/members"),
    ("GET", PAGE),
    *(("POST", f"{PAGE}/{action}") for action in ("correct", "end", "paper")),
    ("GET", "/enrolment/mismatches"),
    ("POST", f"/enrolment/mismatches/{MEMBER}/unlink"),
    ("GET", "/enrolment/papers"),
    ("GET", "/enrolment/papers/list.csv"),
    ("POST", "/enrolment/papers/print"),
    ("GET", "/enrolment/deregistrations"),
    ("GET", DEREGISTER),
    ("POST", DEREGISTER),
    ("GET", "/enrolment/figures"),
    ("GET", "/enrolment/figures/figures.csv"),
]
"""What the fund answers only to a key with the right of enrolment, which the approver's has not."""


@pytest.mark.parametrize(("method", "path"), SENDERS)
async def test_what_the_approvers_key_has_no_right_to_is_refused_before_the_fund(
    browser: Browser, members: Fund, method: str, path: str
) -> None:
    await browser.log_in(APPROVER)
    form = {"number": "1", "reason": "card-lost", "member": MEMBER}
    refused = await browser.http.request(method, path, data=form if method == "POST" else None)
    assert refused.status_code == 403
    assert "もう一人の担当者の鍵で行う操作です。" in words_of(refused)
    assert members.calls == []


def test_every_page_for_the_sender_alone_is_in_the_table() -> None:
    """The routes beyond the files', of which each has its own roles, and the one that both persons confirm on."""
    both = {"/enrolment/mismatches/{enrolment_id}", "/enrolment/mismatches/{enrolment_id}/confirm"}
    routes = {
        (method, route.path)
        for module in (members_pages, mismatches, papers, deregistrations, figures)
        for route in module.router.routes
        if isinstance(route, APIRoute) and route.path not in both
        for method in route.methods or ()
    }
    assert {(method, path.replace(MEMBER, "{enrolment_id}")) for method, path in SENDERS} == routes
