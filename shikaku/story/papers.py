"""Scenes of paper certificates: who needs one (資格確認書), an application, a deregistration, and their withdrawal."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

from shikaku.private_files import write_private_csv
from shikaku.processes import StackError
from shikaku.stack import INSURER_NUMBER, PIN, Stack
from shikaku.story.reception import PERSONAL_ITEMS
from shikaku.story.step import DemoStep, headline, run_json

NUMBER = "9001"
"""番号 of the member of these scenes."""

_BORN_BEFORE, _BORN_AFTER = 2000, 1955
_REASONS = {
    "no-card": ("利用登録なし", "no card registered"),
    "card-lost": ("カード紛失", "card lost"),
    "deregistered": ("利用登録解除", "deregistered"),
}


class PaperScenes:
    """A new member whose card is not registered yet, in a stack that has the reception's residents."""

    def __init__(self, stack: Stack, today: date) -> None:
        self._stack = stack
        self._today = today
        self._card = stack.cards / "paper.json"
        self._enrolment = ""

    def play(self) -> Iterator[DemoStep]:
        """The steps, each run when it is requested. Raises StackError."""
        self._enrol()
        yield self._listed("加入したがカードが未登録\nenrolled, but no card registered", "no-card")
        self._tap("--register")
        yield self._listed("カードを登録\nthe card is registered", None)
        self._payer("apply-paper", "--reason", "card-lost")
        yield self._listed("カード紛失による交付申請\nan application: the card is lost", "card-lost")
        self._payer("withdraw-paper", "--reason", "card-lost")
        yield self._listed("申請の取下げ\nthe application is withdrawn", None)
        last_day = self._payer("deregister")["last_day"]
        yield self._listed("利用登録の解除\nthe card is deregistered", "deregistered")
        yield self._usable(last_day)
        self._payer("withdraw-deregistration")
        yield self._listed("解除の取下げ\nthe deregistration is withdrawn", None)

    def _enrol(self) -> None:
        """Issue a card to a resident who has no role at the reception, and enrol the holder."""
        lines = (self._stack.home / "residents.jsonl").read_text(encoding="utf-8").splitlines()
        adults = (one for one in map(json.loads, reversed(lines)) if _is_adult(one))
        person = next(adults)
        issued = ("--resident", person["resident_id"], "--pin", PIN, "--out", self._card)
        self._stack.run("jpki-mock", "issue", *issued)
        row = {
            "insurer_number": INSURER_NUMBER,
            "symbol": "架空",
            "number": NUMBER,
            "branch": "00",
            "relationship": "1",
            **{column: person[column] for column in PERSONAL_ITEMS},
            "acquired_on": f"{self._today.year - 1}-04-01",
        }
        file = self._stack.home / "paper-member.csv"
        write_private_csv(file, list(row), [row])
        self._stack.run("payer-mock", "enrol", file)

    def _listed(self, title: str, reason: str | None) -> DemoStep:
        """The member's need of a paper certificate. Expected: this reason, or none."""
        page = run_json(self._stack, "payer-mock", "papers", "--insurer", INSURER_NUMBER, "--json")
        needs = {one["number"]: one for one in page["members"]}
        need = needs.get(NUMBER)
        if need is None:
            lines: tuple[str, ...] = (
                "資格確認書は不要（お知らせのみ）",
                "no certificate: a notice is enough",
            )
            return DemoStep(title, lines, reason is None)
        self._enrolment = need["enrolment_id"]
        ja, en = _REASONS.get(need["reason"], (need["reason"], need["reason"]))
        since = f"（{need['needed_from']} から）" if need["needed_from"] else ""
        lines = (f"資格確認書が必要：{ja}{since}", f"needs a certificate: {en}")
        return DemoStep(title, lines, need["reason"] == reason)

    def _usable(self, last_day: str) -> DemoStep:
        report = self._tap()
        lines = (" / ".join(headline(report)), f"最後の日 / last day：{last_day}")
        title = "解除日まではカードで受付\nuntil then the card is used"
        return DemoStep(title, lines, report.get("validity") == "1" and last_day > self._today.isoformat())

    def _tap(self, *options: str) -> dict[str, Any]:
        arguments: tuple[str | Path, ...] = ("--card", self._card, "--pin-stdin", "--json", *options)
        return run_json(self._stack, "clinic-terminal", "tap", *arguments, stdin=f"{PIN}\n")

    def _payer(self, command: str, *options: str) -> dict[str, Any]:
        """A command about the member. Raises StackError if it is refused."""
        arguments = (command, self._enrolment, *options, "--insurer", INSURER_NUMBER, "--json")
        answer = run_json(self._stack, "payer-mock", *arguments)
        if "enrolment_id" not in answer:
            raise StackError(f"payer-mock {command} was refused")
        return answer


def _is_adult(resident: dict[str, str]) -> bool:
    """Whether the resident is of working age, so that age does not decide about the paper."""
    return _BORN_AFTER < date.fromisoformat(resident["birth_date"]).year < _BORN_BEFORE
