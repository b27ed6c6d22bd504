"""Log-in opens one key, keeps no other open, leads back where the person was, and is limited."""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import Any

import anyio
import pytest

from payer_mock.web.keys import OpenKey
from screens.web.attempts import MAX_PER_OPERATOR, WINDOW_SECONDS
from screens.web.sessions import IDLE_SECONDS
from tests.builders.page_words import words_of
from tests.unit.payer_mock.builders import INSURER
from tests.unit.payer_mock.web.app import APPROVER, SENDER, Browser

pytestmark = pytest.mark.anyio

UPLOAD = "/enrolment/uploads/019ab000-0000-7000-8000-000000000001"
PAGES = ["/enrolment/uploads", "/enrolment/sending", UPLOAD, f"{UPLOAD}/faults", f"{UPLOAD}/recipients"]


@pytest.mark.parametrize("path", PAGES)
async def test_without_log_in_every_page_leads_to_it_and_back(browser: Browser, path: str) -> None:
    response = await browser.get(path)
    assert (response.status_code, response.headers["location"]) == (303, f"/enrolment/login?next={path}")
    assert "見本" not in response.text
    form = await browser.get(response.headers["location"])
    assert f'name="next" value="{path}"' in form.text
    assert (await browser.log_in(next=path)).headers["location"] == path
    assert browser.fund.calls == []


async def test_a_key_is_open_only_while_its_person_is_logged_in(browser: Browser) -> None:
    assert browser.desk.sessions.values() == []
    await browser.log_in()
    [key] = browser.desk.sessions.values()
    await browser.get(UPLOAD)
    await browser.log_in(APPROVER)
    [other] = browser.desk.sessions.values()
    assert (key.name, other.name) == (SENDER[0], APPROVER[0])
    await browser.get(UPLOAD)
    assert {caller for _, _, caller in browser.fund.calls} == {f"client-{INSURER}", f"approver-{INSURER}"}
    await browser.post("/enrolment/logout")
    assert browser.desk.sessions.values() == []
    assert (await browser.get(UPLOAD)).status_code == 303


