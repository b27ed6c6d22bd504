"""Duplicate medication scenes: a clinic prescribes, and another one asks before it does (重複投薬等チェック)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from shikaku.admission import admit_terminal
from shikaku.persons.dataset import Dataset
from shikaku.private_files import write_private
from shikaku.processes import StackError
from shikaku.stack import PIN, Stack
from shikaku.story.pharmacy import SECOND_CLINIC
from shikaku.story.step import DemoStep, headline, run_json

PERSON = "P01-valid"

_RIGHTS = "eligibility,registration,consent,prescription"
_STAFF = ("--role", "doctor", "--operator", "見本　医師")
_DAYS_OF_SUPPLY = 14

PRESCRIBED = "990000101"
"""架空降圧錠, in the invented drug master."""

_FOUND = {True: ("該当あり", "found"), False: ("該当なし", "none")}


class DuplicateScenes:
    """One patient of two clinics, in a stack that has the test persons."""

    def __init__(self, stack: Stack, data: Dataset) -> None:
        self._stack = stack
        self._card = stack.cards / data.person(PERSON).card_file
        self._today = data.today

    def play(self) -> Iterator[DemoStep]:
        """The steps, each run when it is requested. Raises StackError."""
        code, name = SECOND_CLINIC["code"], SECOND_CLINIC["name"]
        terminal = admit_terminal(self._stack, code, name, "clinic", _RIGHTS, file=f"prescriber-{code}.json")
        yield self._prescription({"TERMINAL_CREDENTIAL": str(terminal)})
        yield self._check(
            "同じ成分の薬を処方する前に\nbefore prescribing the same ingredient", "990000102", True, False
        )
        yield self._check(
            "併用禁忌の薬を処方する前に\nbefore a contraindicated one", "990000114", False, True
        )
        yield self._check("別の薬を処方する前に\nbefore another medicine", "990000111", False, False)

    def _prescription(self, at: Mapping[str, str]) -> DemoStep:
        """A prescription at the other clinic."""
        body = {"identified_by": self._identify(at), "prescribed_on": self._today}
        medicine = {"quantity": "1", "usage_code": "006", **_medicine(PRESCRIBED)}
        reply = self._send("prescribe", body | {"medicines": [medicine]}, at)
        lines = (
            f"{SECOND_CLINIC['name']}：内服 {_DAYS_OF_SUPPLY}日分",
            f"{_DAYS_OF_SUPPLY} days of an oral medicine",
        )
        title = "別の診療所が処方を登録\nanother clinic registers a prescription"
        return DemoStep(title, lines, "answer" in reply)

    def _check(self, title: str, drug: str, duplicate: bool, contraindicated: bool) -> DemoStep:
        """The facts, without the patient's consent to more: no drug, day or institution is named."""
        body = {
            "identified_by": self._identify({}),
            "on": self._today,
            "same_institution": True,
            "medicines": [_medicine(drug)],
        }
        answer = self._send("check-duplicates", body, {}).get("answer")
        if answer is None:
            return DemoStep(title, (), False)
        facts = answer["duplicate"], answer["contraindicated"]
        lines = tuple(
            f"{name}{mark}{_FOUND[fact][language]}"
            for language, names, mark in (
                (0, ("重複投薬", "併用禁忌"), "："),
                (1, ("duplicate", "contraindicated"), ": "),
            )
            for name, fact in zip(names, facts, strict=True)
        )
        as_expected = facts == (duplicate, contraindicated) and answer["complete"] and not answer["findings"]
        return DemoStep(title, lines, as_expected)

    def _identify(self, at: Mapping[str, str]) -> str:
        """The record of a tap that identified the patient. Raises StackError."""
        arguments = ("tap", "--card", self._card, "--pin-stdin", "--json")
        report = run_json(self._stack, "clinic-terminal", *arguments, stdin=f"{PIN}\n", variables=at)
        if "answer" not in report:
            raise StackError(f"the tap was refused: {headline(report)[1]}")
        record: str = report["answer"]["record_id"]
        return record

    def _send(self, command: str, body: dict[str, Any], at: Mapping[str, str]) -> dict[str, Any]:
        file: Path = self._stack.home / f"{command}.json"
        write_private(file, json.dumps(body, ensure_ascii=False))
        return run_json(self._stack, "clinic-terminal", command, file, *_STAFF, "--json", variables=at)


def _medicine(drug: str) -> dict[str, Any]:
    return {"drug_code": drug, "act": "21", "times": _DAYS_OF_SUPPLY}
