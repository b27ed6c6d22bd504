"""A nation's receipt files: their form, and the life that shows in them."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date
from pathlib import Path

import pytest

from eligibility_api.contract.numbers import folded, is_institution_code, is_insurer_number
from payer_mock.claims import sorting
from payer_mock.claims.months import MEDICAL_A_MONTH, PHARMACY_A_MONTH
from payer_mock.claims.nation import write_claims_files
from payer_mock.country.files import CountryError, read_rows
from tests.unit.payer_mock.claims.conftest import CLAIM_MONTHS, PEOPLE, Claimed
from tests.unit.payer_mock.claims.records import Line, check_form, of, taken_apart

MARCH, APRIL, MAY, SEPTEMBER = (date(2026, month, 1) for month in (3, 4, 5, 9))
HAY_FEVER, COUGH = ("990000123", "990000124"), ("990000127",)
ORAL_FORM = "1"

Person = tuple[str, ...]


def person(receipt: list[Line]) -> Person:
    """Name and birth date."""
    return receipt[0][4], receipt[0][6]


def number(receipt: list[Line]) -> str:
    """The number as it is written, by who pays first."""
    insurance = of(receipt, "HO")
    return insurance[0][3] if insurance else of(receipt, "KO")[0][2]


def drugs(receipt: list[Line], table: str) -> list[str]:
    return [line[3 if table == "1" else 2] for line in of(receipt, "IY")]


def treated_on(receipt: list[Line], table: str) -> list[str]:
    """The days of treatment or prescription, YYYYMMDD."""
    if table == "4":
        return [line[2] for line in of(receipt, "CZ")]
    return [
        f"{receipt[0][3]}{day:02d}"
        for line in of(receipt, "SI")
        for day, count in enumerate(line[13:], start=1)
        if count
    ]


@pytest.mark.parametrize("month", CLAIM_MONTHS)
def test_every_record_has_its_fields_and_every_section_counts_itself(claimed: Claimed, month: date) -> None:
    receipts = 0
    for section in claimed.sections(month):
        check_form(section)
        assert is_institution_code(section.institution_code)
        assert section.header[7 if section.table == "1" else 6] == f"{month:%Y%m}"
        receipts += len(section.receipts)
    assert receipts == claimed.files[month].receipts


def test_a_file_has_one_section_an_institution_and_one_receipt_a_patient_and_month_there(
    claimed: Claimed,
) -> None:
    for path in claimed.files[APRIL].files:
        sections = taken_apart(path.read_bytes())
        codes = [section.institution_code for section in sections]
        identities = [
            (
                section.institution_code, *person(receipt), number(receipt), *(line[6] for line in of(receipt, "SN")),
                receipt[0][2], receipt[0][3], *(receipt[0][9:12] if section.table == "4" else ()),
            )
            for section in sections
            for receipt in section.receipts
        ]  # fmt: skip
        assert len(set(codes)) == len(codes)
        assert len(set(identities)) == len(identities)


def test_the_same_country_gives_the_same_bytes(claimed: Claimed, tmp_path: Path) -> None:
    again = write_claims_files(claimed.country, APRIL, tmp_path)
    assert [path.read_bytes() for path in again.files] == [
        path.read_bytes() for path in claimed.files[APRIL].files
    ]
    ends = {path.read_bytes()[-1:] for path in again.files}
    assert ends == {b"\n", b"\x1a"}


def test_there_are_about_as_many_receipts_as_in_life(claimed: Claimed) -> None:
    counts = Counter(
        section.table
        for month in CLAIM_MONTHS
        for section in claimed.sections(month)
        for _ in section.receipts
    )
    person_months = PEOPLE * len(CLAIM_MONTHS)
    assert counts["1"] / person_months == pytest.approx(MEDICAL_A_MONTH, rel=0.2)
    assert counts["4"] / person_months == pytest.approx(PHARMACY_A_MONTH, rel=0.2)


def test_spring_brings_hay_fever_and_winter_coughs(claimed: Claimed) -> None:
    def dispensed(month: date, codes: tuple[str, ...]) -> int:
        return sum(
            drug in codes for table in "14" for _, receipt in claimed.receipts(month, table) for drug in drugs(receipt, table)
        )  # fmt: skip

    assert dispensed(APRIL, HAY_FEVER) > 50
    assert dispensed(SEPTEMBER, HAY_FEVER) == 0
    assert dispensed(CLAIM_MONTHS[0], COUGH) > 1.5 * dispensed(SEPTEMBER, COUGH)


def test_who_is_chronically_ill_gets_the_same_from_the_same_pharmacy_every_month(claimed: Claimed) -> None:
    regular: list[set[tuple[Person, str, str]]] = []
    for month in (MARCH, APRIL, MAY):
        regular.append(
            {
                (person(receipt), section.institution_code, drug)
                for section, receipt in claimed.receipts(month, "4")
                for drug in drugs(receipt, "4")
            }
        )
    lasting = regular[0] & regular[1] & regular[2]
    assert len({who for who, _, _ in lasting}) > PEOPLE * 0.15


def test_some_patients_have_several_pharmacies_and_some_the_same_from_two_prescribers(
    claimed: Claimed,
) -> None:
    pharmacies: defaultdict[Person, set[str]] = defaultdict(set)
    prescribers: defaultdict[tuple[Person, str], set[str]] = defaultdict(set)
    for section, receipt in claimed.receipts(APRIL, "4"):
        pharmacies[person(receipt)].add(section.institution_code)
        forms = {line[2] for line in of(receipt, "SH")}
        for drug in drugs(receipt, "4") if ORAL_FORM in forms else ():
            prescribers[person(receipt), drug].add("".join(receipt[0][9:12]))
    assert sum(len(codes) > 1 for codes in pharmacies.values()) > 20
    assert sum(len(codes) > 1 for codes in prescribers.values()) > 3


def test_everything_that_a_receipt_may_hold_occurs(claimed: Claimed) -> None:
    kinds: Counter[str] = Counter()
    acts: Counter[str] = Counter()
    forms: Counter[str] = Counter()
    payers: Counter[tuple[str, ...]] = Counter()
    for month in CLAIM_MONTHS:
        for section in claimed.sections(month):
            for receipt in section.receipts:
                kinds.update(line[0] for line in receipt)
                payers[tuple(line[0] for line in receipt if line[0] in ("HO", "KO"))] += 1
                forms.update(line[2] for line in of(receipt, "SH"))
                if section.table == "1":
                    acts.update(line[1] for letters in ("SI", "IY") for line in of(receipt, letters))
    assert {"SY", "SI", "IY", "TO", "CO", "SN", "SH", "CZ", "JD", "MF", "KI"} <= set(kinds)
    assert {"11", "12", "21", "22", "23", "32", "33", "50", "54", "60", "80", "90", "97", ""} <= set(acts)
    assert set(forms) == {"1", "3", "4", "5"}
    assert set(payers) == {("HO",), ("HO", "KO"), ("KO",)}


def test_numbers_stand_in_half_and_full_width(claimed: Claimed) -> None:
    numbers = [of(receipt, "HO")[0][3] for _, receipt in claimed.receipts(APRIL, "1") if of(receipt, "HO")]
    wide = sum(not number.isascii() for number in numbers)
    assert 0.05 < wide / len(numbers) < 0.3


def test_insurers_stand_as_they_are_in_every_receipt_of_their_file(claimed: Claimed) -> None:
    for path in claimed.files[APRIL].files:
        insurer_number = path.name.split("-")[1]
        assert is_insurer_number(insurer_number)
        payers = {
            (of(receipt, "HO") or of(receipt, "KO"))[0][1].strip()
            for section in taken_apart(path.read_bytes())
            for receipt in section.receipts
        }
        assert payers == {insurer_number}


def test_some_claims_are_late_and_some_come_again_changed(claimed: Claimed) -> None:
    treated: Counter[int] = Counter()
    found: defaultdict[tuple[str, ...], list[tuple[date, list[Line]]]] = defaultdict(list)
    for month in CLAIM_MONTHS:
        for section, receipt in claimed.receipts(month, "1"):
            treatment = receipt[0][3]
            treated[month.year * 12 + month.month - int(treatment[:4]) * 12 - int(treatment[4:])] += 1
            key = section.institution_code, *person(receipt), treatment, receipt[0][2], number(receipt)
            found[key].append((month, receipt))
    assert set(treated) >= {1, 2, 3}
    assert treated[1] > 0.95 * treated.total()
    again = [versions for versions in found.values() if len(versions) > 1]
    assert again
    for (first_month, first), (second_month, second), *_ in again:
        assert first_month < second_month
        assert first[1:] != second[1:]


def test_nobody_is_treated_on_a_day_on_which_the_insurer_does_not_pay(claimed: Claimed) -> None:
    insured: defaultdict[tuple[str, ...], list[tuple[str, str]]] = defaultdict(list)
    for path in (claimed.country / "2026-10").glob("members-[0-9]*.csv"):
        for _, row in read_rows(path):
            days = row["acquired_on"].replace("-", ""), row.get("lost_on", "9999-12-31").replace("-", "")
            insured[row["insurer_number"], row["number"], row["name"]].append(days)
    for path in (path for month in CLAIM_MONTHS for path in claimed.files[month].files):
        for section in taken_apart(path.read_bytes()):
            for receipt in section.receipts:
                key = path.name.split("-")[1], folded(number(receipt)), receipt[0][4]
                for day in treated_on(receipt, section.table):
                    assert any(since <= day < until for since, until in insured[key])


def test_what_does_not_fit_into_memory_comes_out_the_same(
    claimed: Claimed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sorting, "_MOST_BYTES", 50_000)
    again = write_claims_files(claimed.country, APRIL, tmp_path)
    assert [path.read_bytes() for path in again.files] == [
        path.read_bytes() for path in claimed.files[APRIL].files
    ]
    assert sorted(tmp_path.iterdir()) == sorted(again.files)


def test_a_folder_without_a_country_is_told(tmp_path: Path) -> None:
    with pytest.raises(CountryError):
        write_claims_files(tmp_path, APRIL, tmp_path / "out")
