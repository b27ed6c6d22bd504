"""Reception scenes: issues cards, enrols and registers the cast, then taps the cards."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from shikaku.admission import admit_insurer
from shikaku.private_files import write_private, write_private_csv
from shikaku.stack import PIN, Stack
from shikaku.story.cast import ANSWERS, SCENES, SECOND_INSURER_NUMBER, Membership, Role, Scene
from shikaku.story.step import headline

_RESIDENTS = 40
_SEED = "1"
_ADULT_BORN_BEFORE = 2000

_SENTENCE_ENDS = re.compile(r"(?<=。)|(?<=\.) ")
PERSONAL_ITEMS = ("name", "name_kana", "sex", "birth_date", "postal_code", "address")
"""Items that a resident and a member have in common."""


@dataclass(frozen=True, slots=True)
class TapResult:
    """The terminal's result of a scene: exit code, validity or problem code, insurers, texts, duration."""

    scene: Scene
    exit_code: int
    answer: str
    insurer_numbers: tuple[str, ...]
    headline: tuple[str, str]
    details: tuple[str, ...]
    milliseconds: float

    @property
    def as_expected(self) -> bool:
        """Whether exit code, answer and insurers all equal the scene's."""
        insurers = (self.scene.insurer_number,) if self.scene.insurer_number else ()
        expected = self.scene.exit_code, self.scene.answer, insurers
        return (self.exit_code, self.answer, self.insurer_numbers) == expected


class ReceptionScenes:
    """The roles, each played by a resident of the stack."""

    def __init__(self, stack: Stack, roles: list[Role]) -> None:
        self._stack = stack
        self._roles = roles

    def card(self, name: str) -> Path:
        """The card image of a role."""
        return self._stack.cards / f"{name}.json"

    def prepare(self) -> None:
        """Create residents, cards and enrolments, and register the registered roles. Raises StackError."""
        people = dict(zip((role.name for role in self._roles), self._residents(), strict=False))
        for role in self._roles:
            self._issue(role, people[role.name])
        admit_insurer(self._stack, SECOND_INSURER_NUMBER, "架空健康保険組合")
        self._enrol(people)
        for role in self._roles:
            if role.registered:
                self._tap(self.card(role.name), PIN, "--register")

    def write_expectations(self, path: Path) -> None:
        """Write each card's validity after the last scene, for `loadtest smoke`: card name → validity."""
        answered = {scene.card: scene.answer for scene in SCENES if scene.exit_code in ANSWERS}
        write_private(path, json.dumps(answered))

    def play(self, scene: Scene) -> TapResult:
        """Tap the scene's card."""
        return _tap_result(scene, self._tap(self.card(scene.card), scene.pin, *scene.options))

    def _residents(self) -> Iterator[dict[str, str]]:
        file = self._stack.home / "residents.jsonl"
        self._stack.run("jpki-mock", "residents", "--people", str(_RESIDENTS), "--seed", _SEED, "--out", file)
        for line in file.read_text(encoding="utf-8").splitlines():
            person = json.loads(line)
            if date.fromisoformat(person["birth_date"]).year < _ADULT_BORN_BEFORE:
                yield person

    def _issue(self, role: Role, person: dict[str, str]) -> None:
        card = self.card(role.name)
        self._stack.run(
            "jpki-mock", "issue", "--resident", person["resident_id"], "--pin", PIN, "--out", card
        )
        if role.withdrawn:
            self._stack.run("jpki-mock", *role.withdrawn, card)

    def _enrol(self, people: dict[str, dict[str, str]]) -> None:
        rows = [
            _member_row(number, membership, people[role.name])
            for number, role in enumerate(self._roles, start=1)
            for membership in role.memberships
        ]
        file = self._stack.home / "members.csv"
        write_private_csv(file, list(rows[0]), rows)
        self._stack.run("payer-mock", "enrol", file)

    def _tap(self, card: Path, pin: str, *options: str) -> dict[str, Any]:
        arguments = ("--card", str(card), "--pin-stdin", "--json", "--timings", *options)
        done = self._stack.run("clinic-terminal", "tap", *arguments, stdin=f"{pin}\n", check=False)
        try:
            report = json.loads(done.stdout)
        except ValueError:
            problem = {
                "code": "no-report",
                "detail_ja": "端末の出力がありません。",
                "detail": done.stderr.strip(),
            }
            report = {"headline": {"ja": "端末の異常", "en": "Terminal failed"}, "problem": problem}
        assert isinstance(report, dict)
        return report | {"exit_code": done.returncode}


def _member_row(number: int, membership: Membership, person: dict[str, str]) -> dict[str, str]:
    lost_on = membership.lost_on
    return {
        "insurer_number": membership.insurer_number,
        "symbol": "架空",
        "number": str(number),
        "branch": "00",
        "relationship": "1",
        **{column: person[column] for column in PERSONAL_ITEMS},
        "acquired_on": membership.acquired_on.isoformat(),
        "lost_on": lost_on.isoformat() if lost_on else "",
        "reason_of_loss": "03" if lost_on else "",
    }


def _tap_result(scene: Scene, report: dict[str, Any]) -> TapResult:
    results = report.get("answer", {}).get("results", [])
    return TapResult(
        scene=scene,
        exit_code=report["exit_code"],
        answer=report["problem"]["code"] if "problem" in report else report["validity"],
        insurer_numbers=tuple(row["insurer_number"] for row in results),
        headline=headline(report),
        details=tuple(_details(report, results)),
        milliseconds=report.get("timings_ms", {}).get("total", 0.0),
    )


def _details(report: dict[str, Any], results: list[dict[str, Any]]) -> Iterator[str]:
    """The most important lines: the insurer and its period, or the problem."""
    for row in results:
        lost_on = row["lost_on"]
        yield f"{row['insurer_name']} {'・'.join(filter(None, (row['symbol'], row['number'])))}"
        yield (f"喪失日 / lost：{lost_on}" if lost_on else f"取得日 / since：{row['acquired_on']}")
    if problem := report.get("problem"):
        yield from (_SENTENCE_ENDS.split(problem[member])[0] for member in ("detail_ja", "detail"))
        if "tries_left" in problem:
            yield f"残り回数：{problem['tries_left']}回"
            yield f"{problem['tries_left']} tries left"
