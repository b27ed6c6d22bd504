"""Member files of a population: written in any order, complete or not at all, and read as written."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eligibility_api.contract.member_file import MEMBER_COLUMNS
from payer_mock.population import files as files_module
from payer_mock.population.files import (
    HEADER,
    MemberFiles,
    Population,
    PopulationError,
    _Encoder,
    member_file,
    member_files,
    read_rows,
    write_insurers,
)
from payer_mock.population.insurers import Insurer, Scheme
from tests.depth import max_examples

INSURERS = ("01130012", "06130017", "39131008")
CELL = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=12)
ROWS = st.dictionaries(st.sampled_from(MEMBER_COLUMNS), CELL, max_size=6)
POPULATION = Population(1000, 5, "2026-10")


@max_examples(60)
@given(st.lists(ROWS, max_size=5))
def test_rows_are_read_as_they_were_written(
    tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, str]]
) -> None:
    file = tmp_path_factory.getbasetemp() / "members-property.csv"
    encoder = _Encoder()
    lines = [encoder.line(row) for row in rows]
    file.write_text(HEADER + "".join(lines), encoding="utf-8")
    assert list(read_rows(file)) == list(zip(lines, rows, strict=True))


def test_rows_go_to_the_file_of_their_insurer_in_the_order_of_writing(tmp_path: Path) -> None:
    with member_files(tmp_path / "2026-10") as files:
        for number in range(30):
            files.add({"insurer_number": INSURERS[number % 3], "number": str(number)})
        files.add({"insurer_number": INSURERS[0], "number": "new"}, "unreported")
    for place, insurer in enumerate(INSURERS):
        rows = [row["number"] for _, row in read_rows(member_file(tmp_path / "2026-10", insurer))]
        assert rows == [str(number) for number in range(place, 30, 3)]
    assert [row["number"] for _, row in read_rows(tmp_path / "2026-10" / "members-unreported.csv")] == ["new"]


@pytest.mark.parametrize("buffered", [1, 7, 1000])
def test_files_do_not_depend_on_the_size_of_the_buffer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, buffered: int
) -> None:
    monkeypatch.setattr(files_module, "_MAX_BUFFERED_LINES", buffered)
    files = MemberFiles(tmp_path)
    for number in range(20):
        files.add({"insurer_number": INSURERS[number % 2], "number": str(number)})
    files.flush()
    texts = [member_file(tmp_path, insurer).read_text() for insurer in INSURERS[:2]]
    assert all(text.startswith(HEADER) and text.count(HEADER) == 1 for text in texts)
    assert sum(text.count("\n") for text in texts) == 22


def test_a_failure_leaves_no_folder_behind(tmp_path: Path) -> None:
    def fail() -> None:
        with member_files(tmp_path / "2026-10") as files:
            files.add({"insurer_number": INSURERS[0]})
            files.flush()
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert list(tmp_path.iterdir()) == []


def test_an_existing_month_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "2026-10").mkdir()
    with pytest.raises(PopulationError, match="2026-10 already exists"), member_files(tmp_path / "2026-10"):
        raise AssertionError
    assert [path.name for path in tmp_path.iterdir()] == ["2026-10"]


@pytest.mark.parametrize(
    "damage",
    ["a,b\n", '"open\n', "," * 100 + "\n", "\n", "x" * 10 + "\n"],
)
def test_a_damaged_line_is_reported_with_the_name_of_the_file(tmp_path: Path, damage: str) -> None:
    file = tmp_path / "members-01130012.csv"
    file.write_text(HEADER + damage, encoding="utf-8")
    with pytest.raises(PopulationError, match=r"members-01130012\.csv is damaged"):
        list(read_rows(file))


def test_an_empty_file_has_no_rows(tmp_path: Path) -> None:
    file = tmp_path / "members-01130012.csv"
    file.write_bytes(b"")
    assert list(read_rows(file)) == []


def test_parameters_survive(tmp_path: Path) -> None:
    POPULATION.save(tmp_path)
    assert Population.load(tmp_path) == POPULATION


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "null",
        "{}",
        "{",
        '{"people": 1000, "seed": 5}',
        '{"people": "1000", "seed": 5, "month": "2026-10"}',
        '{"people": -1, "seed": 5, "month": "2026-10"}',
        '{"people": 1000, "seed": null, "month": "2026-10"}',
        '{"people": 1000, "seed": 5, "month": "2026-13"}',
        '{"people": 1000, "seed": 5, "month": "../2026-10"}',
        '{"people": 1000, "seed": 5, "month": "1999-12"}',
        '{"people": 1000, "seed": 5, "month": "２０２６-10"}',
        '{"people": 1000, "seed": 5, "month": "2026-10", "more": 1}',
    ],
)
def test_a_file_with_other_parameters_is_no_population(tmp_path: Path, text: str) -> None:
    (tmp_path / "population.json").write_text(text, encoding="utf-8")
    with pytest.raises(PopulationError, match="this folder has no population"):
        Population.load(tmp_path)


def test_a_population_without_its_files_is_reported(tmp_path: Path) -> None:
    with pytest.raises(PopulationError, match="member files are missing"):
        POPULATION.members(tmp_path)
    (tmp_path / "2026-10").write_text("a file")
    with pytest.raises(PopulationError, match="member files are missing"):
        POPULATION.members(tmp_path)
    (tmp_path / "2026-10").unlink()
    (tmp_path / "2026-10").mkdir()
    assert POPULATION.members(tmp_path) == tmp_path / "2026-10"


def test_insurers_are_written_as_the_fund_admits_them(tmp_path: Path) -> None:
    insurers = [
        Insurer("01130012", "架空健康保険協会", Scheme.HEALTH_ASSOCIATION),
        Insurer("138057", '架空,"第１"', Scheme.MUNICIPAL),
    ]
    write_insurers(tmp_path / "insurers.csv", insurers)
    assert (tmp_path / "insurers.csv").read_bytes().decode() == (
        'insurer_number,name\n01130012,架空健康保険協会\n138057,"架空,""第１"""\n'
    )
