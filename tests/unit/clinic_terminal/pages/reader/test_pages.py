"""The reader's pages over the application: what is on them, what they accept, what is never there."""

from __future__ import annotations

import html
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest

from clinic_terminal.errors import SHOWN_CATALOGUE, TerminalError
from clinic_terminal.pages.app import create_app
from clinic_terminal.pages.endpoints import reader
from clinic_terminal.pages.endpoints.reader import sound_of
from clinic_terminal.pages.reader.endings import ending_of_problem, screen_of
from clinic_terminal.pages.reader.journey import Position, Step
from clinic_terminal.pages.reader.shelf import Shelf
from clinic_terminal.settings import SettingsError, TerminalSettings
from clinic_terminal.visit.information import ASKED, by_information
from eligibility_api.contract.consent_versions import STATEMENT_VERSION, STATEMENT_VERSIONS
from tests.builders import cards
from tests.builders.clinic.fake_card import FakeCard
from tests.builders.clinic.reader_rig import ReaderRig, reader_rig

pytestmark = pytest.mark.anyio

ORIGIN = "http://127.0.0.1:8600"
GROUPS = by_information(ASKED)
POSITIONS = [
    Position(Step.IDLE),
    Position(Step.READING),
    Position(Step.METHOD, tries_left=3),
    Position(Step.PIN, tries_left=2, earlier="pin-wrong"),
    Position(Step.PIN, tries_left=2, earlier="pin-malformed", keys=(9, 8, 7, 6, 5, 4, 3, 2, 1, 0)),
    Position(Step.LAST_TRY, tries_left=1),
    Position(Step.STAFF),
    Position(Step.LOCKED),
    Position(Step.UNSET),
    Position(Step.WORKING),
    Position(Step.REGISTER, more=True),
    Position(Step.CONSENT, groups=GROUPS, words="文"),
    Position(Step.EACH, groups=GROUPS, question=len(GROUPS) - 1, words="文"),
    Position(Step.DONE, consent_lost=True),
    Position(Step.READ, left=True),
    Position(Step.TAKE, left=True),
    Position(Step.REMOVED),
    Position(Step.REMOVED, after=Step.DONE, consent_lost=True),
    Position(Step.REMOVED, after=Step.READ, consent_lost=True, called=True),
    Position(Step.CARD, code="card-several"),
    Position(Step.AGAIN),
    Position(Step.READER),
    Position(Step.HELD, left=True),
    Position(Step.GRACE, day=date(2026, 11, 30)),
    Position(Step.EXPIRING, day=date(2026, 11, 30)),
    Position(Step.NETWORK),
    Position(Step.OTHER, called=True),
]


@asynccontextmanager
async def browser(rig: ReaderRig) -> AsyncIterator[httpx2.AsyncClient]:
    transport = httpx2.ASGITransport(
        create_app(rig.pages), raise_app_exceptions=False, client=("127.0.0.1", 5000)
    )
    async with httpx2.AsyncClient(transport=transport, base_url=ORIGIN, headers={"Origin": ORIGIN}) as http:
        yield http


def show(rig: ReaderRig, position: Position) -> None:
    """Let the screen show a position."""
    rig.pages.reader._move(lambda _: position)


def shown(page: str) -> str:
    """A page without what only its script shows."""
    return re.sub(r"<template.*?</template>", "", page, flags=re.DOTALL)


def text_of(page: str) -> str:
    """What is read on a page."""
    body = shown(page)[shown(page).index("<main") :]
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", body)))


def test_every_step_has_its_page() -> None:
    assert {position.step for position in POSITIONS} == set(Step)


@pytest.mark.parametrize(
    "position", POSITIONS, ids=lambda one: f"{one.step}-{one.earlier}-{one.after}-{one.consent_lost}"
)
async def test_a_step_is_shown_in_both_languages(tmp_path: Path, position: Position) -> None:
    with reader_rig(tmp_path) as rig:
        show(rig, position)
        async with browser(rig) as http:
            page = await http.get("/reader")
            assert page.status_code == 200
            assert page.headers["cache-control"] == "no-store"
            assert shown(page.text).count("<h1") == 1
            assert 'lang="en"' in page.text
            await press(http, "en")
            in_english = (await http.get("/reader")).text
            english = text_of(in_english)
        assert in_english.startswith('<!doctype html>\n<html lang="en"')
        japanese = re.findall(r"[぀-ヿ一-鿿]+", english.replace(position.words or "·", ""))
        assert japanese == []


