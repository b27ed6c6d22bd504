"""The day's online consultations at the desk: who consented, and each one's insurance without the card (W12, W14)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

from clinic_terminal.pages.desk import consultations
from clinic_terminal.queries.consents import days_of_consent
from clinic_terminal.store.records import Way
from eligibility_api.contract.codes import Care, Category, EndReason, Validity
from eligibility_api.contract.durations import MAX_DAYS_AHEAD
from tests.builders.clinic.desk import ADMINISTRATOR, RECEPTION, Browser
from tests.builders.clinic.fake_consents import given_ahead
from tests.builders.clinic.samples import NOW, answer, ended_enrolment, enrolment
from tests.builders.page_words import words_of

pytestmark = pytest.mark.anyio

PATH = "/desk/online"
CONSENTS = [UUID(f"019ab000-0000-7000-8000-0000000000d{number}") for number in range(4)]
DAY = date(2026, 4, 1)


def given(desk: Browser, number: int = 0, begins: timedelta | None = None, **changes: Any) -> None:
    """A consent that the facility has at the fund."""
    one = given_ahead(begins, **changes | {"consent_id": CONSENTS[number]})
    desk.desk.fund.lists.consents.append(one)


async def shown(desk: Browser, day: str = "") -> str:
    """The page after its button was pressed."""
    response = await desk.post(PATH, {"day": day})
    assert response.status_code == 303, words_of(response)
    return words_of(await desk.get(PATH))


def calls(desk: Browser) -> list[str]:
    """What the fund was asked about consents; the desk looks at its state too."""
    return [path for path in desk.desk.fund.calls if path.startswith("/v1/consents")]


def asked(desk: Browser) -> list[str]:
    return [path for path in calls(desk) if path.endswith("/eligibility")]


async def test_nothing_is_asked_until_somebody_wants_the_list(desk: Browser) -> None:
    given(desk)
    page = await desk.get(PATH)
    assert page.status_code == 200
    assert DAY.isoformat() in page.text
    assert calls(desk) == []
    assert 'href="/desk/online"' in (await desk.get("/desk")).text


async def test_who_consented_for_today_is_named_and_stands_among_the_visits(desk: Browser) -> None:
    given(desk)
    given(desk, 1, given_at=NOW + timedelta(minutes=1))
    desk.desk.fund.answers = [
        answer(results=[enrolment(name="架空　花子")]),
        answer(Validity.INVALID, [ended_enrolment().model_copy(update={"name": "架空　終子"})]),
    ]
    words = await shown(desk)
    assert "令和8年4月1日（2026-04-01）のオンライン診療 2件" in words
    for text in ("架空 花子", "有効", "架空 終子", "無効", "お薬の情報", "本人の画面（カードの署名なし）"):
        assert text in words
    visits = desk.desk.store.visits(DAY)
    assert [(one.way, one.operator) for one in visits] == [(Way.ONLINE, RECEPTION[0])] * 2
    page = await desk.get(f"/desk/visits/{visits[0].visit_id}")
    assert "オンライン診療の同意" in words_of(page)
    assert "まで" in words_of(page), "the end of the consent"


async def test_the_list_and_each_question_name_the_operator(desk: Browser) -> None:
    given(desk)
    await shown(desk)
    fund = desk.desk.fund
    sent = dict(zip(fund.calls, fund.headers, strict=True))
    paths = ["/v1/consents", f"/v1/consents/{CONSENTS[0]}/eligibility"]
    assert [sent[path]["operator-role"] for path in paths] == ["reception"] * 2


async def test_the_consent_opens_the_history_as_a_tap_does(desk: Browser) -> None:
    given(desk, categories=[Category.MEDICATION])
    await shown(desk)
    person = enrolment()
    [kept] = desk.desk.store.permits_for(
        insurer_number=person.insurer_number, symbol=person.symbol, number=person.number, at=NOW
    )
    assert (kept.permit_id, kept.care, kept.categories) == (CONSENTS[0], Care.ONLINE, (Category.MEDICATION,))


async def test_the_list_again_asks_only_about_new_ones(desk: Browser) -> None:
    given(desk)
    await shown(desk)
    given(desk, 1)
    await shown(desk)
    assert asked(desk) == [f"/v1/consents/{one}/eligibility" for one in CONSENTS[:2]]
    assert len(desk.desk.store.visits(DAY)) == 2


@pytest.mark.parametrize("day", ["2026-04-03", "R8.4.3", "２０２６／４／３"])
async def test_for_a_later_day_nobody_is_named(desk: Browser, day: str) -> None:
    given(desk)
    given(desk, 1, timedelta(days=2))
    words = await shown(desk, day)
    assert "令和8年4月3日（2026-04-03）のオンライン診療 1件" in words
    assert "氏名と資格は、診療の日に表示できます" in words
    assert "架空" not in words
    assert asked(desk) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"care": Care.HOME_VISIT},
        {"ended_at": NOW, "end_reason": EndReason.BY_PATIENT},
        {"available_until": NOW},
        {"available_from": NOW + timedelta(days=1), "available_until": NOW + timedelta(days=2)},
    ],
    ids=["another care", "withdrawn", "expired", "another day"],
)
async def test_other_consents_are_not_listed(desk: Browser, changes: dict[str, Any]) -> None:
    given(desk, **changes)
    assert "この日のオンライン診療の同意はありません" in await shown(desk)
    assert asked(desk) == []


async def test_one_given_weeks_ago_is_listed(desk: Browser) -> None:
    given(desk, given_at=NOW - timedelta(days=MAX_DAYS_AHEAD), available_from=NOW - timedelta(hours=1))
    assert "のオンライン診療 1件" in await shown(desk)


async def test_a_consent_of_a_person_without_insurance_has_its_answer(desk: Browser) -> None:
    given(desk)
    desk.desk.fund.answer = answer(Validity.NOT_FOUND, [])
    words = await shown(desk)
    assert "該当なし を開く" in (await desk.get(PATH)).text
    assert "該当なし" in words


async def test_a_refused_person_has_the_reason_and_hides_no_other(desk: Browser) -> None:
    given(desk)
    given(desk, 1)
    desk.desk.fund.failures[f"/v1/consents/{CONSENTS[0]}/eligibility"] = ["consent-withdrawn"]
    words = await shown(desk)
    assert "consent-withdrawn" in words
    assert "架空 花子" in words
    assert "まだ確認していません" not in words


@pytest.mark.parametrize("failure", ["lost", "database-unavailable"])
async def test_a_failure_in_between_is_no_result_and_the_next_list_goes_on(
    desk: Browser, failure: str
) -> None:
    for number in range(3):
        given(desk, number)
    desk.desk.fund.failures[f"/v1/consents/{CONSENTS[1]}/eligibility"] = [failure]
    words = await shown(desk)
    assert "1件は、まだ確認していません" in words
    assert "資格が「無効」という意味ではありません" in words
    assert len(desk.desk.store.visits(DAY)) == 1
    assert "まだ確認していません" not in await shown(desk)
    assert len(desk.desk.store.visits(DAY)) == 3


async def test_a_slow_fund_is_asked_for_some_seconds_only(
    desk: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consultations, "ASK_SECONDS", -1.0)
    given(desk)
    words = await shown(desk)
    assert "1件は、まだ確認していません" in words
    assert asked(desk) == []


@pytest.mark.parametrize(("failure", "status"), [("lost", 502), ("right-missing", 409)])
async def test_a_list_that_cannot_be_read_is_no_empty_one(desk: Browser, failure: str, status: int) -> None:
    given(desk)
    await shown(desk)
    desk.desk.fund.failures["/v1/consents"] = [failure]
    response = await desk.post(PATH, {"day": ""})
    assert response.status_code == status
    assert "同意はありません" not in words_of(response)
    assert "のオンライン診療 1件" in words_of(await desk.get(PATH)), "the last list stays"


async def test_a_list_that_is_too_long_is_refused(desk: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consultations, "MAX_PERSONS", 1)
    given(desk)
    given(desk, 1)
    response = await desk.post(PATH, {"day": ""})
    assert (response.status_code, asked(desk)) == (409, [])


@pytest.mark.parametrize("day", ["明日", "2026-02-30", "0", "9" * 1000])
async def test_a_day_that_is_none_is_explained(desk: Browser, day: str) -> None:
    response = await desk.post(PATH, {"day": day})
    assert response.status_code == 422
    assert "日付を確認してください" in words_of(response)
    assert f'value="{day[:24]}"' in response.text
    assert calls(desk) == []


async def test_an_administrator_asks_about_nobody(browser: Browser) -> None:
    await browser.log_in(ADMINISTRATOR)
    given(browser)
    assert (await browser.post(PATH, {"day": ""})).status_code == 403
    assert calls(browser) == []


async def test_nobody_sees_the_list_without_logging_in(browser: Browser) -> None:
    for response in (await browser.get(PATH), await browser.post(PATH, {"day": ""})):
        assert response.status_code == 303
        assert response.headers["location"].startswith("/login")


def test_the_days_of_a_consent_have_a_beginning() -> None:
    assert days_of_consent((DAY, DAY)) == (date(2026, 3, 2), DAY)
    assert days_of_consent((date.min, DAY)) == (date.min, DAY)
