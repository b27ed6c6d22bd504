"""Prescriptions and dispensings to register: entered, checked for duplicates, shown once more, registered once."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from datetime import date, timedelta
from pathlib import Path

import httpx2
import pytest

from eligibility_api.contract.codes import Category
from eligibility_api.contract.history import HistoryResource, Medications
from eligibility_api.contract.prescriptions import DispensingRequest, OnSiteRequest, PrescriptionRequest
from tests.builders.clinic import histories, samples
from tests.builders.clinic.fake_consents import CONSENT
from tests.builders.clinic.history_pages import DOCTOR, Browser, open_browser
from tests.builders.page_words import words_of

pytestmark = pytest.mark.anyio

LINE = {
    "code": "620000001", "act": "21", "quantity": "２", "usage": "朝食後", "times": "１４", "instruction": "",
}  # fmt: skip
ONE = {**LINE, "kind": "prescription", "day": "R8.4.1"}
FOR_PHARMACY = {
    **LINE,
    "kind": "dispensing",
    "day": "2026-04-01",
    "prescribed_by": "１３１２２２２２２５",
    "prescriber_name": "見本クリニック",
    "prescribed_on": "2026/3/31",
}


@pytest.fixture
async def doctor(tmp_path: Path) -> AsyncIterator[Browser]:
    async with open_browser(tmp_path) as opened:
        await opened.log_in(DOCTOR)
        yield opened


def checked(browser: Browser) -> dict[str, object]:
    """The last request of a check."""
    found = [body for body in browser.pages.fund.bodies if "same_institution" in body]
    return json.loads(json.dumps(found[-1]))  # type: ignore[no-any-return]


def key_of(page: httpx2.Response) -> str:
    """The key under which a page offers to register."""
    [key] = re.findall(r'name="key" value="([^"]+)"', page.text)
    return str(key)


def keys_sent(browser: Browser) -> list[str]:
    """The idempotency keys that the fund got."""
    return [key for headers in browser.pages.fund.headers if (key := headers.get("idempotency-key"))]


async def test_with_consent_the_check_names_medicine_place_and_days(doctor: Browser) -> None:
    path = doctor.pages.opened()
    words = words_of(await doctor.post(f"{path}/entry", **ONE, same_institution="true"))
    assert "重複投薬：該当あり" in words
    assert "併用禁忌：該当なし" in words
    assert "架空鎮痛テープ" in words
    assert "見本クリニック 2026-03-27 ～ 2026-04-09" in words
    assert checked(doctor) == {
        "identified_by": samples.RECORD,
        "on": "2026-04-01",
        "same_institution": True,
        "consent_id": str(CONSENT),
        "medicines": [{"drug_code": "620000001", "act": "21", "times": 14}],
    }


async def test_without_consent_the_check_has_the_facts_and_the_patient_is_to_be_asked(
    doctor: Browser,
) -> None:
    doctor.pages.consent(Category.MEDICATION)
    path = f"/history/{doctor.pages.visit()}"
    assert "同意がないため、該当の有無だけを表示します" in words_of(await doctor.get(f"{path}/entry"))
    words = words_of(await doctor.post(f"{path}/entry", **ONE))
    assert "重複投薬：該当あり" in words
    assert "同意がないため、薬剤と医療機関等は表示できません。患者さんに確認してください。" in words
    assert "架空鎮痛テープ" not in words
    assert "consent_id" not in checked(doctor)


async def test_an_ended_consent_is_none(doctor: Browser) -> None:
    path = doctor.pages.opened()
    doctor.pages.skip(hours=25)
    await doctor.log_in(DOCTOR)  # the session has ended too
    await doctor.post(f"{path}/entry", **ONE)
    assert "consent_id" not in checked(doctor)


async def test_findings_are_shown_until_the_consent_ends_and_the_page_closes_then(doctor: Browser) -> None:
    path = doctor.pages.opened(timedelta(minutes=15))
    assert "data-closes" not in (await doctor.get(f"{path}/entry")).text, "nothing on it is hers"
    page = await doctor.post(f"{path}/entry", **ONE)
    assert "架空鎮痛テープ" in words_of(page)
    assert "閲覧できるのは2026-04-01 18:15まで （あと15分）" in words_of(page)
    assert f'data-closes="900" data-closed="{path}/entry"' in page.text
    assert f'content="901; url={path}/entry"' in page.text, "without script too"
    doctor.pages.skip(minutes=15)
    page = await doctor.get(f"{path}/entry")
    assert "架空鎮痛テープ" not in page.text
    assert "見本クリニック" not in page.text
    assert "重複投薬：該当あり" in words_of(page), "a fact needs no consent"
    assert "data-closes" not in page.text


async def test_findings_are_forgotten_when_the_consent_turns_out_to_be_withdrawn(doctor: Browser) -> None:
    path = doctor.pages.opened()
    await doctor.post(f"{path}/entry", **ONE)
    doctor.pages.fund.failures[f"/v1/consents/{CONSENT}/medications"] = ["consent-withdrawn"]
    await doctor.get(path)
    assert "架空鎮痛テープ" not in (await doctor.get(f"{path}/entry")).text


async def test_names_out_of_the_history_close_the_page_too(doctor: Browser) -> None:
    path = doctor.pages.opened(timedelta(minutes=15))
    doctor.pages.consent(Category.MEDICATION)  # so that the check names nothing
    await doctor.get(path)
    [known] = doctor.pages.fund.history.pages[HistoryResource.MEDICATIONS]
    assert isinstance(known, Medications)
    row = known.groups[0].medicines[0]
    assert row.name is not None
    page = await doctor.post(f"{path}/entry", **{**ONE, "code": row.drug_code})
    assert row.name in page.text
    assert 'data-closes="900"' in page.text
    doctor.pages.skip(minutes=15)
    page = await doctor.get(f"{path}/entry")
    assert row.name not in page.text
    assert "data-closes" not in page.text


async def test_the_open_prescriptions_close_the_page_too(browser: Browser) -> None:
    path = browser.pages.opened(timedelta(minutes=15))
    assert 'data-closes="900"' in (await browser.get(f"{path}/entry")).text
    browser.pages.skip(minutes=15)
    page = await browser.get(f"{path}/entry")
    assert "同意の期限が切れた" in words_of(page)
    assert "data-closes" not in page.text


async def test_what_could_not_be_decided_is_not_none(doctor: Browser) -> None:
    doctor.pages.fund.permits.too_many_entries = True
    words = words_of(await doctor.post(f"{doctor.pages.opened()}/entry", **ONE))
    assert "併用禁忌：判定できません" in words
    assert "該当なし" not in words


async def test_nothing_is_registered_before_the_second_act_and_then_what_was_checked(doctor: Browser) -> None:
    path = doctor.pages.opened()
    page = await doctor.post(f"{path}/entry", **ONE)
    assert "登録する内容" in words_of(page)
    assert doctor.pages.fund.permits.entries == []
    key = key_of(page)
    done = await doctor.post(f"{path}/entry/register", key=key)
    assert "登録しました" in words_of(done)
    [entry] = doctor.pages.fund.permits.entries
    assert isinstance(entry, PrescriptionRequest)
    assert entry.prescribed_on == date(2026, 4, 1)
    [medicine] = entry.medicines
    assert (medicine.drug_code, medicine.quantity, medicine.times) == ("620000001", "2", 14)
    assert (medicine.usage_code, medicine.usage) == ("006", None)
    assert keys_sent(doctor) == [key]


async def test_registering_twice_sends_it_once(doctor: Browser) -> None:
    path = doctor.pages.opened()
    key = key_of(await doctor.post(f"{path}/entry", **ONE))
    for _ in range(2):
        assert "登録しました" in words_of(await doctor.post(f"{path}/entry/register", key=key))
    assert len(doctor.pages.fund.permits.entries) == 1


async def test_what_the_surgery_dispensed_itself_is_another_kind(doctor: Browser) -> None:
    path = doctor.pages.opened()
    page = await doctor.post(f"{path}/entry", **{**ONE, "kind": "on-site"})
    await doctor.post(f"{path}/entry/register", key=key_of(page))
    assert isinstance(doctor.pages.fund.permits.entries[0], OnSiteRequest)


async def test_a_pharmacist_dispenses_from_a_prescription_on_record(browser: Browser) -> None:
    path = browser.pages.opened()
    browser.pages.fund.history.pages[HistoryResource.MEDICATIONS] = [
        histories.with_prescription("見本錠", "架空軟膏")
    ]
    page = words_of(await browser.get(f"{path}/entry"))
    assert "令和8年3月31日" in page
    assert "この処方から調剤する" in page
    assert "レセプトの薬" not in page
    chosen = {"institution": "1312222225", "on": "2026-03-31"}
    filled = await browser.post(f"{path}/entry/from", **chosen)
    for value in ("620000001", "620000002", "粉砕", "1312222225", "見本クリニック", "2026-03-31"):
        assert f'value="{value}"' in filled.text
    names = ("code", "quantity", "usage", "times", "instruction")
    cells = {name: re.findall(rf'name="{name}" type="text" value="([^"]*)"', filled.text) for name in names}
    form = {**cells, "act": ["21"] * len(cells["code"])}
    more = {
        name: FOR_PHARMACY[name] for name in ("kind", "prescribed_by", "prescriber_name", "prescribed_on")
    }
    response = await browser.http.post(f"{path}/entry", data={**form, **more, "day": "2026-04-01"})
    assert checked(browser)["prescription"] == {
        "institution_code": "1312222225", "prescribed_on": "2026-03-31",
    }  # fmt: skip
    await browser.post(f"{path}/entry/register", key=key_of(response))
    [entry] = browser.pages.fund.permits.entries
    assert isinstance(entry, DispensingRequest)
    assert [one.drug_code for one in entry.medicines] == ["620000001", "620000002"]
    assert [one.instruction for one in entry.medicines] == ["粉砕", None]
    assert [one.usage_code for one in entry.medicines] == ["006", "006"]
    assert entry.prescriber.institution_name == "見本クリニック"


async def test_a_prescription_that_is_not_on_record_cannot_be_chosen(browser: Browser) -> None:
    path = browser.pages.opened()
    page = await browser.post(f"{path}/entry/from", institution="1312222225", on="2026-03-31")
    assert page.status_code == 404


async def test_registering_lets_the_list_be_read_anew(browser: Browser) -> None:
    path = browser.pages.opened()
    await browser.get(path)
    page = await browser.post(f"{path}/entry", **FOR_PHARMACY)
    reads = [call for call in browser.pages.fund.calls if call.endswith("medications")]
    assert len(reads) == 1, "the form uses the list that was read"
    await browser.post(f"{path}/entry/register", key=key_of(page))
    await browser.get(path)
    assert len([call for call in browser.pages.fund.calls if call.endswith("medications")]) == 2


@pytest.mark.parametrize(
    ("kind", "allowed"), [("prescription", False), ("on-site", False), ("claim", False), ("dispensing", True)]
)
async def test_a_pharmacist_registers_dispensings_alone(browser: Browser, kind: str, allowed: bool) -> None:
    page = await browser.post(f"{browser.pages.opened()}/entry", **{**FOR_PHARMACY, "kind": kind})
    assert (page.status_code == 200) is allowed
    assert browser.pages.fund.calls.count("/v1/duplicate-checks") == int(allowed)


@pytest.mark.parametrize(
    ("changes", "field", "sentence"),
    [
        ({"code": "", "quantity": "", "usage": "", "times": ""}, "code-0", "薬剤を1つ以上入力してください。"),
        ({"code": ""}, "code-0", "医薬品コードは数字9桁で入力してください。"),
        ({"code": "12345"}, "code-0", "医薬品コードは数字9桁で入力してください。"),
        ({"code": "<script>"}, "code-0", "医薬品コードは数字9桁で入力してください。"),
        ({"quantity": ""}, "quantity-0", "量は数字で入力してください"),
        ({"quantity": "1錠"}, "quantity-0", "量は数字で入力してください"),
        ({"quantity": "0.123456"}, "quantity-0", "量は数字で入力してください"),
        ({"usage": "朝" * 81}, "usage-0", "用法は80文字以内で入力してください。"),
        ({"instruction": "朝" * 81}, "instruction-0", "特別指示は80文字以内で入力してください。"),
        ({"times": ""}, "times-0", "日数・回数は1から999の数字で入力してください。"),
        ({"times": "0"}, "times-0", "日数・回数は1から999の数字で入力してください。"),
        ({"times": "1000"}, "times-0", "日数・回数は1から999の数字で入力してください。"),
        ({"times": "-1"}, "times-0", "日数・回数は1から999の数字で入力してください。"),
        ({"day": "昨日"}, "day", "日付を確認してください。"),
        ({"day": ""}, "day", "日付を確認してください。"),
        ({"day": "1000-01-01"}, "day", "日付を確認してください。"),
        ({"prescribed_by": "1312222224"}, "prescribed-by", "検証番号の正しい10桁"),
        ({"prescriber_name": " "}, "prescriber-name", "処方元の名称を200文字以内で入力してください。"),
        ({"prescribed_on": ""}, "prescribed-on", "日付を確認してください。"),
    ],
    ids=str,
)
async def test_a_fault_is_named_at_its_field_and_nothing_is_sent(
    browser: Browser, changes: dict[str, str], field: str, sentence: str
) -> None:
    page = await browser.post(f"{browser.pages.opened()}/entry", **{**FOR_PHARMACY, **changes})
    assert page.status_code == 422
    assert f'<a href="#{field}">' in page.text
    assert f'id="{field}-fault"' in page.text
    assert sentence in words_of(page)
    assert "<script>" not in page.text
    assert "登録する内容" not in words_of(page)
    assert [path for path in browser.pages.fund.calls if "duplicate" in path] == []


@pytest.mark.parametrize(
    ("name", "field", "length"),
    [
        ("code", "code-0", 21),
        ("quantity", "quantity-0", 21),
        ("times", "times-0", 5000),
        ("usage", "usage-0", 201),
        ("instruction", "instruction-0", 201),
        ("day", "day", 21),
        ("prescribed_by", "prescribed-by", 21),
        ("prescriber_name", "prescriber-name", 201),
        ("prescribed_on", "prescribed-on", 21),
    ],
)
async def test_what_is_longer_than_it_may_be_is_a_fault_of_its_field(
    browser: Browser, name: str, field: str, length: int
) -> None:
    page = await browser.post(f"{browser.pages.opened()}/entry", **{**FOR_PHARMACY, name: "1" * length})
    assert page.status_code == 422
    assert f'id="{field}-fault"' in page.text
    assert f'value="{"1" * min(length, 200)}"' in page.text, "what was typed, cut"
    for other, text in FOR_PHARMACY.items():
        assert other in (name, "act", "kind") or f'value="{text}"' in page.text, "the others stay"
    assert [path for path in browser.pages.fund.calls if "duplicate" in path] == []


async def test_more_lines_keep_what_was_typed_and_have_an_end(doctor: Browser) -> None:
    path = doctor.pages.opened()
    page = await doctor.post(f"{path}/entry", **ONE, more="true")
    assert page.text.count('name="code"') == 5
    assert 'value="620000001"' in page.text
    names = ("code", "act", "quantity", "usage", "times", "instruction")
    many = {**{name: [LINE[name]] * 40 for name in names}, "kind": "prescription", "more": "true"}
    page = await doctor.http.post(f"{path}/entry", data=many)
    assert page.text.count('name="code"') == 40
    too_many = {name: [LINE[name]] * 41 for name in names}
    assert (await doctor.http.post(f"{path}/entry", data={**many, **too_many})).status_code == 400
    assert [call for call in doctor.pages.fund.calls if "duplicate" in call] == []


async def test_a_check_that_fails_is_no_answer_and_does_not_stop_the_entry(doctor: Browser) -> None:
    doctor.pages.fund.failures["/v1/duplicate-checks"] = ["lost"]
    path = doctor.pages.opened()
    page = await doctor.post(f"{path}/entry", **ONE)
    words = words_of(page)
    assert "確認していません" in words
    assert "該当なし" not in words
    assert 'class="notice technical"' in page.text
    assert 'value="620000001"' in page.text, "what was typed stays"
    assert "確認せずに登録する" in words
    await doctor.post(f"{path}/entry/register", key=key_of(page))
    assert len(doctor.pages.fund.permits.entries) == 1


async def test_a_refused_check_leads_to_no_entry(doctor: Browser) -> None:
    doctor.pages.fund.failures["/v1/duplicate-checks"] = ["not-identified"]
    path = doctor.pages.opened()
    page = await doctor.post(f"{path}/entry", **ONE)
    assert "not-identified" in page.text
    assert "entry/register" not in page.text


async def test_after_a_lost_answer_the_same_key_registers_it_once_more(doctor: Browser) -> None:
    path = doctor.pages.opened()
    key = key_of(await doctor.post(f"{path}/entry", **ONE))
    doctor.pages.fund.failures["/v1/prescriptions"] = ["lost"]
    page = await doctor.post(f"{path}/entry/register", key=key)
    assert "登録できたか分かりません" in words_of(page)
    assert key_of(page) == key
    assert "登録しました" in words_of(await doctor.post(f"{path}/entry/register", key=key))
    assert keys_sent(doctor) == [key, key]


async def test_a_refused_entry_keeps_what_was_typed(doctor: Browser) -> None:
    path = doctor.pages.opened()
    key = key_of(await doctor.post(f"{path}/entry", **ONE))
    doctor.pages.fund.failures["/v1/prescriptions"] = ["prescription-day"]
    page = await doctor.post(f"{path}/entry/register", key=key)
    assert "登録していません" in words_of(page)
    assert 'value="620000001"' in page.text


@pytest.mark.parametrize("key", ["", "another", "<script>"])
async def test_only_what_was_checked_is_registered(doctor: Browser, key: str) -> None:
    path = doctor.pages.opened()
    await doctor.post(f"{path}/entry", **ONE)
    page = await doctor.post(f"{path}/entry/register", key=key)
    assert page.status_code == 422
    assert doctor.pages.fund.permits.entries == []


async def test_a_fault_takes_back_what_was_checked_before(doctor: Browser) -> None:
    path = doctor.pages.opened()
    key = key_of(await doctor.post(f"{path}/entry", **ONE))
    await doctor.post(f"{path}/entry", **{**ONE, "code": "1"})
    assert (await doctor.post(f"{path}/entry/register", key=key)).status_code == 422


async def test_a_visit_without_an_answer_has_nobody_to_register_for(doctor: Browser) -> None:
    path = f"/history/{doctor.pages.visit(found=False)}"
    page = await doctor.post(f"{path}/entry", **ONE)
    assert "この受付には資格の回答がない" in words_of(page)
    assert "薬剤：同意なし" in words_of(await doctor.get(path))