@pytest.mark.parametrize("hours", [24, 12])
async def test_a_consent_is_shown_with_the_duration_of_its_statement(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hours: int
) -> None:
    terms = replace(STATEMENT_VERSIONS[STATEMENT_VERSION], window=timedelta(hours=hours))
    monkeypatch.setattr(reader, "STATEMENT_VERSIONS", {STATEMENT_VERSION: terms})
    with reader_rig(tmp_path) as rig:
        show(rig, Position(Step.CONSENT, groups=GROUPS, words="文"))
        async with browser(rig) as http:
            assert f"{hours}時間" in text_of((await http.get("/reader")).text)


def test_screens_of_refusals_are_the_same_to_the_byte(tmp_path: Path) -> None:
    with reader_rig(tmp_path) as rig:
        neutral = [code for code, entry in SHOWN_CATALOGUE.items() if screen_of(entry) is Step.OTHER]
        assert len(neutral) > 50
        assert len({ending_of_problem(TerminalError(code)) for code in neutral}) == 1
        assert all(code not in str(ending_of_problem(TerminalError(code))) for code in neutral)
        assert rig.kept == []


@pytest.mark.parametrize(
    "position", [Position(Step.NETWORK), Position(Step.OTHER), Position(Step.HELD)], ids=lambda one: one.step
)
async def test_a_failure_shows_what_to_do_and_has_no_code_and_no_validity(
    tmp_path: Path, position: Position
) -> None:
    with reader_rig(tmp_path) as rig:
        show(rig, position)
        async with browser(rig) as http:
            page = (await http.get("/reader")).text
    text = text_of(page)
    assert "職員がご案内します" in text
    assert not re.search(r"無効|該当なし|エラー|照会|[a-z]+-[a-z]+-[a-z]+", text)
    assert 'class="status' not in page


async def test_a_pin_travels_in_one_body_and_is_on_no_page(tmp_path: Path) -> None:
    with reader_rig(tmp_path) as rig, rig.pages.reader.running():
        rig.place(FakeCard)
        async with browser(rig) as http:
            await step(http, "method")
            await press(http, "pin")
            await step(http, "pin")
            answer = await press(http, "send", pin="9753")
            assert (answer.status_code, answer.headers["location"]) == (303, "/reader")
            page = await step(http, "pin", earlier="pin-wrong")
            assert "9753" not in page
            assert "9753" not in str(answer.headers)


async def test_a_malformed_pin_however_long_is_asked_again_at_the_reader(tmp_path: Path) -> None:
    card = FakeCard()
    with reader_rig(tmp_path) as rig, rig.pages.reader.running():
        rig.place(lambda: card)
        async with browser(rig) as http:
            await step(http, "method")
            await press(http, "pin")
            await step(http, "pin")
            for number, pin in enumerate(["1" * 17, "", "1234" + " " * 13, "9" * 10_000]):
                version = rig.pages.reader.shown.version
                answer = await press(http, "send", pin=pin)
                assert (answer.status_code, answer.headers["location"]) == (303, "/reader"), number
                page = await step(http, "pin", earlier="pin-malformed", after=version)
                assert "4桁入力してください" in page
                assert not pin or pin not in page
            assert card.tries_left == 3


async def test_a_patient_who_is_refused_stays_at_the_reader(tmp_path: Path) -> None:
    with reader_rig(tmp_path) as rig:
        async with browser(rig) as http:
            refused = await http.post("/reader/choose", data={"version": "x", "choice": "call"})
            assert refused.status_code == 400
            assert '<a href="/reader">' in refused.text
            assert "/desk" not in text_of(refused.text)


async def test_the_language_is_of_the_reader_and_no_browser_brings_its_own(tmp_path: Path) -> None:
    with reader_rig(tmp_path) as rig:
        async with browser(rig) as http, browser(rig) as desk:
            desk.cookies.set("terminal-display", "language:en.contrast:high.size:16")
            opened = (await desk.get("/reader")).text
            assert '<html lang="ja" data-contrast="high"' in opened
            assert 'data-language="ja"' in opened
            chosen = await press(http, "en")
            assert (chosen.status_code, "set-cookie" in chosen.headers) == (303, False)
            for one in (http, desk):
                assert '<html lang="en"' in (await one.get("/reader")).text
            assert '<html lang="ja"' in (await http.get("/login")).text


