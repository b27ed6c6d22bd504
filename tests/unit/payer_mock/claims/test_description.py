"""`payer-mock write-claims`: a claim file from claims described in JSON."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from payer_mock.claims.description import EXAMPLE
from payer_mock.cli import app
from tests.builders.claim_records import Section, check_form, of, parse_sections

AID = {"insurer_number": "12131017", "symbol": None, "branch": None, "number": "0000018"}
PUBLIC = {"payer_number": "54136015", "recipient_number": "0000018"}


def described(**changes: Any) -> dict[str, Any]:
    """The example with changed members."""
    description = copy.deepcopy(EXAMPLE)
    for claim in (*description["medical"], *description["pharmacy"]):
        claim["member"] |= changes
    return description


def run(folder: Path, description: dict[str, Any]) -> Result:
    source = folder / "description.json"
    source.write_text(json.dumps(description), encoding="utf-8")
    return CliRunner().invoke(app, ["write-claims", str(source), "--out", str(folder / "RECEIPTC.UKE")])


def sections(folder: Path, description: dict[str, Any]) -> list[Section]:
    assert run(folder, description).exit_code == 0
    return parse_sections((folder / "RECEIPTC.UKE").read_bytes())


def test_the_example_gives_a_section_of_a_clinic_and_one_of_a_pharmacy(tmp_path: Path) -> None:
    clinic, pharmacy = sections(tmp_path, described())
    for section in (clinic, pharmacy):
        check_form(section)
    assert clinic.header[:8] == ["IR", "1", "13", "1", "0100019", "", "架空第１診療所", "202611"]
    assert pharmacy.header[:7] == ["YK", "1", "13", "4", "0100013", "架空第１薬局", "202611"]
    [claim] = clinic.claims
    assert [line[0] for line in claim] == ["RE", "HO", "SN", "SY", "SI", "IY"]
    assert claim[1][1:6] == ["01130012", "見本", "1234", "1", "131"]
    medicine = claim[-1]
    assert medicine[1:7] == ["21", "1", "990000101", "1", "2", "28"]
    assert {day: count for day, count in enumerate(medicine[13:], start=1) if count} == {6: "28"}


def test_a_dispensing_has_prescriber_days_and_usage(tmp_path: Path) -> None:
    [claim] = sections(tmp_path, described())[1].claims
    assert claim[0][9:13] == ["13", "1", "0100019", "架空第１診療所"]
    [prescription], [supply], [drug] = of(claim, "SH"), of(claim, "CZ"), of(claim, "IY")
    assert prescription[1:4] == ["01", "1", "006"]
    assert supply[1:7] == ["1", "20261006", "20261006", "1", "14", "1"]
    assert drug[1:4] == ["1", "990000114", "3"]


@pytest.mark.parametrize(
    ("member", "letters", "kinds", "share"),
    [
        ({}, ["HO", "SN"], ["1112", "4112"], "1"),
        ({"relationship": "2"}, ["HO", "SN"], ["1116", "4116"], "1"),
        ({"birth_date": "2021-04-02"}, ["HO", "SN"], ["1114", "4114"], "1"),
        ({"birth_date": "2020-04-01"}, ["HO", "SN"], ["1112", "4112"], "1"),
        ({"birth_date": "1950-01-02"}, ["HO", "SN"], ["1118", "4118"], "1"),
        (
            {"insurer_number": "39131008", "symbol": None, "branch": None, "birth_date": "1940-01-02"},
            ["HO"], ["1318", "4318"], "1",
        ),
        ({"public_expense": PUBLIC}, ["HO", "KO", "SN", "SN"], ["1122", "4122"], "2"),
        (AID, ["KO", "SN"], ["1212", "4212"], "5"),
    ],
)  # fmt: skip
def test_the_payers_determine_records_type_and_share(
    tmp_path: Path, member: dict[str, Any], letters: list[str], kinds: list[str], share: str
) -> None:
    written = sections(tmp_path, described(**member))
    for section, kind in zip(written, kinds, strict=True):
        check_form(section)
        [claim] = section.claims
        assert [line[0] for line in claim if line[0] in ("HO", "KO", "SN")] == letters
        assert claim[0][2] == kind
    assert of(written[0].claims[0], "IY")[0][2] == share


def test_a_six_digit_insurer_number_is_right_aligned_in_eight(tmp_path: Path) -> None:
    clinic, _ = sections(tmp_path, described(insurer_number="138057"))
    assert of(clinic.claims[0], "HO")[0][1] == "  138057"
    assert clinic.header[1] == "2"


def test_a_character_that_the_encoding_lacks_is_replaced_by_a_filler(tmp_path: Path) -> None:
    clinic, _ = sections(tmp_path, described(name="架空　𠮷子"))
    assert clinic.claims[0][0][4] == "架空　●子"


@pytest.mark.parametrize(
    ("description", "place"),
    [
        (described(name="架空,花子"), "name"),
        (described(insurer_number="01130013"), "insurer_number"),
        (described(birth_date="17.5.1980"), "birth_date"),
        (described(age=4), "age"),
        (EXAMPLE | {"claim_month": "2026-13"}, "claim_month"),
    ],
)
def test_a_wrong_description_is_rejected_by_field_and_its_value_not_printed(
    tmp_path: Path, description: dict[str, Any], place: str
) -> None:
    result = run(tmp_path, description)
    assert result.exit_code == 2
    assert place in result.stderr
    assert "架空,花子" not in result.stderr


def test_a_description_without_claims_writes_no_file(tmp_path: Path) -> None:
    assert run(tmp_path, {"claim_month": "2026-11"}).exit_code == 2
    assert not (tmp_path / "RECEIPTC.UKE").exists()
