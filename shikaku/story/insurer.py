"""Insurer scenes: a member file that is held, the corrected file published, and the answers in between.

The yearly review of the late-elderly scheme changes burden ratios. The first file has the whole column blank.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

from shikaku.persons.dataset import MEMBERSHIP, Dataset, Member
from shikaku.persons.member_file import write_members
from shikaku.sites import listen
from shikaku.stack import PIN, Stack
from shikaku.story.reception import PERSONAL_ITEMS
from shikaku.story.step import DemoStep, headline, run_json

INSURER = "late_elderly"
PERSON = "P30-late-elderly-10"

_RESIDENTS, _SEED = 400, "2"
_LATE_ELDERLY_AGE = 75
_BEFORE, _REVIEWED = 10, 20
"""The person's burden ratio in percent, before and after the review."""

_STATES = {
    "published": ("反映済", "published"),
    "held": ("保留", "held"),
    "rejected": ("取下げ", "rejected"),
    "undo-held": ("取消保留", "undo held"),
    "undone": ("取消済", "undone"),
}

_FINDINGS = {
    "changed": ("変更された加入者", "changed members"),
    "fill-dropped": ("記入率が低下", "fill rate dropped"),
}

_COLUMNS = {"burden_ratio": "負担割合"}

_TRIES, _PAUSE_SECONDS = 120, 0.25
"""An event is sent within a second or so of its cause."""

Ratio = Callable[[int, Member], int | None]


class InsurerScenes:
    """The files of one insurer, in a stack that has the test persons."""

    def __init__(self, stack: Stack, data: Dataset, *, sleep: Callable[[float], None] = time.sleep) -> None:
        """`sleep`: between two readings of what the insurer's program has received."""
        self._stack = stack
        self._sleep = sleep
        self._person = data.person(PERSON)
        self._member = data.enrolment(self._person, 1)
        self._members = data.members(INSURER)
        self._today = date.fromisoformat(data.today)

    def play(self) -> Iterator[DemoStep]:
        """The steps, each run when it is requested. Raises StackError."""
        members = [*self._members, *self._neighbours()]
        events = listen(self._stack, self._member["insurer_number"])
        first = self._upload("first", members, lambda _, member: member["burden_ratio"])
        yield _check_step("先月の加入者ファイル\nlast month's member file", first, "published")
        yield self._tap(_BEFORE)
        blank = self._upload("blank", members, lambda *_: None)
        yield _check_step("負担割合がすべて空のファイル\nfile with all burden ratios blank", blank, "held")
        yield self._look_up(_BEFORE)
        rejected = self._decide("reject", blank, "負担割合の列が空 / the ratios were blank")
        yield _state_step("取下げ\nreject", rejected, "rejected")
        reviewed = self._upload("reviewed", members, self._reviewed)
        yield _check_step("定期判定後の正しいファイル\ncorrect file after the review", reviewed, "held")
        approved = self._decide("approve", reviewed, "定期判定による変更 / yearly review")
        yield _state_step("別の鍵で承認\napprove with a second key", approved, "published")
        yield self._received(events, approved)
        yield self._tap(_REVIEWED)
        held = self._decide("undo", approved, "判定の誤り / the review was wrong")
        yield _state_step("反映の取り消し\nundo", held, "undo-held")
        undone = self._decide("approve", held, "再判定で確認 / the review was repeated")
        yield _state_step("取り消しを別の鍵で承認\napprove the undo with a second key", undone, "undone")
        yield self._recipients(undone)
        yield self._look_up(_BEFORE)

    def _reviewed(self, n: int, member: Member) -> int | None:
        """The ratio after the review: raised for the person and every third member with the lowest one."""
        ratio: int | None = member["burden_ratio"]
        raised = n % 3 == 0 or member["number"] == self._member["number"]
        return _REVIEWED if ratio == _BEFORE and raised else ratio

    def _neighbours(self) -> Iterator[Member]:
        """More members of the scheme, because the file's checks compare shares."""
        file = self._stack.home / "neighbours.jsonl"
        arguments = ("--people", str(_RESIDENTS), "--seed", _SEED, "--out", file)
        self._stack.run("jpki-mock", "residents", *arguments)
        for line in file.read_text(encoding="utf-8").splitlines():
            resident = json.loads(line)
            born = date.fromisoformat(resident["birth_date"])
            joined = date(born.year + _LATE_ELDERLY_AGE, born.month, min(born.day, 28))
            if joined <= self._today:
                yield _neighbour(self._member, resident, joined)

    def _upload(self, name: str, members: list[Member], ratio: Ratio) -> dict[str, Any]:
        file = self._stack.home / f"{INSURER}-{name}.csv"
        rows = [member | {"burden_ratio": ratio(n, member)} for n, member in enumerate(members)]
        write_members(file, rows)
        return self._payer("upload", file)

    def _decide(self, command: str, upload: dict[str, Any], reason: str) -> dict[str, Any]:
        return self._payer(command, upload["upload_id"], "--reason", reason)

    def _recipients(self, upload: dict[str, Any]) -> DemoStep:
        """The facilities that were answered with the undone values."""
        facilities = self._payer("seen-by", upload["upload_id"])["facilities"]
        lines = tuple(
            text
            for one in facilities
            for text in (f"{one['institution_name']} {one['answers']}回", f"answers: {one['answers']}")
        )
        title = "誤った情報を受け取った医療機関等\nfacilities that received the undone values"
        return DemoStep(title, lines, len(facilities) == 1)

    def _received(self, events: Path, upload: dict[str, Any]) -> DemoStep:
        """The events of a file that reached the insurer's program, once the last of them is there."""
        types: list[str] = []
        for _ in range(_TRIES):
            types = _types_of(events, upload["upload_id"])
            if "file.published" in types:
                break
            self._sleep(_PAUSE_SECONDS)
        lines = (
            *types,
            "番号だけの通知。内容は保険者のプログラムが照会",
            "ids only; the program asks for the rest",
        )
        title = "Webhook：保険者のプログラムへの通知\nwebhook: events at the insurer's program"
        return DemoStep(title, lines, types[-1:] == ["file.published"])

    def _payer(self, command: str, *arguments: str | Path) -> dict[str, Any]:
        insurer = ("--insurer", self._member["insurer_number"])
        return run_json(self._stack, "payer-mock", command, *arguments, *insurer, "--json")

    def _tap(self, ratio: int) -> DemoStep:
        card = self._stack.cards / self._person.card_file
        arguments = ("tap", "--card", card, "--pin-stdin", "--json")
        report = run_json(self._stack, "clinic-terminal", *arguments, stdin=f"{PIN}\n")
        return _eligibility_step("受付：カード\nat the reception, by card", report, ratio)

    def _look_up(self, ratio: int) -> DemoStep:
        numbers = json.dumps({name: self._member[name] for name in MEMBERSHIP})
        report = run_json(self._stack, "clinic-terminal", "lookup", "--stdin", "--json", stdin=numbers)
        return _eligibility_step("受付：記号・番号\nat the reception, by number", report, ratio)


