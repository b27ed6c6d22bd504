"""A patient on her own phone, in a real browser: code, insurance, list of accesses, consents, the end; both languages."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from shikaku.admission import admit_terminal
from shikaku.clock import today
from shikaku.private_files import write_private
from shikaku.stack import INSTITUTION_NAME, PIN
from tests.builders.browser import PHONE, assert_clean, picture, reload_until
from tests.builders.clinic.screens_process import DOCTOR, clinic_screens
from tests.builders.stack import PopulatedStack

ONLINE_CLINIC = ("1312222225", "見本クリニック")
MEDICINE = {"drug_code": "990000101", "quantity": "1", "act": "21", "usage_code": "003", "times": 14}
PAGES = {
    "情報を閲覧した記録": "accesses",
    "お薬": "medicines",
    "処方と調剤（電子処方箋など）": "prescriptions",
    "診療と手術": "treatments",
    "健診の結果": "checkups",
    "同意": "consents",
    "利用登録": "registration",
}


@dataclass(frozen=True, slots=True)
class Patient:
    """The holder of a card at the stack's clinic."""

    stack: PopulatedStack
    card: Path

    def code(self) -> dict[str, str]:
        """A new code with the page's address."""
        options = ("my-accesses", "--card", self.card, "--pin-stdin", "--json")
        made = json.loads(self.stack.run("clinic-terminal", *options, stdin=f"{PIN}\n").stdout)
        answer = made["answer"]
        assert isinstance(answer, dict)
        return answer


@pytest.fixture(scope="module")
def patient(browser: Browser, stack: PopulatedStack) -> Iterator[Patient]:
    """A patient who consented at the clinic, whose doctor then prescribed something and read her medicines."""
    with stack.warm():
        card = stack.card("moved")
        identified = stack.tap("--card", card)["answer"]["record_id"]
        prescribed = {
            "identified_by": identified,
            "prescribed_on": today().isoformat(),
            "medicines": [MEDICINE],
        }
        entry = stack.home / "own-prescription.json"
        write_private(entry, json.dumps(prescribed, ensure_ascii=False))
        stack.run("clinic-terminal", "prescribe", entry, "--role", "doctor", "--json")
        consent = stack.tap("--card", card, "--consent", "medication,prescription", "--agree")
        assert consent["consent"]["outcome"] == "given", consent
        permit = consent["consent"]["answer"]["consent_id"]
        staff = ("--role", "doctor", "--operator", "架空　医師")
        stack.run("clinic-terminal", "history", "--consent-id", permit, *staff, "--json")
        yield Patient(stack, card)


def open_code(page: Page, answer: dict[str, str]) -> None:
    """Type address and code as a patient does."""
    page.goto(answer["address"])
    page.get_by_label(re.compile("コード|Code")).fill(answer["code"])
    page.get_by_role("button", name=re.compile("^(開く|Open)$")).click()


def checked(page: Page) -> None:
    """What every page keeps: accessibility, nothing cut off, nothing personal in its address."""
    assert_clean(page)
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/portal/[a-z]*", page.url)


