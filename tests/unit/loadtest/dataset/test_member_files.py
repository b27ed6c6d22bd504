"""Cells of a member file as plain values for the reference model."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from eligibility_api.contract.member_file import MEMBER_COLUMNS
from loadtest.dataset.member_files import insurer_names, member_files, membership_of, read_cells, row_of
from loadtest.model.events import Membership

INSURERS = {"06130017": "試験健康保険組合"}
EMPTY = dict.fromkeys(MEMBER_COLUMNS, "")
CELLS = EMPTY | {
    "insurer_number": "06130017", "symbol": "見本", "number": "12", "branch": "00", "relationship": "1",
    "name": "試験　見本", "name_kana": "シケン　ミホン", "sex": "2", "birth_date": "1980-05-17", "acquired_on": "2024-04-01",
}  # fmt: skip


def items(**cells: str) -> dict[str, Any]:
    return dict(row_of(CELLS | cells, INSURERS, "R1-00000001").items)


@pytest.mark.parametrize(
    ("cells", "membership"),
    [
        ({}, Membership("06130017", "見本", "12", "00", date(1980, 5, 17))),
        ({"symbol": "", "branch": ""}, Membership("06130017", None, "12", None, date(1980, 5, 17))),
        ({"birth_date": "2000-02-29"}, Membership("06130017", "見本", "12", "00", date(2000, 2, 29))),
    ],
)
def test_an_empty_part_of_a_membership_is_absent(cells: dict[str, str], membership: Membership) -> None:
    assert membership_of(CELLS | cells) == membership


@pytest.mark.parametrize("birth_date", ["", "1980-02-30", "17.5.1980", "S55-05-17"])
def test_a_membership_needs_a_birth_date(birth_date: str) -> None:
    with pytest.raises(ValueError, match=r"isoformat|range for month"):
        membership_of(CELLS | {"birth_date": birth_date})


@pytest.mark.parametrize(
    ("column", "cell", "value"),
    [
        ("lost_on", "2026-03-31", date(2026, 3, 31)),
        ("lost_on", "", None),
        ("insured_birth_date", "1950-01-02", date(1950, 1, 2)),
        ("burden_ratio", "30", 30),
        ("burden_ratio", "", None),
        ("reason_of_loss", "03", "03"),
        ("address", "架空県見本市１丁目", "架空県見本市１丁目"),
        ("name_alias", "", None),
        ("name_kana", "ｼｹﾝ　ﾐﾎﾝ", "シケン ミホン"),
        ("name_alias_kana", "", None),
    ],
)
def test_days_numbers_and_texts_are_plain_values(column: str, cell: str, value: Any) -> None:
    assert items(**{column: cell})[column] == value


@pytest.mark.parametrize(("cell", "kind"), [("", "01"), ("09", "09")])
def test_a_certificate_without_a_kind_is_a_general_one(cell: str, kind: str) -> None:
    assert items(certificate_kind=cell)["certificate_kind"] == kind


@pytest.mark.parametrize(("cell", "flag"), [("1", True), ("", False), ("0", False)])
def test_flags_are_set_by_one(cell: str, flag: bool) -> None:
    found = items(nondisclosure=cell, self_disclosure_blocked=cell)
    assert (found["nondisclosure"], found["self_disclosure_blocked"]) == (flag, flag)


def test_an_insurer_s_name_is_that_of_its_number() -> None:
    assert items()["insurer_name"] == "試験健康保険組合"
    with pytest.raises(KeyError, match="39131990"):
        items(insurer_number="39131990")


def test_a_group_is_absent_unless_one_of_its_cells_is_filled() -> None:
    assert items()["elderly_certificate"] is None
    assert items(elderly_burden_ratio="20")["elderly_certificate"] == {
        "issued_on": None, "valid_from": None, "valid_to": None, "burden_ratio": 20,
    }  # fmt: skip


def test_a_limit_certificate_has_its_codes_and_days() -> None:
    assert items()["limit_certificate"] is None
    full = items(
        limit_kind="1", limit_class="A", limit_valid_from="2026-04-01", limit_long_term_on="2026-05-01"
    )
    assert full["limit_certificate"] == {
        "kind": "1", "limit_class": "A", "issued_on": None, "valid_from": date(2026, 4, 1), "valid_to": None,
        "long_term_on": date(2026, 5, 1),
    }  # fmt: skip
    assert items(limit_kind="1", limit_class="A")["limit_certificate"] == {"kind": "1", "limit_class": "A"}


def test_diseases_keep_their_order_and_leave_out_empty_places() -> None:
    found = items(
        disease_1="1",
        disease_1_self_pay="10000",
        disease_3="3",
        disease_3_valid_to="2027-07-31",
        disease_2_self_pay="1",
    )["specific_diseases"]
    assert [one["disease"] for one in found] == ["1", "3"]
    assert (found[0]["self_pay"], found[1]["valid_to"]) == (10000, date(2027, 7, 31))
    assert items()["specific_diseases"] == []


def test_the_person_is_the_register_s_match() -> None:
    assert row_of(CELLS, INSURERS, None).person is None
    row = row_of(CELLS, INSURERS, "R1-00000001")
    assert (row.person, row.unconfirmed) == ("R1-00000001", False)


def write(path: Path, *rows: dict[str, str]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, MEMBER_COLUMNS)
        writer.writeheader()
        writer.writerows(rows)
    return path


def test_files_are_read_month_by_month_and_by_insurer(tmp_path: Path) -> None:
    for name in ("2026-02/members-06130017", "2026-01/members-39131990", "2026-01/members-06130017"):
        write(tmp_path / f"{name}.csv", CELLS)
    write(tmp_path / "2026-01" / "members-unreported.csv", CELLS)
    write(tmp_path / ".2026-03.tmp" / "members-06130017.csv", CELLS)
    (tmp_path / "insurers.csv").write_text("insurer_number,name\n")
    assert [(month, f"{file.parent.name}/{file.stem}") for month, file in member_files(tmp_path)] == [
        (0, "2026-01/members-06130017"), (0, "2026-01/members-39131990"), (1, "2026-02/members-06130017"),
    ]  # fmt: skip


def test_cells_with_commas_and_quotation_marks_are_read(tmp_path: Path) -> None:
    odd = CELLS | {"address": '架空県"見本"市,１丁目'}
    assert list(read_cells(write(tmp_path / "members.csv", odd, CELLS))) == [odd, CELLS]


def test_insurers_are_read_by_number(tmp_path: Path) -> None:
    file = tmp_path / "insurers.csv"
    file.write_text(
        "insurer_number,name\n06130017,試験健康保険組合\n39131990,架空広域連合\n", encoding="utf-8"
    )
    assert insurer_names(file) == {"06130017": "試験健康保険組合", "39131990": "架空広域連合"}
    file.write_text("number,name\n1,x\n", encoding="utf-8")
    with pytest.raises(KeyError):
        insurer_names(file)
