"""The state of reader, fund, folders and revocation information, with cause and remedy; and the visual check."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from clinic_terminal.card.errors import CardError
from clinic_terminal.card.pcsc import Reader
from clinic_terminal.pages.desk.state import StateItem, TerminalState
from clinic_terminal.pages.reader.service import ReaderScreen, Strip, StripState
from clinic_terminal.store.last_notice import LastNotice
from eligibility_api.contract.notice import Downtime
from eligibility_api.contract.readiness import Readiness
from tests.builders.clinic.desk import RECEPTION, Browser, open_desk
from tests.builders.clinic.samples import NOW
from tests.builders.page_words import words_of

pytestmark = pytest.mark.anyio


def parts(state: TerminalState) -> dict[str, StateItem]:
    return {item.name: item for item in state.look()}


def test_everything_is_in_order(tmp_path: Path) -> None:
    with open_desk(tmp_path) as desk:
        found = parts(desk.site.state)
    assert {name: item.ok for name, item in found.items()} == {
        "reader": True,
        "fund": True,
        "revocation": True,
    }
    assert found["reader"].detail == "見本リーダー"


def test_a_reader_that_is_not_there_has_a_remedy(tmp_path: Path) -> None:
    with open_desk(tmp_path) as desk:
        desk.readers[:] = []
        found = parts(desk.site.state)["reader"]
    assert (found.ok, found.word, found.remedy) == (False, "condition.no-reader", "condition.do-reader")


def test_a_service_of_readers_that_does_not_run_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails() -> list[Reader]:
        raise CardError("reader-service-missing")

    with open_desk(tmp_path) as desk:
        object.__setattr__(desk.site.terminal, "list_readers", fails)
        found = parts(desk.site.state)["reader"]
    assert (found.ok, found.code) == (False, "reader-service-missing")
    assert found.cause is not None


@pytest.mark.parametrize(
    ("is_fresh", "word"), [(True, "condition.fresh"), (False, "condition.stale")], ids=["fresh", "late"]
)
def test_the_fund_reports_how_fresh_its_revocation_information_is(
    tmp_path: Path, is_fresh: bool, word: str
) -> None:
    with open_desk(tmp_path) as desk:
        desk.fund.readiness = Readiness(ready=True, database=True, revocation_mirror=is_fresh)
        found = parts(desk.site.state)
    assert found["fund"].ok
    assert (found["revocation"].ok, found["revocation"].word) == (is_fresh, word)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0分前"), (179, "2分前"), (7199, "119分前"), (7200, "2時間前"), (None, "最新")],
    ids=str,
)
async def test_the_age_of_the_revocation_information_is_shown(
    desk: Browser, seconds: int | None, text: str
) -> None:
    desk.desk.fund.readiness = Readiness(
        ready=True, database=True, revocation_mirror=True, revocation_age_seconds=seconds
    )
    desk.desk.site.state.refresh()
    for path in ("/desk", "/desk/state"):
        words = words_of(await desk.get(path))
        assert text in words
        assert ("分前" in words or "時間前" in words) is (seconds is not None)


def planned(hours: float) -> Downtime:
    begins_at = NOW + timedelta(hours=hours)
    return Downtime(
        begins_at=begins_at, ends_at=begins_at + timedelta(hours=1), ja="定期保守", en="Maintenance"
    )


@pytest.mark.parametrize(
    ("begins_in", "is_shown"),
    [(-0.5, True), (-3, True), (-14, False), (0.5, False), (None, False)],
    ids=["under way", "longer than planned", "long ago", "later", "none"],
)
async def test_a_fund_that_cannot_be_reached_is_shown_with_the_downtime_of_its_last_notice(
    desk: Browser, begins_in: float | None, is_shown: bool
) -> None:
    fund, state = desk.desk.fund, desk.desk.site.state
    downtime = planned(begins_in) if begins_in is not None else None
    fund.notice = fund.notice.model_copy(update={"downtime": downtime})
    state.refresh()
    for path in ("/desk", "/desk/state"):
        assert "計画停止中です" not in words_of(await desk.get(path))
    fund.failures["/readyz"] = ["lost"] * 10
    state.refresh()
    for path in ("/desk", "/desk/state"):
        assert ("計画停止中です" in words_of(await desk.get(path))) is is_shown
    assert ("定期保守" in words_of(await desk.get("/desk/state"))) is is_shown


def test_a_fund_without_a_notice_is_in_order(tmp_path: Path) -> None:
    with open_desk(tmp_path) as desk:
        desk.fund.failures["/status.json"] = ["lost"]
        assert parts(desk.site.state)["fund"].ok


def test_the_last_notice_outlives_the_terminal(tmp_path: Path) -> None:
    with open_desk(tmp_path) as desk:
        desk.fund.notice = desk.fund.notice.model_copy(update={"downtime": planned(-0.5)})
        desk.site.state.refresh()
    with open_desk(tmp_path) as desk:
        desk.fund.failures["/readyz"] = ["lost"]
        assert parts(desk.site.state)["fund"].downtime == planned(-0.5)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff"])
def test_a_kept_notice_that_cannot_be_read_is_none(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "last-notice.json").write_bytes(content)
    assert LastNotice(tmp_path).downtime(NOW) is None


def test_a_fund_that_does_not_answer_leaves_the_revocation_unknown(tmp_path: Path) -> None:
    with open_desk(tmp_path) as desk:
        desk.fund.failures["/readyz"] = ["lost", "lost"]
        found = parts(desk.site.state)
    assert (found["fund"].code, found["revocation"].word) == ("fund-unreachable", "condition.unknown")


def test_folders_that_are_missing_are_named(tmp_path: Path) -> None:
    root = tmp_path / "OQS"
    (root / "req").mkdir(parents=True)
    with open_desk(tmp_path, exchange_root=root) as desk:
        found = parts(desk.site.state)["folders"]
        assert (found.ok, found.detail) == (False, "res, face")
        for name in ("res", "face"):
            (root / name).mkdir()
        assert parts(desk.site.state)["folders"].ok


async def test_the_page_shows_cause_code_and_remedy(desk: Browser) -> None:
    desk.desk.fund.failures["/readyz"] = ["lost", "lost"]
    desk.desk.site.state.refresh()
    words = words_of(await desk.get("/desk/state"))
    assert "支払基金 エラー" in words
    assert "fund-unreachable" in words
    assert "回線を確認してください。" in words


async def test_a_visual_check_without_a_waiting_card_records_nothing(desk: Browser) -> None:
    assert RECEPTION[0] in (await desk.get("/desk/visual")).text
    response = await desk.post("/desk/visual")
    assert response.headers["location"] == "/desk/visual"
    assert "目視確認を待っているカードはありません。" in words_of(await desk.get("/desk/visual"))


async def test_a_visual_check_goes_to_the_reader_with_the_operators_name(
    desk: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    names: list[str] = []

    def check(name: str) -> bool:
        names.append(name)
        return True

    monkeypatch.setattr(desk.desk.site.reader, "visual_check", check)
    response = await desk.post("/desk/visual")
    assert (response.headers["location"], names) == ("/desk", [RECEPTION[0]])
    assert "目視確認を記録しました。" in words_of(await desk.get("/desk"))


@pytest.mark.parametrize(
    ("state", "sentence", "offers_check"),
    [
        (StripState.STAFF_CALLED, "カードリーダーで患者さんがお待ちです", True),
        (StripState.CARD_LEFT, "カードが残っています", False),
        (StripState.IN_USE, None, False),
    ],
    ids=str,
)
async def test_the_desk_is_called_to_the_reader(
    desk: Browser,
    monkeypatch: pytest.MonkeyPatch,
    state: StripState,
    sentence: str | None,
    offers_check: bool,
) -> None:
    monkeypatch.setattr(ReaderScreen, "strip", Strip(state, NOW))
    page = await desk.get("/desk")
    assert ("reader-call" in page.text) is (sentence is not None)
    assert sentence is None or f"{sentence} 18:00" in words_of(page)
    assert ('id="visual-link"' in page.text) is offers_check
