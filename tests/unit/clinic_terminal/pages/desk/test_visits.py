"""The list of today's visits and the detail of one: what is shown, and what the operator decides."""

from __future__ import annotations

import asyncio
import re
import threading
from contextlib import suppress
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from clinic_terminal.errors import TerminalError
from clinic_terminal.pages.endpoints.desk import visits
from clinic_terminal.pages.endpoints.desk.desk import require_visit
from clinic_terminal.queries.number_lookup import LookupRequest
from clinic_terminal.store import TerminalStore
from clinic_terminal.store.records import StoredMembership, Visit, Way
from eligibility_api.contract.codes import Validity
from eligibility_api.contract.membership import MembershipQuery
from tests.builders.clinic.desk import Browser, open_desk
from tests.builders.clinic.samples import NOW, answer, ended_enrolment, enrolment
from tests.builders.clinic.store import permit
from tests.builders.page_words import words_of

pytestmark = pytest.mark.anyio

ASKED = StoredMembership(insurer_number="01130012", symbol="12", number="345", birth_date=date(1980, 2, 3))
BEFORE = NOW - timedelta(days=30)


async def shown(desk: Browser, visit_id: str) -> str:
    response = await desk.get(f"/desk/visits/{visit_id}")
    assert response.status_code == 200
    return words_of(response)


async def settled(desk: Browser, path: str) -> str:
    """The page after a question was answered."""
    desk.desk.site.asking.drain()
    return words_of(await desk.get(path))


async def test_the_list_has_todays_visits_newest_first_and_counts_those_to_look_at(desk: Browser) -> None:
    desk.desk.visit(answer(), at=NOW - timedelta(days=1))
    desk.desk.visit(answer())
    desk.desk.visit(answer(Validity.INVALID, [ended_enrolment()]), at=NOW + timedelta(minutes=1))
    desk.desk.visit(None, code="card-removed", at=NOW + timedelta(minutes=2))
    words = words_of(await desk.get("/desk"))
    assert "本日 3件 要確認 2件" in words
    assert words.index("18:02") < words.index("18:01") < words.index("18:00")


