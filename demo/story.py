"""Plays the cast's story in a running house: cards, enrolments, first registrations, taps."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from demo.cast import ANSWERS, SCENES, SECOND_INSURER_NUMBER, Membership, Role, Scene
from demo.house import PIN, House

_PEOPLE = 40
_SEED = "1"
_ADULT_BORN_BEFORE = 2000

_SENTENCE_ENDS = re.compile(r"(?<=。)|(?<=\.) ")
PERSONAL = ("name", "name_kana", "sex", "birth_date", "postal_code", "address")
"""What a resident and a member have in common."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What the desk saw in a scene: exit code, validity or problem code, insurers, the words shown, milliseconds."""

    scene: Scene
    exit_code: int
    answer: str
    insurer_numbers: tuple[str, ...]
    headline: str
    details: tuple[str, ...]
    milliseconds: float

    @property
    def as_expected(self) -> bool:
        """Whether the tap gave the scene's answer, all of it."""
        insurers = (self.scene.insurer_number,) if self.scene.insurer_number else ()
        expected = self.scene.exit_code, self.scene.answer, insurers
        return (self.exit_code, self.answer, self.insurer_numbers) == expected


class Story:
    """The roles played by residents of the house."""

    def __init__(self, house: House, roles: list[Role]) -> None:
        self._house = house
        self._roles = roles

    def card(self, name: str) -> Path:
        """The card image of a role."""
        return self._house.cards / f"{name}.json"

    def prepare(self) -> None:
        """Make residents, issue cards, enrol members, and register who is registered. Raises HouseError."""
        people = dict(zip((role.name for role in self._roles), self._residents(), strict=False))
        for role in self._roles:
            self._issue(role, people[role.name])
        self._house.admit_insurer(SECOND_INSURER_NUMBER, "架空健康保険組合")
        self._enrol(people)
        for role in self._roles:
            if role.registered:
                self._tap(self.card(role.name), PIN, "--register")

    def write_expectations(self, path: Path) -> None:
        """What each card is answered once the story is told, for the load laboratory: card name → validity."""
        answered = {scene.card: scene.answer for scene in SCENES if scene.exit_code in ANSWERS}
        path.write_text(json.dumps(answered))

    def play(self, scene: Scene) -> Seen:
        """Tap the scene's card and tell what the desk saw."""
        return _seen(scene, self._tap(self.card(scene.card), scene.pin, *scene.options))

    def _residents(self) -> Iterator[dict[str, str]]:
        file = self._house.home / "residents.jsonl"
        self._house.run("jpki-mock", "residents", "--people", str(_PEOPLE), "--seed", _SEED, "--out", file)
        for line in file.read_text(encoding="utf-8").splitlines():
            person = json.loads(line)
            if date.fromisoformat(person["birth_date"]).year < _ADULT_BORN_BEFORE:
                yield person

    def _issue(self, role: Role, person: dict[str, str]) -> None:
        card = self.card(role.name)
        self._house.run(
            "jpki-mock", "issue", "--resident", person["resident_id"], "--pin", PIN, "--out", card
        )
        if role.withdrawn:
            self._house.run("jpki-mock", *role.withdrawn, card)

    def _enrol(self, people: dict[str, dict[str, str]]) -> None:
        rows = [
            _member_row(number, membership, people[role.name])
            for number, role in enumerate(self._roles, start=1)
            for membership in role.memberships
        ]
        file = self._house.home / "members.csv"
        with file.open("w", encoding="utf-8", newline="") as output:
            writer = csv.DictWriter(output, rows[0].keys())
            writer.writeheader()
            writer.writerows(rows)
        self._house.run("payer-mock", "enrol", file)

    def _tap(self, card: Path, pin: str, *options: str) -> dict[str, Any]:
        words = ("--card", str(card), "--pin-stdin", "--json", "--timings", *options)
        done = self._house.run("clinic-terminal", "tap", *words, stdin=f"{pin}\n", check=False)
        try:
            report = json.loads(done.stdout)
        except ValueError:
            problem = {"code": "no-report", "detail_ja": "報告がありません。", "detail": done.stderr.strip()}
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
        **{column: person[column] for column in PERSONAL},
        "acquired_on": membership.acquired_on.isoformat(),
        "lost_on": lost_on.isoformat() if lost_on else "",
        "reason_of_loss": "03" if lost_on else "",
    }


def _seen(scene: Scene, report: dict[str, Any]) -> Seen:
    results = report.get("answer", {}).get("results", [])
    return Seen(
        scene=scene,
        exit_code=report["exit_code"],
        answer=report["problem"]["code"] if "problem" in report else report["validity"],
        insurer_numbers=tuple(row["insurer_number"] for row in results),
        headline="{ja} / {en}".format_map(report["headline"]),
        details=tuple(_details(report, results)),
        milliseconds=report.get("timings_ms", {}).get("total", 0.0),
    )


def _details(report: dict[str, Any], results: list[dict[str, Any]]) -> Iterator[str]:
    """The lines that matter most at the desk: who insures since when or until when, or what is wrong."""
    for row in results:
        lost_on = row["lost_on"]
        yield f"{row['insurer_name']} {row['symbol']}・{row['number']}"
        yield f"喪失 / lost {lost_on}" if lost_on else f"取得 / since {row['acquired_on']}"
    if problem := report.get("problem"):
        yield from (_SENTENCE_ENDS.split(problem[words])[0] for words in ("detail_ja", "detail"))
        if "tries_left" in problem:
            yield "残り{tries_left}回 / {tries_left} tries left".format_map(problem)