async def test_the_words_to_sign_keep_their_language_and_say_which(tmp_path: Path) -> None:
    asked = Position(Step.CONSENT, groups=GROUPS, words="文", facility="架空医院")
    with reader_rig(tmp_path) as rig:
        show(rig, asked)
        async with browser(rig) as http:
            await press(http, "en")
            page = (await http.get("/reader")).text
    assert '<html lang="en"' in page
    assert re.search(r'<div class="text" lang="ja"[^>]*>文</div>', page)


@pytest.mark.parametrize(
    ("position", "least"),
    [
        (Position(Step.IDLE), 2),
        (Position(Step.WORKING), 2),
        (Position(Step.DONE), 2),
        (Position(Step.METHOD), 60),
        (Position(Step.PIN), 60),
        (Position(Step.REGISTER), 120),
        (Position(Step.CONSENT, groups=GROUPS, words="文"), 120),
        (Position(Step.EACH, groups=GROUPS, words="文"), 120),
        (Position(Step.CONSENT, groups=GROUPS, words="文", more=True), 20),
    ],
    ids=lambda one: f"{one.step}-{one.more}" if isinstance(one, Position) else str(one),
)
async def test_without_script_a_question_is_not_loaded_again_before_its_time_is_over(
    tmp_path: Path, position: Position, least: int
) -> None:
    with reader_rig(tmp_path) as rig:
        show(rig, position)
        async with browser(rig) as http:
            page = (await http.get("/reader")).text
            rig.later(1000)
            late = (await http.get("/reader")).text
    assert least <= reload_seconds(page) <= least + 1
    assert reload_seconds(late) == 2


def reload_seconds(page: str) -> int:
    [seconds] = re.findall(r'<noscript><meta http-equiv="refresh" content="(\d+)"></noscript>', page)
    return int(seconds)


@pytest.mark.parametrize(
    ("position", "texts"),
    [
        (Position(Step.REMOVED), {"もう一度置いてください", "暗証番号の残り回数は減っていません"}),
        (Position(Step.REMOVED, pin_sent=True), {"もう一度置いてください"}),
        (
            Position(Step.REMOVED, after=Step.DONE, consent_lost=True),
            {"受付は終わっています", "同意は、登録できませんでした", "同意する場合は"},
        ),
        (
            Position(Step.REMOVED, after=Step.READ, consent_lost=True, called=True),
            {"カードの読み取りは終わっています", "同意は、登録できませんでした", "職員をお呼びしました"},
        ),
    ],
    ids=["before the PIN", "after the PIN", "after an answer", "after another answer"],
)
async def test_the_screen_of_a_removed_card_names_what_is_received(
    tmp_path: Path, position: Position, texts: set[str]
) -> None:
    with reader_rig(tmp_path) as rig:
        show(rig, position)
        async with browser(rig) as http:
            page = text_of((await http.get("/reader")).text)
    everything = {
        "受付は終わっています",
        "カードの読み取りは終わっています",
        "暗証番号の残り回数は減っていません",
    }
    for text in texts:
        assert text in page, text
    for text in everything - texts:
        assert text not in page, text


@pytest.mark.parametrize(
    ("headers", "form", "status"),
    [
        ({"Origin": "http://evil.example"}, {"version": "0", "choice": "call"}, 403),
        ({"Host": "evil.example"}, {"version": "0", "choice": "call"}, 403),
        ({}, {"version": "0", "choice": "everything"}, 400),
        ({}, {"version": "-1", "choice": "call"}, 400),
        ({}, {"choice": "call"}, 400),
        ({}, {"version": "0", "choice": "call"}, 303),
    ],
)
async def test_only_buttons_of_this_page_are_accepted(
    tmp_path: Path, headers: dict[str, str], form: dict[str, str], status: int
) -> None:
    with reader_rig(tmp_path) as rig:
        async with browser(rig) as http:
            assert (await http.post("/reader/choose", data=form, headers=headers)).status_code == status
        assert rig.pages.reader.shown.position.called is (status == 303)


