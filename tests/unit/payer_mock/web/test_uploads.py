"""The pages of member files: what is sent to the fund, what each role may do, and how failures are shown."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from eligibility_api.contract.uploads import FileFormat
from payer_mock.actions.uploads import UploadOptions
from payer_mock.web.sending import Sending, SendingState
from tests.builders.page_words import words_of
from tests.unit.payer_mock.builders import INSURER
from tests.unit.payer_mock.fake_uploads import REPORT, UPLOAD_ID, UPLOADS
from tests.unit.payer_mock.web.app import APPROVER, SENDER, Browser

pytestmark = pytest.mark.anyio

PAGE = f"/enrolment/uploads/{UPLOAD_ID}"
FILE = {"file": ("加入者.csv", b"insurer_number\r\n01130012\r\n", "text/csv")}
PUBLISHED = {"known_from": "2026-11-30T05:05:00Z", "undone_from": "2026-11-30T06:05:00Z"}


async def send(browser: Browser, **data: str) -> None:
    """Send a file and wait until the fund has it."""
    response = await browser.http.post("/enrolment/uploads", data={"scope": "full"} | data, files=FILE)
    assert response.headers["location"] == "/enrolment/sending"
    [key] = browser.desk.sessions.values()
    assert key.sending is not None
    key.sending.join()


async def test_a_file_is_sent_unchanged_and_waits_for_a_decision(browser: Browser) -> None:
    await browser.log_in()
    await send(browser, scope="changes")
    assert browser.fund.received == FILE["file"][1]
    assert browser.fund.query == {
        "format": "csv", "encoding": "auto", "scope": "changes", "bad_rows": "skip", "publish": "on-request",
    }  # fmt: skip
    assert (await browser.get("/enrolment/sending")).headers["location"] == PAGE
    browser.fund.states = ["held"]
    assert "加入者.csv" in words_of(await browser.get(PAGE))
    listed = words_of(await browser.get("/enrolment/uploads"))
    assert "加入者.csv" in listed
    assert listed.count("見本 送信") == 2  # who is logged in, and who sent the file


async def test_the_list_of_sent_files_has_no_content_and_is_private(browser: Browser, tmp_path: Path) -> None:
    await browser.log_in()
    await send(browser)
    file = tmp_path / "sent-files.jsonl"
    assert json.loads(file.read_text(encoding="utf-8")) == {
        "upload_id": UPLOAD_ID, "insurer_number": INSURER, "sent_at": "2026-11-30T05:05:00Z", "sender": SENDER[0],
        "name": "加入者.csv",
    }  # fmt: skip
    assert file.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("files", [{"file": ("x.csv", b"", "text/csv")}, {"file": ("", b"", "text/csv")}, {}])
async def test_no_file_and_an_empty_file_send_nothing(browser: Browser, files: dict[str, Any]) -> None:
    await browser.log_in()
    response = await browser.http.post("/enrolment/uploads", data={"scope": "full"}, files=files)
    assert response.status_code == 400
    assert browser.fund.received == b""


async def test_an_empty_file_is_named_at_its_field_and_the_files_stay_listed(browser: Browser) -> None:
    await browser.log_in()
    await send(browser)
    response = await browser.http.post("/enrolment/uploads", files={"file": ("x.csv", b"", "text/csv")})
    assert "加入者.csv" in words_of(response)
    assert "送信したファイルはまだありません。" not in words_of(response)
    [field] = re.findall(r'<input [^>]*id="file"[^>]*>', response.text)
    assert 'aria-invalid="true" aria-describedby="file-fault ' in field
    assert 'id="file-fault"' in response.text
    assert "<title>エラー：" in response.text
    assert "aria-invalid" not in (await browser.get("/enrolment/uploads")).text


@pytest.mark.parametrize(
    ("code", "kind"),
    [("fund-unreadable", "technical"), ("right-missing", "error"), ("database-unavailable", "technical")],
)
async def test_a_failed_sending_shows_cause_step_and_code(browser: Browser, code: str, kind: str) -> None:
    await browser.log_in()
    browser.fund.failure = code
    await send(browser)
    page = await browser.get("/enrolment/sending")
    assert f'class="notice {kind}"' in page.text
    assert code in words_of(page)
    assert "status invalid" not in page.text


async def test_a_file_that_this_desk_cannot_list_lets_others_log_in_and_leads_to_its_report(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(browser.desk.sent_files, "add", full)
    await browser.log_in()
    await send(browser)
    assert not browser.desk.is_sending()
    page = await browser.get("/enrolment/sending")
    assert "支払基金に届きましたが" in words_of(page)
    assert "データは変わっていません。" not in words_of(page)
    assert f'href="{PAGE}"' in page.text
    assert (await browser.log_in(APPROVER)).status_code == 303


async def test_a_sending_that_failed_here_has_what_to_do(browser: Browser) -> None:
    await browser.log_in()
    [key] = browser.desk.sessions.values()
    key.sending = Sending(
        io.BytesIO(), "x.csv", 1, UploadOptions(), FileFormat.CSV, clock=lambda: 0.0, on_sent=lambda _: None
    )
    key.sending.state = SendingState.FAILED
    page = await browser.get("/enrolment/sending")
    assert 'class="notice technical"' in page.text
    assert "時間をおいて、もう一度お試しください。" in words_of(page)
    assert "internal" in words_of(page)


BUTTONS = {
    ("sender", "held"): {"reject"},
    ("sender", "checked"): {"publish", "reject"},
    ("sender", "published"): {"undo"},
    ("sender", "undo-held"): {"reject"},
    ("approver", "held"): {"approve", "reject"},
    ("approver", "checked"): {"reject"},
    ("approver", "published"): set(),
    ("approver", "undo-held"): {"approve", "reject"},
    **{
        (role, state): set()
        for role in ("sender", "approver")
        for state in ("received", "checking", "publishing", "refused", "rejected", "undoing", "undone")
    },
}


@pytest.mark.parametrize(("role", "state"), BUTTONS, ids="-".join)
async def test_each_person_has_the_buttons_of_her_key(browser: Browser, role: str, state: str) -> None:
    browser.fund.states = [state]
    browser.fund.refusal = "file-truncated"
    browser.fund.answer = PUBLISHED
    await browser.log_in(SENDER if role == "sender" else APPROVER)
    page = await browser.get(PAGE)
    assert page.status_code == 200
    actions = {
        name for name in ("approve", "publish", "reject", "undo") if f'action="{PAGE}/{name}"' in page.text
    }
    assert actions == BUTTONS[role, state]
    assert "status invalid" not in page.text
    assert ("data-events" in page.text) is (state in {"received", "checking", "publishing", "undoing"})


@pytest.mark.parametrize(
    ("operator", "action", "allowed"),
    [
        (SENDER, "publish", True),
        (SENDER, "undo", True),
        (SENDER, "reject", True),
        (SENDER, "approve", False),
        (APPROVER, "approve", True),
        (APPROVER, "reject", True),
        (APPROVER, "publish", False),
        (APPROVER, "undo", False),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
async def test_an_action_of_the_other_key_is_refused_before_the_fund(
    browser: Browser, operator: tuple[str, str], action: str, *, allowed: bool
) -> None:
    await browser.log_in(operator)
    response = await browser.post(f"{PAGE}/{action}", {"reason": "確認済み"})
    assert response.status_code == (303 if allowed else 403)
    assert bool(browser.fund.calls) is allowed
    assert browser.fund.reasons == (["確認済み"] if allowed and action != "publish" else [])


async def test_a_published_file_shows_until_when_it_can_be_undone(browser: Browser) -> None:
    browser.fund.states, browser.fund.answer = (
        ["published"],
        PUBLISHED | {"undo_until": "2026-12-30T05:05:00Z"},
    )
    await browser.log_in()
    assert "12月30日 14:05まで取り消せます。" in words_of(await browser.get(PAGE))


async def test_a_published_file_is_shown_as_such_once_its_members_are_found(browser: Browser) -> None:
    browser.fund.states = ["published"]
    browser.fund.answer = {"known_from": "2026-11-30T05:05:01Z"}
    await browser.log_in()
    await send(browser)
    for path in (PAGE, "/enrolment/uploads"):
        words = words_of(await browser.get(path))
        assert ("反映中" in words, "反映済" in words) == (True, False), path
    browser.fund.answer = PUBLISHED
    for path in (PAGE, "/enrolment/uploads"):
        assert "反映済" in words_of(await browser.get(path)), path


async def test_what_was_done_is_shown_once(browser: Browser) -> None:
    await browser.log_in()
    browser.fund.states = ["checked"]
    await browser.post(f"{PAGE}/publish")
    assert "反映を指示しました。" in words_of(await browser.get(PAGE))
    assert "反映を指示しました。" not in words_of(await browser.get(PAGE))


@pytest.mark.parametrize("reason", ["", "  ", "　"])
@pytest.mark.parametrize("action", ["reject", "undo"])
async def test_a_decision_needs_a_reason(browser: Browser, action: str, reason: str) -> None:
    await browser.log_in()
    browser.fund.states = ["held" if action == "reject" else "published"]
    browser.fund.answer = PUBLISHED
    response = await browser.post(f"{PAGE}/{action}", {"reason": reason})
    assert response.status_code == 400
    assert 'href="#reason"' in response.text
    assert {method for method, _, _ in browser.fund.calls} == {"GET"}


@pytest.mark.parametrize("action", ["reject", "undo"])
async def test_a_reason_beyond_its_length_is_named_and_can_be_shortened(
    browser: Browser, action: str
) -> None:
    await browser.log_in()
    browser.fund.states = ["held" if action == "reject" else "published"]
    browser.fund.answer = PUBLISHED
    reason = "理" * 201
    response = await browser.post(f"{PAGE}/{action}", {"reason": reason})
    assert (response.status_code, "理由は200文字以内で入力してください。" in words_of(response)) == (
        400,
        True,
    )
    assert f'value="{reason}"' in response.text
    assert 'maxlength="200"' in response.text
    assert {method for method, _, _ in browser.fund.calls} == {"GET"}
    assert (await browser.post(f"{PAGE}/{action}", {"reason": reason[:200]})).status_code == 303


async def test_a_reason_beyond_what_a_form_sends_reaches_nobody(browser: Browser) -> None:
    await browser.log_in()
    assert (await browser.post(f"{PAGE}/undo", {"reason": "x" * 2_001})).status_code == 400
    assert browser.fund.calls == []


@pytest.mark.parametrize(
    ("code", "status", "kind"),
    [
        ("upload-state", 409, "error"),
        ("approval-needs-another-key", 409, "error"),
        ("undo-too-late", 409, "error"),
        ("fund-unreadable", 502, "technical"),
        ("database-unavailable", 502, "technical"),
    ],
)
async def test_the_funds_refusal_has_its_sentence_and_its_code(
    browser: Browser, code: str, status: int, kind: str
) -> None:
    await browser.log_in()
    browser.fund.failure = code
    response = await browser.post(f"{PAGE}/undo", {"reason": "誤り"})
    assert response.status_code == status
    assert f'class="notice {kind}"' in response.text
    assert code in words_of(response)
    assert 'role="alert"' in response.text


async def test_the_page_of_no_upload_is_missing(browser: Browser) -> None:
    await browser.log_in()
    for path in ("/enrolment/uploads/x", "/enrolment/absent"):
        assert (await browser.get(path)).status_code in {400, 404}


async def test_events_end_with_the_state_in_which_a_decision_is_due(browser: Browser) -> None:
    await browser.log_in()
    browser.fund.states = ["held"]
    response = await browser.get(f"{PAGE}/events")
    assert response.headers["content-type"].startswith("text/event-stream")
    _, _, first, *rest = response.text.splitlines()
    assert first == "event: last"
    assert rest[0] == "data: 保留（別の担当者の承認待ち）"
    assert all(line.startswith("data: ") for line in rest if line)


async def test_events_lead_to_the_log_in_once_the_session_is_over(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("payer_mock.web.uploads._SLOW_SECONDS", 0.0)
    browser.fund.states = ["checking"]

    # In a thread: the end waits for the call that is under way.
    ending = Thread(target=browser.desk.sessions.end_all)

    def ends_the_session(_: dict[str, str]) -> dict[str, Any]:
        if ending.ident is None:
            ending.start()
        return browser.fund.upload()

    await browser.log_in()
    browser.fund.answers[f"/v1/uploads/{UPLOAD_ID}"] = ends_the_session
    text = (await browser.get(f"{PAGE}/events")).text
    ending.join()
    assert text.count("event: update") == 1
    assert text.rpartition("event: last")[2].count('data-follow href="/enrolment/login?') == 1


async def test_events_of_a_fund_that_fails_end_with_the_cause_and_not_with_nothing(browser: Browser) -> None:
    await browser.log_in()
    browser.fund.failure = "database-unavailable"
    text = (await browser.get(f"{PAGE}/events")).text
    assert "\nevent: last\n" in text
    assert "database-unavailable" in text
    assert 'class="notice technical"' in text


async def test_events_of_a_sending_lead_to_its_report(browser: Browser) -> None:
    await browser.log_in()
    assert "\nevent: last\n" in (await browser.get("/enrolment/sending/events")).text
    assert (await browser.get("/enrolment/sending")).headers["location"] == "/enrolment/uploads"
    await send(browser)
    text = (await browser.get("/enrolment/sending/events")).text
    assert "\nevent: last\n" in text
    assert 'data-follow href="/enrolment/sending"' in text


async def test_a_sending_can_be_stopped_and_another_person_waits_for_it(browser: Browser) -> None:
    await browser.log_in()
    [key] = browser.desk.sessions.values()
    file = io.BytesIO(b"x" * 1_000_000)
    key.sending = Sending(
        file, "x.csv", 1_000_000, UploadOptions(), FileFormat.CSV, clock=lambda: 0.0, on_sent=lambda _: None
    )
    assert "0.0 kB / 1.0 MB（0%）" in words_of(await browser.get("/enrolment/sending"))
    refused = await browser.log_in(APPROVER)
    assert refused.status_code == 409
    assert "前の方がファイルを送信中です。" in words_of(refused)
    assert (await browser.http.post("/enrolment/uploads", files=FILE)).headers[
        "location"
    ] == "/enrolment/sending"
    key.sending.stop()
    key.sending.start(key.new_client())
    stopped = await browser.post("/enrolment/sending/stop")
    assert "送信を中止しました" in words_of(await browser.get(stopped.headers["location"]))
    assert (await browser.log_in(APPROVER)).status_code == 303


async def test_a_key_that_was_closed_meanwhile_leads_to_the_log_in(browser: Browser) -> None:
    await browser.log_in()
    [key] = browser.desk.sessions.values()
    key.close()
    assert (await browser.get(PAGE)).headers["location"] == "/enrolment/login"
    assert 'href="/enrolment/login?' in (await browser.get(f"{PAGE}/events")).text


async def test_what_the_register_answered_is_withheld_until_approved(browser: Browser) -> None:
    await browser.log_in()
    browser.fund.states = ["held"]
    browser.fund.report = REPORT | {"unmatched": None}
    assert "承認後に表示" in words_of(await browser.get(PAGE))


async def test_faults_and_recipients_are_listed_with_the_next_page(browser: Browser) -> None:
    fault = {"row": 3, "column": "birth_date", "code": "day", "shape": "9999/9/99"}
    facility = {
        "institution_code": "1311111114", "institution_name": "架空<b>診療所", "answers": 2, "last_at": "2026-11-30T05:05:00Z",
    }  # fmt: skip
    browser.fund.answers = {
        f"{UPLOADS}/{UPLOAD_ID}/faults": {"faults": [fault], "next": "7"},
        f"{UPLOADS}/{UPLOAD_ID}/correction-list": {"facilities": [facility]},
    }
    await browser.log_in()
    faults = await browser.get(f"{PAGE}/faults?after=3")
    assert "9999/9/99" in faults.text
    assert "生年月日" in faults.text
    assert f"{PAGE}/faults?after=7" in faults.text
    assert browser.fund.query == {"after": "3"}
    recipients = await browser.get(f"{PAGE}/recipients")
    assert "架空&lt;b&gt;診療所" in recipients.text
    assert "2026-11-30 14:05" in recipients.text
