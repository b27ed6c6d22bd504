"""Writes health check-ups (特定健診) of a population, as JSON lines.

JLAC10 items (OQS 8) with plausible values.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from eligibility_api.contract.checkups import CheckupInput, CheckupItemInput
from eligibility_api.contract.identifiers import is_welfare_office
from payer_mock.population.files import UNREPORTED, Population, member_file, read_rows
from payer_mock.population.residents import age_on
from payer_mock.population.rows import Row
from payer_mock.private_files import create_private

_FROM_AGE = 40
_PARTICIPATION = 0.58
"""特定健診の実施率: share of members aged 40 or more."""

_FIRST_DAY, _DAYS = (6, 1), 180
"""Examined within half a year from June on."""

_QUANTITY, _CODE, _TEXT = "PQ", "CD", "ST"


class _Measurement(NamedTuple):
    """A quantity: its mean at 40, its change per decade of age, and its standard deviation between people.

    One fifth of the deviation is between a person's years.
    """

    code: str
    name: str
    unit: str
    mean: float
    per_decade: float
    spread: float
    decimals: int = 0
    minimum: float = 0


_QUANTITIES = (
    _Measurement("9A751000000000001", "収縮期血圧（１回目）", "mmHg", 118, 4, 12, minimum=80),
    _Measurement("9A761000000000001", "拡張期血圧（１回目）", "mmHg", 74, 1, 8, minimum=45),
    _Measurement("3F015000002327101", "中性脂肪", "mg/dl", 105, 4, 35, minimum=30),
    _Measurement("3F070000002327101", "ＨＤＬコレステロール", "mg/dl", 62, 0, 13, minimum=25),
    _Measurement("3F077000002327101", "ＬＤＬコレステロール", "mg/dl", 122, 1, 26, minimum=40),
    _Measurement("3B035000002327201", "ＡＳＴ（ＧＯＴ）", "U/l", 22, 1, 5, minimum=8),
    _Measurement("3B045000002327201", "ＡＬＴ（ＧＰＴ）", "U/l", 21, 0, 8, minimum=5),
    _Measurement("3B090000002327101", "γ－ＧＴ", "U/l", 30, 0, 14, minimum=8),
    _Measurement("3C015000002327101", "血清クレアチニン", "mg/dl", 0.74, 0.02, 0.12, 2, 0.35),
    _Measurement("8A065000002391901", "ｅＧＦＲ", "ml/min/1.73m2", 82, -6, 9, 1, 15),
    _Measurement("3D010000001927201", "空腹時血糖", "mg/dl", 95, 2, 10, minimum=65),
    _Measurement("3D046000001920402", "ＨｂＡ１ｃ（ＮＧＳＰ）", "%", 5.5, 0.1, 0.35, 1, 4.4),
    _Measurement("2A020000001930101", "赤血球数", "万/μl", 455, -5, 35, minimum=300),
    _Measurement("2A030000001930101", "血色素量", "g/dl", 14.0, -0.1, 1.1, 1, 8),
    _Measurement("2A040000001930102", "ヘマトクリット値", "%", 42.5, -0.2, 3, 1, 25),
)

_GRADES = (("1", "－"), ("2", "±"), ("3", "＋"), ("4", "＋＋"))
_GRADE_SHARES = (90, 6, 3, 1)
_GRADED = (("1A020000000190111", "尿糖"), ("1A010000000190111", "尿蛋白"))
_FINDING, _FINDINGS = ("9A110160700000011", "心電図（所見の有無）"), ("9A110160800000049", "心電図（所見）")
_WITH_FINDING = 0.12
_FINDING_TEXTS = ("架空所見　洞性徐脈", "架空所見　不完全右脚ブロック", "架空所見　軽度ＳＴ変化")


@dataclass(frozen=True, slots=True)
class CheckupFiles:
    """The files written, and the number of check-ups in them."""

    files: tuple[Path, ...]
    checkups: int


def write_checkup_files(population_folder: Path, year: int, out: Path) -> CheckupFiles:
    """Write a year's check-ups into `out`, one file per insurer.

    The same population and year give the same bytes. Raises PopulationError, OSError.
    """
    population = Population.load(population_folder)
    members = population.members(population_folder)
    out.mkdir(mode=0o700, parents=True, exist_ok=True)
    files, count = [], 0
    for source in sorted(members.glob("members-*.csv")):
        insurer_number = source.stem.removeprefix("members-")
        if source == member_file(members, UNREPORTED) or is_welfare_office(insurer_number):
            continue
        path = out / f"checkups-{insurer_number}-{year}.jsonl"
        with create_private(path) as file:
            for _, row in read_rows(source):
                for checkup in _checkups(row, population.seed, year):
                    file.write(checkup.model_dump_json(exclude_none=True).encode() + b"\n")
                    count += 1
        files.append(path)
    return CheckupFiles(tuple(files), count)


def _checkups(row: Row, seed: int, year: int) -> Iterator[CheckupInput]:
    born = date.fromisoformat(row["birth_date"])
    key = f"{seed} {row['name']} {born} {row['address']}"
    rng = Random(f"{key} {year}")  # noqa: S311 - reproducible on purpose
    examined_on = date(year, *_FIRST_DAY) + timedelta(days=rng.randrange(_DAYS))
    age = age_on(born, date(year + 1, 3, 31))
    insured = row["acquired_on"] <= examined_on.isoformat() < row.get("lost_on", "9999-12-31")
    if age >= _FROM_AGE and rng.random() < _PARTICIPATION and insured:
        person_rng = Random(key)  # noqa: S311 - reproducible on purpose
        yield CheckupInput(
            insurer_number=row["insurer_number"],
            symbol=row.get("symbol"),
            number=row["number"],
            branch=row.get("branch"),
            birth_date=born,
            examined_on=examined_on,
            items=list(_items(age, person_rng, rng)),
        )


def _items(age: int, person_rng: Random, rng: Random) -> Iterator[CheckupItemInput]:
    """Items whose values stay close to the person's own from year to year."""
    decades = (age - _FROM_AGE) / 10
    for each in _QUANTITIES:
        own = person_rng.gauss(each.mean + each.per_decade * decades, each.spread)
        value = max(each.minimum, rng.gauss(own, each.spread / 5))
        yield _item(each.code, each.name, _QUANTITY, value=f"{value:.{each.decimals}f}", unit=each.unit)
    for code, name in _GRADED:
        [(grade, words)] = rng.choices(_GRADES, _GRADE_SHARES)
        yield _item(code, name, _CODE, value=grade, value_name=words)
    found = person_rng.random() < _WITH_FINDING
    yield _item(*_FINDING, _CODE, value="1" if found else "2", value_name="所見あり" if found else "所見なし")
    if found:
        yield _item(*_FINDINGS, _TEXT, value=person_rng.choice(_FINDING_TEXTS))


def _item(code: str, name: str, data_type: str, **filled: Any) -> CheckupItemInput:
    return CheckupItemInput(item_code=code, item_name=name, data_type=data_type, **filled)
