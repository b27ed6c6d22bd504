"""A month in a country's life."""

from __future__ import annotations

from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from payer_mock.country.files import CountryError, read_rows
from payer_mock.country.make import make_country
from payer_mock.country.month import Event, play_month
from tests.unit.payer_mock.country.conftest import MONTH, NEXT, PEOPLE, Made
from tests.unit.payer_mock.country.residents import residents_file


def lines(made: Made, month: str) -> Counter[str]:
    files = (made.folder / month).glob("members-[0-9]*.csv")
    return Counter(line for file in files for line, _ in read_rows(file))


def test_about_one_row_in_twenty_changes_and_the_others_stay_as_they_are(made: Made) -> None:
    before, after = lines(made, MONTH), lines(made, NEXT)
    kept = sum((before & after).values())
    assert 0.93 < kept / sum(before.values()) < 0.97


def test_nobody_is_missing_and_whoever_leaves_has_a_day_and_a_reason(made: Made) -> None:
    def memberships(month: str) -> set[tuple[str, ...]]:
        keys = ("insurer_number", "number", "branch", "birth_date")
        return {tuple(row.get(key, "") for key in keys) for row in made.rows(month)}

    assert memberships(MONTH) <= memberships(NEXT)
    left = len(made.rows(NEXT)) - len(made.present(NEXT)) - (len(made.rows()) - len(made.present()))
    events = made.played.events
    assert left == events[Event.MOVED] + events[Event.TURNED_75] + events[Event.DIED] > 0


def test_who_moves_is_a_member_elsewhere_from_that_day_on(made: Made) -> None:
    former = {(row["insurer_number"], row["number"]) for row in made.present()}
    joined = {
        (row["name"], row["birth_date"]): row
        for row in made.present(NEXT)
        if (row["insurer_number"], row["number"]) not in former and row["number"].startswith("2610")
    }
    left = [
        row
        for row in made.rows(NEXT)
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


def test_children_who_were_not_reported_are(made: Made) -> None:
    unreported = made.rows(unreported=True)
    assert made.played.events[Event.BORN] == len(unreported) > 0
    assert all(row in made.rows(NEXT) for row in unreported)


def test_every_kind_of_event_can_happen(made: Made) -> None:
    assert set(made.played.events) >= {Event.MOVED, Event.BORN, Event.DIED, Event.REISSUED, Event.LIMITED}
    assert sum(made.played.events.values()) < 0.1 * PEOPLE


@pytest.mark.parametrize("seed", range(8))
def test_a_couple_that_turns_75_in_one_month_is_late_elderly_after_it(tmp_path: Path, seed: int) -> None:
    path, [first, second] = residents_file(tmp_path, 2)
    home = {"name": "架空　一", "address": first.address, "died_on": None}
    couple = [
        resident.model_copy(update=home | {"birth_date": date(1951, 10, day)})
        for resident, day in ((first, 9), (second, 27))
    ]
    path.write_text("".join(f"{resident.model_dump_json()}\n" for resident in couple), encoding="utf-8")
    make_country(path, tmp_path / "country", seed=seed, month=MONTH)
    play_month(tmp_path / "country")
    rows = [row for file in (tmp_path / "country" / NEXT).glob("members-*.csv") for _, row in read_rows(file)]
    present = [row for row in rows if "lost_on" not in row]
    assert {row["insurer_number"][:2] for row in present} <= {"39", "12"}
    assert {row["birth_date"] for row in present} == {"1951-10-09", "1951-10-27"}


def test_month_follows_month_the_same_for_the_same_seed(tmp_path: Path) -> None:
    path, _ = residents_file(tmp_path, 400)
    contents = []
    for name in ("a", "b"):
        make_country(path, tmp_path / name, seed=1, month="2026-11")
        months = [play_month(tmp_path / name).country.month for _ in range(2)]
        assert months == ["2026-12", "2027-01"]
        files = sorted((tmp_path / name / "2027-01").iterdir())
        contents.append([file.read_bytes() for file in files])
    assert contents[0] == contents[1]


def test_a_folder_without_a_country_has_no_next_month(tmp_path: Path) -> None:
    with pytest.raises(CountryError):
        play_month(tmp_path)
