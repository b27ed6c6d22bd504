"""Scenes of the patient's own view, from the programs' reports and her page."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any, cast

import httpx2
import pytest

from shikaku.persons.dataset import load_dataset
from shikaku.processes import StackError
from shikaku.stack import INSTITUTION_NAME, Stack
from shikaku.story.own_view import PENDING, VERIFIED, OwnViewScenes
from shikaku.story.step import DemoStep

CODE = "K7Q-29M-XD4-T8R-W3H-P5K"


def entry(words: str, state: str = VERIFIED) -> str:
    return f'<li class="panel"><h2>令和8年</h2><p>{words}</p><details>{state}</details></li>'


@dataclass
class ScriptedStack:
    """A stack whose programs and page answer what the scenes expect, except for the given values."""

    home: Path
    answer: dict[str, Any] | None = field(
        default_factory=lambda: {"code": CODE, "address": "http://fund.test/portal", "accesses": None}
    )
    pages: list[str] = field(
        default_factory=lambda: [entry(f"{INSTITUTION_NAME} お薬の情報を閲覧しました") + entry("あなた")]
    )
    second_opening: int = 403
    altered_holds: bool = False
    waited: list[float] = field(default_factory=list)
    requests: list[httpx2.Request] = field(default_factory=list)

    @property
    def wiring(self) -> dict[str, str]:
        return {"FUND_HOME": str(self.home)}

    @property
    def cards(self) -> Path:
        return self.home

    def run(self, program: str, *arguments: str | Path, **more: Any) -> CompletedProcess[str]:
        words = tuple(map(str, arguments))
        if words[0] == "my-accesses":
            return CompletedProcess([], 0, json.dumps({"answer": self.answer}), "")
        assert words[:2] == ("audit", "verify")
        assert words[3:] == ("--key", "log+1+key", "--json")
        text = Path(words[2]).read_text(encoding="utf-8")
        holds = self.altered_holds if "eligibility.cart" in text else True
        return CompletedProcess([], 0, json.dumps({"holds": holds, "records": 2}), "")

    def respond(self, request: httpx2.Request) -> httpx2.Response:
        self.requests.append(request)
        if request.url.path == "/portal/":
            openings = [one for one in self.requests if one.url.path == "/portal/"]
            return httpx2.Response(303 if len(openings) == 1 else self.second_opening)
        if request.url.path == "/portal/accesses":
            return httpx2.Response(200, text=self.pages.pop(0) if len(self.pages) > 1 else self.pages[0])
        return httpx2.Response(200, text='{"record":"eligibility.card"}\n')


@pytest.fixture
def stack(tmp_path: Path) -> ScriptedStack:
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "checkpoint.keys").write_text("log+1+key\nlog+2+former\n", encoding="utf-8")
    return ScriptedStack(tmp_path)


def play(stack: ScriptedStack) -> list[DemoStep]:
    transport = httpx2.MockTransport(stack.respond)
    data = load_dataset(date(2026, 11, 27))
    scenes = OwnViewScenes(cast(Stack, stack), data, transport=transport, sleep=stack.waited.append)
    return list(scenes.play())


def test_the_story_ends_with_a_list_whose_proofs_verify(stack: ScriptedStack) -> None:
    steps = play(stack)
    assert [step.as_expected for step in steps] == [True] * 4
    assert steps[0].lines == (CODE, "http://fund.test/portal")
    assert steps[1].lines[1] == "2 entries, 2 verified as not altered"
    assert "お薬の情報を閲覧しました" in steps[1].lines[2]
    assert steps[3].lines[1] == "verified without the fund: 2 records hold"


def test_the_code_is_in_no_address_and_the_page_is_closed_at_the_end(stack: ScriptedStack) -> None:
    play(stack)
    assert all(CODE not in str(request.url) for request in stack.requests)
    assert all(
        request.headers["origin"] == "http://fund.test"
        for request in stack.requests
        if request.method == "POST"
    )
    assert stack.requests[-1].url.path == "/portal/end"


def test_the_scene_waits_until_the_log_has_every_record(stack: ScriptedStack) -> None:
    stack.pages.insert(0, entry(INSTITUTION_NAME, PENDING))
    assert [step.as_expected for step in play(stack)] == [True] * 4
    assert len(stack.waited) == 1


def test_the_downloads_are_readable_by_their_owner_only(stack: ScriptedStack) -> None:
    play(stack)
    for name in ("own-accesses.jsonl", "own-accesses-altered.jsonl"):
        assert (stack.home / name).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("changes", "failed"),
    [
        ({"pages": [entry(INSTITUTION_NAME, PENDING)]}, [1]),
        ({"pages": [entry("あなた")]}, [1]),
        ({"pages": [""]}, [1]),
        ({"second_opening": 303}, [2]),
        ({"altered_holds": True}, [3]),
    ],
    ids=["pending", "nobody else", "empty", "opened twice", "altered"],
)
def test_another_result_is_not_as_expected(
    stack: ScriptedStack, changes: dict[str, Any], failed: list[int]
) -> None:
    for name, value in changes.items():
        setattr(stack, name, value)
    steps = play(stack)
    assert [place for place, step in enumerate(steps) if not step.as_expected] == failed


def test_without_a_code_there_is_no_story(stack: ScriptedStack) -> None:
    stack.answer = None
    with pytest.raises(StackError, match="made no code"):
        play(stack)
