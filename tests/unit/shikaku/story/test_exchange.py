"""Exchange scenes, from the results that the clinic's own software would read."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any, cast

import pytest

from shikaku.persons.dataset import load_dataset
from shikaku.processes import StackError
from shikaku.stack import Stack
from shikaku.story.exchange import SCRIPTS, ExchangeScenes
from shikaku.story.step import DemoStep

FACE = "OQSsiquc01res_face_131111111412345678901234567890_20261130091530.xml"
URL = "http://127.0.0.1:8600"


def document(
    segment: str = "1", validity: str | None = "1", insurer: str | None = "01130012"
) -> dict[str, Any]:
    body: dict[str, Any] = {} if validity is None else {"QualificationValidity": validity}
    if insurer is not None:
        person = {"InsurerNumber": insurer, "Name": "試験　有効"}
        body["ResultList"] = [{"ResultOfQualificationConfirmation": person}]
    return {"MessageHeader": {"SegmentOfResult": segment}, "MessageBody": body}


def as_xml(message: dict[str, Any]) -> bytes:
    def element(name: str, value: Any) -> str:
        inner = (
            "".join(
                element(*member)
                for one in (value if isinstance(value, list) else [value])
                for member in one.items()
            )
            if not isinstance(value, str)
            else value
        )
        return f"<{name}>{inner}</{name}>"

    return element("XmlMsg", message).encode()


def as_json(message: dict[str, Any]) -> bytes:
    return json.dumps({"XmlMsg": message}).encode()


@dataclass
class ScriptedStack:
    """A stack whose terminal leaves the given face files, and whose scripts print the given results."""

    home: Path
    faces: dict[str, bytes] = field(default_factory=lambda: {FACE: as_xml(document())})
    file: CompletedProcess[bytes] = field(
        default_factory=lambda: CompletedProcess([], 0, as_xml(document()), b"")
    )
    http: CompletedProcess[bytes] = field(
        default_factory=lambda: CompletedProcess([], 0, as_json(document()), b"")
    )
    scripts: list[tuple[str, ...]] = field(default_factory=list)
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def cards(self) -> Path:
        return self.home / "cards"

    @property
    def wiring(self) -> dict[str, str]:
        return {"TERMINAL_HOME": str(self.home / "terminal")}

    def run(self, *arguments: str | Path, **more: Any) -> CompletedProcess[str]:
        assert arguments[:2] == ("clinic-terminal", "tap")
        for name, content in self.faces.items():
            (self.home / "exchange" / "face" / name).write_bytes(content)
        return CompletedProcess([], 0, "{}", "")

    def script(self, command: list[str | Path], **more: Any) -> CompletedProcess[bytes]:
        _, script, *arguments = command
        self.scripts.append((Path(script).name, *map(str, arguments)))
        return self.file if Path(script).name == "drop-request.sh" else self.http


def serve_exchange(_: Stack, root: Path) -> str:
    (root / "face").mkdir(parents=True)
    return URL


@pytest.fixture
def stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ScriptedStack:
    scripted = ScriptedStack(tmp_path)
    monkeypatch.setattr(subprocess, "run", scripted.script)
    monkeypatch.setattr("shikaku.story.exchange.serve_exchange", serve_exchange)
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}")
    return scripted


def steps(stack: ScriptedStack) -> list[DemoStep]:
    return list(ExchangeScenes(cast(Stack, stack), load_dataset(date(2026, 11, 26))).play())


def test_every_step_is_as_expected_for_the_expected_results(stack: ScriptedStack) -> None:
    file, face, http = steps(stack)
    assert (file.as_expected, face.as_expected, http.as_expected) == (True, True, True)
    assert file.lines[:2] == face.lines[:2] == http.lines == ("有効 / Valid", "試験　有効 01130012")
    assert face.lines[2] == "OQSsiquc01res_face_…_20261130091530.xml"
    root, key = stack.home / "exchange", stack.home / "terminal" / "web.key"
    assert stack.scripts == [("drop-request.sh", str(root)), ("ask-over-http.sh", URL, str(key))]


@pytest.mark.parametrize(
    "wrong",
    [
        document(segment="9", validity=None, insurer=None),
        document(validity="2"),
        document(validity="4", insurer=None),
        document(insurer="06130017"),
    ],
    ids=["failed", "ended", "not found", "another insurer"],
)
def test_another_answer_is_shown_and_not_as_expected(stack: ScriptedStack, wrong: dict[str, Any]) -> None:
    stack.file = CompletedProcess([], 0, as_xml(wrong), b"")
    stack.http = CompletedProcess([], 0, as_json(wrong), b"")
    stack.faces = {FACE: as_xml(wrong)}
    assert [step.as_expected for step in steps(stack)] == [False] * 3


@pytest.mark.parametrize("names", [[], [FACE, FACE.replace("15", "16")]])
def test_a_tap_leaves_one_face_file(stack: ScriptedStack, names: list[str]) -> None:
    stack.faces = dict.fromkeys(names, as_xml(document()))
    face = steps(stack)[1]
    assert (face.lines, face.as_expected) == ((f"{len(names)} files",), False)


def test_a_script_that_fails_ends_the_scenes_with_its_text(stack: ScriptedStack) -> None:
    stack.file = CompletedProcess([], 1, b"", b"no result after 60 s\n")
    with pytest.raises(StackError, match="no result after 60 s"):
        steps(stack)


def test_without_curl_its_step_is_skipped_with_a_line(
    stack: ScriptedStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    http = steps(stack)[2]
    assert "skipped: curl is not installed" in http.lines
    assert [name for name, *_ in stack.scripts] == ["drop-request.sh"]


def test_both_scripts_ask_for_the_scenes_person() -> None:
    data = load_dataset(date(2026, 11, 26))
    member = data.enrolment(data.person("P01-valid"), 1)
    numbers = [
        member["insurer_number"],
        member["symbol"],
        member["number"],
        member["birth_date"].replace("-", ""),
    ]
    scripts = sorted(SCRIPTS.glob("*.sh"))
    assert len(scripts) == 2
    for script in scripts:
        text = script.read_text(encoding="utf-8")
        assert [number for number in numbers if number not in text] == []
