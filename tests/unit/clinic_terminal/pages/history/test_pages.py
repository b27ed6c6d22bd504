"""The pages of a history: who may open one, what it shows, what the fund is asked, and how it closes."""

from __future__ import annotations

import re
from datetime import timedelta

import httpx2
import pytest

from eligibility_api.contract.codes import Category
from eligibility_api.contract.history import HistoryResource, Medications, Origin
from tests.builders.clinic import histories, long_history, samples
from tests.builders.clinic.fake_consents import CONSENT
from tests.builders.clinic.history_pages import DOCTOR, PHARMACIST, RECEPTION, Browser
from tests.builders.page_words import words_of

pytestmark = pytest.mark.anyio


def calls(browser: Browser) -> list[str]:
    """The histories that the fund was asked for."""
    under = (path for path in browser.pages.fund.calls if path.startswith("/v1/consents/"))
    return [resource for path in under if (resource := path.rsplit("/", 1)[1]) != "own-page"]


def fail(browser: Browser, failure: str, resource: str = "medications") -> None:
    """Let the next fetch of a resource fail."""
    browser.pages.fund.failures[f"/v1/consents/{CONSENT}/{resource}"] = [failure]


async def test_all_of_a_long_list_is_on_one_page(browser: Browser) -> None:
    page = await browser.get(browser.pages.opened())
    words = words_of(page)
    assert page.text.count("data-row") == long_history.ROWS
    assert "81件 ／ 成分 34 ／ 調剤・実施施設 29" in words
    assert "81件中 81件を表示" in words
    assert words.count(long_history.NAME_OF_40_CHARACTERS) >= 3, "nothing is cut off"
    assert f"名称の登録なし {long_history.NO_NAME}" in words
    assert "この一覧で重なり 9日" in words
    assert "レセプト 2026-03" in words
    assert "21日前の登録" in words


async def test_what_the_fund_answers_is_escaped_and_a_character_that_is_lost_is_named(
    browser: Browser,
) -> None:
    page = await browser.get(browser.pages.opened())
    assert "<script>alert" not in page.text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page.text
    assert page.text.count('aria-label="表示できない文字">●') == 2 * 4, (
        "two in a group's head and in each of its three rows"
    )


async def test_the_fund_gets_the_operator_and_no_address_has_anything_personal(
    browser: Browser,
) -> None:
    page = await browser.get(browser.pages.opened())
    headers = browser.pages.fund.history.headers[-1]
    assert headers["Operator-Role"] == "pharmacist"
    person = samples.enrolment()
    assert re.fullmatch(r"/history/[A-Za-z0-9_-]{16}", page.url.path)
    assert page.headers["cache-control"] == "no-store"
    title = re.search("<title>(.*)</title>", page.text)
    assert title is not None
    assert person.name not in title[1]
    addresses = re.findall(r'(?:href|action)="([^"]*)"', page.text)
    assert len(addresses) > 10
    assert [one for one in addresses if person.number in one.split("/")[-1] or person.name in one] == []


@pytest.mark.parametrize(
    ("choice", "shown"),
    [
        ({"months": "60"}, 81),
        ({"overlaps": "true"}, 2),
        ({"origin": "dispensing"}, 5),
        ({"prescriber": histories.OTHER.institution_code}, 41),
        ({"months": "3"}, 15),
        ({"origin": "on-site"}, 0),
        ({"prescriber": "0000000000"}, 0),
    ],
    ids=str,
)
async def test_filters_are_posted_and_say_how_much_they_leave_out(
    browser: Browser, choice: dict[str, str], shown: int
) -> None:
    path = browser.pages.opened()
    page = await browser.post(f"{path}/choose", **{"months": "60", **choice})
    assert (page.status_code, str(page.url.query)) == (200, "b''")
    assert f"81件中 {shown}件を表示" in words_of(page)
    assert page.text.count("data-row") == shown
    assert ("この条件に合う情報はありません" in words_of(page)) is (shown == 0)
    again = await browser.get(path)
    assert f"81件中 {shown}件を表示" in words_of(again), "the choice is kept by the server"


@pytest.mark.parametrize("field", ["months", "origin", "grouping", "form", "prescriber"])
async def test_a_filter_that_does_not_exist_is_refused_and_changes_nothing(
    browser: Browser, field: str
) -> None:
    path = browser.pages.opened()
    page = await browser.post(f"{path}/choose", **{field: "x" * 30})
    assert page.status_code == 400
    assert "81件中 81件を表示" in words_of(await browser.get(path))


