"""Tomorrow's appointments: the table comes in, is asked for in one batch, and goes out."""

from __future__ import annotations

import asyncio
import csv
import io
import re
import threading
from contextlib import suppress
from datetime import date, timedelta
from typing import Any, cast

import pytest

from clinic_terminal.console import outcomes
from clinic_terminal.pages.desk.batch import Batch, results_csv
from clinic_terminal.pages.endpoints.desk import appointments
from clinic_terminal.queries.appointments import Appointment, ChangeStatus
from eligibility_api.contract.codes import Validity
from tests.builders.clinic.desk import Browser
from tests.builders.clinic.samples import NOW, answer, ended_enrolment, enrolment
from tests.builders.page_words import words_of

pytestmark = pytest.mark.anyio

HEAD = "tag,insurer_number,symbol,number,branch,birth_date"
ROW = "{tag},01130012,12,345,00,S55.2.3"


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ask the fake fund again at once."""
    monkeypatch.setattr("clinic_terminal.pages.desk.batch._FIRST_PAUSE", 0.001)


def table(*tags: str, encoding: str = "utf-8") -> bytes:
    return "\r\n".join([HEAD, *(ROW.format(tag=tag) for tag in tags)]).encode(encoding)


async def sent(desk: Browser, data: bytes, day: str = "") -> int:
    files = {"file": ("見本.csv", data, "text/csv")}
    response = await desk.http.post("/desk/appointments", data={"day": day}, files=files)
    return response.status_code


async def results(desk: Browser) -> str:
    batch = desk.desk.site.batch
    assert batch is not None
    batch.join()
    return words_of(await desk.get("/desk/appointments"))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932"])
async def test_a_table_in_any_usual_encoding_is_asked_for_tomorrow(desk: Browser, encoding: str) -> None:
    assert await sent(desk, table("九時", encoding=encoding)) == 303
    assert "九時" in await results(desk)
    assert desk.desk.fund.batches.sent["as_of"] == "2026-04-02"


async def test_the_results_say_what_is_to_be_asked(desk: Browser) -> None:
    desk.desk.fund.batches.answers = {
        "09:00": answer(),
        "09:10": answer(Validity.INVALID, [ended_enrolment()]),
        "09:20": "overloaded",
        "09:30": answer(results=[enrolment(burden_expected=True)]),
        "09:50": answer(Validity.INVALID, [ended_enrolment().model_copy(update={"burden_expected": True})]),
    }
    rows = table("09:00", "09:10", "09:20", "09:30", "09:50")
    await sent(desk, rows + b"\r\n09:40,01130013,,1,,S55.2.3", "R8.4.6")
    words = await results(desk)
    assert "令和8年4月6日（2026-04-06）の予約" in words
    assert "1 変更なし" in words
    assert "5 要確認" in words
    assert words.count("新しい加入先を患者さんに確認してください。") == 2
    assert "overloaded" in words
    assert words.count("負担割合の登録がありません") == 1, "not of whom is not insured"
    assert "入力内容を確認してください" in words


async def test_a_batch_that_ends_while_its_progress_is_rendered_still_sends_the_results(
    desk: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(appointments, "_PAUSE_SECONDS", 0.01)
    desk.desk.fund.batches.polls_until_done = 10**6
    await sent(desk, table("09:00"))
    site, batch = desk.desk.site, desk.desk.site.batch
    assert batch is not None
    render = site.fragment

    def rendered(*arguments: Any, **values: Any) -> str:
        html = render(*arguments, **values)
        desk.desk.fund.batches.polls_until_done = 0
        batch.join()
        return html

    monkeypatch.setattr(site, "fragment", rendered)
    async with desk.stream("/desk/appointments/events") as stream:
        first = await stream.next()
        assert first is not None
        assert (first.kind, "<progress" in first.html) == ("update", True)
        last = await stream.next()
        assert last is not None
        assert (last.kind, "09:00" in last.html) == ("last", True)
        assert await stream.next() is None


async def test_a_row_opens_the_whole_answer_and_changes_nothing(desk: Browser) -> None:
    desk.desk.visit(answer(), at=NOW - timedelta(days=30))
    moved = enrolment(address="架空県別市2-2")
    desk.desk.fund.batches.answers = {
        "09:00": answer(results=[moved]),
        "09:10": answer(Validity.INVALID, [ended_enrolment()]),
        "09:20": "overloaded",
    }
    await sent(desk, table("09:00", "09:10", "09:20"))
    page = await results(desk)
    assert page.count("開く") == 3, "the head, and the two rows with an answer"
    batch = desk.desk.site.batch
    assert batch is not None
    places = {row.tag: place for place, row in enumerate(batch.rows)}
    path = f"/desk/appointments/{batch.batch_id}"
    words = words_of(await desk.get(f"{path}/{places['09:00']}"))
    assert "架空県別市2-2" in words
    assert "前回からの変更 1件" in words
    assert "カルテへの反映は、来院時の受付で行います。" in words
    response = await desk.get(f"{path}/{places['09:00']}")
    assert "/desk/visits//" not in response.text
    assert 'class="decision"' not in response.text, "a column without anything to decide"
    assert "他の確認方法" in words_of(await desk.get(f"{path}/{places['09:10']}"))
    assert len(desk.desk.store.visits(NOW.date())) == 0
    for other in (f"{path}/{places['09:20']}", f"{path}/3", f"{path}/-1", "/desk/appointments/another/0"):
        assert (await desk.get(other)).status_code in {400, 404}


async def test_the_versions_are_kept_and_the_next_batch_shows_changes(desk: Browser) -> None:
    await sent(desk, table("09:00"))
    await results(desk)
    desk.desk.fund.batches.answers = {"09:00": answer(version="version-2")}
    desk.desk.fund.batches.polls_until_done = 0
    await sent(desk, table("09:00"))
    assert "1 変更あり" in await results(desk)
    assert desk.desk.fund.batches.sent["rows"][0]["known_version"] == "version-1"


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "列がありません"),
        (b"tag,number\r\n1,2", "列がありません"),
        (HEAD.encode(), "行数は1～10000です"),
        (table(""), "1行目に tag がありません"),
        (b"tag\x81", "文字コード"),
        (f'{HEAD}\r\n"09:00'.encode(), "CSV として読み取れません"),
    ],
    ids=["empty", "columns", "no row", "no tag", "encoding", "not CSV"],
)
async def test_a_table_that_cannot_be_used_is_explained_and_not_sent(
    desk: Browser, data: bytes, sentence: str
) -> None:
    response = await desk.http.post("/desk/appointments", files={"file": ("a.csv", data, "text/csv")})
    assert response.status_code == 422
    assert words_of(response).count(sentence) == 2, "in the summary, and at the field"
    assert 'required aria-invalid="true" aria-describedby="file-fault ' in response.text
    assert desk.desk.site.batch is None


@pytest.mark.parametrize("day", ["someday", "2026-02-30", "x" * 25])
async def test_a_day_that_cannot_be_read_is_explained_at_its_field(desk: Browser, day: str) -> None:
    files = {"file": ("a.csv", table("1"), "text/csv")}
    response = await desk.http.post("/desk/appointments", data={"day": day}, files=files)
    assert response.status_code == 422
    assert words_of(response).count("日付を確認してください") == 2
    assert 'id="day-fault"' in response.text
    assert f'value="{day[:24]}"' in response.text, "what was typed stays"
    assert desk.desk.site.batch is None


async def test_a_file_that_is_too_large_is_refused(desk: Browser) -> None:
    assert await sent(desk, b"x" * (4 * 1024 * 1024 + 1)) == 413


async def test_a_failure_of_the_connection_is_not_an_answer(desk: Browser) -> None:
    desk.desk.fund.failures["/v1/eligibility/batches"] = ["lost", "lost"]
    await sent(desk, table("09:00"))
    words = await results(desk)
    assert "fund-unreachable" in words
    assert "資格が「無効」という意味ではありません" in words
    assert (await desk.get("/desk/appointments/results")).status_code == 404


async def test_no_second_batch_begins_before_the_first_has_ended(desk: Browser) -> None:
    desk.desk.fund.batches.polls_until_done = 10**6
    assert await sent(desk, table("09:00")) == 303
    assert await sent(desk, table("09:10")) == 409
    batch = desk.desk.site.batch
    assert batch is not None
    batch.stop()
    batch.join()


async def test_two_batches_at_the_same_time_are_one(desk: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    meeting = threading.Barrier(2)

    class SlowlyMade(Batch):
        def __init__(self, *arguments: Any) -> None:
            with suppress(threading.BrokenBarrierError):  # alone, as it should be
                meeting.wait(0.2)
            super().__init__(*arguments)

    monkeypatch.setattr("clinic_terminal.pages.site.Batch", SlowlyMade)
    desk.desk.fund.batches.polls_until_done = 10**6
    codes = await asyncio.gather(*(sent(desk, table("09:00")) for _ in range(2)))
    assert sorted(codes) == [303, 409]
    batch = desk.desk.site.batch
    assert batch is not None
    batch.stop()
    batch.join()


async def test_a_long_list_of_results_has_pages(desk: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(appointments, "MAX_SHOWN", 2)
    desk.desk.fund.batches.answers = {"3": answer(results=[enrolment(address="架空県別市2-2")])}
    await sent(desk, table("1", "2", "3"))
    first = await results(desk)
    assert "3件中 1～2件目を表示" in first
    page = await desk.get("/desk/appointments?after=2")
    assert "3件中 3～3件目を表示" in words_of(page)
    assert "次のページ" not in words_of(page)
    [path] = re.findall(r'href="(/desk/appointments/[^"/]+/\d+)"', page.text)
    assert (await desk.get(path)).status_code == 200
    for after in ("3", "9999"):
        assert "1～2件目" in words_of(await desk.get(f"/desk/appointments?after={after}"))
    assert (await desk.get("/desk/appointments?after=-1")).status_code == 400


async def test_the_results_are_exported(desk: Browser) -> None:
    assert (await desk.get("/desk/appointments/results")).status_code == 404
    await sent(desk, table("09:00"))
    await results(desk)
    response = await desk.get("/desk/appointments/results")
    assert response.headers["content-disposition"] == 'attachment; filename="results-2026-04-02.csv"'
    [head, row] = csv.reader(io.StringIO(response.content.decode("utf-8-sig")))
    assert dict(zip(head, row, strict=True)) == {
        "tag": "09:00", "status": "ok", "結果": "変更なし", "validity": "1", "insurer_number": "01130012",
        "burden_ratio": "", "code": "",
    }  # fmt: skip


@pytest.mark.parametrize("tag", ["=1+1", "+1", "-1", "@a", "\t=1"])
def test_no_exported_cell_is_a_formula(tag: str) -> None:
    texts = {status: row.text for status, row in outcomes.CHANGE_STATUS.items()}
    data = results_csv([Appointment(tag, ChangeStatus.TO_ASK, code="request-invalid")], texts)
    [_, row] = csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""))
    assert row[0] == f"'{tag}"


def test_the_seconds_left_follow_the_speed() -> None:
    now = [0.0]
    batch = Batch(cast("Any", None), [{}] * 48, date(2026, 4, 2), lambda: now[0])
    assert batch.seconds_left() is None
    now[0], batch.answered = 31.0, 31
    assert batch.seconds_left() == 17
