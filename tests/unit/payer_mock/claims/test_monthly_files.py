"""Claim files of a population: their form, and how realistic their content is."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date
from pathlib import Path

import pytest

from eligibility_api.contract.identifiers import institution_code
from eligibility_api.contract.identifiers import insurer_number as canonical
from eligibility_api.contract.numbers import folded
from payer_mock.claims import claim_sorter
from payer_mock.claims.episodes import MEDICAL_A_MONTH, PHARMACY_A_MONTH
from payer_mock.claims.monthly_files import write_claim_files
from payer_mock.claims.records import ENCODING, encode
from payer_mock.population.files import PopulationError, read_rows
from tests.builders.claim_records import Line, check_form, of
from tests.unit.payer_mock.claims.conftest import CLAIM_MONTHS, PEOPLE, GeneratedClaims, sections_of

pytestmark = pytest.mark.slow

MARCH, APRIL, MAY, SEPTEMBER = (date(2026, month, 1) for month in (3, 4, 5, 9))
HAY_FEVER, COUGH = ("990000123", "990000124"), ("990000127",)
ORAL_FORM = "1"

Person = tuple[str, ...]


def person(claim: list[Line]) -> Person:
    """Name and birth date."""
    return claim[0][4], claim[0][6]


def number(claim: list[Line]) -> str:
    """The member's number as written, at the first payer."""
    insurance = of(claim, "HO")
    return insurance[0][3] if insurance else of(claim, "KO")[0][2]


def drugs(claim: list[Line], table: str) -> list[str]:
    return [line[3 if table == "1" else 2] for line in of(claim, "IY")]


def treated_on(claim: list[Line], table: str) -> list[str]:
    """The days of treatment or prescription, YYYYMMDD."""
    if table == "4":
        return [line[2] for line in of(claim, "CZ")]
    return [
        f"{claim[0][3]}{day:02d}"
        for line in of(claim, "SI")
        for day, count in enumerate(line[13:], start=1)
        if count
    ]


@pytest.mark.parametrize("month", CLAIM_MONTHS)
def test_every_record_has_its_fields_and_every_trailer_its_totals(
    generated: GeneratedClaims, month: date
) -> None:
    claims = 0
    for section in generated.sections(month):
        check_form(section)
        assert institution_code(section.institution_code) == section.institution_code
        assert section.header[7 if section.table == "1" else 6] == f"{month:%Y%m}"
        claims += len(section.claims)
    assert claims == generated.files[month].claims


def test_a_file_has_one_section_per_institution_and_one_claim_per_patient_and_month(
    generated: GeneratedClaims,
) -> None:
    for path in generated.files[APRIL].files:
        sections = sections_of(path)
        codes = [section.institution_code for section in sections]
        identities = [
            (
                section.institution_code, *person(claim), number(claim), *(line[6] for line in of(claim, "SN")),
                claim[0][2], claim[0][3], *(claim[0][9:12] if section.table == "4" else ()),
            )
            for section in sections
            for claim in section.claims
        ]  # fmt: skip
        assert len(set(codes)) == len(codes)
        assert len(set(identities)) == len(identities)


def test_the_same_population_gives_the_same_bytes(generated: GeneratedClaims, tmp_path: Path) -> None:
    again = write_claim_files(generated.population, APRIL, tmp_path)
    assert [path.read_bytes() for path in again.files] == [
        path.read_bytes() for path in generated.files[APRIL].files
    ]
    ends = {path.read_bytes()[-1:] for path in again.files}
    assert ends == {b"\n", b"\x1a"}


def test_the_number_of_claims_is_realistic(generated: GeneratedClaims) -> None:
    counts = Counter(
        section.table
        for month in CLAIM_MONTHS
        for section in generated.sections(month)
        for _ in section.claims
    )
    person_months = PEOPLE * len(CLAIM_MONTHS)
    assert counts["1"] / person_months == pytest.approx(MEDICAL_A_MONTH, rel=0.2)
    assert counts["4"] / person_months == pytest.approx(PHARMACY_A_MONTH, rel=0.2)


def test_medicines_follow_the_seasons(generated: GeneratedClaims) -> None:
    def dispensed(month: date, codes: tuple[str, ...]) -> int:
        return sum(
            drug in codes for table in "14" for _, claim in generated.claims(month, table) for drug in drugs(claim, table)
        )  # fmt: skip

    assert dispensed(APRIL, HAY_FEVER) > 50
    assert dispensed(SEPTEMBER, HAY_FEVER) == 0
    assert dispensed(CLAIM_MONTHS[0], COUGH) > 1.5 * dispensed(SEPTEMBER, COUGH)


def test_chronically_ill_patients_get_the_same_medicine_from_the_same_pharmacy_every_month(
    generated: GeneratedClaims,
) -> None:
    regular: list[set[tuple[Person, str, str]]] = []
    for month in (MARCH, APRIL, MAY):
        regular.append(
            {
                (person(claim), section.institution_code, drug)
                for section, claim in generated.claims(month, "4")
                for drug in drugs(claim, "4")
            }
        )
    lasting = regular[0] & regular[1] & regular[2]
    assert len({who for who, _, _ in lasting}) > PEOPLE * 0.15


