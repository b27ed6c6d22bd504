"""Simulates a month of a population.

Moves between insurers, 75th birthdays, births, deaths, reissued certificates. About one member in twenty
changes. The files of the next month are full ones, with every row.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from enum import StrEnum
from itertools import groupby
from pathlib import Path
from random import Random

from eligibility_api.contract.codes import ReasonOfLoss, Relationship
from payer_mock.population.benefits import add_benefits, add_limit_certificate
from payer_mock.population.coverage import CoveragePeriod
from payer_mock.population.families import (
    Family,
    draw_employment_insurer,
    draw_municipal_insurer,
    draw_symbol,
)
from payer_mock.population.files import (
    UNREPORTED,
    MemberFiles,
    Population,
    member_file,
    member_files,
    read_rows,
)
from payer_mock.population.insurers import Insurer, Insurers, Scheme
from payer_mock.population.residents import Person, age_on, birthday, home_place
from payer_mock.population.rows import NumberAllocator, Row, member_rows

_WORKING_FROM = 22
_ONE_DAY = timedelta(days=1)
_FLAGS = ("nondisclosure", "self_disclosure_blocked")
_MOVE = 0.007
_TO_EMPLOYMENT = 0.7
_DEATH = 0.004
_REISSUE, _LIMIT, _NAME = 0.035, 0.047, 0.0472
"""Cumulative chances: a reissued certificate, a new limit certificate, a changed name unknown to the
register.
"""


class Event(StrEnum):
    """A change of a member."""

    MOVED = "moved"
    TURNED_75 = "turned-75"
    BORN = "born"
    DIED = "died"
    REISSUED = "certificate-reissued"
    LIMITED = "limit-certificate"
    RENAMED = "renamed"


@dataclass(frozen=True, slots=True)
class MonthResult:
    """The population as of the next month, and the number of members by event."""

    population: Population
    events: Counter[Event]


def advance_month(folder: Path) -> MonthResult:
    """Write the next month's member files into the folder of a population.

    Raises PopulationError, OSError.
    """
    population = Population.load(folder)
    first = date.fromisoformat(f"{population.month}-01")
    after = (first + timedelta(days=32)).replace(day=1)
    following = replace(population, month=f"{after:%Y-%m}")
    source = population.members(folder)
    with member_files(folder / following.month) as files:
        simulation = _MonthSimulation(Insurers(population.people), files, first, after, population.seed)
        for insurer in simulation.insurers:
            path = member_file(source, insurer.number)
            if path.exists():
                simulation.simulate(insurer, read_rows(path))
        simulation.report_births(member_file(source, UNREPORTED))
    following.save(folder)
    return MonthResult(following, simulation.events)


@dataclass(slots=True)
class _MonthSimulation:
    insurers: Insurers
    files: MemberFiles
    first: date
    after: date
    seed: int
    events: Counter[Event] = field(default_factory=Counter)
    numbers: NumberAllocator = field(init=False)
    rng: Random = field(init=False)

    def __post_init__(self) -> None:
        self.numbers = NumberAllocator(f"{self.first:%y%m}")
        self.rng = Random(f"{self.seed} {self.first}")  # noqa: S311 - reproducible on purpose

    def simulate(self, insurer: Insurer, rows: Iterable[tuple[str, Row]]) -> None:
        """Write an insurer's rows again, changed by the month's events."""
        for _, group in groupby(rows, key=lambda pair: (pair[1].get("symbol"), pair[1]["number"])):
            lines = list(group)
            current = [row for _, row in lines if "lost_on" not in row]
            before = [dict(row) for row in current]
            if current:
                self._apply_events(insurer, current)
            changed = {id(row) for row, former in zip(current, before, strict=True) if row != former}
            for line, row in lines:
                if id(row) in changed:
                    self.files.add(row)
                else:
                    self.files.add_line(insurer.number, line)

    def report_births(self, unreported: Path) -> None:
        """Add the children that were not reported before to their insurers' files."""
        if unreported.exists():
            for _, row in read_rows(unreported):
                self.files.add(row)
                self.events[Event.BORN] += 1

    def _apply_events(self, insurer: Insurer, current: list[Row]) -> None:
        if insurer.scheme is Scheme.WELFARE_OFFICE:
            return
        if insurer.scheme is Scheme.LATE_ELDERLY:
            if self.rng.random() < _DEATH:
                self._end(current, self._some_day() + _ONE_DAY, ReasonOfLoss.DEATH, Event.DIED)
                return
        elif any(map(self._turns_75, current)):
            self._turn_75(insurer, current)
            return
        elif self.rng.random() < _MOVE and self._move(insurer, current):
            return
        for row in current:
            self._renew(insurer, row)

    def _move(self, insurer: Insurer, current: list[Row]) -> bool:
        """Move the whole family to another insurer.

        Returns False if it cannot: the first member must be of working age.
        """
        adult = age_on(date.fromisoformat(current[0]["birth_date"]), self.first) >= _WORKING_FROM
        to_employment = not insurer.scheme.by_employment or self.rng.random() < _TO_EMPLOYMENT
        to = self._employment() if to_employment else self._municipal(current[0])
        if not adult or to is insurer:
            return False
        day = self._some_day()
        overlap = to.scheme.by_employment and not insurer.scheme.by_employment
        self._join(to, current, day)
        self._end(current, day + _ONE_DAY if overlap else day, ReasonOfLoss.OTHER_INSURANCE, Event.MOVED)
        return True

    def _turns_75(self, row: Row) -> bool:
        return self.first <= _turned_75_on(row) < self.after

    def _turn_75(self, insurer: Insurer, current: list[Row]) -> None:
        """Move members into the late-elderly scheme; their dependants lose their cover that day.

        A municipality's member leaves on the day after the birthday (国民健康保険法 art. 8).
        """
        turning = [row for row in current if self._turns_75(row)]
        staying = [row for row in current if not self._turns_75(row)]
        for row in turning:
            day = _turned_75_on(row)
            self._join(self.insurers.by_place(Scheme.LATE_ELDERLY, home_place(row["address"])), [row], day)
            if staying and insurer.scheme.by_employment and row["relationship"] == Relationship.INSURED:
                self._join(self._municipal(row), staying, day)
                self._end(staying, day, ReasonOfLoss.OTHER_INSURANCE, Event.MOVED)
            lost_on = day + _ONE_DAY if insurer.scheme is Scheme.MUNICIPAL else day
            self._end([row], lost_on, ReasonOfLoss.OTHER_INSURANCE, Event.TURNED_75)

    def _renew(self, insurer: Insurer, row: Row) -> None:
        draw = self.rng.random()
        if draw < _REISSUE:
            row["issued_on"] = self._some_day().isoformat()
            self.events[Event.REISSUED] += 1
        elif draw < _LIMIT:
            add_limit_certificate(row, insurer.scheme, self.first, self.rng)
            self.events[Event.LIMITED] += 1
        elif draw < _NAME:
            row["name"] = f"改姓\u3000{row['name'].split(chr(0x3000))[-1]}"
            row["name_kana"] = f"カイセイ\u3000{row['name_kana'].split(chr(0x3000))[-1]}"
            self.events[Event.RENAMED] += 1

    def _join(self, to: Insurer, rows: list[Row], day: date) -> None:
        people = [_person(row) for row in rows]
        symbol = draw_symbol(to, home_place(people[0].address), self.rng)
        period = CoveragePeriod(Family(to, symbol, people, people[0]), day)
        joined = member_rows(period, self.numbers.next(to))
        for former, (person, row) in zip(rows, joined, strict=True):
            add_benefits(row, person, to.scheme, self.first, self.rng)
            self.files.add(row | {flag: former[flag] for flag in _FLAGS if flag in former})

    def _end(self, rows: list[Row], lost_on: date, reason: ReasonOfLoss, event: Event) -> None:
        for row in rows:
            if row["acquired_on"] < lost_on.isoformat():
                row |= {"lost_on": lost_on.isoformat(), "reason_of_loss": reason}
                self.events[event] += 1

    def _employment(self) -> Insurer:
        return draw_employment_insurer(self.insurers, self.rng)

    def _municipal(self, row: Row) -> Insurer:
        return draw_municipal_insurer(self.insurers, home_place(row["address"]), self.rng)

    def _some_day(self) -> date:
        return self.first + timedelta(days=self.rng.randrange((self.after - self.first).days - 1))


def _turned_75_on(row: Row) -> date:
    return birthday(date.fromisoformat(row["birth_date"]), 75)


def _person(row: Row) -> Person:
    return Person(
        row["name"],
        row["name_kana"],
        date.fromisoformat(row["birth_date"]),
        row["sex"],
        row["postal_code"],
        row["address"],
    )
