"""The files of facilities and of insurers to admit."""

from __future__ import annotations

from pathlib import Path

import pytest

from eligibility_api.contract.codes import FacilityKind, Right
from eligibility_api.domain.admission import Admission
from eligibility_api.facilities.admission_files import read_facilities, read_insurers
from eligibility_api.platform.errors import OperatorError

HEADER = b"institution_code,name,kind,rights,terminals\n"
CLINIC = "0110113719,試験医院,clinic,eligibility registration consent,2\n".encode()
DENTIST = "1332345675,試験歯科,dental,eligibility,1\n".encode()


def file_of(folder: Path, content: bytes) -> Path:
    path = folder / "facilities.csv"
    path.write_bytes(content)
    return path


def line(**cells: str) -> bytes:
    row = {
        "code": "0110113719",
        "name": "x",
        "kind": "clinic",
        "rights": "eligibility",
        "terminals": "1",
    } | cells
    return (",".join(row.values()) + "\n").encode()


def test_facilities_are_read_in_order_with_rights_and_terminals(tmp_path: Path) -> None:
    file = file_of(tmp_path, b"\xef\xbb\xbf" + HEADER + DENTIST + CLINIC)
    rights = frozenset({Right.ELIGIBILITY, Right.REGISTRATION, Right.CONSENT})
    assert read_facilities(file) == [
        Admission("1332345675", "試験歯科", FacilityKind.DENTAL, frozenset({Right.ELIGIBILITY}), 1),
        Admission("0110113719", "試験医院", FacilityKind.CLINIC, rights, 2),
    ]


def test_a_facility_of_limited_scope_is_read_by_its_registration_number(tmp_path: Path) -> None:
    """Rule G6."""
    file = file_of(tmp_path, HEADER + line(code="協0112345-0-0", kind="eligibility-only"))
    [admission] = read_facilities(file)
    assert (admission.institution_code, admission.kind) == ("0191234500", FacilityKind.ELIGIBILITY_ONLY)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "must begin with the line institution_code,name,kind,rights,terminals"),
        (b"institution_code,name\n" + CLINIC, "must begin with the line"),
        (HEADER, "names no facility"),
        (HEADER + CLINIC + b"0110113719,x,clinic,eligibility\n", "Line 3 .* columns"),
        (HEADER + line(code="0110113710"), "Line 2 .* check digit"),
        (HEADER + line(code="協0112345-0"), "Line 2 .* registration number"),
        (HEADER + line(code="協0112345-0-0"), "Line 2 .* for the kind eligibility-only"),
        (HEADER + line(name=""), "Line 2 .* 200 characters"),
        (HEADER + line(name="x" * 201), "Line 2 .* 200 characters"),
        (HEADER + line(kind="spa"), "Line 2 .* kind is none of"),
        (HEADER + line(rights=""), "Line 2 .* rights"),
        (HEADER + line(rights="eligibility fame"), "Line 2 .* rights"),
        (HEADER + line(kind="eligibility-only", rights="consent"), "Line 2 .* cannot have the right consent"),
        (HEADER + line(terminals="0"), "Line 2 .* from 1 to 999"),
        (HEADER + line(terminals="1000"), "Line 2 .* from 1 to 999"),
        (HEADER + line(terminals="２"), "Line 2 .* from 1 to 999"),
        (HEADER + CLINIC + CLINIC, "Line 3 .* repeats"),
        (HEADER + "0110113719,試験".encode("cp932"), "CSV in UTF-8"),
        (HEADER + b'0110113719,"x\n', "CSV in UTF-8"),
    ],
)
def test_an_invalid_facilities_file_is_rejected_with_its_line(
    tmp_path: Path, content: bytes, sentence: str
) -> None:
    with pytest.raises(OperatorError, match=sentence):
        read_facilities(file_of(tmp_path, content))


def test_a_missing_facilities_file_is_reported(tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match="not readable"):
        read_facilities(tmp_path / "missing.csv")


INSURERS_HEADER = b"insurer_number,name\n"
INSURER = "01130012,架空健康保険協会\n".encode()


def insurers_file(folder: Path, content: bytes) -> Path:
    path = folder / "insurers.csv"
    path.write_bytes(content)
    return path


def test_insurers_come_in_the_file_s_order(tmp_path: Path) -> None:
    file = insurers_file(tmp_path, b"\xef\xbb\xbf" + INSURERS_HEADER + "138057,架空市\n".encode() + INSURER)
    assert list(read_insurers(file).items()) == [("138057", "架空市"), ("01130012", "架空健康保険協会")]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "must begin with the line insurer_number,name"),
        (b"name,insurer_number\n" + INSURER, "must begin with the line"),
        (INSURERS_HEADER, "names no insurer"),
        (INSURERS_HEADER + INSURER + b"01130013,x\n", "Line 3 .* check digit"),
        (INSURERS_HEADER + b"01130012,  \n", "Line 2"),
        (INSURERS_HEADER + b"01130012\n", "Line 2"),
        (INSURERS_HEADER + b'01130012,"a\nb"\n', "Line 3"),
        (INSURERS_HEADER + b"01130012,a\x7f\n", "Line 2"),
        (INSURERS_HEADER + b"01130012," + b"a" * 201 + b"\n", "Line 2 .* 1 to 200 characters"),
        (INSURERS_HEADER + INSURER + INSURER, "Line 3 .* repeats"),
        (INSURERS_HEADER + "01130012,架空".encode("cp932"), "CSV in UTF-8"),
        (INSURERS_HEADER + b'01130012,"x\n', "CSV in UTF-8"),
    ],
)
def test_an_invalid_insurers_file_is_rejected_with_its_line(
    tmp_path: Path, content: bytes, sentence: str
) -> None:
    with pytest.raises(OperatorError, match=sentence):
        read_insurers(insurers_file(tmp_path, content))


def test_numbers_of_spreadsheets_are_read_in_their_canonical_form(tmp_path: Path) -> None:
    """Rule I4: leading zeros are restored; 00138057 and 138057 are one insurer."""
    path = tmp_path / "insurers.csv"
    path.write_text("insurer_number,name\n1130012,架空\n00138057,架空市\n", encoding="utf-8")
    assert list(read_insurers(path)) == ["01130012", "138057"]
    path.write_text("insurer_number,name\n138057,架空市\n00138057,架空市\n", encoding="utf-8")
    with pytest.raises(OperatorError, match=r"Line 3 .* repeats a number"):
        read_insurers(path)


def test_a_missing_insurers_file_is_reported(tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match="not readable"):
        read_insurers(tmp_path / "missing.csv")
