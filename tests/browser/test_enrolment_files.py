"""The insurer's clerks in a real browser: send a file, read its report, approve, undo; log in and out."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.builders.browser import assert_whole, picture, violations
from tests.builders.enrolment_desk import APPROVER, SENDER, EnrolmentDesk, open_desk, row
from tests.builders.stack import PopulatedStack
from tests.depth import at_night


@pytest.fixture(scope="module")
def desk(browser: Browser, stack: PopulatedStack) -> EnrolmentDesk:
    """The insurer's desk. It asks for the browser first: without one, nothing is started."""
    return open_desk(stack, "06130017")


@pytest.fixture
def checked(page: Page) -> Iterator[Page]:
    """A page that is clean when the test ends."""
    yield page
    assert violations(page) == []


def state(page: Page, word: str) -> None:
    expect(page.locator(".status h2")).to_have_text(word)


def test_a_file_is_sent_checked_approved_by_the_other_person_and_undone(
    desk: EnrolmentDesk, checked: Page
) -> None:
    page = checked
    desk.log_in(page)
    assert violations(page) == []
    picture(page, "enrolment-files")
    faulty = [row(n, born="9999/9/99") for n in (11, 12)] + [row(13, branch="x")]
    desk.send(page, "加入者_2611.csv", [*(row(n) for n in range(1, 41)), *faulty])
    state(page, "保留（別の担当者の承認待ち）")
    faults = page.get_by_role("region", name="項目ごとのエラー")
    assert faults.get_by_role("row").nth(1).inner_text().startswith("生年月日\t2\t")
    expect(faults).to_contain_text("42行目 「9999/9/99」")
    expect(faults).to_contain_text("枝番")
    count = faults.get_by_role("columnheader", name="件数")
    count.get_by_role("button").click()
    expect(count).to_have_attribute("aria-sort", "ascending")
    expect(faults.get_by_role("row").nth(1)).to_contain_text("枝番")
    count.get_by_role("button").press("Enter")
    expect(faults.get_by_role("row").nth(1)).to_contain_text("生年月日")
    expect(page.get_by_text("エラーのある行の割合")).to_be_visible()
    assert violations(page) == []
    picture(page, "enrolment-report")
    # The sender has no button to approve.
    expect(page.get_by_role("button", name="承認して反映する")).to_have_count(0)
    expect(page.get_by_text("送信した人は承認できません")).to_be_visible()
    address = page.url

    desk.log_in(page, APPROVER)
    expect(page.get_by_role("button", name="送信する")).to_have_count(0)
    page.get_by_role("link", name="加入者_2611.csv").click()
    assert page.url == address
    picture(page, "enrolment-approve")
    desk.decide(page, "承認して反映する", "住所の一斉確認のため")
    state(page, "反映済")
    expect(page.get_by_text("承認しました。")).to_be_visible()
    expect(page.get_by_role("button", name="反映を取り消す")).to_have_count(0)

    desk.log_in(page)
    page.goto(address)
    picture(page, "enrolment-published")
    desk.decide(page, "反映を取り消す", "別の月のファイルでした")
    state(page, "取消保留（別の担当者の承認待ち）")
    desk.log_in(page, APPROVER)
    page.goto(address)
    desk.decide(page, "取り消しを承認する", "確認しました")
    state(page, "取消済")
    page.get_by_role("link", name="誤った情報を受け取った医療機関等").click()
    expect(page.get_by_text("取り消された値を受け取った医療機関等はありません。")).to_be_visible()


@at_night("tests/integration/test_uploads.py has the comparison")
def test_a_column_that_became_empty_is_compared_with_the_last_file(
    desk: EnrolmentDesk, checked: Page
) -> None:
    page = checked
    desk.enter(page)
    desk.send(page, "加入者_2610.csv", [row(n) for n in range(200, 240)])
    address = page.url
    desk.log_in(page, APPROVER)
    page.goto(address)
    desk.decide(page, "承認して反映する", "新しい事業所")
    state(page, "反映済")
    desk.log_in(page)
    desk.send(page, "加入者_2612.csv", [row(n, postal="") for n in range(200, 240)])
    rates = page.get_by_role("region", name="記入率")
    first = rates.get_by_role("row").nth(1)
    expect(first).to_contain_text("郵便番号")
    expect(first).to_contain_text("0.0%")
    expect(first).to_contain_text("100.0%")
    expect(first).to_contain_text("低下")
    rates.scroll_into_view_if_needed()
    picture(page, "enrolment-rates")
    desk.decide(page, "取り下げる", "郵便番号が空でした")
    state(page, "取下げ済")


def test_without_a_reason_nothing_happens_and_the_field_is_named(desk: EnrolmentDesk, checked: Page) -> None:
    page = checked
    desk.enter(page)
    desk.send(page, "加入者_2613.csv", [row(n) for n in range(300, 320)])
    page.locator("[required]").evaluate_all("fields => fields.forEach(field => field.required = false)")
    desk.decide(page, "取り下げる")
    expect(page.get_by_role("alert")).to_contain_text("まだ実行していません")
    expect(page.get_by_role("alert")).to_be_focused()
    page.get_by_role("link", name="理由を入力してください。").click()
    expect(page.get_by_label("理由")).to_be_focused()
    expect(page).to_have_title("エラー：保留（別の担当者の承認待ち） – 資格　加入者情報の登録")


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("book.csv", b"PK\x03\x04 a workbook", "CSV"),
        ("columns.csv", b"a,b\r\n1,2\r\n", "見出し"),
    ],
    ids=["a workbook", "no member file"],
)
def test_a_file_that_is_no_member_file_is_refused_with_what_to_do(
    desk: EnrolmentDesk, checked: Page, name: str, content: bytes, sentence: str
) -> None:
    page = checked
    desk.enter(page)
    file = desk.folder / name
    file.write_bytes(content)
    page.get_by_label("ファイル", exact=True).set_input_files(file)
    page.get_by_role("button", name="送信する").click()
    state(page, "受付不可")
    expect(page.get_by_role("alert")).to_contain_text(sentence)
    expect(page.get_by_role("alert")).to_contain_text("ファイルを直して、もう一度送信してください。")


