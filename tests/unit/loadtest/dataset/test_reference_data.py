"""The reference model's answers from insurers' member files."""

from __future__ import annotations

import csv
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from eligibility_api.contract.member_file import MEMBER_COLUMNS
from jpki_mock.register.resident import Resident
from jpki_mock.register.residents import first_residents, write_lines
from loadtest.dataset.reference_data import PublishedFile, ReferenceData, sample_residents
from loadtest.model.answer import Question
from loadtest.model.events import Membership
from loadtest.model.replay import key_of

CLINIC = "1311111114"
DAY = date(2026, 11, 26)
WOMAN = Resident(
    resident_id="R1-00000001", name="試験　見本", name_kana="シケン　ミホン", birth_date=date(1980, 5, 17), sex="2",
    postal_code="000-0000", address="架空県見本市１丁目",
)  # fmt: skip
ROW = {
    "insurer_number": "06130017", "symbol": "見本", "number": "12", "branch": "00", "relationship": "1",
    "acquired_on": "2024-04-01", "name": WOMAN.name, "name_kana": WOMAN.name_kana, "sex": WOMAN.sex,
    "birth_date": WOMAN.birth_date.isoformat(), "address": WOMAN.address,
}  # fmt: skip
MEMBERSHIP = Membership("06130017", "見本", "12", "00", WOMAN.birth_date)


def reference_data(
    folder: Path, *months: list[dict[str, str]], residents: list[Resident] | None = None
) -> ReferenceData:
    path = folder / "residents.jsonl"
    registered = residents or [WOMAN]
    path.write_text("".join(f"{resident.model_dump_json()}\n" for resident in registered))
    (folder / "insurers.csv").write_text("insurer_number,name\n06130017,試験健康保険組合\n")
    for month, rows in enumerate(months, start=1):
        files = folder / f"2026-{month:02d}"
        files.mkdir()
        written(files / "members-06130017.csv", rows)
    return ReferenceData(folder, path, [WOMAN])


def written(path: Path, rows: list[dict[str, str]]) -> Path:
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, MEMBER_COLUMNS, restval="")
        writer.writeheader()
        writer.writerows(rows)
    return path


def by_card(data: ReferenceData) -> dict[str, object]:
    return data.answer(Question(DAY, CLINIC, person=WOMAN.resident_id))


def test_a_member_is_valid_by_card_and_by_number(tmp_path: Path) -> None:
    data = reference_data(tmp_path, [ROW])
    assert data.memberships == [MEMBERSHIP]
    for question in (
        Question(DAY, CLINIC, person=WOMAN.resident_id),
        Question(DAY, CLINIC, membership=MEMBERSHIP),
    ):
        answer = data.answer(question)
        assert answer["validity"] == "1"
        assert answer["results"][0]["insurer_name"] == "試験健康保険組合"


def test_the_newer_file_counts(tmp_path: Path) -> None:
    ended = ROW | {"lost_on": "2026-06-01", "reason_of_loss": "03"}
    assert by_card(reference_data(tmp_path, [ROW], [ended]))["validity"] == "2"


MOVED = ROW | {"address": "架空県見本市２丁目"}
"""With an address that the register does not have yet."""


def test_a_row_that_no_longer_matches_keeps_its_person_but_is_unconfirmed(tmp_path: Path) -> None:
    data = reference_data(tmp_path, [ROW], [MOVED])
    assert by_card(data) == {"refused": "card-not-usable"}
    by_number = data.answer(Question(DAY, CLINIC, membership=MEMBERSHIP))
    assert by_number == {"refused": "eligibility-not-confirmable"}


def test_a_row_that_matches_again_is_confirmed(tmp_path: Path) -> None:
    assert by_card(reference_data(tmp_path, [ROW], [MOVED], [MOVED], [ROW]))["validity"] == "1"