async def test_there_is_no_shelf_outside_of_a_demo(tmp_path: Path) -> None:
    with reader_rig(tmp_path) as rig:
        async with browser(rig) as http:
            assert (await http.get("/reader/shelf")).status_code == 404
            assert (await http.post("/reader/shelf", data={"card": "P01"})).status_code == 404


async def test_a_card_of_the_shelf_is_placed_by_one_click_and_taken(tmp_path: Path) -> None:
    folder = tmp_path / "cards"
    folder.mkdir()
    cards.card_file(folder, "P01 見本.json")
    (folder / "load-1.json").write_text("not of a named person")
    shelf = Shelf(folder)
    assert shelf.names == ("P01 見本",)
    with reader_rig(tmp_path, shelf=shelf) as rig, rig.pages.reader.running():
        async with browser(rig) as http:
            assert "P01 見本" not in (await http.get("/reader")).text
            assert (await http.get("/reader/shelf")).json() == {"cards": ["P01 見本"], "placed": None}
            await http.post("/reader/shelf", data={"card": "../../etc/passwd"})
            assert shelf.placed is None
            await http.post("/reader/shelf", data={"card": "P01 見本"})
            await step(http, "method")
            assert (await http.get("/reader/shelf")).json()["placed"] == "P01 見本"
            await http.post("/reader/shelf", data={"card": ""})
            await step(http, "removed")


async def step(http: httpx2.AsyncClient, name: str, earlier: str = "", after: int = -1) -> str:
    """The page as soon as it shows a step. `after`: this version."""
    for _ in range(2000):
        page: str = (await http.get("/reader")).text
        found = re.search(rf'data-step="{name} \d+ {earlier}[ "][^>]* data-version="(\d+)"', page)
        if found is not None and int(found[1]) > after:
            return page
    raise AssertionError(f"{name} is not shown")


async def press(http: httpx2.AsyncClient, choice: str, **more: str) -> httpx2.Response:
    """Press a button of the page as it is."""
    page = (await http.get("/reader")).text
    version = re.search(r'data-version="(\d+)"', page)
    assert version is not None
    return await http.post("/reader/choose", data={"version": version[1], "choice": choice, **more})


@pytest.mark.parametrize(
    ("position", "sound"),
    [
        (Position(Step.IDLE), ""),
        (Position(Step.READING), "card"),
        (Position(Step.METHOD), ""),
        (Position(Step.PIN), ""),
        (Position(Step.PIN, earlier="pin-wrong"), "problem"),
        (Position(Step.LAST_TRY), "problem"),
        (Position(Step.DONE), "done"),
        (Position(Step.READ), "done"),
        (Position(Step.DONE, left=True), "take"),
        (Position(Step.OTHER, left=True), "take"),
        (Position(Step.HELD), "problem"),
        (Position(Step.OTHER), "problem"),
        (Position(Step.NETWORK), "problem"),
        (Position(Step.CONSENT), ""),
    ],
    ids=str,
)
def test_each_screen_has_its_sound_and_validity_none_of_its_own(position: Position, sound: str) -> None:
    assert sound_of(position, position.step) == sound


@pytest.mark.parametrize(
    ("settings", "volume", "pressed"),
    [({}, 0, "false"), ({"reader_volume": 30, "reader_aloud": True}, 30, "true")],
)
async def test_sounds_and_reading_aloud_are_off_unless_the_facility_sets_them(
    tmp_path: Path, settings: dict[str, Any], volume: int, pressed: str
) -> None:
    with reader_rig(tmp_path, **settings) as rig:
        async with browser(rig) as http:
            text = (await http.get("/reader")).text
    assert f'data-volume="{volume}"' in text
    assert f'data-speak hidden aria-pressed="{pressed}"' in text


@pytest.mark.parametrize("volume", ["-1", "101", "loud"])
def test_a_volume_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch, volume: str) -> None:
    monkeypatch.setenv("TERMINAL_CREDENTIAL", "none.json")
    monkeypatch.setenv("TERMINAL_FUND_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("TERMINAL_READER_VOLUME", volume)
    with pytest.raises(SettingsError, match="TERMINAL_READER_VOLUME"):
        TerminalSettings.load()
