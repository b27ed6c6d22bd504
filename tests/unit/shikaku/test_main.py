"""`make demo`: its exit code, its tables, and the day for which it is played."""

from __future__ import annotations

import io
import signal
from collections.abc import Callable
from contextlib import nullcontext
from datetime import UTC, date, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from rich.console import Console

from shikaku import __main__ as demo
from shikaku import clock
from shikaku.persons.dataset import load_dataset
from shikaku.ports import Ports
from shikaku.processes import StackError
from shikaku.stack import PIN
from shikaku.story.cast import ANSWERS, NOT_FOUND, SCENES, VALID, roles
from shikaku.story.reception import TapResult
from shikaku.story.step import DemoStep

SCENE = SCENES[0]


def tap(**changes: Any) -> TapResult:
    usual: dict[str, Any] = {"scene": SCENE, "exit_code": SCENE.exit_code, "answer": SCENE.answer, "insurer_numbers": (SCENE.insurer_number,),
             "headline": ("有効です", "Valid"), "details": ("架空健康保険協会 [1]",), "milliseconds": 12.4}  # fmt: skip
    return TapResult(**(usual | changes))


def step(as_expected: bool = True) -> DemoStep:
    return DemoStep("場面\nscene", ("結果 [x]", "result"), as_expected)


@pytest.fixture
def done() -> list[str]:
    """What the demo did, in order."""
    return []


@pytest.fixture
def play(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, done: list[str]) -> Callable[..., int]:
    """Runs the demo with given results of its scenes."""

    def run(
        taps: list[TapResult], *stories: list[DemoStep], once: bool = True, error: BaseException | None = None
    ) -> int:
        def made(home: Path, *, ports: Ports, sandbox: bool, card_keys: Path) -> Any:
            assert (home, ports, sandbox) == (demo.HOME, Ports.named("fixed"), True)
            assert card_keys.parent == home.parent
            return SimpleNamespace(
                wiring={}, start=start, stop=lambda: done.append("stopped"),
                write_environment=lambda path: path.write_text("export A=1\n"), warm=nullcontext,
            )  # fmt: skip

        def start(meanwhile: Callable[[], object]) -> None:
            if error is not None:
                raise error
            meanwhile()

        def reception(_: object) -> list[TapResult]:
            done.append(f"reception, {demo.ENVIRONMENT.read_text().strip()}")
            return taps

        monkeypatch.delenv("PORTS", raising=False)
        monkeypatch.setattr(demo, "ENVIRONMENT", tmp_path / "demo.env")

        monkeypatch.setenv("ONCE", "1" if once else "0")
        monkeypatch.setattr(demo, "end_like_ctrl_c", lambda: None)
        monkeypatch.setattr(demo, "Stack", made)
        monkeypatch.setattr(demo, "_play_reception", reception)
        monkeypatch.setattr(demo, "load_dataset", lambda _: None)
        monkeypatch.setattr(
            demo,
            "PersonRegistration",
            lambda *_: SimpleNamespace(
                issue_cards=lambda: done.append(f"cards, {demo.ENVIRONMENT.exists()}"),
                register_first=done.append,
                register=lambda: done.append("registered"),
            ),
        )
        names = (
            "InsurerScenes",
            "PharmacyScenes",
            "DuplicateScenes",
            "DisasterScenes",
            "PaperScenes",
            "ExchangeScenes",
            "LoadScenes",
            "OwnViewScenes",
            "AuditScenes",
        )
        for name, steps in zip(names, (*stories, *([[step()]] * (len(names) - len(stories)))), strict=True):
            monkeypatch.setattr(demo, name, lambda *_, steps=steps: SimpleNamespace(play=lambda: iter(steps)))
        return demo.main()

    return run


@pytest.mark.parametrize(
    ("taps", "stories", "code"),
    [
        ([tap()], [], 0),
        ([tap(), tap(exit_code=99)], [], 1),
        ([tap(insurer_numbers=())], [], 1),
        ([tap(answer="2")], [], 1),
        ([tap()], [[step(), step(False)]], 1),
        ([tap()], [[step()], [step()], [step()], [step(False)]], 1),
        ([tap()], [*([[step()]] * 7), [step(False)]], 1),
    ],
)
def test_the_exit_code_is_0_only_if_every_result_is_as_expected(
    play: Callable[..., int], taps: list[TapResult], stories: list[list[DemoStep]], code: int
) -> None:
    assert play(taps, *stories) == code