def test_a_row_that_never_matched_is_found_by_no_card(tmp_path: Path) -> None:
    data = reference_data(tmp_path, [MOVED], [MOVED | {"number": "13"}])
    assert by_card(data)["validity"] == "4"


SPELLED = ROW | {"address": "見本市1丁目"}
"""Without the prefecture: the register only proposes her."""


def test_a_member_of_the_first_files_who_is_spelled_otherwise_is_answered_by_card_and_by_number(
    tmp_path: Path,
) -> None:
    """Rule R8: her insurer has confirmed the proposal."""
    data = reference_data(tmp_path, [SPELLED], [SPELLED])
    by_number = data.answer(Question(DAY, CLINIC, membership=MEMBERSHIP))
    assert [by_card(data)["validity"], by_number["validity"]] == ["1", "1"]
    assert by_number["results"][0]["address"] == SPELLED["address"]


def test_one_of_a_later_file_waits_for_a_confirmation(tmp_path: Path) -> None:
    data = reference_data(tmp_path, [ROW])
    other = SPELLED | {"number": "13"}
    published = PublishedFile(datetime(2026, 11, 20, tzinfo=UTC))
    data.publish(written(tmp_path / "later.csv", [ROW, other]), published)
    membership = MEMBERSHIP._replace(number="13")
    assert data.answer(Question(DAY, CLINIC, membership=membership)) == {
        "refused": "eligibility-not-confirmable"
    }
    shown = data.answer(Question(DAY, CLINIC, person=WOMAN.resident_id))["results"]
    assert [result["number"] for result in shown] == ["12"]


@pytest.mark.parametrize(
    ("items", "waits"),
    [
        ({"number": "13"}, False),
        ({"number": "13", "address": "架空県見本市1丁目"}, False),
        ({"number": "13", "name": "試験　●本"}, True),
        ({"number": "12", "name": "試験　●本"}, True),
    ],
    ids=range(4),
)
def test_a_word_given_before_holds_for_another_number_with_no_other_differences(
    tmp_path: Path, items: dict[str, str], waits: bool
) -> None:
    """Rule R8."""
    data = reference_data(tmp_path, [SPELLED])
    later = written(tmp_path / "later.csv", [SPELLED | items])
    data.publish(later, PublishedFile(datetime(2026, 11, 20, tzinfo=UTC)))
    membership = MEMBERSHIP._replace(number=items["number"])
    by_number = data.answer(Question(DAY, CLINIC, membership=membership))
    refused = {"refused": "eligibility-not-confirmable"}
    assert (by_number == refused) is waits
    numbers = {"12", items["number"]} if not waits else {"12"}
    card = by_card(data)
    if items["number"] == "12":
        assert card == {"refused": "card-not-usable"}
    else:
        assert {result["number"] for result in card["results"]} == numbers  # type: ignore[attr-defined]


def test_undoing_a_file_restores_the_confirmed_row(tmp_path: Path) -> None:
    data = reference_data(tmp_path, [ROW])
    published = PublishedFile(
        datetime(2026, 11, 20, tzinfo=UTC), undone_at=datetime(2026, 11, 22, tzinfo=UTC)
    )
    data.publish(written(tmp_path / "moved.csv", [MOVED]), published)
    question = Question(DAY, CLINIC, person=WOMAN.resident_id)
    during, after = (datetime(2026, 11, day, tzinfo=UTC) for day in (21, 23))
    assert data.answer(question, during) == {"refused": "card-not-usable"}
    assert data.answer(question, after)["validity"] == "1"


def test_only_rows_about_the_requested_residents_are_held(tmp_path: Path) -> None:
    neighbour = WOMAN.model_copy(update={"resident_id": "R1-00000002", "name_kana": "シケン　タロウ"})
    row = ROW | {"number": "13", "name_kana": neighbour.name_kana}
    assert reference_data(tmp_path, [ROW, row], residents=[WOMAN, neighbour]).memberships == [MEMBERSHIP]