async def test_a_filter_asks_the_fund_for_nothing(browser: Browser) -> None:
    path = browser.pages.opened()
    await browser.get(path)
    await browser.post(f"{path}/choose", overlaps="true")
    await browser.post(f"{path}/choose", form="timeline")
    assert calls(browser) == ["medications"], "each fetch is a line in the patient's list"
    browser.pages.skip(minutes=11)
    await browser.get(path)
    assert calls(browser) == ["medications", "medications"], "a consent may have been withdrawn since"


async def test_the_fund_groups_by_date(browser: Browser) -> None:
    path = browser.pages.opened()
    page = await browser.post(f"{path}/choose", grouping="date", months="60")
    assert browser.pages.fund.history.queries[-1]["group"] == "date"
    heads = re.findall(r'<span class="what">\s*(?:<span class="whole">)?([0-9-]{10}|日付なし)', page.text)
    assert heads[0] == "2026-03-23"
    assert "日付なし" in heads


async def test_the_timeline_hatches_what_overlaps_and_has_the_days_in_words(browser: Browser) -> None:
    path = browser.pages.opened()
    page = await browser.post(f"{path}/choose", form="timeline", months="60")
    assert page.text.count('class="shared"') == 2, "both rows of the pair"
    assert ">重なり 9日</text>" in page.text
    assert "成分 34件の服用期間。重なりがある成分は 1件" in page.text
    assert "日付のない1件は図にありません。" in words_of(page)
    assert page.text.count("data-row") == long_history.ROWS, "the table stays beside the picture"


async def test_the_page_has_its_end_in_words_and_closes_then(browser: Browser) -> None:
    path = browser.pages.opened(timedelta(minutes=15))
    page = await browser.get(path)
    assert "閲覧できるのは2026-04-01 18:15まで （あと15分）" in words_of(page)
    assert 'data-closes="900"' in page.text
    assert f'<meta http-equiv="refresh" content="901; url={path}">' in page.text, "without script too"
    browser.pages.skip(minutes=6)
    assert 'class="closes near"' in (await browser.get(path)).text
    browser.pages.skip(minutes=9)
    for address in (path, f"{path}/medicines"):
        page = await browser.get(address)
        assert "同意の期限が切れたため、情報を閉じました。" in words_of(page)
        assert "data-row" not in page.text
        assert "data-closes" not in page.text
    assert calls(browser) == ["medications"], "the server closes it, without asking anybody"


async def test_a_consent_that_ended_before_the_page_was_opened_is_no_lack_of_consent(
    browser: Browser,
) -> None:
    path = browser.pages.opened(timedelta(minutes=15))
    browser.pages.skip(minutes=15)
    assert "同意の期限が切れた" in words_of(await browser.get(path))
    assert calls(browser) == []


async def test_a_withdrawn_consent_closes_the_page_and_is_forgotten(browser: Browser) -> None:
    path = browser.pages.opened()
    await browser.get(path)
    browser.pages.skip(minutes=11)
    fail(browser, "consent-withdrawn")
    assert "同意の期限が切れた" in words_of(await browser.get(path))
    assert "同意の期限が切れた" in words_of(await browser.get(path))
    assert calls(browser) == ["medications", "medications"]


async def test_a_consent_until_it_is_withdrawn_has_no_countdown(browser: Browser) -> None:
    path = browser.pages.opened()
    endless = long_history.by_ingredient().model_copy(update={"available_until": None})
    browser.pages.fund.history.pages[HistoryResource.MEDICATIONS] = [endless]
    page = await browser.get(path)
    assert "同意が取り消されるまで閲覧できます" in words_of(page)
    assert "data-closes" not in page.text


async def test_without_consent_nothing_is_asked_and_the_page_has_the_way_on(browser: Browser) -> None:
    page = await browser.get(f"/history/{browser.pages.visit()}")
    assert "薬剤：同意なし" in words_of(page)
    assert "カードで同意を取ると閲覧できます" in words_of(page)
    assert calls(browser) == []


async def test_a_consent_to_something_else_opens_only_that(browser: Browser) -> None:
    browser.pages.consent(Category.HEALTH_CHECKUP)
    path = f"/history/{browser.pages.visit()}"
    assert "薬剤：同意なし" in words_of(await browser.get(path))
    assert "ＨｂＡ１ｃ" in words_of(await browser.get(f"{path}/checkups"))
    assert calls(browser) == ["health-checkups"]


