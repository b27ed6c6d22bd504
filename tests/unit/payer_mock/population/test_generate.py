"""A generated population: everybody is insured once, by the rules of each scheme."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date
from pathlib import Path
from random import Random

import pytest

from eligibility_api.contract.codes import LimitClass
from eligibility_api.contract.identifiers import insurer_number as canonical
from eligibility_api.contract.identifiers import law_of, recipient_number
from eligibility_api.contract.numbers import is_my_number
from payer_mock.members.reader import MemberFile
from payer_mock.population.benefits import add_limit_certificate
from payer_mock.population.files import PopulationError, member_file, read_rows
from payer_mock.population.generate import generate_population
from payer_mock.population.insurers import ASSOCIATION_OF_ALL, Scheme
from payer_mock.population.residents import ResidentsError, birthday
from payer_mock.population.rows import Row
from tests.builders.residents import residents_file
from tests.unit.payer_mock.population.conftest import MONTH, NEXT, PEOPLE, GeneratedPopulation

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


def identity(row: Row) -> tuple[str, str, str]:
    return row["name"], row["birth_date"], row["sex"]


def families(rows: list[Row]) -> dict[tuple[str, str], list[Row]]:
    found = defaultdict(list)
    for row in rows:
        found[row["insurer_number"], row["number"]].append(row)
    return found


@pytest.mark.slow
@pytest.mark.parametrize("month", [MONTH, NEXT])
def test_every_row_is_valid(generated: GeneratedPopulation, month: str) -> None:
    files = sorted((generated.folder / month).iterdir())
    assert files
    for file in files:
        blocks = [*MemberFile(file, AS_OF).blocks()]
        assert sum(len(block.records) for block in blocks) > 0
        assert [fault for block in blocks for fault in block.faults] == []


def test_every_living_resident_is_insured_once(generated: GeneratedPopulation) -> None:
    born = [person for person in generated.people if person.birth_date < AS_OF]
    known = [*generated.current(), *generated.rows(unreported=True)]
    dead = [row for row in generated.rows() if row.get("reason_of_loss") == "01"]
    insured = Counter(identity(row) for row in known + dead if not is_recipient(row))
    recipients = Counter(identity(row) for row in known if is_recipient(row))
    assert insured | recipients == Counter((r.name, r.birth_date.isoformat(), r.sex) for r in born)


def test_a_few_receive_medical_aid_and_some_of_them_are_insured_by_employment(
    generated: GeneratedPopulation,
) -> None:
    recipients = [row for row in generated.current() if is_recipient(row)]
    assert 0.01 < len(recipients) / PEOPLE < 0.025
    assert all(recipient_number(row["number"]) == row["number"] for row in recipients)
    insured = {identity(row): row for row in generated.current() if not is_recipient(row)}
    also_insured = [insured[identity(row)] for row in recipients if identity(row) in insured]
    assert 0 < len(also_insured) < len(recipients) / 2
    assert all(law_of(row["insurer_number"]) in ("01", "06", "31", "32", "33", "34") for row in also_insured)


def test_nobody_is_insured_by_employment_before_18(generated: GeneratedPopulation) -> None:
    for row in generated.rows():
        if (
            law_of(row["insurer_number"]) in ("01", "06", "31", "32", "33", "34")
            and row["relationship"] == "1"
        ):
            assert birthday(date.fromisoformat(row["birth_date"]), 18).isoformat() <= row["acquired_on"]


def test_certificates_begin_no_earlier_than_the_insurance(generated: GeneratedPopulation) -> None:
    for row in [*generated.current(), *generated.current(NEXT)]:
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
def test_the_class_of_a_limit_certificate_fits_scheme_and_age(
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


def test_members_have_their_insurers_spelling_except_for_a_few_old_addresses(
    generated: GeneratedPopulation,
) -> None:
    registered = {
        (p.name, p.name_kana, p.birth_date.isoformat(), p.sex, p.postal_code, p.address)
        for p in generated.people
    }
    items = ("name", "name_kana", "birth_date", "sex", "postal_code", "address")
    others = [row for row in generated.current() if tuple(row[item] for item in items) not in registered]
    assert 0 < len(others) < 0.006 * PEOPLE
    assert all("旧住所" in row["address"] for row in others)


def test_a_third_belong_to_the_health_association_in_up_to_47_branches(
    generated: GeneratedPopulation,
) -> None:
    present = generated.current()
    with_it = [row for row in present if row["insurer_number"] == ASSOCIATION_OF_ALL]
    assert 0.28 < len(with_it) / len(present) < 0.38
    assert len({row["symbol"] for row in with_it}) == 47


def test_members_aged_75_or_more_are_late_elderly_and_no_dependants(generated: GeneratedPopulation) -> None:
    for row in generated.current():
        if is_recipient(row):
            continue
        old = birthday(date.fromisoformat(row["birth_date"]), 75) <= AS_OF
        assert not old or is_late_elderly(row)
        if is_late_elderly(row):
            assert birthday(date.fromisoformat(row["birth_date"]), 65) <= AS_OF
            assert row["relationship"] == "1"
            assert "branch" not in row


def test_nearly_all_late_elderly_have_a_burden_ratio_and_nobody_else(
    generated: GeneratedPopulation,
) -> None:
    late_elderly = [row for row in generated.current() if is_late_elderly(row)]
    filled = sum("burden_ratio" in row for row in late_elderly)
    assert 0.98 < filled / len(late_elderly) <= 1
    assert {row.get("burden_ratio", "10") for row in late_elderly} == {"10", "20", "30"}
    assert not any("burden_ratio" in row for row in generated.current() if not is_late_elderly(row))


def test_the_elderly_certificate_is_for_ages_70_to_74(generated: GeneratedPopulation) -> None:
    holders = [row for row in generated.current() if "elderly_valid_from" in row]
    assert holders
    for row in holders:
        born = date.fromisoformat(row["birth_date"])
        assert birthday(born, 70) <= date.fromisoformat(row["elderly_valid_from"]) <= AS_OF
        assert birthday(born, 75) > date.fromisoformat(row["elderly_valid_to"])
        assert row["elderly_burden_ratio"] in ("20", "30")


def test_a_family_shares_a_number_and_each_member_has_a_branch(generated: GeneratedPopulation) -> None:
    for (insurer_number, number), rows in families(generated.current()).items():
        assert canonical(insurer_number) == insurer_number
        assert not is_my_number(number)
        assert len({row.get("branch") for row in rows}) == len(rows)
        assert len({row["name"].split("\u3000")[0] for row in rows}) == 1
        insured = [row for row in rows if row["relationship"] == "1"]
        assert len(insured) <= 1
        for row in rows:
            assert (row["relationship"] == "2") == ("insured_name" in row)


def test_rare_items_occur(generated: GeneratedPopulation) -> None:
    columns = {column for row in generated.current() for column in row}
    assert columns >= {"limit_class", "disease_1", "name_alias", "elderly_valid_from", "valid_to"}


def test_moves_of_the_last_five_years_are_included(generated: GeneratedPopulation) -> None:
    left = [row for row in generated.rows() if "lost_on" in row]
    assert 0.1 < len(left) / PEOPLE < 0.35
    assert {row["reason_of_loss"] for row in left} == {"01", "03"}
    assert all(row["acquired_on"] < row["lost_on"] <= "2026-10-02" for row in left)
    assert min(row["lost_on"] for row in left) >= "2021-09-30"


def test_the_same_residents_and_seed_give_the_same_bytes_and_another_seed_does_not(tmp_path: Path) -> None:
    path, _ = residents_file(tmp_path, 300)
    contents = []
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        generate_population(path, tmp_path / name, seed=seed, month=MONTH)
        contents.append(member_file(tmp_path / name / MONTH, ASSOCIATION_OF_ALL).read_bytes())
    assert contents[0] == contents[1] != contents[2]


def test_files_are_readable_by_their_owner_only(generated: GeneratedPopulation) -> None:
    assert {file.stat().st_mode & 0o777 for file in (generated.folder / MONTH).iterdir()} == {0o600}


def test_a_population_does_not_overwrite_another(generated: GeneratedPopulation, tmp_path: Path) -> None:
    path, _ = residents_file(tmp_path, 3)
    before = list(read_rows(member_file(generated.folder / MONTH, ASSOCIATION_OF_ALL)))
    with pytest.raises(PopulationError, match="already exists"):
        generate_population(path, generated.folder, seed=1, month=MONTH)
    assert list(read_rows(member_file(generated.folder / MONTH, ASSOCIATION_OF_ALL))) == before


@pytest.mark.parametrize("line", ["", "{", "[]", "{}", '{"name": "架空", "birth_date": "1980-13-01"}'])
def test_an_invalid_residents_file_is_reported_by_line_and_nothing_is_written(
    tmp_path: Path, line: str
) -> None:
    path, _ = residents_file(tmp_path, 2)
    path.write_bytes(path.read_bytes() + line.encode() + b"\n")
    with pytest.raises(ResidentsError, match="line 3") as caught:
        generate_population(path, tmp_path / "population", seed=1, month=MONTH)
    assert "架空" not in str(caught.value)
    assert list((tmp_path / "population").iterdir()) == []
