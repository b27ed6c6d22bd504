"""Records, sections and sorting of claim files; types and payers of claims."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import date
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from eligibility_api.contract.codes import Relationship, Sex
from eligibility_api.contract.numbers import check_digit
from payer_mock.claims import claim_sorter
from payer_mock.claims.billing import resubmitted
from payer_mock.claims.claim import (
    Claim,
    Disease,
    Institution,
    Item,
    MedicalClaim,
    Member,
    PharmacyClaim,
    Prescription,
    PublicExpense,
    Supply,
    Unit,
)
from payer_mock.claims.claim_file import EncodedClaim, encode_claim, examiner_of, write_sections
from payer_mock.claims.claim_sorter import ClaimSorter
from payer_mock.claims.institutions import Institutions
from payer_mock.claims.medical import medical_points
from payer_mock.claims.medicines import product, products
from payer_mock.claims.payers import claim_type, payer_records, payer_share
from payer_mock.claims.pharmacy import pharmacy_points, pharmacy_records
from payer_mock.claims.records import MEDICAL_FIELDS, PHARMACY_FIELDS, compact, encode, record, truncated
from tests.depth import max_examples

MONTH = date(2026, 10, 1)
CLINIC, PHARMACY = Institutions(1000).clinic(3), Institutions(1000).pharmacy(5)
CELL = st.text(
    st.characters(exclude_categories=("Cs", "Cc"), exclude_characters=","), min_size=1, max_size=10
)


def member(born: date = date(1980, 5, 17), **changes: object) -> Member:
    usual = {
        "insurer_number": "01130012",
        "number": "12",
        "birth_date": born,
        "name": "試験　見本",
        "sex": Sex.FEMALE,
    }
    return Member(**(usual | {"symbol": "見本", "branch": "00"} | changes))  # type: ignore[arg-type]


def unit(points: int = 75, days: dict[int, int] | None = None) -> Unit:
    return Unit(act="12", acts=(Item(code="199000112"),), days=days or {6: 1}, points=points)


def medical(*units: Unit, institution: Institution = CLINIC) -> MedicalClaim:
    disease = Disease(name="架空高血圧症", began_on=date(2024, 4, 2), main=True)
    return MedicalClaim(
        institution=institution,
        member=member(),
        treatment_month=MONTH,
        diseases=(disease,),
        units=units or (unit(),),
    )


def pharmacy(*supplies: Supply, points: int = 5) -> PharmacyClaim:
    supplied = supplies or (
        Supply(prescribed_on=date(2026, 10, 6), dispensed_on=date(2026, 10, 6), times=14),
    )
    prescription = Prescription(form="1", usage="006", drugs=(Item(code="990000114", quantity="3"),), supplies=supplied, points=points)  # fmt: skip
    return PharmacyClaim(
        institution=PHARMACY,
        member=member(),
        treatment_month=MONTH,
        prescriber=CLINIC,
        prescriptions=(prescription,),
    )


@given(st.sampled_from(sorted(MEDICAL_FIELDS)), st.lists(CELL | st.integers(0, 999) | st.none(), max_size=2))
def test_a_record_has_all_its_fields_however_few_are_filled(
    letters: str, values: list[str | int | None]
) -> None:
    cells = record(letters, MEDICAL_FIELDS[letters], *values).split(",")
    assert cells[0] == letters
    assert len(cells) == MEDICAL_FIELDS[letters] + 1
    assert cells[1 : len(values) + 1] == ["" if value is None else str(value) for value in values]
    assert set(cells[len(values) + 1 :]) <= {""}


@given(st.text(max_size=30), st.integers(0, 40))
def test_a_text_is_cut_to_its_bytes_and_never_within_a_character(text: str, limit: int) -> None:
    cut = truncated(text, limit)
    assert text.startswith(cut)
    assert len(encode(cut)) <= limit
    if cut != text:
        assert len(encode(text[: len(cut) + 1])) > limit


@pytest.mark.parametrize(
    ("text", "encoded"), [("架空", "架空"), ("𠮷子", "●子"), ("é", "●"), ("①髙", "①髙"), ("👩‍⚕️", "●●●●")]
)
def test_characters_that_the_encoding_lacks_become_fillers(text: str, encoded: str) -> None:
    assert encode(text) == encoded.encode("cp932")


@pytest.mark.parametrize(("day", "text"), [(date(2026, 1, 2), "20260102"), (date(868, 10, 23), "08681023")])
def test_days_have_eight_digits(day: date, text: str) -> None:
    assert compact(day) == text


@pytest.mark.parametrize(
    ("insurer_number", "examiner"),
    [("01130012", "1"), ("06130017", "1"), ("138057", "2"), ("39131008", "2"), ("12131017", "1")],
)
def test_claims_of_national_and_late_elderly_insurance_go_to_the_federations(
    insurer_number: str, examiner: str
) -> None:
    assert examiner_of(insurer_number) == examiner


@pytest.mark.parametrize(
    ("changes", "month", "outpatient", "inpatient"),
    [
        ({}, MONTH, "1112", "1111"),
        ({"relationship": Relationship.DEPENDANT}, MONTH, "1116", "1115"),
        ({"born": date(2020, 4, 2)}, date(2027, 3, 1), "1114", "1113"),
        ({"born": date(2020, 4, 2)}, date(2027, 4, 1), "1112", "1111"),
        ({"born": date(2020, 4, 1)}, date(2026, 3, 1), "1114", "1113"),
        ({"born": date(2020, 4, 1)}, date(2026, 4, 1), "1112", "1111"),
        ({"born": date(1956, 12, 31)}, MONTH, "1118", "1117"),
        ({"born": date(1957, 1, 1)}, MONTH, "1112", "1111"),
        ({"insurer_number": "39131008"}, MONTH, "1318", "1317"),
        ({"insurer_number": "12131017"}, MONTH, "1212", "1211"),
        (
            {"public_expense": PublicExpense(payer_number="54136015", recipient_number="0000018")},
            MONTH,
            "1122",
            "1121",
        ),
    ],
)
def test_the_type_of_a_claim_follows_from_scheme_payers_and_age(
    changes: dict[str, object], month: date, outpatient: str, inpatient: str
) -> None:
    patient = member(**changes)  # type: ignore[arg-type]
    assert claim_type("1", patient, month, inpatient=False) == outpatient
    assert claim_type("1", patient, month, inpatient=True) == inpatient


def test_a_payer_is_named_with_the_number_on_her_certificate() -> None:
    [insurance, check] = payer_records(member(), 2, 150, MEDICAL_FIELDS)
    assert insurance.split(",")[:6] == ["HO", "01130012", "見本", "12", "2", "150"]
    assert check.split(",")[:7] == ["SN", "1", "01", "01130012", "見本", "12", "00"]
    assert payer_share(member()) == "1"
    [only] = payer_records(member(branch=None), 2, 150, MEDICAL_FIELDS)
    assert only.startswith("HO,")


@max_examples(30)
@given(st.lists(st.tuples(st.integers(0, 500), st.dictionaries(st.integers(1, 31), st.integers(1, 90), min_size=1, max_size=4)), min_size=1, max_size=4))  # fmt: skip
def test_a_medical_claim_s_points_are_those_of_every_unit_on_every_day(
    units: list[tuple[int, dict[int, int]]],
) -> None:
    claim = medical(*(unit(points, days) for points, days in units))
    assert medical_points(claim) == sum(points * sum(days.values()) for points, days in units)


def test_receptions_at_a_pharmacy_are_counted_by_day() -> None:
    def supply(day: int, times: int) -> Supply:
        return Supply(prescribed_on=date(2026, 10, 1), dispensed_on=date(2026, 10, day), times=times)

    claim = pharmacy(supply(20, 7), supply(6, 14), supply(20, 3))
    records = list(pharmacy_records(claim))
    assert pharmacy_points(claim) == 5 * (7 + 14 + 3)
    assert [line.split(",")[4] for line in records if line.startswith("CZ,")] == ["2", "1", "2"]
    assert [line.split(",")[1:3] for line in records if line.startswith("KI,")] == [
        ["20261006", "1"],
        ["20261020", "2"],
    ]
    [days] = [line.split(",") for line in records if line.startswith("JD,")]
    assert [day for day, cell in enumerate(days[2:33], start=1) if cell] == [6, 20]
    assert all(len(line.split(",")) == PHARMACY_FIELDS[line[:2]] + 1 for line in records)


def written(*claims: Claim, end_byte: bool = False) -> list[str]:
    file = io.BytesIO()
    assert write_sections(file, date(2026, 11, 1), "1", map(encode_claim, claims), end_byte=end_byte) == len(
        claims
    )
    assert file.getvalue().endswith(b"\x1a") is end_byte
    return file.getvalue().removesuffix(b"\x1a").decode("cp932").split("\r\n")[:-1]


def test_each_institution_has_a_section_with_its_own_numbers_and_totals() -> None:
    other = Institutions(1000).clinic(4)
    lines = written(medical(), medical(unit(10)), medical(unit(3), institution=other))
    heads = [line.split(",")[:2] for line in lines if line[:2] in {"IR", "RE", "GO"}]
    assert heads == [
        ["IR", "1"],
        ["RE", "1"],
        ["RE", "2"],
        ["GO", "2"],
        ["IR", "1"],
        ["RE", "1"],
        ["GO", "1"],
    ]
    assert [line.split(",")[2] for line in lines if line.startswith("GO")] == ["85", "3"]


@pytest.mark.parametrize(
    ("changes", "payers"),
    [
        ({}, 1),
        ({"public_expense": PublicExpense(payer_number="54136015", recipient_number="0000018")}, 2),
        ({"insurer_number": "12131017"}, 1),
    ],
    ids=["insurance", "insurance and public expense", "public expense alone"],
)
def test_the_trailer_counts_each_payer_of_a_claim_h15(changes: dict[str, Any], payers: int) -> None:
    *_, trailer = written(replace(medical(), member=member(**changes)), medical())
    assert trailer.split(",")[:2] == ["GO", str(payers + 1)]


def test_the_required_fields_of_a_prescription_and_its_dispensing_are_filled() -> None:
    supply = Supply(prescribed_on=date(2026, 10, 1), dispensed_on=date(2026, 10, 6), times=14)
    claim = pharmacy(supply)
    claim = replace(claim, prescriptions=claim.prescriptions * 10)
    records = [line.split(",") for line in pharmacy_records(claim)]
    numbers = [fields[1] for fields in records if fields[0] == "SH"]
    assert numbers == [f"{number:02d}" for number in range(1, 11)]
    first = next(fields for fields in records if fields[0] == "CZ")
    assert first[1:14] == [
        "1", "20261001", "20261006", "1", "14", "1", "1", "", "499000110", "0", "", "", "70",
    ]  # fmt: skip


def test_a_claim_has_no_more_prescriptions_than_two_digits_number() -> None:
    supply = Supply(prescribed_on=date(2026, 10, 1), dispensed_on=date(2026, 10, 6), times=14)
    many = pharmacy(supply).prescriptions * 100
    adapter = TypeAdapter(PharmacyClaim)
    values = adapter.dump_python(pharmacy(supply), mode="json")
    assert adapter.validate_python(values | {"treatment_month": "2026-10"}) is not None
    with pytest.raises(ValidationError, match="prescriptions"):
        adapter.validate_python(values | {"treatment_month": "2026-10", "prescriptions": many})


@pytest.mark.parametrize("end_byte", [True, False])
def test_a_pharmacy_s_section_begins_with_yk(end_byte: bool) -> None:
    lines = written(pharmacy(), end_byte=end_byte)
    assert (lines[0][:3], lines[-1][:3]) == ("YK,", "GO,")


def test_without_claims_nothing_is_written() -> None:
    assert written() == []
    assert written(end_byte=True) == []


CLAIMS = st.lists(
    st.tuples(
        st.integers(0, 5), st.integers(1, 5), st.integers(0, 10**6), st.text("REあ,0x\r\n", max_size=8)
    ),
    max_size=25,
)


@max_examples(60)
@given(CLAIMS, st.sampled_from([1, 60, 10**9]))
def test_claims_are_sorted_by_institution_and_not_changed(
    tmp_path_factory: pytest.TempPathFactory, claims: list[tuple[int, int, int, str]], run_bytes: int
) -> None:
    folder = tmp_path_factory.getbasetemp()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(claim_sorter, "_MAX_RUN_BYTES", run_bytes)
        sorter = ClaimSorter(folder)
        encoded = [
            EncodedClaim(
                Institutions(1000).clinic(place),
                payers,
                points,
                text.replace("\r", "").replace("\n", "\r\n").encode("cp932"),
            )
            for place, payers, points, text in claims
        ]
        for one in encoded:
            sorter.add(one)
        found = list(sorter.sorted())
    assert sorter.count == len(claims)
    assert [one.institution.code for one in found] == sorted(one.institution.code for one in encoded)
    assert sorted(found, key=repr) == sorted(encoded, key=repr)
    assert list(folder.glob(".run-*")) == []


def test_a_resubmitted_claim_differs_and_is_of_the_same_patient_and_month() -> None:
    for claim in (medical(), medical(unit(), unit(10)), pharmacy()):
        again = resubmitted(claim)
        assert again != claim
        assert (again.member, again.treatment_month, again.institution) == (
            claim.member,
            claim.treatment_month,
            claim.institution,
        )
    assert resubmitted(medical(unit(), unit(10))) == medical(unit())
    assert resubmitted(medical(unit(75))) == medical(unit(76))


@given(st.integers(0, 10**7), st.integers(0, 10**6))
def test_any_number_is_an_institution_with_a_valid_code(people: int, number: int) -> None:
    institutions = Institutions(people)
    for one, table in (
        (institutions.clinic(number), "1"),
        (institutions.hospital(number), "1"),
        (institutions.pharmacy(number), "4"),
    ):
        assert one.code[2] == table
        assert one.code[9] == str(check_digit(one.code[:9]))
        assert one.name.startswith("架空第")


def test_clinics_hospitals_and_pharmacies_of_a_population_are_distinct() -> None:
    institutions = Institutions(100_000)
    found = [
        make(number).code
        for make in (institutions.clinic, institutions.hospital, institutions.pharmacy)
        for number in range(60)
    ]
    assert len(set(found)) == 60 + 100_000 // 15_000 + 100_000 // 2_000


@pytest.mark.parametrize("generic", [True, False])
def test_a_generic_is_chosen_where_there_is_one_and_it_is_wanted(generic: bool) -> None:
    ingredients = products()
    assert ingredients
    for ingredient, choice in ingredients.items():
        chosen = product(ingredient, Random(1), generic=generic)
        assert chosen in choice
        assert chosen.generic is (generic and any(one.generic for one in choice)) or not any(
            not one.generic for one in choice
        )


def test_a_run_is_written_to_the_given_folder_and_deleted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(claim_sorter, "_MAX_RUN_BYTES", 1)
    sorter = ClaimSorter(tmp_path)
    sorter.add(encode_claim(medical()))
    assert len(list(tmp_path.iterdir())) == 1
    assert [one.points for one in sorter.sorted()] == [75]
    assert list(tmp_path.iterdir()) == []
