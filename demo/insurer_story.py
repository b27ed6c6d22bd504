"""The insurer's part of the story: a member file that is held, its correction published, and the desk's answer with it.

The late-elderly scheme's yearly review changes burden ratios. First the file comes with the whole column blank.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

from demo.house import PIN, House
from demo.persons.member_file import write_members
from demo.persons.stage import MEMBERSHIP, Member, Stage
from demo.processes import HouseError
from demo.story import PERSONAL
from demo.told import Told

INSURER = "late_elderly"
PERSON = "P30-late-elderly-10"

_PEOPLE, _SEED = 400, "2"
_LATE_ELDERLY_AGE = 75
_BEFORE, _REVIEWED = 10, 20
"""Her ratio, in percent: before the review and after it."""

_STATES = {
    "published": "公開 / published",
    "held": "保留 / held",
    "rejected": "取り下げ / taken back",
    "undone": "取り消し / undone",
}

Ratio = Callable[[int, Member], int | None]


class InsurerStory:
    """One insurer's files in a house where the test persons live."""

    def __init__(self, house: House, data: Stage) -> None:
        self._house = house
        self._person = data.person(PERSON)
        self._member = data.enrolment(self._person, 1)
        self._members = data.members(INSURER)
        self._today = date.fromisoformat(data.today)

    def tell(self) -> Iterator[Told]:
        """The steps, each done as it is asked for. Raises HouseError."""
        members = [*self._members, *self._neighbours()]
        first = self._upload("first", members, lambda _, member: member["burden_ratio"])
        yield _told_check("先月の加入者ファイル\nlast month's member file", first, "published")
        yield self._tap(_BEFORE)
        blank = self._upload("blank", members, lambda *_: None)
        yield _told_check("負担割合の列が空のファイル\nall burden ratios are blank", blank, "held")
        yield self._ask(_BEFORE)
        rejected = self._decide("reject", blank, "負担割合の列が空 / the ratios were blank")
        yield _told_state("取り下げる\ntaken back", rejected, "rejected")
        reviewed = self._upload("reviewed", members, self._reviewed)
        yield _told_check("定期判定後の正しいファイル\nthe right file, ratios reviewed", reviewed, "held")
        approved = self._decide("approve", reviewed, "定期判定による変更 / yearly review")
        yield _told_state("別の鍵で承認\napproved with a second key", approved, "published")
        yield self._tap(_REVIEWED)
        undone = self._decide("undo", approved, "判定の誤り / the review was wrong")
        yield _told_state("公開を取り消す\nundone", undone, "undone")
        yield self._seen_by(undone)
        yield self._ask(_BEFORE)

    def _reviewed(self, n: int, member: Member) -> int | None:
        """The ratio after the review: higher for her, and for every third of those with the lowest."""
        ratio: int | None = member["burden_ratio"]
        higher = n % 3 == 0 or member["number"] == self._member["number"]
        return _REVIEWED if ratio == _BEFORE and higher else ratio

    def _neighbours(self) -> Iterator[Member]:
        """Other members of the scheme: a check by shares needs some."""
        file = self._house.home / "neighbours.jsonl"
        words = ("--people", str(_PEOPLE), "--seed", _SEED, "--out", file)
        self._house.run("jpki-mock", "residents", *words)
        for line in file.read_text(encoding="utf-8").splitlines():
            resident = json.loads(line)
            born = date.fromisoformat(resident["birth_date"])
            joined = date(born.year + _LATE_ELDERLY_AGE, born.month, min(born.day, 28))
            if joined <= self._today:
                yield _neighbour(self._member, resident, joined)

    def _upload(self, name: str, members: list[Member], ratio: Ratio) -> dict[str, Any]:
        file = self._house.home / f"{INSURER}-{name}.csv"
        rows = [member | {"burden_ratio": ratio(n, member)} for n, member in enumerate(members)]
        write_members(file, rows)
        return self._payer("upload", file)

    def _decide(self, word: str, upload: dict[str, Any], reason: str) -> dict[str, Any]:
        return self._payer(word, upload["upload_id"], "--reason", reason)

    def _seen_by(self, upload: dict[str, Any]) -> Told:
        facilities = self._payer("seen-by", upload["upload_id"])["facilities"]
        lines = (f"{one['institution_name']} {one['answers']}回 / answers" for one in facilities)
        return Told("誤った値を見た施設\nwho saw the withdrawn value", tuple(lines), len(facilities) == 1)

    def _payer(self, word: str, *words: str | Path) -> dict[str, Any]:
        """What the insurers' program says. A held file is told by its exit code too, hence unchecked."""
        insurer = ("--insurer", self._member["insurer_number"])
        done = self._house.run("payer-mock", word, *words, *insurer, "--json", check=False)
        try:
            answer: dict[str, Any] = json.loads(done.stdout)
        except ValueError as error:
            raise HouseError(f"payer-mock {word} ended without an answer:\n{done.stderr.strip()}") from error
        return answer

    def _tap(self, ratio: int) -> Told:
        card = self._house.cards / self._person.card_file
        words = ("tap", "--card", card, "--pin-stdin", "--json")
        done = self._house.run("clinic-terminal", *words, stdin=f"{PIN}\n", check=False)
        return _told_desk("窓口：カード\nat the desk, by card", json.loads(done.stdout), ratio)

    def _ask(self, ratio: int) -> Told:
        asked = json.dumps({name: self._member[name] for name in MEMBERSHIP})
        done = self._house.run("clinic-terminal", "lookup", "--stdin", "--json", stdin=asked, check=False)
        return _told_desk("窓口：番号\nat the desk, by number", json.loads(done.stdout), ratio)


def _neighbour(usual: Member, resident: dict[str, Any], joined: date) -> Member:
    own = {name: resident[name] for name in PERSONAL}
    _, number = resident["resident_id"].rsplit("-", 1)
    membership = {"number": number, "acquired_on": joined.isoformat(), "burden_ratio": _BEFORE}
    return usual | {"limit_certificate": None} | own | membership


def _told_check(title: str, upload: dict[str, Any], state: str) -> Told:
    """A file's state with its check report: `!` marks what holds it."""
    report = upload["report"]
    counts = "{rows}行 / rows, 新規 / new {new}, 変更 / changed {changed}".format_map(report)
    findings = (_finding(one) for one in report["findings"])
    told = _told_state(title, upload, state)
    return Told(title, (*told.lines, counts, *findings), told.as_expected)


def _told_state(title: str, upload: dict[str, Any], state: str) -> Told:
    seen = upload["state"]
    return Told(title, (_STATES.get(seen, seen),), seen == state)


def _finding(finding: dict[str, Any]) -> str:
    mark = "!" if finding["holds"] else "·"
    where = f" {finding['column']}" if finding["column"] else ""
    detail = finding["detail"] or {}
    if "before" in detail:
        return f"{mark} {finding['code']}{where}: {detail['before']:.0%} → {detail['now']:.0%}"
    return f"{mark} {finding['code']}{where}: {finding['count']}"


def _told_desk(title: str, report: dict[str, Any], ratio: int) -> Told:
    results = report.get("answer", {}).get("results", [])
    ratios = [row["burden_ratio"] for row in results]
    headline = "{ja} / {en}".format_map(report["headline"])
    lines = [f"{row['name']} {row['insurer_name']} {row['burden_ratio']} %" for row in results]
    return Told(title, (headline, *lines), report["validity"] == "1" and ratios == [ratio])