def _types_of(events: Path, upload_id: str) -> list[str]:
    """The types of the events of a file, in the order in which they came."""
    written = events.read_text(encoding="utf-8")
    lines = written[: written.rfind("\n") + 1].splitlines()  # the last one may be half written
    received = (json.loads(line) for line in lines if line.startswith("{"))
    return [event["type"] for event in received if event.get("data", {}).get("upload_id") == upload_id]


def _neighbour(template: Member, resident: dict[str, Any], joined: date) -> Member:
    personal = {name: resident[name] for name in PERSONAL_ITEMS}
    _, number = resident["resident_id"].rsplit("-", 1)
    membership = {"number": number, "acquired_on": joined.isoformat(), "burden_ratio": _BEFORE}
    return template | {"limit_certificate": None} | personal | membership


def _check_step(title: str, upload: dict[str, Any], state: str) -> DemoStep:
    """A file's state and check report, which a refused file has not; a finding that holds it is marked `!`."""
    report = upload["report"]
    step = _state_step(title, upload, state)
    if report is None:
        return step
    counts = (
        "{rows}行、新規 {new}件、変更 {changed}件".format_map(report),
        "{rows} rows, {new} new, {changed} changed".format_map(report),
    )
    findings = (line for finding in report["findings"] for line in _finding(finding))
    return DemoStep(title, (*step.lines, *counts, *findings), step.as_expected)


def _state_step(title: str, upload: dict[str, Any], state: str) -> DemoStep:
    actual = upload["state"]
    return DemoStep(title, (" / ".join(_STATES.get(actual, (actual,))),), actual == state)


def _finding(finding: dict[str, Any]) -> tuple[str, str]:
    """A finding as a Japanese line and an English one."""
    code, column, detail = finding["code"], finding["column"], finding["detail"] or {}
    ja, en = _FINDINGS.get(code, (code, code))
    where = (f"{_COLUMNS.get(column, column)}（{column}）：", f"{column}: ") if column else ("", "")
    holds = finding["holds"]
    if "before" in detail:
        values = (f"{detail['before']:.0%} → {detail['now']:.0%}",) * 2
    else:
        values = (f"{finding['count']}件", str(finding["count"]))
    return (
        f"{'！' if holds else '・'}{where[0]}{ja} {values[0]}",
        f"{'!' if holds else '·'} {where[1]}{en} {values[1]}",
    )


def _eligibility_step(title: str, report: dict[str, Any], ratio: int) -> DemoStep:
    results = report.get("answer", {}).get("results", [])
    ratios = [row["burden_ratio"] for row in results]
    lines = [f"{row['name']} {row['insurer_name']} {_tenths(row['burden_ratio'])}" for row in results]
    as_expected = report.get("validity") == "1" and ratios == [ratio]
    return DemoStep(title, (" / ".join(headline(report)), *lines), as_expected)


def _tenths(percent: int | None) -> str:
    """A burden ratio in tenths, as receptions name it."""
    return "—" if percent is None else f"{percent // 10}割"
