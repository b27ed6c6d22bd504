"""A country: everybody insured once, as the rules of each scheme say."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date
from pathlib import Path
from random import Random

import pytest

from eligibility_api.contract.codes import LimitClass
from eligibility_api.contract.numbers import is_beneficiary_number, is_insurer_number, is_my_number, law_of
from payer_mock.country.benefits import add_limit_certificate
from payer_mock.country.files import CountryError, member_file, read_rows
from payer_mock.country.insurers import ASSOCIATION_OF_ALL, Scheme
from payer_mock.country.make import make_country
from payer_mock.country.people import ResidentsError, birthday
from payer_mock.country.rows import Row
from payer_mock.members.member import Member, read_member
from payer_mock.members.table import open_table, read_table
from tests.unit.payer_mock.country.conftest import MONTH, NEXT, PEOPLE, Made
from tests.unit.payer_mock.country.residents import residents_file

AS_OF = date(2026, 10, 1)
CLASSES = {
    "young": {LimitClass.A, LimitClass.I, LimitClass.U, LimitClass.E, LimitClass.O},
    "elderly": {LimitClass.ACTIVE_2, LimitClass.ACTIVE_1, LimitClass.LOW_2, LimitClass.LOW_1},
    "late": {LimitClass.GENERAL_2, LimitClass.GENERAL_1, LimitClass.LOW_2, LimitClass.LOW_1},
}


def is_late_elderly(row: Row) -> bool:
    return row["insurer_number"].startswith("39")


def is_recipient(row: Row) -> bool:
    return row["insurer_number"].startswith("12")


def who(row: Row) -> tuple[str, str, str]:
    return row["name"], row["birth_date"], row["sex"]


def families(rows: list[Row]) -> dict[tuple[str, str], list[Row]]:
    found = defaultdict(list)
    for row in rows:
        found[row["insurer_number"], row["number"]].append(row)
    return found


@pytest.mark.parametrize("month", [MONTH, NEXT])
def test_every_row_is_one_that_the_fund_takes(made: Made, month: str) -> None:
    for file in sorted((made.folder / month).iterdir()):
        with open_table(file) as lines:
            assert all(isinstance(read_member(row), Member) for row in read_table(lines))


def test_every_living_resident_is_insured_once(made: Made) -> None:
    born = [resident for resident in made.residents if resident.birth_date < AS_OF]
    known = [*made.present(), *made.rows(unreported=True)]
    dead = [row for row in made.rows() if row.get("reason_of_loss") == "01"]
    insured = Counter(who(row) for row in known + dead if not is_recipient(row))
    recipients = Counter(who(row) for row in known if is_recipient(row))
    assert insured | recipients == Counter((r.name, r.birth_date.isoformat(), r.sex) for r in born)


def test_a_few_live_on_medical_aid_and_some_of_them_are_insured_by_employment(made: Made) -> None:
    recipients = [row for row in made.present() if is_recipient(row)]
    assert 0.01 < len(recipients) / PEOPLE < 0.025
    assert all(is_beneficiary_number(row["number"]) for row in recipients)
    insured = {who(row): row for row in made.present() if not is_recipient(row)}
    beside = [insured[who(row)] for row in recipients if who(row) in insured]
    assert 0 < len(beside) < len(recipients) / 2
    assert all(law_of(row["insurer_number"]) in ("01", "06", "31", "32", "33", "34") for row in beside)


def test_nobody_is_insured_by_employment_before_18(made: Made) -> None:
    for row in made.rows():
        if (
            law_of(row["insurer_number"]) in ("01", "06", "31", "32", "33", "34")
            and row["relationship"] == "1"
        ):
            assert birthday(date.fromisoformat(row["birth_date"]), 18).isoformat() <= row["acquired_on"]


def test_certificates_begin_with_the_insurance_at_the_earliest(made: Made) -> None:
    for row in [*made.present(), *made.present(NEXT)]:
        for column in ("valid_from", "limit_valid_from", "elderly_valid_from", "disease_1_valid_from"):
            assert row.get(column, "9999") >= row["acquired_on"]


@pytest.mark.parametrize(
    ("born", "scheme", "classes"),
    [
        ("1956-10-02", Scheme.SOCIETY, "young"),
        ("1956-10-01", Scheme.SOCIETY, "elderly"),
        ("1951-10-02", Scheme.MUNICIPAL, "elderly"),
        ("1960-01-01", Scheme.LATE_ELDERLY, "late"),
    ],
)
def test_a_limit_certificate_is_of_the_class_of_scheme_and_age(
    born: str, scheme: Scheme, classes: str
) -> None:
    rng = Random(1)
    drawn = set()
    for _ in range(50):
        row = {"birth_date": born, "acquired_on": "2026-10-15"}
        add_limit_certificate(row, scheme, AS_OF, rng)
        assert row["limit_valid_from"] == "2026-10-15"
        drawn.add(row["limit_class"])
    assert drawn == CLASSES[classes]


def test_members_agree_with_the_register_but_for_a_few_old_addresses(made: Made) -> None:
    registered = {
        (r.name, r.name_kana, r.birth_date.isoformat(), r.sex, r.postal_code, r.address)
        for r in made.residents
    }
    items = ("name", "name_kana", "birth_date", "sex", "postal_code", "address")
    others = [row for row in made.present() if tuple(row[item] for item in items) not in registered]
    assert 0 < len(others) < 0.006 * PEOPLE
    assert all("旧住所" in row["address"] for row in others)


def test_a_third_are_with_the_health_association_in_up_to_47_branches(made: Made) -> None:
    present = made.present()
    with_it = [row for row in present if row["insurer_number"] == ASSOCIATION_OF_ALL]
    assert 0.28 < len(with_it) / len(present) < 0.38
    assert len({row["symbol"] for row in with_it}) == 47


def test_from_75_on_one_is_late_elderly_and_nobody_s_dependant(made: Made) -> None:
    for row in made.present():
        if is_recipient(row):
            continue
        old = birthday(date.fromisoformat(row["birth_date"]), 75) <= AS_OF
        assert not old or is_late_elderly(row)
        if is_late_elderly(row):
            assert birthday(date.fromisoformat(row["birth_date"]), 65) <= AS_OF
            assert row["relationship"] == "1"
            assert "branch" not in row


def test_burden_ratios_are_told_of_nearly_all_late_elderly_and_of_nobody_else(made: Made) -> None:
    late_elderly = [row for row in made.present() if is_late_elderly(row)]
    filled = sum("burden_ratio" in row for row in late_elderly)
    assert 0.98 < filled / len(late_elderly) <= 1
    assert {row.get("burden_ratio", "10") for row in late_elderly} == {"10", "20", "30"}
    assert not any("burden_ratio" in row for row in made.present() if not is_late_elderly(row))


def test_the_elderly_certificate_is_that_of_the_class_from_70_to_74(made: Made) -> None:
    holders = [row for row in made.present() if "elderly_valid_from" in row]
    assert holders
    for row in holders:
        born = date.fromisoformat(row["birth_date"])
        assert birthday(born, 70) <= date.fromisoformat(row["elderly_valid_from"]) <= AS_OF
        assert birthday(born, 75) > date.fromisoformat(row["elderly_valid_to"])
        assert row["elderly_burden_ratio"] in ("20", "30")


def test_a_family_shares_a_number_and_each_has_a_branch(made: Made) -> None:
    for (insurer_number, number), rows in families(made.present()).items():
        assert is_insurer_number(insurer_number)
        assert not is_my_number(number)
        assert len({row.get("branch") for row in rows}) == len(rows)
        assert len({row["name"].split("\u3000")[0] for row in rows}) == 1
        insured = [row for row in rows if row["relationship"] == "1"]
        assert len(insured) <= 1
        for row in rows:
            assert (row["relationship"] == "2") == ("insured_name" in row)


def test_somebody_has_each_of_the_rarer_things(made: Made) -> None:
    columns = {column for row in made.present() for column in row}
    assert columns >= {"limit_class", "disease_1", "name_alias", "elderly_valid_from", "valid_to"}


def test_five_years_of_moves_lie_behind(made: Made) -> None:
    left = [row for row in made.rows() if "lost_on" in row]
    assert 0.1 < len(left) / PEOPLE < 0.35
    assert {row["reason_of_loss"] for row in left} == {"01", "03"}
    assert all(row["acquired_on"] < row["lost_on"] <= "2026-10-02" for row in left)
    assert min(row["lost_on"] for row in left) >= "2021-09-30"


def test_the_same_residents_and_seed_make_the_same_bytes_and_another_seed_others(tmp_path: Path) -> None:
    path, _ = residents_file(tmp_path, 300)
    contents = []
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        make_country(path, tmp_path / name, seed=seed, month=MONTH)
        contents.append(member_file(tmp_path / name / MONTH, ASSOCIATION_OF_ALL).read_bytes())
    assert contents[0] == contents[1] != contents[2]


def test_the_files_are_their_owner_s_alone(made: Made) -> None:
    assert {file.stat().st_mode & 0o777 for file in (made.folder / MONTH).iterdir()} == {0o600}


def test_a_country_is_not_made_over_another(made: Made, tmp_path: Path) -> None:
    path, _ = residents_file(tmp_path, 3)
    before = list(read_rows(member_file(made.folder / MONTH, ASSOCIATION_OF_ALL)))
    with pytest.raises(CountryError, match="there already"):
        make_country(path, made.folder, seed=1, month=MONTH)
    assert list(read_rows(member_file(made.folder / MONTH, ASSOCIATION_OF_ALL))) == before


@pytest.mark.parametrize("line", ["", "{", "[]", "{}", '{"name": "架空", "birth_date": "1980-13-01"}'])
def test_a_file_that_is_none_of_residents_is_told_by_its_line_and_leaves_nothing(
    tmp_path: Path, line: str
) -> None:
    path, _ = residents_file(tmp_path, 2)
    path.write_bytes(path.read_bytes() + line.encode() + b"\n")
    with pytest.raises(ResidentsError, match="line 3") as caught:
        make_country(path, tmp_path / "country", seed=1, month=MONTH)
    assert "架空" not in str(caught.value)
    assert list((tmp_path / "country").iterdir()) == []
