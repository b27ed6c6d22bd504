"""Exchange scenes: the clinic's own software (レセコン) asks by a file, reads the file of a tap, and asks over HTTP."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element

from defusedxml import ElementTree

from shikaku.persons.dataset import Dataset
from shikaku.processes import StackError
from shikaku.sites import serve_exchange
from shikaku.stack import PIN, Stack
from shikaku.story.step import DemoStep

PERSON = "P01-valid"
"""The person whose numbers the scripts ask for."""

SCRIPTS = Path(__file__).parent / "scripts"

_SCRIPT_SECONDS = 90
_VALID = "1"
_DONE = "1"


@dataclass(frozen=True, slots=True)
class _Answer:
    """What a result says of its person; None: it has no such element."""

    segment: str | None
    validity: str | None
    insurer_number: str | None
    name: str | None

    @property
    def lines(self) -> tuple[str, str]:
        """The answer as shown."""
        valid = "有効 / Valid" if self.validity == _VALID else f"QualificationValidity {self.validity}"
        return valid, f"{self.name or '—'} {(self.insurer_number or '—').strip()}"


class ExchangeScenes:
    """One person's eligibility in a file, after a tap, and as JSON, in a stack that has the test persons."""

    def __init__(self, stack: Stack, data: Dataset) -> None:
        self._stack = stack
        self._person = data.person(PERSON)
        self._number = data.enrolment(self._person, 1)["insurer_number"]
        self._root = stack.home / "exchange"

    def play(self) -> Iterator[DemoStep]:
        """The steps, each run when it is requested. Raises StackError."""
        url = serve_exchange(self._stack, self._root)
        yield self._file()
        yield self._face()
        yield self._http(url)

    def _file(self) -> DemoStep:
        began = time.monotonic()
        answer = _read_xml(self._script("drop-request.sh", self._root))
        seconds = time.monotonic() - began
        lines = (*answer.lines, f"{seconds:.1f}秒 / {seconds:.1f} s")
        title = "要求ファイルを置き、結果ファイルを読む\na request file is dropped, the result file read"
        return DemoStep(title, lines, self._is_expected(answer))

    def _face(self) -> DemoStep:
        card = self._stack.cards / self._person.card_file
        self._stack.run(
            "clinic-terminal", "tap", "--card", card, "--pin-stdin", "--json", stdin=f"{PIN}\n", check=False
        )
        title = "カードを読み取ると、face ファイルができる\na card is tapped, and leaves its face file"
        files = sorted((self._root / "face").glob("OQSsiquc01res_face_*.xml"))
        if len(files) != 1:
            return DemoStep(title, (f"{len(files)} files",), False)
        answer = _read_xml(files[0].read_bytes())
        return DemoStep(title, (*answer.lines, _shortened(files[0].name)), self._is_expected(answer))

    def _http(self, url: str) -> DemoStep:
        title = "同じ照会を curl で\nthe same by curl"
        if shutil.which("curl") is None:
            return DemoStep(title, ("curl がないため省略", "skipped: curl is not installed"), True)
        key = Path(self._stack.wiring["TERMINAL_HOME"]) / "web.key"
        answer = _read_json(self._script("ask-over-http.sh", url, key))
        return DemoStep(title, answer.lines, self._is_expected(answer))

    def _is_expected(self, answer: _Answer) -> bool:
        expected = (_DONE, _VALID, self._number)
        return (answer.segment, answer.validity, (answer.insurer_number or "").strip()) == expected

    def _script(self, name: str, *arguments: str | Path) -> bytes:
        """The standard output of a script. Raises StackError."""
        done = subprocess.run(
            ["/bin/sh", SCRIPTS / name, *arguments],
            env=self._stack.environment,
            capture_output=True,
            check=False,
            timeout=_SCRIPT_SECONDS,
        )
        if done.returncode != 0:
            raise StackError(
                f"{name} ended with exit code {done.returncode}:\n{done.stderr.decode().strip()}"
            )
        return done.stdout


def _read_xml(content: bytes) -> _Answer:
    root = ElementTree.fromstring(content)
    return _Answer(*(_text(root, name) for name in _NAMES))


_NAMES = (
    "MessageHeader/SegmentOfResult",
    "MessageBody/QualificationValidity",
    "MessageBody/ResultList/ResultOfQualificationConfirmation/InsurerNumber",
    "MessageBody/ResultList/ResultOfQualificationConfirmation/Name",
)


def _text(root: Element, path: str) -> str | None:
    return root.findtext(path)


def _read_json(content: bytes) -> _Answer:
    message: dict[str, Any] = json.loads(content)["XmlMsg"]
    header, body = message["MessageHeader"], message["MessageBody"]
    results = [one["ResultOfQualificationConfirmation"] for one in body.get("ResultList", [])]
    first = results[0] if results else {}
    return _Answer(
        header.get("SegmentOfResult"),
        body.get("QualificationValidity"),
        first.get("InsurerNumber"),
        first.get("Name"),
    )


def _shortened(name: str) -> str:
    """The name of a face file with its identifier left out."""
    return f"{name[:19]}…{name[-19:]}"