@pytest.mark.parametrize(("people", "maximum", "count"), [(10, 20, 10), (10, 5, 5), (10, 4, 4), (10, 1, 1)])
def test_sampled_residents_are_evenly_spaced(tmp_path: Path, people: int, maximum: int, count: int) -> None:
    path = tmp_path / "residents.jsonl"
    with path.open("wb") as file:
        residents = list(write_lines(first_residents(people, seed=1), file))
    chosen = sample_residents(path, people, maximum)
    assert len(chosen) == count
    assert chosen[0] == residents[0]


def test_two_identical_residents_match_nothing(tmp_path: Path) -> None:
    twin = WOMAN.model_copy(update={"resident_id": "R1-00000002"})
    assert by_card(reference_data(tmp_path, [ROW], residents=[WOMAN, twin]))["validity"] == "4"


@pytest.mark.parametrize("column", ["elderly_valid_from", "valid_to"])
def test_days_are_read_as_days(tmp_path: Path, column: str) -> None:
    elder = WOMAN.model_copy(update={"birth_date": date(1954, 5, 17)})
    row = ROW | {
        "birth_date": "1954-05-17",
        "elderly_valid_from": "2026-08-01",
        "elderly_valid_to": "2027-07-31",
        "elderly_burden_ratio": "20",
        column: "2026-08-01",
    }
    reference_data(tmp_path, [row], residents=[elder])
    data = ReferenceData(tmp_path, tmp_path / "residents.jsonl", [elder])
    assert (
        data.answer(Question(DAY, CLINIC, person=elder.resident_id))["results"][0]["elderly_certificate"][
            "burden_ratio"
        ]
        == 20
    )


PUBLISHED, UNDONE = datetime(2026, 11, 26, 1, tzinfo=UTC), datetime(2026, 11, 26, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("hour", "minute", "postal_code"),
    [(0, 59, None), (1, 0, "000-0001"), (1, 59, "000-0001"), (2, 0, None)],
)
def test_a_file_counts_from_its_publication_until_it_is_undone(
    tmp_path: Path, hour: int, minute: int, postal_code: str | None
) -> None:
    data = reference_data(tmp_path, [ROW])
    data.publish(
        written(tmp_path / "later.csv", [ROW | {"postal_code": "000-0001"}]), PublishedFile(PUBLISHED, UNDONE)
    )
    assert data.changes == [PUBLISHED, UNDONE]
    answer = data.answer(
        Question(DAY, CLINIC, person=WOMAN.resident_id), datetime(2026, 11, 26, hour, minute, tzinfo=UTC)
    )
    [result] = answer["results"]
    assert result["postal_code"] == postal_code


def test_the_first_files_are_no_change(tmp_path: Path) -> None:
    assert reference_data(tmp_path, [ROW], [ROW]).changes == []


def test_memberships_of_a_later_file_are_answered_and_not_looked_up(tmp_path: Path) -> None:
    """Facilities would ask about wrong numbers after a wrong file, and reach the limit of misses."""
    data = reference_data(tmp_path, [ROW])
    wrong = Membership("06130017", "見本", "13", "00", WOMAN.birth_date)
    later, undone = datetime(2026, 11, 26, 1, tzinfo=UTC), datetime(2026, 11, 26, 2, tzinfo=UTC)
    data.publish(written(tmp_path / "wrong.csv", [ROW | {"number": "13"}]), PublishedFile(later, undone))
    assert data.memberships == [MEMBERSHIP]
    assert data.keys_of([WOMAN.resident_id]) == {key_of(MEMBERSHIP), key_of(wrong)}
    assert data.keys_of(["R1-00000002"]) == set()
    question = Question(DAY, CLINIC, person=WOMAN.resident_id)
    assert [len(data.answer(question, at)["results"]) for at in (datetime(2026, 11, 26, tzinfo=UTC), later, undone)] == [
        1, 2, 1,
    ]  # fmt: skip