async def test_a_consent_that_begins_later_is_named(browser: Browser) -> None:
    browser.pages.consent(available_from=samples.NOW + timedelta(hours=1))
    page = await browser.get(f"/history/{browser.pages.visit()}")
    assert "閲覧の開始前です" in words_of(page)


async def test_treatments_are_shown_where_surgery_has_no_consent(browser: Browser) -> None:
    page = await browser.get(f"{browser.pages.opened()}/treatments")
    words = words_of(page)
    assert "手術：同意なし" in words
    assert "受診 見本クリニック 外来 レセプト 2026-03 21日前の登録" in words


async def test_surgery_is_shown_with_its_own_consent(browser: Browser) -> None:
    path = browser.pages.opened()
    browser.pages.consent(Category.TREATMENT, Category.SURGERY)
    page = await browser.get(f"{path}/treatments")
    assert "手術" in words_of(page)
    assert "150000000" in words_of(page)
    assert calls(browser) == ["treatments", "surgeries"]


async def test_check_ups_are_a_table_and_lines_over_the_years(browser: Browser) -> None:
    page = await browser.get(f"{browser.pages.opened()}/checkups")
    assert re.search(r"ＨｂＡ１ｃ（ＮＧＳＰ値） 5\.6 5\.7 6\.0 6\.3 6\.4 %", words_of(page))
    assert (
        'aria-label="ＨｂＡ１ｃ（ＮＧＳＰ値）：2021 5.6, 2022 5.7, 2023 6.0, 2024 6.3, 2025 6.4"' in page.text
    )
    assert page.text.count("<figure>") == 3, "a code has no line"


async def test_nothing_in_these_months_is_a_sentence_with_the_months(browser: Browser) -> None:
    path = browser.pages.opened()
    empty = histories.medications(available_until=samples.NOW + timedelta(hours=1))
    browser.pages.fund.history.pages[HistoryResource.MEDICATIONS] = [empty]
    assert "この期間の情報はありません（2021-04 から 2026-04）。" in words_of(await browser.get(path))


@pytest.mark.parametrize("failure", ["lost", "slow", "gateway", "unreadable"])
async def test_a_failed_connection_is_never_shown_as_nothing(browser: Browser, failure: str) -> None:
    path = browser.pages.opened()
    fail(browser, failure)
    page = await browser.get(path)
    assert "読み込めません。情報がないという意味ではありません。" in words_of(page)
    assert 'class="notice technical" role="alert"' in page.text
    assert "もう一度読み込む" in words_of(page)
    assert "同意なし" not in words_of(page)
    assert "この期間の情報はありません" not in words_of(page)
    assert page.text.count("data-row") == 0
    assert (await browser.get(path)).text.count("data-row") == long_history.ROWS, "tried again"


async def test_what_was_read_before_stays_with_its_time_when_the_connection_fails(browser: Browser) -> None:
    path = browser.pages.opened()
    await browser.get(path)
    browser.pages.skip(minutes=11)
    fail(browser, "lost")
    page = await browser.get(path)
    assert "薬剤を読み込めません。18:00 時点の情報を表示しています。" in words_of(page)
    assert page.text.count("data-row") == long_history.ROWS


async def test_what_was_read_before_is_gone_when_the_fund_refuses(browser: Browser) -> None:
    path = browser.pages.opened()
    await browser.get(path)
    browser.pages.skip(minutes=11)
    fail(browser, "role-not-permitted")
    page = await browser.get(path)
    assert page.text.count("data-row") == 0
    assert "role-not-permitted" in words_of(page)