async def test_two_who_log_in_at_once_never_have_both_keys_open(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys: list[OpenKey] = []
    open_with: list[int] = []
    both, opens = threading.Barrier(2), OpenKey.__init__

    def open_key(key: OpenKey, *given: Any) -> None:
        opens(key, *given)
        keys.append(key)
        open_with.append(sum(not one._is_closed for one in keys))
        with suppress(threading.BrokenBarrierError):
            both.wait(0.2)  # for the other one, if it is not kept out

    monkeypatch.setattr(OpenKey, "__init__", open_key)
    async with anyio.create_task_group() as together:
        for operator in (SENDER, APPROVER):
            together.start_soon(browser.log_in, operator)
    assert open_with == [1, 1]
    assert len(browser.desk.sessions.values()) == 1


@pytest.mark.parametrize(
    "operator",
    [(SENDER[0], APPROVER[1]), (SENDER[0], ""), ("", ""), ("架空　不在", SENDER[1])],
    ids=["another's password", "no password", "nothing", "another name"],
)
async def test_a_refusal_names_no_cause_and_keeps_no_password(
    browser: Browser, operator: tuple[str, str]
) -> None:
    response = await browser.log_in(operator)
    assert response.status_code == 401
    assert "氏名またはパスワードが違います。" in words_of(response)
    assert "set-cookie" not in response.headers
    assert not operator[1] or operator[1] not in response.text


async def test_wrong_attempts_lock_that_person_for_a_while(browser: Browser) -> None:
    for _ in range(MAX_PER_OPERATOR):
        assert (await browser.log_in((SENDER[0], "wrong"))).status_code == 401
    locked = await browser.log_in()
    assert (locked.status_code, locked.headers["retry-after"]) == (429, str(int(WINDOW_SECONDS) + 1))
    assert "約6分後" in words_of(locked)
    # Another spelling of the name is the same person; another person is not affected.
    assert (await browser.log_in((SENDER[0].replace("　", " "), SENDER[1]))).status_code == 429
    assert (await browser.log_in(APPROVER)).status_code == 303
    browser.ticks[0] = WINDOW_SECONDS
    assert (await browser.log_in()).status_code == 303


async def test_a_session_ends_without_input_and_its_events_are_none(browser: Browser) -> None:
    await browser.log_in()
    browser.ticks[0] = IDLE_SECONDS - 1
    assert (await browser.post("/enrolment/alive")).status_code == 204
    browser.ticks[0] = 2 * IDLE_SECONDS - 2
    assert (await browser.get(f"{UPLOAD}/events")).status_code == 200
    browser.ticks[0] = 2 * IDLE_SECONDS
    assert (await browser.post("/enrolment/alive")).status_code == 303
    assert browser.desk.sessions.values() == []


async def test_a_page_without_script_waits_while_the_session_is_open_elsewhere(browser: Browser) -> None:
    await browser.log_in()
    browser.ticks[0] = IDLE_SECONDS - 60
    waiting = await browser.get("/enrolment/idle?next=/enrolment/members")
    assert 'content="61; url=/enrolment/idle?next=/enrolment/members"' in waiting.text
    assert (await browser.get("/enrolment/alive")).json() == {"seconds": 60}
    browser.ticks[0] = IDLE_SECONDS + 1
    assert (await browser.get("/enrolment/alive")).json() == {"seconds": 0}
    assert (await browser.get("/enrolment/idle")).headers["location"] == "/enrolment/login?next=/enrolment"


@pytest.mark.parametrize(
    "path",
    [
        "http://evil.test/",
        "//evil.test",
        "/enrolment/../x",
        "/enrolmentx",
        "/enrolment/uploads?x=1",
        "",
        "/" * 100,
    ],
)
async def test_a_log_in_leads_nowhere_else(browser: Browser, path: str) -> None:
    assert (await browser.log_in(next=path)).headers["location"] == "/enrolment"
    assert (await browser.http.get("/enrolment/login", params={"next": path})).headers[
        "location"
    ] == "/enrolment"


@pytest.mark.parametrize(("field", "size"), [("name", 41), ("password", 201)])
async def test_a_text_longer_than_its_field_is_refused_first(browser: Browser, field: str, size: int) -> None:
    response = await browser.post("/enrolment/login", {"name": "a", "password": "b"} | {field: "x" * size})
    assert response.status_code == 400
    assert browser.desk.attempts.wait_seconds("") == 0


async def test_the_display_is_kept_in_a_cookie_that_names_nobody(browser: Browser) -> None:
    chosen = {"language": "en", "contrast": "high", "size": "20", "next": "/enrolment/uploads"}
    response = await browser.post("/enrolment/display", chosen)
    assert response.headers["location"] == "/enrolment/uploads"
    cookie = response.headers["set-cookie"]
    assert cookie.startswith("enrolment-display=language:en.contrast:high.size:20;")
    assert "HttpOnly" in cookie
    page = await browser.get("/enrolment/login")
    assert '<html lang="en" data-contrast="high" data-size="20" data-scale="desk">' in page.text


@pytest.mark.parametrize("cookie", ["", "x", "language:xx.size:9", "language:en" * 50, "a:b:c.d", ":"])
async def test_a_damaged_cookie_is_the_default(browser: Browser, cookie: str) -> None:
    page = await browser.get("/enrolment/login", Cookie=f"enrolment-display={cookie}")
    assert page.status_code == 200
    assert '<html lang="ja" data-contrast="normal" data-size="16"' in page.text or cookie.startswith(
        "language:en"
    )


async def test_assets_are_served_by_their_digest_and_nothing_else_is(browser: Browser) -> None:
    url = browser.desk.assets.url("tokens.css")
    kept = await browser.get(url)
    assert (kept.status_code, kept.headers["content-type"]) == (200, "text/css; charset=utf-8")
    assert "immutable" in kept.headers["cache-control"]
    for path in (
        url.replace("tokens.css", "base.css"),
        "/enrolment/assets/0/tokens.css",
        "/enrolment/assets/x/..%2f",
    ):
        assert (await browser.get(path)).status_code == 404
    assert (await browser.get("/docs")).status_code == 404
    assert (await browser.get("/")).headers["location"] == "/enrolment"