def test_some_patients_have_several_pharmacies_and_some_duplicate_prescriptions(
    generated: GeneratedClaims,
) -> None:
    pharmacies: defaultdict[Person, set[str]] = defaultdict(set)
    prescribers: defaultdict[tuple[Person, str], set[str]] = defaultdict(set)
    for section, claim in generated.claims(APRIL, "4"):
        pharmacies[person(claim)].add(section.institution_code)
        forms = {line[2] for line in of(claim, "SH")}
        for drug in drugs(claim, "4") if ORAL_FORM in forms else ():
            prescribers[person(claim), drug].add("".join(claim[0][9:12]))
    assert sum(len(codes) > 1 for codes in pharmacies.values()) > 20
    assert sum(len(codes) > 1 for codes in prescribers.values()) > 3


def test_every_kind_of_record_act_form_and_payer_occurs(generated: GeneratedClaims) -> None:
    kinds: Counter[str] = Counter()
    acts: Counter[str] = Counter()
    forms: Counter[str] = Counter()
    payers: Counter[tuple[str, ...]] = Counter()
    for month in CLAIM_MONTHS:
        for section in generated.sections(month):
            for claim in section.claims:
                kinds.update(line[0] for line in claim)
                payers[tuple(line[0] for line in claim if line[0] in ("HO", "KO"))] += 1
                forms.update(line[2] for line in of(claim, "SH"))
                if section.table == "1":
                    acts.update(line[1] for letters in ("SI", "IY") for line in of(claim, letters))
    assert {"SY", "SI", "IY", "TO", "CO", "SN", "SH", "CZ", "JD", "MF", "KI"} <= set(kinds)
    assert {"11", "12", "21", "22", "23", "32", "33", "50", "54", "60", "80", "90", "97", ""} <= set(acts)
    assert set(forms) == {"1", "3", "4", "5"}
    assert set(payers) == {("HO",), ("HO", "KO"), ("KO",)}


def test_numbers_occur_in_half_and_full_width(generated: GeneratedClaims) -> None:
    numbers = [of(claim, "HO")[0][3] for _, claim in generated.claims(APRIL, "1") if of(claim, "HO")]
    wide = sum(not number.isascii() for number in numbers)
    assert 0.05 < wide / len(numbers) < 0.3


def test_every_claim_has_the_insurer_number_of_its_file(generated: GeneratedClaims) -> None:
    for path in generated.files[APRIL].files:
        insurer_number = path.name.split("-")[1]
        assert canonical(insurer_number) == insurer_number
        payers = {
            (of(claim, "HO") or of(claim, "KO"))[0][1].strip()
            for section in sections_of(path)
            for claim in section.claims
        }
        assert payers == {insurer_number}


def test_some_claims_are_late_and_some_are_resubmitted_with_changes(generated: GeneratedClaims) -> None:
    treated: Counter[int] = Counter()
    found: defaultdict[tuple[str, ...], list[tuple[date, list[Line]]]] = defaultdict(list)
    for month in CLAIM_MONTHS:
        for section, claim in generated.claims(month, "1"):
            treatment = claim[0][3]
            treated[month.year * 12 + month.month - int(treatment[:4]) * 12 - int(treatment[4:])] += 1
            key = section.institution_code, *person(claim), treatment, claim[0][2], number(claim)
            found[key].append((month, claim))
    assert set(treated) >= {1, 2, 3}
    assert treated[1] > 0.95 * treated.total()
    again = [versions for versions in found.values() if len(versions) > 1]
    assert again
    for (first_month, first), (second_month, second), *_ in again:
        assert first_month < second_month
        assert first[1:] != second[1:]


def test_members_are_treated_only_while_insured(generated: GeneratedClaims) -> None:
    insured: defaultdict[tuple[str, ...], list[tuple[str, str]]] = defaultdict(list)
    for path in (generated.population / "2026-10").glob("members-[0-9]*.csv"):
        for _, row in read_rows(path):
            days = row["acquired_on"].replace("-", ""), row.get("lost_on", "9999-12-31").replace("-", "")
            # A claim file is CP932: a rare character of a name is a filler there.
            name = encode(row["name"]).decode(ENCODING)
            insured[row["insurer_number"], row["number"], name].append(days)
    for path in (path for month in CLAIM_MONTHS for path in generated.files[month].files):
        for section in sections_of(path):
            for claim in section.claims:
                key = path.name.split("-")[1], folded(number(claim)), claim[0][4]
                for day in treated_on(claim, section.table):
                    assert any(since <= day < until for since, until in insured[key])


def test_sorting_with_runs_on_disk_gives_the_same_bytes(
    generated: GeneratedClaims, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(claim_sorter, "_MAX_RUN_BYTES", 50_000)
    again = write_claim_files(generated.population, APRIL, tmp_path)
    assert [path.read_bytes() for path in again.files] == [
        path.read_bytes() for path in generated.files[APRIL].files
    ]
    assert sorted(tmp_path.iterdir()) == sorted(again.files)


def test_a_folder_without_a_population_is_rejected(tmp_path: Path) -> None:
    with pytest.raises(PopulationError):
        write_claim_files(tmp_path, APRIL, tmp_path / "out")