def test_a_stack_that_does_not_start_exits_with_1_and_its_reason(
    play: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert play([], error=StackError("jpki-mock: no address")) == 1
    assert "jpki-mock: no address" in capsys.readouterr().err


def test_ctrl_c_exits_as_a_shell_expects(play: Callable[..., int]) -> None:
    assert play([], error=KeyboardInterrupt()) == 130


def test_without_once_the_demo_stays_until_ctrl_c(
    play: Callable[..., int], monkeypatch: pytest.MonkeyPatch
) -> None:
    stayed: list[bool] = []
    monkeypatch.setattr(demo, "_stay", lambda *_: stayed.append(True))
    assert play([tap()], once=False) == 0
    assert stayed == [True]
    assert play([tap()]) == 0
    assert stayed == [True]


def test_the_environment_file_exists_only_while_the_demo_runs(
    play: Callable[..., int], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "demo.env"
    file.write_text("export A=0\n")  # of a demo that was killed
    found: list[str] = []
    monkeypatch.setattr(demo, "_stay", lambda *_: found.append(file.read_text()))
    assert play([tap()], once=False) == 0
    assert found == ["export A=1\n"]
    assert not file.exists()


def test_the_first_request_is_answered_before_the_scenes(
    play: Callable[..., int], done: list[str], tmp_path: Path
) -> None:
    (tmp_path / "demo.env").write_text(
        "export A=0\n"
    )  # of a demo that was killed: gone before anything is ready
    assert play([tap()]) == 0
    assert done == ["cards, False", "P01-valid", "reception, export A=1", "registered", "stopped"]


def test_another_demo_keeps_its_environment_file(play: Callable[..., int], tmp_path: Path) -> None:
    (tmp_path / "demo.env").write_text("export A=0\n")
    assert play([], error=StackError("Another stack is running")) == 1
    assert (tmp_path / "demo.env").exists()


def test_wrong_ports_start_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PORTS", "8400")
    monkeypatch.setattr(demo, "end_like_ctrl_c", lambda: None)
    monkeypatch.setattr(demo, "Stack", lambda *_, **__: pytest.fail("started"))
    assert demo.main() == 1
    assert capsys.readouterr().err == "PORTS is fixed or free.\n"


def text_of(table: Any) -> str:
    console = Console(file=io.StringIO(), record=True, width=200)
    console.print(table)
    return console.export_text()


def test_a_tap_is_shown_with_its_headline_duration_and_mark() -> None:
    text = text_of(demo._tap_table([tap(), tap(exit_code=NOT_FOUND, headline=("該当なし", "Not found"))]))
    for words in (
        "有効です / Valid",
        "架空健康保険協会 [1]",
        "12",
        "✓",
        "該当なし / Not found",
        f"✗ {SCENE.answer}",
    ):
        assert words in text


def test_a_step_is_shown_as_text_and_not_as_markup() -> None:
    text = text_of(demo._step_table("題 / title", [step(), step(False)]))
    assert text.count("結果 [x]") == 2
    assert text.count("✓") == text.count("✗") == 1


def test_the_demo_that_stays_shows_what_to_run_in_another_shell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signal, "pause", lambda: None)
    console = Console(file=io.StringIO(), record=True, width=200)
    stack: Any = SimpleNamespace(
        wiring={"FUND_JLIS_URL": "http://127.0.0.1:1", "TERMINAL_FUND_URL": "http://127.0.0.1:2"},
        cards=demo.HOME / "cards",
        screens_url="http://127.0.0.1:4",
        web_face_url="http://127.0.0.1:5",
    )
    monkeypatch.setattr(demo, "keys_of", lambda _, number: (Path(f"program-{number}"), Path("approver")))
    monkeypatch.setattr(demo, "open_desk", lambda _, *keys: f"http://127.0.0.1:3/{keys[0]}/{keys[1]}")
    monkeypatch.setattr(
        demo, "open_console", lambda _, persons: f"http://127.0.0.1:5/{len(persons['persons'])}"
    )
    data = load_dataset(date(2026, 11, 30))
    demo._stay(console, stack, data)
    text = console.export_text()
    for words in (
        ". var/demo.env",
        "clinic-terminal tap --card var/demo/cards/P01-valid.json",
        "http://127.0.0.1:2",
        "the clinic's web API  http://127.0.0.1:5",
        f"PIN of every card  {PIN}",
        "docs/first-answer.md",
        "http://127.0.0.1:3/program-01130012/approver",
        "an insurer's clerks",
        f"sandbox: persons, cards, request log, faults  http://127.0.0.1:5/{len(data.persons)}",
        "patients: the card reader  http://127.0.0.1:4/reader",
        "today's visits  http://127.0.0.1:4/desk",
        "Ctrl-C",
    ):
        assert words in text


@pytest.mark.parametrize(
    ("instant", "day"),
    [
        (datetime(2026, 3, 31, 14, 59, tzinfo=UTC), date(2026, 3, 31)),
        (datetime(2026, 3, 31, 15, 0, tzinfo=UTC), date(2026, 4, 1)),
    ],
)
def test_the_day_of_the_demo_is_that_of_japan(
    monkeypatch: pytest.MonkeyPatch, instant: datetime, day: date
) -> None:
    monkeypatch.setattr(clock, "now", lambda: instant)
    assert clock.today() == day


@pytest.mark.parametrize("today", [date(2026, 1, 1), date(2028, 2, 29), date(2026, 12, 31), date(2026, 3, 1)])
def test_the_persons_of_the_scenes_have_their_situation_on_any_day(today: date) -> None:
    people = {role.name: role for role in roles(today)}
    assert {scene.card for scene in SCENES} <= people.keys()
    moved_from, moved_to = people["moved"].memberships
    assert moved_from.lost_on == moved_to.acquired_on
    assert moved_to.acquired_on < today
    [ended] = people["ended"].memberships
    assert ended.lost_on is not None
    assert (ended.lost_on.month, ended.lost_on.year) != (today.month, today.year)
    assert ended.acquired_on < ended.lost_on < today
    assert people["never"].memberships == ()


def test_only_answers_are_expected_of_the_smoke_test() -> None:
    assert VALID in ANSWERS
    assert {scene.answer for scene in SCENES if scene.exit_code in ANSWERS} == {"1", "2", "4"}
    assert all(scene.insurer_number is None for scene in SCENES if scene.exit_code not in ANSWERS)


@pytest.mark.parametrize(("option", "code"), [("--help", 0), ("--hlep", 2)])
def test_help_and_wrong_options_start_nothing(
    option: str, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo, "Stack", lambda *_: pytest.fail("started"))
    with pytest.raises(SystemExit) as end:
        demo.main([option])
    assert end.value.code == code
