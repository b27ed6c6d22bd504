"""Disaster scenes: disaster mode is opened for one municipality; a patient without a card is found there alone."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from shikaku.admission import admit_terminal
from shikaku.persons.dataset import Dataset
from shikaku.stack import INSTITUTION_CODE, Stack
from shikaku.story.pharmacy import SECOND_CLINIC
from shikaku.story.step import DemoStep, headline, run_json

PERSON = "P01-valid"

MUNICIPALITY = INSTITUTION_CODE[:2] + INSTITUTION_CODE[3:5]
"""The clinic's 郡市区: the prefecture, and digits 4 and 5 of its institution code."""

_ITEMS = ("name", "birth_date", "sex", "address")
_STAFF = ("--operator", "見本　医師", "--role", "doctor")
_OFF = "disaster-mode-off"


class DisasterScenes:
    """One patient and two clinics of different municipalities, in a stack that has the test persons."""

    def __init__(self, stack: Stack, data: Dataset) -> None:
        self._stack = stack
        member = data.enrolment(data.person(PERSON), 1)
        self._items = {name: member[name] for name in _ITEMS}
        self._insurer = member["insurer_number"]

    def play(self) -> Iterator[DemoStep]:
        """The steps, each run when it is requested. Raises StackError."""
        code, name = SECOND_CLINIC["code"], SECOND_CLINIC["name"]
        rights = "eligibility,registration,consent"
        terminal = admit_terminal(self._stack, code, name, "clinic", rights, file=f"elsewhere-{code}.json")
        elsewhere = {"TERMINAL_CREDENTIAL": str(terminal)}
        yield _refusal_step("災害時モードの開始前\nbefore disaster mode", self._search({}))
        opened = self._switch(
            "open", "--municipalities", MUNICIPALITY, "--reason", "架空の地震", "--opened-by", "見本　運用者"
        )
        lines = (f"郡市区 {MUNICIPALITY}", f"municipality {MUNICIPALITY}")
        title = "郡市区の災害時モードを開始\ndisaster mode is opened for a municipality"
        yield DemoStep(title, lines, opened["areas"] == [MUNICIPALITY])
        yield self._found(self._search({}))
        yield _refusal_step("別の郡市区の診療所\na clinic of another municipality", self._search(elsewhere))
        self._switch("close", str(opened["disaster_id"]), "--closed-by", "見本　運用者")
        yield _refusal_step("終了後\nafter it is closed", self._search({}))

    def _search(self, at: Mapping[str, str]) -> dict[str, Any]:
        """Search by the patient's items; with her oral consent her medicines are read."""
        arguments = ("disaster", "--stdin", "--consented", *_STAFF, "--json")
        items = json.dumps(self._items, ensure_ascii=False)
        return run_json(self._stack, "clinic-terminal", *arguments, stdin=items, variables=at)

    def _switch(self, command: str, *arguments: str) -> dict[str, Any]:
        return run_json(self._stack, "eligibility-api", "disaster", command, *arguments)

    def _found(self, report: dict[str, Any]) -> DemoStep:
        """The insurance found, and the history under the oral consent."""
        memberships = report.get("found", {}).get("memberships", [])
        lines = [f"{one['insurer_name']} {one['symbol'] or ''}・{one['number']}" for one in memberships]
        read = "medications" in report.get("history", {})
        as_expected = read and [one["insurer_number"] for one in memberships] == [self._insurer]
        title = "氏名などで検索し、口頭の同意で閲覧\nsearch by name, history with an oral consent"
        return DemoStep(title, (*lines, " / ".join(headline(report))), as_expected)


def _refusal_step(title: str, report: dict[str, Any]) -> DemoStep:
    problem = report.get("problem", {})
    lines = (problem["detail_ja"], problem["detail"]) if problem else headline(report)
    return DemoStep(title, lines, problem.get("code") == _OFF)
