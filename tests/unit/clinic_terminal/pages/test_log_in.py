"""Who may see the screens: log-in, roles, the idle lock, and the administrator's page of operators."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from clinic_terminal.exchange.operator import DeskRole
from clinic_terminal.pages.session import DeskSession, new_operator
from eligibility_api.contract.codes import Role
from screens.operators import OperatorsError
from tests.builders.clinic.desk import ADMINISTRATOR, RECEPTION, Browser, open_browser
from tests.builders.page_words import words_of

pytestmark = pytest.mark.anyio

PATHS = ("/desk", "/desk/number", "/desk/visits/abc", "/operators")


@pytest.mark.parametrize("path", PATHS)
async def test_nothing_is_shown_without_log_in(browser: Browser, path: str) -> None:
    response = await browser.get(path)
    assert response.status_code == 303
    assert response.headers["location"].startswith("/login?next=/")


@pytest.mark.parametrize(
    "path",
    ["/desk/events", "/desk/visits/abc/events", "/desk/appointments/events", "/history/abc/medicines/events"],
)
async def test_a_stream_without_log_in_leads_the_page_to_it(browser: Browser, path: str) -> None:
    response = await browser.get(path, Referer="http://127.0.0.1:8600/desk/number")
    assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert response.text == (
        'event: last\ndata: \ndata: <a data-follow href="/login?next=/desk/number"></a>\n\n'
    )


async def test_the_log_in_leads_back_to_the_page_that_was_asked_for(browser: Browser) -> None:
    response = await browser.log_in(next="/desk/number")
    assert response.headers["location"] == "/desk/number"
    page = await browser.get("/desk/number")
    assert page.status_code == 200
    assert page.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("elsewhere", ["https://example.org/", "//example.org", "/unknown", "/desk/../x", ""])
async def test_the_log_in_leads_nowhere_else(browser: Browser, elsewhere: str) -> None:
    assert (await browser.log_in(next=elsewhere)).headers["location"] == "/desk"


@pytest.mark.parametrize(
    "operator",
    [(RECEPTION[0], "wrong-password"), ("だれか", RECEPTION[1]), ("", "")],
    ids=["password", "name", "empty"],
)
async def test_a_wrong_name_and_a_wrong_password_look_the_same(
    browser: Browser, operator: tuple[str, str]
) -> None:
    response = await browser.log_in(operator)
    assert response.status_code == 401
    assert "氏名またはパスワードが違います。" in words_of(response)
    assert "set-cookie" not in response.headers


@pytest.mark.parametrize(("name", "password"), [("見" * 41, "x"), (RECEPTION[0], "x" * 201)])
async def test_a_text_that_is_too_long_is_wrong_and_no_attempt(
    browser: Browser, name: str, password: str
) -> None:
    for _ in range(6):
        response = await browser.log_in((name, password))
        assert response.status_code == 400
    assert "氏名またはパスワードが違います。" in words_of(response)
    assert f'value="{name[:40]}"' in response.text
    assert (await browser.log_in()).status_code == 303


async def test_five_wrong_passwords_lock_the_operator_alone(browser: Browser) -> None:
    for _ in range(5):
        assert (await browser.log_in((RECEPTION[0], "wrong-password"))).status_code == 401
    locked = await browser.log_in()
    assert (locked.status_code, locked.headers["retry-after"].isdigit()) == (429, True)
    assert (await browser.log_in(ADMINISTRATOR)).status_code == 303


async def test_the_session_ends_after_thirty_minutes_without_input(desk: Browser) -> None:
    desk.desk.skip(29 * 60)
    assert (await desk.post("/alive")).status_code == 204
    desk.desk.skip(29 * 60)
    assert (await desk.get("/desk")).status_code == 200
    desk.desk.skip(31 * 60)
    assert (await desk.get("/desk")).status_code == 303


async def test_the_times_until_the_lock_and_until_names_are_hidden_are_settings(tmp_path: Path) -> None:
    async with open_browser(tmp_path, idle_minutes=5, hide_seconds=30) as browser:
        await browser.log_in()
        page = await browser.get("/desk")
        assert 'data-idle-seconds="300.0"' in page.text
        assert 'data-hide-seconds="30"' in page.text
        browser.desk.skip(4 * 60)
        assert (await browser.get("/desk")).status_code == 200
        browser.desk.skip(5 * 60 + 1)
        assert (await browser.get("/desk")).status_code == 303


async def test_what_a_page_asks_by_itself_is_no_input(desk: Browser) -> None:
    """An older tab asks for the seconds, its twin without script asks for its page, and both see input elsewhere."""
    desk.desk.skip(10 * 60)
    await desk.get("/desk")
    desk.desk.skip(20 * 60)
    assert (await desk.get("/alive")).json()["seconds"] == pytest.approx(10 * 60, abs=5)
    assert "ログインは続いています" in words_of(await desk.get("/idle?next=/desk/number"))
    assert (await desk.get("/login?next=/desk/number")).headers["location"] == "/desk/number"
    desk.desk.skip(10 * 60)
    assert (await desk.get("/alive")).json() == {"seconds": 0}
    assert (await desk.get("/idle?next=/desk/number")).headers["location"] == "/login?next=/desk/number"
    assert (await desk.get("/login?next=/desk/number")).status_code == 200


async def test_a_page_without_script_that_was_left_alone_waits_and_can_be_opened_again(desk: Browser) -> None:
    page = await desk.get("/desk/number")
    assert (
        '<noscript><meta http-equiv="refresh" content="1801; url=/idle?next=/desk/number"></noscript>'
        in page.text
    )
    desk.desk.skip(10 * 60)
    waiting = await desk.get("/idle?next=https://example.org/")
    [seconds] = re.findall(r'content="(\d+); url=/idle\?next=/desk"', waiting.text)
    assert int(seconds) == pytest.approx(20 * 60, abs=5)
    assert RECEPTION[0] not in waiting.text
    assert 'href="/desk"' in waiting.text


async def test_a_log_out_ends_the_session(desk: Browser) -> None:
    cookies = dict(desk.http.cookies)
    await desk.post("/logout")
    desk.http.cookies.update(cookies)
    assert (await desk.get("/desk")).status_code == 303


async def test_a_form_of_another_site_is_refused(desk: Browser) -> None:
    response = await desk.post("/desk/number", headers={"Origin": "https://example.org"})
    assert response.status_code == 403


async def test_only_an_administrator_sees_the_operators(desk: Browser) -> None:
    response = await desk.get("/operators")
    assert response.status_code == 403
    assert "管理者がログインして行う操作です。" in words_of(response)
    assert (
        await desk.post("/operators", {"name": "x", "role": "doctor", "password": "password"})
    ).status_code == 403


async def test_an_administrator_adds_an_operator_who_then_logs_in(browser: Browser) -> None:
    await browser.log_in(ADMINISTRATOR)
    added = await browser.post(
        "/operators", {"name": "見本　薬剤", "role": "pharmacist", "password": "a-password"}
    )
    assert added.headers["location"] == "/operators"
    listed = words_of(await browser.get("/operators"))
    assert "見本 薬剤 薬剤師" in listed
    assert "担当者を保存しました。" in listed
    await browser.log_in(("見本　薬剤", "a-password"))
    assert "薬剤師" in words_of(await browser.get("/desk"))


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"name": " ", "password": "a-password"}, "氏名を入力してください。"),
        ({"name": "見" * 41, "password": "a-password"}, "氏名は40文字以内で入力してください。"),
        ({"name": "見本", "password": "short"}, "パスワードは8文字以上で入力してください。"),
        ({"name": "見本", "password": "x" * 201}, "パスワードは200文字以内で入力してください。"),
        ({"name": "見\u0000本", "password": "a-password"}, "氏名に使えない文字があります。"),
        ({"name": ADMINISTRATOR[0], "password": "a-password"}, "自分の役割は変更できません。"),
        ({"name": "見本受付", "password": "a-password"}, "この氏名の担当者は登録済みです。"),
        ({"name": "見本", "password": "a-password", "replace": "true"}, "この氏名の担当者は登録されていません。"),
    ],
    ids=[
        "no name", "long name", "short password", "long password", "control character", "own role", "a colleague's name",
        "nobody's name",
    ],
)  # fmt: skip
async def test_an_operator_that_cannot_be_added_is_explained(
    browser: Browser, fields: dict[str, str], sentence: str
) -> None:
    await browser.log_in(ADMINISTRATOR)
    known = browser.desk.site.operators.all()
    response = await browser.post("/operators", {"role": "doctor", **fields})
    assert response.status_code == 422
    assert words_of(response).count(sentence) == 2, "in the summary, and at the field"
    assert response.text.count('aria-invalid="true"') == 1
    assert '<option value="doctor" selected>' in response.text, "what was chosen stays"
    assert f'value="{fields["name"][:40]}"' in response.text or "\0" in fields["name"]
    assert fields["password"] not in response.text
    assert browser.desk.site.operators.all() == known


async def test_no_more_operators_than_there_may_be(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("screens.operators.MAX_OPERATORS", 2)
    await browser.log_in(ADMINISTRATOR)
    response = await browser.post("/operators", {"name": "見本", "role": "doctor", "password": "a-password"})
    assert "登録できる担当者は200人までです。" in words_of(response)


async def test_a_new_password_ends_the_operators_session(desk: Browser) -> None:
    reception = dict(desk.http.cookies)
    desk.http.cookies.clear()
    await desk.log_in(ADMINISTRATOR)
    await desk.post(
        "/operators",
        {"name": RECEPTION[0], "role": "reception", "password": "another-one", "replace": "true"},
    )
    desk.http.cookies.clear()
    desk.http.cookies.update(reception)
    assert (await desk.get("/desk")).status_code == 303


@pytest.mark.parametrize("role", list(DeskRole))
def test_the_fund_records_the_role_but_an_administrator_has_none(role: DeskRole) -> None:
    operator = DeskSession.of(new_operator("見本", role, "a-password"), b"").operator
    if role is DeskRole.ADMINISTRATOR:
        assert operator is None
    else:
        assert operator is not None
        assert (operator.role, operator.name) == (Role(role.value), "見本")


def test_a_role_that_does_not_exist_opens_nothing() -> None:
    unknown = new_operator("見本", DeskRole.DOCTOR, "a-password").model_copy(update={"role": "director"})
    with pytest.raises(OperatorsError):
        DeskSession.of(unknown, b"")


@pytest.mark.parametrize("language", ["ja", "en"])
async def test_every_page_has_the_chosen_language(desk: Browser, language: str) -> None:
    await desk.post("/display", {"language": language, "contrast": "high", "size": "20", "next": "/desk"})
    page = await desk.get("/desk")
    assert f'<html lang="{language}" data-contrast="high" data-size="20"' in page.text
    assert ("本日の受付" in page.text) == (language == "ja")


async def test_an_unknown_page_leads_back(desk: Browser) -> None:
    response = await desk.get("/desk/nowhere")
    assert response.status_code == 404
    assert "このページはありません" in words_of(response)
