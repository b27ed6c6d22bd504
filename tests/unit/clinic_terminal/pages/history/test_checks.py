"""The check of duplicate medication: what is sent, what is shown with and without consent, how faults are named."""

from __future__ import annotations

import json

import pytest

from eligibility_api.contract.codes import Category
from tests.builders.clinic import samples
from tests.builders.clinic.fake_consents import CONSENT
from tests.builders.clinic.history_pages import Browser, words_of

pytestmark = pytest.mark.anyio

ONE = {"code": "620000001", "act": "21", "times": "14", "day": "R8.4.1"}


def sent(browser: Browser) -> dict[str, object]:
    """The last request of a check."""
    found = [body for body in browser.pages.fund.bodies if "medicines" in body]
    return json.loads(json.dumps(found[-1]))  # type: ignore[no-any-return]


async def test_with_consent_the_answer_names_medicine_place_and_days(browser: Browser) -> None:
    path = browser.pages.opened()
    page = await browser.post(f"{path}/check", **ONE, same_institution="true")
    words = words_of(page)
    assert "重複投薬：該当あり" in words
    assert "併用禁忌：該当なし" in words
    assert "架空鎮痛テープ" in words
    assert "見本クリニック 2026-03-27 ～ 2026-04-09" in words
    assert sent(browser) == {
        "identified_by": samples.RECORD,
        "on": "2026-04-01",
        "same_institution": True,
        "consent_id": str(CONSENT),
        "medicines": [{"drug_code": "620000001", "act": "21", "times": 14}],
    }


async def test_without_consent_the_answer_has_the_facts_and_the_patient_is_to_be_asked(
    browser: Browser,
) -> None:
    browser.pages.consent(Category.MEDICATION)
    path = f"/history/{browser.pages.visit()}"
    assert "同意がないため、該当の有無だけを表示します" in words_of(await browser.get(f"{path}/check"))
    words = words_of(await browser.post(f"{path}/check", **ONE))
    assert "重複投薬：該当あり" in words
    assert "同意がないため、薬と医療機関は表示できません。患者さんに聞いてください。" in words
    assert "架空鎮痛テープ" not in words
    assert "consent_id" not in sent(browser)


async def test_an_ended_consent_is_none(browser: Browser) -> None:
    path = browser.pages.opened()
    browser.pages.skip(hours=25)
    await browser.log_in()  # the session has ended too
    await browser.post(f"{path}/check", **ONE)
    assert "consent_id" not in sent(browser)


async def test_what_could_not_be_decided_is_not_none(browser: Browser) -> None:
    browser.pages.fund.permits.too_many_entries = True
    words = words_of(await browser.post(f"{browser.pages.opened()}/check", **ONE))
    assert "併用禁忌：判定できません" in words
    assert "該当なし" not in words


async def test_a_pharmacy_names_the_prescription(browser: Browser) -> None:
    more = {"prescribed_by": "１３１２２２２２２５", "prescribed_on": "2026/3/31"}
    page = await browser.post(f"{browser.pages.opened()}/check", **ONE, **more)
    assert page.status_code == 200
    assert sent(browser)["prescription"] == {"institution_code": "1312222225", "prescribed_on": "2026-03-31"}


@pytest.mark.parametrize(
    ("changes", "field", "sentence"),
    [
        ({"code": ""}, "code-0", "薬剤を1つ以上入力してください。"),
        ({"code": "12345"}, "code-0", "医薬品コードは数字9桁で入力してください。"),
        ({"code": "<script>"}, "code-0", "医薬品コードは数字9桁で入力してください。"),
        ({"times": ""}, "times-0", "日数・回数は1から999の数字で入力してください。"),
        ({"times": "0"}, "times-0", "日数・回数は1から999の数字で入力してください。"),
        ({"times": "1000"}, "times-0", "日数・回数は1から999の数字で入力してください。"),
        ({"times": "-1"}, "times-0", "日数・回数は1から999の数字で入力してください。"),
        ({"day": "昨日"}, "day", "日付を確認してください。"),
        ({"day": ""}, "day", "日付を確認してください。"),
        (
            {"prescribed_by": "1312222224", "prescribed_on": "2026-03-31"},
            "prescribed-by",
            "検証番号の正しい10桁",
        ),
        ({"prescribed_by": "1312222225"}, "prescribed-on", "日付を確認してください。"),
    ],
    ids=str,
)
async def test_a_fault_is_named_at_its_field_and_nothing_is_sent(
    browser: Browser, changes: dict[str, str], field: str, sentence: str
) -> None:
    page = await browser.post(f"{browser.pages.opened()}/check", **{**ONE, **changes})
    assert page.status_code == 422
    assert f'<a href="#{field}">' in page.text
    assert f'id="{field}-fault"' in page.text
    assert sentence in words_of(page)
    assert "<script>" not in page.text
    assert [path for path in browser.pages.fund.calls if "duplicate" in path] == []


@pytest.mark.parametrize("field", ["code", "day", "prescribed_by"])
async def test_a_field_is_never_longer_than_it_may_be(browser: Browser, field: str) -> None:
    page = await browser.post(f"{browser.pages.opened()}/check", **{**ONE, field: "1" * 21})
    assert page.status_code == 400


async def test_a_failed_check_is_no_answer(browser: Browser) -> None:
    browser.pages.fund.failures["/v1/duplicate-checks"] = ["lost"]
    page = await browser.post(f"{browser.pages.opened()}/check", **ONE)
    words = words_of(page)
    assert "確認していません" in words
    assert "該当なし" not in words
    assert 'class="notice technical"' in page.text
    assert 'value="620000001"' in page.text, "what was typed stays"


async def test_a_visit_without_an_answer_cannot_be_checked(browser: Browser) -> None:
    path = f"/history/{browser.pages.visit(found=False)}"
    page = await browser.post(f"{path}/check", **ONE)
    assert "この受付には資格の回答がない" in words_of(page)
    assert "薬剤：同意なし" in words_of(await browser.get(path))