async def test_a_slow_fund_shows_the_seconds_and_then_the_way_on(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("clinic_terminal.pages.endpoints.history.views.PATIENCE_SECONDS", 0.01)
    path = browser.pages.opened()
    browser.pages.gate.clear()
    page = await browser.get(path)
    assert "読み込んでいます 0秒" in words_of(page)
    assert "回線が遅い" not in words_of(page)
    assert f'data-events="{path}/medicines/events"' in page.text
    assert '<meta http-equiv="refresh" content="2">' in page.text, "without script too"
    browser.pages.skip(seconds=6)
    page = await browser.get(path)
    assert "読み込んでいます 6秒" in words_of(page)
    assert "回線が遅いようです" in words_of(page)
    browser.pages.gate.set()
    monkeypatch.setattr("clinic_terminal.pages.endpoints.history.views.PATIENCE_SECONDS", 20)
    assert (await browser.get(path)).text.count("data-row") == long_history.ROWS
    pushed = await browser.get(f"{path}/medicines/events")
    assert "\nevent: last\n" in pushed.text
    assert f'<a data-follow href="{path}">' in pushed.text
    assert calls(browser) == ["medications"]


async def test_closing_forgets_what_was_read(browser: Browser) -> None:
    path = browser.pages.opened()
    await browser.get(path)
    await browser.post(f"{path}/close")
    await browser.get(path)
    assert calls(browser) == ["medications", "medications"]


async def test_another_operator_reads_in_her_own_name(browser: Browser) -> None:
    path = browser.pages.opened()
    await browser.get(path)
    await browser.http.post("/logout")
    await browser.log_in(DOCTOR)
    await browser.get(path)
    assert browser.pages.fund.history.headers[-1]["Operator-Role"] == "doctor"
    assert calls(browser) == ["medications", "medications"]


@pytest.mark.parametrize("part", ["", "/treatments", "/checkups", "/entry", "/medicines/events"])
async def test_the_reception_may_read_nothing(browser: Browser, part: str) -> None:
    path = browser.pages.opened()
    await browser.http.post("/logout")
    await browser.log_in(RECEPTION)
    page = await browser.get(f"{path}{part}")
    assert page.status_code == 403
    assert "薬剤師・医師・歯科医師がログインして閲覧します。" in words_of(page)
    assert samples.enrolment().name not in page.text
    assert calls(browser) == []


async def test_nobody_reads_anything_without_a_log_in(browser: Browser) -> None:
    path = browser.pages.opened()
    await browser.http.post("/logout")
    page = await browser.get(path)
    assert page.url.path == "/login"
    await browser.log_in(PHARMACIST)


@pytest.mark.parametrize("path", ["/history/AAAAAAAAAAAAAAAA", "/history/x/treatments", "/history"])
async def test_a_visit_that_is_not_of_today_does_not_exist(browser: Browser, path: str) -> None:
    page = await browser.get(path)
    assert page.status_code == 404
    assert "このページはありません" in words_of(page)


async def test_a_view_that_does_not_exist_is_refused(browser: Browser) -> None:
    assert (await browser.get(f"{browser.pages.opened()}/diagnoses")).status_code == 400


async def test_consents_of_two_persons_show_nobody(browser: Browser) -> None:
    path = browser.pages.opened()
    other = samples.enrolment(name="架空 次郎", name_kana="カクウ ジロウ")
    browser.pages.consent(
        permit_id="019ab000-0000-7000-8000-0000000000b9",
        person={"name": other.name, "birth_date": other.birth_date, "sex": other.sex},
    )
    page = await browser.get(path)
    assert "同意を特定できません" in words_of(page)
    assert page.text.count("data-row") == 0
    assert calls(browser) == []


async def test_every_origin_has_a_word(browser: Browser) -> None:
    path = browser.pages.opened()
    rows = [histories.medicine(place, origin=one) for place, one in enumerate(Origin, 1)]
    listed = histories.medications(histories.group("9900001", *rows))
    assert isinstance(listed, Medications)
    browser.pages.fund.history.pages[HistoryResource.MEDICATIONS] = [listed]
    words = words_of(await browser.get(path))
    for word in ("レセプト", "調剤情報（請求前）", "処方情報（請求前）", "院内処方情報（請求前）"):
        assert word in words


async def test_english_has_no_japanese_but_quoted_words(browser: Browser) -> None:
    path = browser.pages.opened()
    await browser.http.post("/display", data={"language": "en"})
    for part in ("", "/treatments", "/checkups", "/entry"):
        page = await browser.get(f"{path}{part}")
        assert isinstance(page, httpx2.Response)
        assert re.search("[ぁ-ん]{2}", _without_quotes(page.text)) is None, part


def _without_quotes(html: str) -> str:
    """A page's text without what is quoted in Japanese."""
    return re.sub(r'<(\w+)[^>]* lang="ja".*?</\1>', " ", html, flags=re.DOTALL)


async def test_in_english_no_day_has_an_era(browser: Browser) -> None:
    path = browser.pages.opened()
    await browser.post("/display", language="en", contrast="normal", size="16", next=path)
    for part in ("", "/treatments", "/checkups", "/entry"):
        words = words_of(await browser.get(f"{path}{part}"))
        assert "1980-02-03" in words
        assert "昭和" not in words
        assert "令和" not in words
