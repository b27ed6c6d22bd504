"""A history under a consent that the patient gave on her own page (rule W14): found when the terminal has none."""

from __future__ import annotations

from datetime import timedelta

import pytest

from eligibility_api.contract.codes import Care, Category
from eligibility_api.contract.consent import ConsentStatus
from tests.builders.clinic import samples
from tests.builders.clinic.fake_consents import OWN_PAGE_CONSENT, given_ahead
from tests.builders.clinic.history_pages import Browser
from tests.builders.page_words import words_of

pytestmark = pytest.mark.anyio

NO_CONSENT = "薬剤：同意なし"


def asked(browser: Browser) -> list[str]:
    """The consents that the fund was asked for, and what was read."""
    return [path for path in browser.pages.fund.calls if path.startswith("/v1/consents")]


async def test_a_history_opens_under_a_consent_of_her_own_page(browser: Browser) -> None:
    browser.pages.fund.consents.on_own_page = [given_ahead()]
    page = await browser.get(f"/history/{browser.pages.visit()}")
    assert "81件中 81件を表示" in words_of(page)
    assert asked(browser) == ["/v1/consents/own-page", f"/v1/consents/{OWN_PAGE_CONSENT}/medications"]


async def test_it_is_kept_like_a_card_s_and_asked_for_once(browser: Browser) -> None:
    browser.pages.fund.consents.on_own_page = [given_ahead()]
    for _ in range(2):
        await browser.get(f"/history/{browser.pages.visit()}")
    assert asked(browser).count("/v1/consents/own-page") == 1
    person = samples.enrolment()
    [kept] = browser.pages.store.permits_for(
        insurer_number=person.insurer_number, symbol=person.symbol, number=person.number, at=samples.NOW
    )
    assert (kept.permit_id, kept.care, kept.person.name) == (OWN_PAGE_CONSENT, Care.ONLINE, person.name)


async def test_one_for_a_later_day_names_the_day_and_reads_nothing(browser: Browser) -> None:
    browser.pages.fund.consents.on_own_page = [given_ahead(timedelta(days=2))]
    page = words_of(await browser.get(f"/history/{browser.pages.visit()}"))
    assert "閲覧の開始前です" in page
    assert asked(browser) == ["/v1/consents/own-page"]


@pytest.mark.parametrize(
    "found", [[], [given_ahead(None, Category.TREATMENT)]], ids=["none", "another category"]
)
async def test_without_one_for_it_there_is_no_consent(browser: Browser, found: list[ConsentStatus]) -> None:
    browser.pages.fund.consents.on_own_page = found
    page = words_of(await browser.get(f"/history/{browser.pages.visit()}"))
    assert NO_CONSENT in page


async def test_a_card_s_consent_is_used_without_asking(browser: Browser) -> None:
    await browser.get(browser.pages.opened())
    assert "/v1/consents/own-page" not in asked(browser)


@pytest.mark.parametrize(
    ("failure", "sentence"),
    [
        ("database-unavailable", "読み込めません"),
        ("right-missing", NO_CONSENT),
        ("card-not-usable", NO_CONSENT),
    ],
)
async def test_a_failed_question_is_no_missing_consent_but_a_refused_one_is(
    browser: Browser, failure: str, sentence: str
) -> None:
    browser.pages.fund.failures["/v1/consents/own-page"] = [failure]
    assert sentence in words_of(await browser.get(f"/history/{browser.pages.visit()}"))