async def test_a_new_visit_is_announced_once_and_a_decision_is_none(
    desk: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(visits, "_LIST_SECONDS", 0.01)
    desk.desk.site.state.refresh()
    desk.desk.visit(answer(), at=BEFORE)
    first = desk.desk.visit(answer(results=[enrolment(address="架空県別市2-2")]))
    async with desk.stream("/desk/events") as stream:
        shown = await stream.next()
        assert shown is not None
        assert (shown.kind, shown.announced) == ("update", "")
        desk.desk.visit(None, code="card-removed", at=NOW + timedelta(minutes=1))
        shown = await stream.next()
        assert shown is not None
        assert shown.announced == "新しい受付 1件"
        await desk.post(f"/desk/visits/{first}/differences", {"item": "住所", "decision": "keep"})
        shown = await stream.next()
        assert shown is not None
        assert shown.announced == ""
        desk.desk.visit(None, code="card-removed", at=NOW + timedelta(minutes=2))
        shown = await stream.next()
        assert shown is not None
        assert shown.announced == "新しい受付 1件"


async def test_the_list_leads_to_the_log_in_when_the_session_ends(
    desk: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(visits, "_LIST_SECONDS", 0.01)
    async with desk.stream("/desk/events", "/desk/number") as stream:
        await stream.next()
        desk.desk.site.sessions.end_all()
        last = await stream.next()
        while last is not None and last.kind != "last":  # the state of the parts may have come in
            last = await stream.next()
        assert last is not None
        assert last.html == '<a data-follow href="/login?next=/desk/number"></a>'
        assert await stream.next() is None
        assert stream.raised is None


async def test_that_the_network_is_slow_is_announced_once(
    desk: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(visits, "_DETAIL_SECONDS", 0.01)
    desk.desk.gate.clear()
    path = (await desk.post(f"/desk/visits/{desk.desk.visit(answer())}/again")).headers["location"]
    announced = []
    async with desk.stream(f"{path}/events", path) as stream:
        for _ in range(4):
            update = await stream.next()
            assert update is not None
            announced.append(update.announced)
            desk.desk.skip(5)
        desk.desk.gate.set()
    assert announced[0] == ""
    assert [text for text in announced if text] == ["5秒たちました。他の確認方法で受け付けて構いません"]


async def test_a_question_whose_visit_is_gone_leads_to_its_page(desk: Browser) -> None:
    async with desk.stream("/desk/visits/unknown/events", "/desk/visits/unknown") as stream:
        last = await stream.next()
        assert last is not None
        assert (last.kind, last.html) == ("last", '<a data-follow href="/desk/visits/unknown"></a>')
        assert await stream.next() is None
        assert stream.raised is None


async def test_names_are_escaped_and_never_in_the_title_or_an_address(desk: Browser) -> None:
    visit = desk.desk.visit(answer(results=[enrolment(name="<script>alert(1)</script>")]))
    page = await desk.get(f"/desk/visits/{visit}")
    assert "<script>alert" not in page.text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page.text
    assert "alert" not in page.text.split("</title>")[0]


@pytest.mark.parametrize("visit_id", ["unknown", "a" * 64])
async def test_a_visit_that_is_not_there_is_not_found(desk: Browser, visit_id: str) -> None:
    assert (await desk.get(f"/desk/visits/{visit_id}")).status_code == 404


async def test_consents_are_listed_with_their_end(desk: Browser) -> None:
    desk.desk.store.keep_permit(permit())
    words = await shown(desk, desk.desk.visit(answer()))
    assert "2026-04-02 18:00まで" in words


async def test_a_reference_number_is_shown(desk: Browser) -> None:
    assert "照会番号 A-12" in await shown(desk, desk.desk.visit(answer(reference_number="A-12")))


async def test_what_is_copied_is_on_the_page(desk: Browser) -> None:
    page = (await desk.get(f"/desk/visits/{desk.desk.visit(None, code='fund-unreachable')}")).text
    [copied] = re.findall(r'data-copy="([^"]+)"', page)
    assert re.findall(f'id="{copied}">([^<]+)<', page) == ["fund-unreachable"]


async def test_a_failure_shows_sentence_code_and_the_other_ways(desk: Browser) -> None:
    words = await shown(desk, desk.desk.visit(None, code="fund-unreachable", way=Way.NUMBER))
    assert "資格が「無効」という意味ではありません" in words
    assert "fund-unreachable" in words
    assert "他の確認方法" in words


class TestDifferences:
    """A person whose insurer and address changed since the last visit."""

    async def decide(self, desk: Browser, visit: str, item: str, decision: str) -> int:
        response = await desk.post(f"/desk/visits/{visit}/differences", {"item": item, "decision": decision})
        return response.status_code

    @pytest.fixture
    def visit(self, desk: Browser) -> str:
        desk.desk.visit(answer(), at=BEFORE)
        now = enrolment(insurer_number="06130017", insurer_name="架空国保組合", address="架空県別市2-2")
        return desk.desk.visit(answer(results=[now]))

    async def test_are_counted_and_compared_with_the_chart(self, desk: Browser, visit: str) -> None:
        words = await shown(desk, visit)
        assert "前回からの変更 2件" in words
        assert "カルテ（2026-03-02）" in words
        assert "変更2" in words

    async def test_are_taken_over_one_by_one_and_undone(self, desk: Browser, visit: str) -> None:
        assert await self.decide(desk, visit, "住所", "take-over") == 303
        assert "反映しました。" in await shown(desk, visit)
        assert "変更1" in await shown(desk, visit)
        assert await self.decide(desk, visit, "住所", "undo") == 303
        assert "変更2" in await shown(desk, visit)

    async def test_of_an_older_visit_stay_its_own_and_change_no_chart(
        self, desk: Browser, visit: str
    ) -> None:
        await self.decide(desk, visit, "住所", "take-over")
        moved = enrolment(insurer_number="06130017", insurer_name="架空国保組合", address="架空県新市3-3")
        newer = desk.desk.visit(answer(results=[moved]), at=NOW + timedelta(hours=1))
        await self.decide(desk, newer, "住所", "take-over")
        words = await shown(desk, visit)
        assert "後の受付を開く" in words
        assert "架空県新市3-3" not in words, "what came later is no difference of this visit"
        assert "架空県架空市1-1" in words
        assert "前回からの変更 2件" in words
        assert "反映しました" in words
        assert "未処理" in words
        assert "変更1" in words, "the list counts what is open at the newest visit"
        assert "変更2" not in words
        for item, decision in (("住所", "undo"), ("保険者", "take-over"), ("保険者", "keep")):
            assert await self.decide(desk, visit, item, decision) == 409
        stored = desk.desk.store.visit(newer)
        assert stored is not None
        assert desk.desk.store.charts.find(stored).taken_over["住所"].endswith("架空県新市3-3")  # type: ignore[union-attr]

    async def test_that_were_taken_over_are_none_at_the_next_visit(self, desk: Browser, visit: str) -> None:
        await self.decide(desk, visit, "住所", "take-over")
        await self.decide(desk, visit, "保険者", "keep")
        stored = desk.desk.store.visit(visit)
        assert stored is not None
        following = desk.desk.visit(stored.answer, at=NOW + timedelta(hours=1))
        words = await shown(desk, following)
        assert "前回からの変更 1件" in words
        assert "01130012 架空健康保険組合" in words

    @pytest.mark.parametrize(
        ("item", "decision", "status"),
        [("住所", "delete", 422), ("氏名", "take-over", 409), ("なし", "keep", 409)],
        ids=["unknown decision", "equal item", "unknown item"],
    )
    async def test_that_do_not_exist_are_not_decided(
        self, desk: Browser, visit: str, item: str, decision: str, status: int
    ) -> None:
        assert await self.decide(desk, visit, item, decision) == status

    async def test_with_a_black_circle_are_never_taken_over_nor_counted(self, desk: Browser) -> None:
        desk.desk.visit(answer(), at=BEFORE)
        visit = desk.desk.visit(answer(results=[enrolment(name="架空 ●子", address="架空県別市2-2")]))
        assert await self.decide(desk, visit, "氏名", "take-over") == 409
        words = await shown(desk, visit)
        assert "前回からの変更 1件" in words
        assert "変更1" in words
        assert "●は反映しません" in words
        assert "カナは一致" in words


async def test_of_several_results_the_operator_chooses_one_for_the_chart(desk: Browser) -> None:
    desk.desk.visit(answer(), at=BEFORE)
    visit = desk.desk.visit(answer(results=[enrolment(number="999"), enrolment()]))
    assert "2件の資格があります。" in await shown(desk, visit)
    assert "前回からの変更" not in await shown(desk, visit)
    assert (await desk.post(f"/desk/visits/{visit}/choose", {"number": "0"})).status_code == 303
    assert "前回からの変更 1件" in await shown(desk, visit)
    assert (await desk.post(f"/desk/visits/{visit}/choose", {"number": "2"})).status_code == 409


async def test_two_decisions_at_the_same_time_are_both_kept(
    desk: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.desk.visit(answer(), at=BEFORE)
    now = enrolment(insurer_number="06130017", insurer_name="架空国保組合", address="架空県別市2-2")
    visit = desk.desk.visit(answer(results=[now]))
    read, meeting = require_visit, threading.Barrier(2)

    def read_together(site: Any, visit_id: str) -> Any:
        found = read(site, visit_id)
        with suppress(threading.BrokenBarrierError):  # alone, as it should be
            meeting.wait(0.2)
        return found

    monkeypatch.setattr(visits, "require_visit", read_together)
    items = ("住所", "保険者")
    path = f"/desk/visits/{visit}/differences"
    await asyncio.gather(*(desk.post(path, {"item": item, "decision": "keep"}) for item in items))
    stored = desk.desk.store.visit(visit)
    assert stored is not None
    assert set(stored.kept) == set(items)


async def test_an_answer_that_cannot_be_kept_is_shown_all_the_same(
    desk: Browser, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    desk.desk.visit(answer(), at=BEFORE)

    def full(_store: TerminalStore, _visit: Visit) -> None:
        raise TerminalError("store-failed")

    with monkeypatch.context() as patched:
        patched.setattr(TerminalStore, "keep_visit", full)
        desk.desk.fund.answers = [answer(results=[enrolment(address="架空県別市2-2")])] * 2
        asked = {"insurer_number": "01130012", "symbol": "12", "number": "345", "birth_date": "S55.2.3"}
        path = (await desk.post("/desk/number", asked)).headers["location"]
        words = await settled(desk, path)
        assert "この回答は、端末に保存できませんでした。" in words
        assert "store-failed" in words
        assert "架空県別市2-2" in words
        assert "本日 1件" in words, "the list has it too"
        async with desk.stream(f"{path}/events", path) as stream:
            last = await stream.next()
            assert last is not None
            assert (last.kind, "架空県別市2-2" in last.html) == ("last", True)
        refused = await desk.post(f"{path}/differences", {"item": "住所", "decision": "keep"})
        assert (refused.status_code, "store-failed" in words_of(refused)) == (502, True)
        again = await desk.post(f"{path}/again")
        assert "架空県別市2-2" in await settled(desk, again.headers["location"])
    assert caplog.messages == ["a look-up was not kept: store-failed"] * 2
    await desk.post(f"{path}/differences", {"item": "住所", "decision": "keep"})
    words = words_of(await desk.get(path))
    assert "この回答は、端末に保存できませんでした。" not in words, "the disk has space again"
    assert "カルテのまま" in words
    assert desk.desk.store.visit(path.rsplit("/", 1)[-1]) is not None


def test_of_answers_that_cannot_be_kept_the_newest_of_today_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_store: TerminalStore, _visit: Visit) -> None:
        raise TerminalError("store-failed")

    monkeypatch.setattr(TerminalStore, "keep_visit", full)
    monkeypatch.setattr("clinic_terminal.pages.desk.asking.MAX_UNKEPT", 2)
    with open_desk(tmp_path) as desk:
        asking, membership = desk.site.asking, MembershipQuery.model_validate(ASKED.model_dump())
        ids = [asking.ask(membership, LookupRequest(None, False), "見本") for _ in range(3)]
        asking.drain()
        kept = [visit.visit_id for visit in asking.unkept_visits(NOW.date())]
        assert len(kept) == 2
        assert set(kept) < set(ids)
        assert asking.unkept_visits(NOW.date() + timedelta(days=1)) == []
        assert asking.unkept(kept[0]) is None, "a day later it is forgotten"


async def test_the_list_is_read_again_only_after_a_change(
    desk: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    days: list[date] = []
    read = TerminalStore.visits

    def counted(store: TerminalStore, day: date) -> tuple[Visit, ...]:
        days.append(day)
        return read(store, day)

    monkeypatch.setattr(TerminalStore, "visits", counted)
    visit = desk.desk.visit(answer())
    for _ in range(3):
        assert "本日 1件" in words_of(await desk.get("/desk"))
    assert len(days) == 1
    with TerminalStore.open(desk.desk.site.terminal.settings.home) as another_process:
        another_process.keep_visit(Visit(visit_id="x", at=NOW, way=Way.CARD, code="card-removed"))
    assert "本日 2件" in words_of(await desk.get("/desk"))
    stored = desk.desk.store.visit(visit)
    assert stored is not None
    desk.desk.store.change_visit(stored.model_copy(update={"kept": ("住所",)}))
    await desk.get("/desk")
    assert len(days) == 3


@pytest.mark.parametrize(
    ("day", "as_of"), [("", None), ("2026-05-01", "2026-05-01"), ("Ｒ８．５．１", "2026-05-01")], ids=str
)
async def test_the_question_is_asked_again_for_any_day(desk: Browser, day: str, as_of: str | None) -> None:
    visit = desk.desk.visit(
        None, code="fund-unreachable", way=Way.NUMBER, asked=ASKED, limit_certificate=True
    )
    response = await desk.post(f"/desk/visits/{visit}/again", {"day": day})
    assert response.status_code == 303
    assert "有効" in await settled(desk, response.headers["location"])
    [sent] = desk.desk.fund.bodies
    assert (sent["number"], sent.get("as_of"), sent["limit_certificate_consent"]) == ("345", as_of, True)


@pytest.mark.parametrize("day", ["tomorrow", "2026-02-30", "x" * 25])
async def test_a_day_that_cannot_be_read_asks_nothing(desk: Browser, day: str) -> None:
    visit = desk.desk.visit(answer())
    response = await desk.post(f"/desk/visits/{visit}/again", {"day": day})
    assert response.status_code == 422
    assert words_of(response).count("日付を確認してください") == 2, "in the summary, and at the field"
    assert f'value="{day[:24]}"' in response.text
    assert "架空 花子" in words_of(response)
    assert "<title>エラー：" in response.text
    assert desk.desk.fund.bodies == []


async def test_a_card_that_was_not_read_cannot_be_asked_again(desk: Browser) -> None:
    visit = desk.desk.visit(None, code="card-removed")
    assert (await desk.post(f"/desk/visits/{visit}/again")).status_code == 409
    assert "もう一度確認 F8" not in await shown(desk, visit)


async def test_a_question_waits_with_its_seconds_and_after_five_shows_the_other_ways(desk: Browser) -> None:
    desk.desk.gate.clear()
    visit = desk.desk.visit(answer())
    path = (await desk.post(f"/desk/visits/{visit}/again")).headers["location"]
    words = words_of(await desk.get(path))
    assert "確認しています" in words
    assert "他の確認方法" not in words
    desk.desk.skip(5)
    words = words_of(await desk.get(path))
    assert "回線が遅いようです（5秒）" in words
    assert "他の確認方法" in words
    assert 'class="status invalid"' not in (await desk.get(path)).text
    desk.desk.gate.set()
    assert "有効" in await settled(desk, path)


async def test_no_more_than_sixteen_questions_wait(desk: Browser) -> None:
    desk.desk.gate.clear()
    visit = desk.desk.visit(answer())
    codes = [(await desk.post(f"/desk/visits/{visit}/again")).status_code for _ in range(17)]
    assert codes == [303] * 16 + [502]
    desk.desk.gate.set()


@pytest.mark.parametrize("failure", ["lost", "gateway", "overloaded", "rate-limited"])
async def test_a_question_without_an_answer_is_never_shown_as_not_insured(
    desk: Browser, failure: str
) -> None:
    visit = desk.desk.visit(answer())
    desk.desk.fund.failures["/v1/eligibility/number"] = [failure] * 3
    path = (await desk.post(f"/desk/visits/{visit}/again")).headers["location"]
    await settled(desk, path)
    page = (await desk.get(path)).text
    assert 'class="status unknown"' in page
    assert not {'class="status invalid"', 'class="status none"'} & set(page.split(">"))


async def test_a_fault_of_this_program_is_a_technical_failure(
    desk: Browser, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: Any) -> None:
        raise ZeroDivisionError("見本")

    monkeypatch.setattr("clinic_terminal.pages.desk.asking.check_membership", broken)
    path = (await desk.post(f"/desk/visits/{desk.desk.visit(answer())}/again")).headers["location"]
    assert "exchange-internal" in await settled(desk, path)
    assert caplog.messages == ["a look-up failed: ZeroDivisionError"]
