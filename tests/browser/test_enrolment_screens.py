"""The insurer's pages that the journeys pass by or do not stop at, in a real browser over a fake fund."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from eligibility_api.contract.errors import ShikakuError
from eligibility_api.contract.uploads import FileFormat
from payer_mock.actions.uploads import UploadOptions
from payer_mock.web.app import create_app
from payer_mock.web.desk import Desk
from payer_mock.web.sending import Sending, SendingState
from tests.builders.browser import assert_clean, serving
from tests.unit.payer_mock.fake_uploads import UPLOAD_ID, UPLOADS, FakeUploads
from tests.unit.payer_mock.web.app import APPROVER, SENDER, new_desk
from tests.unit.payer_mock.web.member_data import HISTORY, MEMBER

Served = tuple[Desk, FakeUploads, str]

FAULT = {"row": 3, "column": "birth_date", "code": "day", "shape": "9999/9/99"}
FACILITY = {
    "institution_code": "1311111114", "institution_name": "架空<b>診療所", "answers": 1_202,
    "last_at": "2026-11-30T05:05:00Z",
}  # fmt: skip
NEED = {
    "enrolment_id": MEMBER, "symbol": "架空", "number": "7701", "branch": "00", "birth_date": "1980-05-17",
    "reason": "no-card", "needed_from": None, "new_since": True,
}  # fmt: skip


@pytest.fixture(scope="module")
def served(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A desk, its fund, and its address. It asks for the browser first: without one, nothing is started."""
    fund = FakeUploads(
        answers={
            f"{UPLOADS}/{UPLOAD_ID}/faults": {"faults": [FAULT] * 20, "next": "7"},
            f"{UPLOADS}/{UPLOAD_ID}/correction-list": {"facilities": [FACILITY] * 3},
            f"/v1/members/{MEMBER}": HISTORY,
            "/v1/paper-certificates": {"since": "2026-10-30", "members": [NEED] * 3, "next": None},
        }
    )
    desk = new_desk(tmp_path_factory.mktemp("enrolment"), fund, lambda: 0.0)
    with serving(create_app(desk)) as url:
        yield desk, fund, f"{url}/enrolment"
    desk.sessions.end_all()


@pytest.fixture(autouse=True)
def _fund_answers_again(served: Served) -> Iterator[None]:
    yield
    served[1].failure = None


def log_in(served: Served, page: Page, operator: tuple[str, str] = SENDER) -> None:
    token = served[0].log_in(*operator)
    assert token is not None
    page.context.add_cookies([{"name": served[0].session_cookie, "value": token, "url": served[2]}])


@pytest.mark.parametrize("operator", [SENDER, APPROVER], ids=["sender", "approver"])
def test_a_contested_member(served: Served, page: Page, operator: tuple[str, str]) -> None:
    log_in(served, page, operator)
    page.goto(f"{served[2]}/mismatches/{MEMBER}")
    assert_clean(page)
    if operator == APPROVER:
        page.get_by_label("理由").evaluate("field => field.required = false")
        page.get_by_role("button", name="確認済みにする").click()
        expect(page.get_by_role("alert")).to_be_focused()
        assert_clean(page)


@pytest.mark.parametrize("part", ["faults", "recipients"])
def test_a_list_of_a_file(served: Served, page: Page, part: str) -> None:
    log_in(served, page)
    page.goto(f"{served[2]}/uploads/{UPLOAD_ID}/{part}")
    expect(page.get_by_role("row").nth(1)).to_be_visible()
    assert_clean(page)


@pytest.mark.parametrize(
    ("state", "error"),
    [
        (SendingState.SENDING, None),
        (SendingState.STOPPED, None),
        (SendingState.FAILED, None),
        (SendingState.FAILED, ShikakuError("right-missing")),
        (SendingState.FAILED, ShikakuError("fund-unreachable")),
    ],
    ids=["sending", "stopped", "failed here", "refused", "unreachable"],
)
def test_a_file_on_its_way(
    served: Served, page: Page, state: SendingState, error: ShikakuError | None
) -> None:
    log_in(served, page)
    [key] = served[0].sessions.values()
    key.sending = Sending(
        io.BytesIO(), "加入者_2611.csv", 48_200_000, UploadOptions(), FileFormat.CSV, clock=lambda: 0.0,
        on_sent=lambda _: None,
    )  # fmt: skip
    key.sending.sent, key.sending.state, key.sending.error = 39_500_000, state, error
    page.goto(f"{served[2]}/sending")
    assert_clean(page)
    key.sending.state = SendingState.STOPPED
    if state is SendingState.SENDING:
        expect(page.get_by_text("送信を中止しました")).to_be_visible()


def test_a_file_that_the_desk_could_not_list(
    served: Served, page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(served[0].sent_files, "add", full)
    log_in(served, page)
    page.goto(f"{served[2]}/uploads")
    page.get_by_label("ファイル", exact=True).set_input_files(
        {"name": "加入者.csv", "mimeType": "text/csv", "buffer": b"insurer_number"}
    )
    page.get_by_role("button", name="送信する").click()
    expect(page.get_by_role("alert")).to_contain_text("支払基金に届きましたが")
    assert_clean(page)


def test_a_file_that_is_empty(served: Served, page: Page) -> None:
    log_in(served, page)
    page.goto(f"{served[2]}/uploads")
    page.get_by_label("ファイル", exact=True).set_input_files(
        {"name": "加入者.csv", "mimeType": "text/csv", "buffer": b""}
    )
    page.get_by_role("button", name="送信する").click()
    page.get_by_role("link", name="ファイルが選ばれていないか").click()
    expect(page.locator("#file")).to_be_focused()
    expect(page.locator("#file")).to_have_attribute("aria-invalid", "true")
    assert_clean(page)


@pytest.mark.parametrize(
    ("operator", "path", "code"),
    [
        (SENDER, f"uploads/{UPLOAD_ID}", "upload-state"),
        (SENDER, f"uploads/{UPLOAD_ID}", "database-unavailable"),
        (SENDER, "nothing", None),
        (APPROVER, "members", None),
    ],
    ids=["refused", "unavailable", "missing", "another's"],
)
def test_a_failure(
    served: Served, page: Page, operator: tuple[str, str], path: str, code: str | None
) -> None:
    log_in(served, page, operator)
    served[1].failure = code
    page.goto(f"{served[2]}/{path}")
    expect(page.locator("main [role=alert]")).to_be_visible()
    if code is not None:
        expect(page.locator("main .code")).to_have_text(code)
    assert_clean(page)


def test_a_deregistration_is_asked_about(served: Served, page: Page) -> None:
    log_in(served, page)
    page.goto(f"{served[2]}/deregistrations/{MEMBER}")
    expect(page.get_by_role("heading", name="利用登録の解除の確認")).to_be_visible()
    assert_clean(page)


def test_no_paper_chosen(served: Served, page: Page) -> None:
    log_in(served, page)
    page.goto(f"{served[2]}/papers")
    for box in page.get_by_role("checkbox").all():
        box.uncheck()
    page.get_by_role("button", name="資格確認書を PDF で作成").click()
    expect(page.get_by_role("alert")).to_be_focused()
    assert_clean(page)