def test_a_patient_reads_her_information_and_who_looked_at_it(patient: Patient, phone: Page) -> None:
    page, answer = phone, patient.code()
    page.goto(answer["address"])
    expect(page.get_by_role("heading", name="コードを入れてください")).to_be_visible()
    checked(page)
    picture(page, "portal-code")

    open_code(page, answer)

    expect(page.get_by_role("heading", name="わたしの保険")).to_be_visible()
    expect(page.get_by_text(f"この画面のコードは、{INSTITUTION_NAME}で令和")).to_be_visible()
    expect(page.locator(".status.valid")).to_contain_text("有効")
    expect(page.get_by_text(re.compile("この画面が閉じるまで あと 1[45]分"))).to_be_visible()
    checked(page)
    picture(page, "portal-insurance")
    for name, path in PAGES.items():
        page.get_by_role("link", name=name, exact=True).click()
        expect(page.get_by_role("heading", level=1)).to_have_text(name)
        checked(page)
        picture(page, f"portal-{path}")
        page.get_by_role("link", name="わたしの保険にもどる").click()

    page.get_by_role("link", name="情報を閲覧した記録").click()
    look = page.locator("li.panel", has_text="お薬の情報を閲覧しました").first
    expect(look).to_contain_text(INSTITUTION_NAME)
    expect(look).to_contain_text("医師 架空　医師")
    expect(look).to_contain_text("あなたの同意（暗証番号）にもとづく閲覧")
    reload_until(page, look.get_by_text("書き換えられていないことを確認済み"))
    expect(look.get_by_text("書き換えられていないことを確認済み")).to_be_visible()
    look.locator("summary").click()
    look.scroll_into_view_if_needed()
    picture(page, "portal-accesses-proof")
    with page.expect_download() as download:
        page.get_by_role("button", name="ファイルをダウンロードする").click()
    file = download.value.path()
    report = json.loads(patient.stack.run("eligibility-api", "audit", "verify", file, "--json").stdout)
    assert report["holds"]
    assert report["records"] >= 5
    page.get_by_role("button", name="この画面の閲覧も表示する").click()
    expect(page.get_by_text("この画面で、情報を閲覧しました").first).to_be_visible()


def test_withdrawing_takes_one_tap_and_shows_at_once(patient: Patient, phone: Page) -> None:
    page = phone
    open_code(page, patient.code())
    page.get_by_role("link", name="同意", exact=True).click()
    own = page.locator(
        "li.panel", has=page.get_by_role("button", name=f"{INSTITUTION_NAME}への同意を取り消す")
    ).first
    own.get_by_role("button").click()
    expect(page.get_by_role("status")).to_contain_text("同意を取り消しました")
    expect(page.locator("li.panel").first).to_contain_text("終了")
    checked(page)
    picture(page, "portal-withdrawn")


def test_a_consent_given_ahead_opens_her_history_in_the_online_consultation(
    patient: Patient, phone: Page, page: Page, tmp_path: Path
) -> None:
    """Rule W14, from her phone to the other clinic's doctor, for an appointment of today."""
    stack, online = patient.stack, phone
    rights = "eligibility,consent"
    credential = admit_terminal(
        stack, ONLINE_CLINIC[0], ONLINE_CLINIC[1], "clinic", rights, file="online-clinic.json"
    )
    person = stack.tap("--card", patient.card)["answer"]["results"][0]

    open_code(online, patient.code())
    online.get_by_role("link", name="同意", exact=True).click()
    online.get_by_role("link", name="オンライン診療の事前の同意").click()
    online.get_by_role("button", name="同意の文を確認する").click()
    expect(online.get_by_role("alert")).to_be_focused()
    expect(online.get_by_role("alert").get_by_role("link")).to_have_count(3)
    checked(online)
    online.get_by_label("医療機関等コード（10桁）").fill(ONLINE_CLINIC[0])
    online.get_by_label("予約の日").fill(today().isoformat())
    online.get_by_label("お薬（処方と調剤を含む）").check()
    picture(online, "portal-online")
    online.get_by_role("button", name="同意の文を確認する").click()
    expect(online.get_by_role("heading", level=1)).to_have_text("この内容に同意しますか？")
    expect(online.get_by_text(f"私は、{ONLINE_CLINIC[1]}")).to_be_visible()
    styles = [
        online.get_by_role("button", name=name, exact=True).evaluate(
            "one => { const s = getComputedStyle(one), b = one.getBoundingClientRect();"
            " return [s.color, s.backgroundColor, s.fontWeight, s.borderColor, b.width, b.height]; }"
        )
        for name in ("同意する", "同意しない")
    ]
    assert styles[0] == styles[1], "yes and no weigh the same"
    checked(online)
    picture(online, "portal-online-words")
    online.get_by_role("button", name="同意する", exact=True).click()
    expect(online.get_by_role("status")).to_contain_text("予約の日だけ、閲覧できます")
    expect(online.locator("li.panel").first).to_contain_text("あなたの同意（ご自分の画面）")
    checked(online)

    with clinic_screens(stack, tmp_path, TERMINAL_CREDENTIAL=str(credential)) as url:
        page.goto(f"{url}/login")
        page.get_by_label("氏名").fill(DOCTOR[0])
        page.get_by_label("パスワード").fill(DOCTOR[1])
        page.get_by_role("button", name="ログインする").click()
        page.get_by_role("link", name="番号で照会").click()
        for name in ("insurer_number", "symbol", "number", "branch", "birth_date"):
            page.locator(f"#{name}").fill(person[name])
        page.keyboard.press("Control+Enter")
        expect(page.locator(".status.valid")).to_be_visible()
        page.keyboard.press("F4")
        expect(page.locator("[data-row]").first).to_contain_text("架空降圧錠５ｍｇ「見本」")
        expect(page.locator(".closes")).to_contain_text("00:00まで")