def test_a_wrong_password_opens_nothing_and_names_no_cause(desk: EnrolmentDesk, checked: Page) -> None:
    page = checked
    for name in (SENDER[0], "架空　不在"):
        page.goto(f"{desk.url}/uploads")
        page.get_by_label("氏名").fill(name)
        page.get_by_label("パスワード").fill("wrong-password")
        page.keyboard.press("Enter")
        expect(page.get_by_role("alert")).to_contain_text("氏名またはパスワードが違います。")
    picture(page, "enrolment-log-in")


def test_a_log_in_ends_the_other_persons_session(desk: EnrolmentDesk, page: Page, plain_page: Page) -> None:
    desk.log_in(page)
    desk.log_in(plain_page, APPROVER)
    page.goto(f"{desk.url}/uploads")
    expect(page.get_by_role("heading", name="ログイン")).to_be_visible()


def test_the_idle_lock_asks_first_and_then_hides_the_page(desk: EnrolmentDesk, own_page: Page) -> None:
    page = own_page
    page.clock.install()
    left = [45.0]
    # The desk's own clock does not run along.
    page.route(
        "**/alive",
        lambda route: (
            route.fulfill(json={"seconds": left[0]}) if route.request.method == "GET" else route.fallback()
        ),
    )
    desk.log_in(page)
    question = page.get_by_role("dialog")
    page.clock.fast_forward("28:30")
    expect(question).to_be_hidden()
    page.clock.fast_forward("00:45")
    expect(question).to_be_visible()
    assert violations(page) == []
    with page.expect_response("**/alive") as answered:
        page.keyboard.press("Enter")
    assert answered.value.status == 204
    page.clock.fast_forward("29:15")
    expect(question).to_be_visible()
    left[0] = 0.0
    with page.expect_request("**/login?next=/enrolment/uploads"):
        page.clock.fast_forward("02:00")


def test_system_colours_and_no_motion_show_the_same(desk: EnrolmentDesk, page: Page) -> None:
    page.emulate_media(forced_colors="active", reduced_motion="reduce")
    desk.enter(page)
    desk.send(page, "加入者_2616.csv", [row(n) for n in range(600, 620)])
    style = (
        "element => { const s = getComputedStyle(element); return [s.borderTopStyle, s.transitionDuration] }"
    )
    for part in (".status", "button.main, .actions button"):
        assert page.locator(part).first.evaluate(style) == ["solid", "0s"]
    expect(page.locator(".status svg")).to_be_visible()
    assert violations(page) == []


def test_the_journey_needs_the_keyboard_only(desk: EnrolmentDesk, page: Page) -> None:
    page.goto(f"{desk.url}/login")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="本文へ")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.type(SENDER[0])
    page.keyboard.press("Tab")
    page.keyboard.type(SENDER[1])
    page.keyboard.press("Enter")
    page.wait_for_url("**/uploads")
    order = [
        "本文へ", "ファイル", "加入者", "不一致", "資格確認書", "解除の申請", "統計", "ログアウト", "ファイル", "全件（すべての加入者）", "送信する",
    ]  # fmt: skip
    focused = []
    for _ in order:
        page.keyboard.press("Tab")
        focused.append(
            page.evaluate(
                "() => { const at = document.activeElement; return (at.labels?.[0] ?? at).textContent.trim() }"
            )
        )
        outline = page.evaluate("() => getComputedStyle(document.activeElement).outlineWidth")
        assert outline == "3px"
    assert focused == order


def test_it_works_without_script(desk: EnrolmentDesk, plain_page: Page) -> None:
    page = plain_page
    desk.enter(page)
    page.get_by_label("ファイル", exact=True).set_input_files(
        desk.file("加入者_2614.csv", [row(n) for n in range(400, 420)])
    )
    page.get_by_role("button", name="送信する").click()
    expect(page.locator(".status h2")).to_have_text("保留（別の担当者の承認待ち）")
    page.get_by_label("理由").fill("試験")
    page.get_by_role("button", name="取り下げる").click()
    expect(page.locator(".status h2")).to_have_text("取下げ済")


@at_night("each page is held at three sizes where it is used")
def test_every_size_contrast_and_language_shows_everything(desk: EnrolmentDesk, page: Page) -> None:
    desk.enter(page)
    desk.send(page, "加入者_2615.csv", [*(row(n) for n in range(500, 520)), row(521, born="x" * 24)])
    address = page.url
    for language, contrast in (("ja", "high"), ("en", "high"), ("en", "normal")):
        page.locator("#language").select_option(language)
        page.locator("#contrast").select_option(contrast)
        page.locator("footer button").click()
        assert page.url == address
        expect(page.locator("html")).to_have_attribute("lang", language)
        expect(page.locator("html")).to_have_attribute("data-contrast", contrast)
        assert violations(page) == []
        if language == "en":
            quoted = r"加入者_\d+\.csv|見本　送信|昭和60年4月1日|あ"
            words = re.sub(quoted, "", page.locator("main").inner_text())
            assert re.findall(r"[\u3040-\u9fff]+", words) == []
        assert_whole(page)
        if (language, contrast) in {("ja", "high"), ("en", "normal")}:
            picture(page, f"enrolment-report-{language}-{contrast}")
    page.set_viewport_size({"width": 360, "height": 740})
    picture(page, "enrolment-report-narrow")
