"""A simulated month of a population."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from pathlib import Path

import pytest

from payer_mock.population.files import PopulationError, read_rows
from payer_mock.population.generate import generate_population
from payer_mock.population.month import Event, advance_month
from tests.builders.residents import residents_file
from tests.unit.payer_mock.population.conftest import MONTH, NEXT, PEOPLE, GeneratedPopulation


def lines(generated: GeneratedPopulation, month: str) -> Counter[str]:
    files = sorted((generated.folder / month).glob("members-[0-9]*.csv"))
    assert files
    return Counter(line for file in files for line, _ in read_rows(file))


def test_about_one_row_in_twenty_changes_and_the_others_do_not(
    generated: GeneratedPopulation,
) -> None:
    before, after = lines(generated, MONTH), lines(generated, NEXT)
    kept = sum((before & after).values())
    assert 0.93 < kept / sum(before.values()) < 0.97


def test_nobody_is_missing_and_ended_rows_are_counted_as_events(generated: GeneratedPopulation) -> None:
    def memberships(month: str) -> set[tuple[str, ...]]:
        keys = ("insurer_number", "number", "branch", "birth_date")
        return {tuple(row.get(key, "") for key in keys) for row in generated.rows(month)}

    assert memberships(MONTH) <= memberships(NEXT)
    left = (
        len(generated.rows(NEXT))
        - len(generated.current(NEXT))
        - (len(generated.rows()) - len(generated.current()))
    )
    events = generated.month_result.events
    assert left == events[Event.MOVED] + events[Event.TURNED_75] + events[Event.DIED] > 0


def test_members_who_move_are_enrolled_elsewhere_from_that_day(generated: GeneratedPopulation) -> None:
    former = {(row["insurer_number"], row["number"]) for row in generated.current()}
    joined = {
        (row["name"], row["birth_date"]): row
        for row in generated.current(NEXT)
        if (row["insurer_number"], row["number"]) not in former and row["number"].startswith("2610")
    }
    left = [
        row
        for row in generated.rows(NEXT)
        if row.get("reason_of_loss") == "03"
        and (row["name"], row["birth_date"]) in joined
        and (row["insurer_number"], row["number"]) in former
        and row["lost_on"] > "2026-10-01"
    ]
    assert left
    for row in left:
        new = joined[row["name"], row["birth_date"]]
        assert new["insurer_number"] != row["insurer_number"]
        assert new["acquired_on"] <= row["lost_on"]


def test_unreported_children_are_reported(generated: GeneratedPopulation) -> None:
    unreported = generated.rows(unreported=True)
    assert generated.month_result.events[Event.BORN] == len(unreported) > 0
    assert all(row in generated.rows(NEXT) for row in unreported)


def test_events_of_each_kind_occur(generated: GeneratedPopulation) -> None:
    assert set(generated.month_result.events) >= {
        Event.MOVED,
        Event.BORN,
        Event.DIED,
        Event.REISSUED,
        Event.LIMITED,
    }
    assert sum(generated.month_result.events.values()) < 0.1 * PEOPLE


@pytest.mark.parametrize("seed", range(8))
def test_a_couple_that_turns_75_in_one_month_becomes_late_elderly(tmp_path: Path, seed: int) -> None:
    path, [first, second] = residents_file(tmp_path, 2)
    home = {"name": "架空　一", "address": first.address, "died_on": None}
    couple = [
        resident.model_copy(update=home | {"birth_date": date(1951, 10, day)})
        for resident, day in ((first, 9), (second, 27))
    ]
    path.write_text("".join(f"{resident.model_dump_json()}\n" for resident in couple), encoding="utf-8")
    generate_population(path, tmp_path / "population", seed=seed, month=MONTH)
    advance_month(tmp_path / "population")
    rows = [
        row for file in (tmp_path / "population" / NEXT).glob("members-*.csv") for _, row in read_rows(file)
    ]
    present = [row for row in rows if "lost_on" not in row]
    assert {row["insurer_number"][:2] for row in present} <= {"39", "12"}
    assert {row["birth_date"] for row in present} == {"1951-10-09", "1951-10-27"}
    turned = [row for row in rows if row.get("lost_on", "").startswith("2026-10")]
    assert turned
    for row in turned:
        municipal = len(row["insurer_number"]) == 6 and row["insurer_number"][2] != "3"
        birthday = date.fromisoformat(row["birth_date"]).replace(year=2026)
        assert date.fromisoformat(row["lost_on"]) in {
            birthday + timedelta(days=municipal),
            # A dependant leaves with the insured person.
            *([date(2026, 10, 9)] if row["relationship"] == "2" else []),
        }


def test_the_same_seed_gives_the_same_months(tmp_path: Path) -> None:
    path, _ = residents_file(tmp_path, 400)
    contents = []
    for name in ("a", "b"):
        generate_population(path, tmp_path / name, seed=1, month="2026-11")
        months = [advance_month(tmp_path / name).population.month for _ in range(2)]
        assert months == ["2026-12", "2027-01"]
        files = sorted((tmp_path / name / "2027-01").iterdir())
        contents.append([file.read_bytes() for file in files])
    assert contents[0] == contents[1]


def test_a_folder_without_a_population_is_rejected(tmp_path: Path) -> None:
    with pytest.raises(PopulationError):
        advance_month(tmp_path)