def test_a_used_code_opens_nothing_on_another_device(patient: Patient, phone: Page, page: Page) -> None:
    answer = patient.code()
    open_code(phone, answer)
    expect(phone.get_by_role("heading", name="わたしの保険")).to_be_visible()
    other = page
    other.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    open_code(other, answer)
    expect(other.get_by_role("alert")).to_contain_text("このコードは使えません")
    expect(other.get_by_role("alert")).to_be_focused()
    expect(other.get_by_label("コード（18文字）")).to_have_value("")
    checked(other)
    picture(other, "portal-refused")


def test_the_button_closes_the_page_for_good(patient: Patient, phone: Page) -> None:
    page = phone
    open_code(page, patient.code())
    page.get_by_role("button", name="画面を閉じる").click()
    expect(page.get_by_role("heading", name="画面を閉じました")).to_be_visible()
    checked(page)
    assert page.context.cookies() == []
    page.go_back()
    expect(page.get_by_role("heading", name="わたしの保険")).to_have_count(0)


def test_the_session_is_out_of_reach_of_scripts_and_other_sites(patient: Patient, phone: Page) -> None:
    open_code(phone, patient.code())
    expect(phone.get_by_role("heading", name="わたしの保険")).to_be_visible()
    [cookie] = phone.context.cookies()
    assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Strict")
    assert phone.evaluate("document.cookie") == ""
    assert phone.evaluate("Object.keys(localStorage).length + Object.keys(sessionStorage).length") == 0


def test_the_journey_works_by_keyboard_in_english_and_high_contrast(patient: Patient, phone: Page) -> None:
    page, answer = phone, patient.code()
    page.goto(answer["address"])
    page.get_by_label("言語").select_option("en")
    page.get_by_label("表示").select_option("high")
    page.get_by_role("button", name="変更する").press("Enter")
    code = page.get_by_label("Code (18 characters)")
    code.focus()
    page.keyboard.type(answer["code"].lower())
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="My insurance")).to_be_visible()
    checked(page)
    picture(page, "portal-insurance-en")
    page.get_by_role("link", name="Who looked at my information").press("Enter")
    expect(page.get_by_role("heading", name="Who looked at my information")).to_be_visible()
    expect(page.get_by_text("Read your medicines").first).to_be_visible()
    checked(page)
    japanese = page.locator("main").evaluate("main => main.innerText.replace(/架空[^\\s]*/g, '')")
    assert not re.search(r"[ぁ-ん]{3}", japanese)
    for name in ("Back to my insurance", "My consents", "Consent to an online consultation ahead"):
        page.get_by_role("link", name=name).press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Consent to an online consultation ahead")
    checked(page)
    assert not re.search(r"[ぁ-ん]", page.locator("main").inner_text())


def test_without_scripts_every_page_works(patient: Patient, plain_page: Page) -> None:
    page = plain_page
    open_code(page, patient.code())
    page.get_by_role("link", name="情報を閲覧した記録").click()
    expect(page.locator("li.panel").first).to_be_visible()
    page.get_by_role("button", name="画面を閉じる").click()
    expect(page.get_by_role("heading", name="画面を閉じました")).to_be_visible()
