"""What the insurers' program writes, the fund reads: every receipt of a country's claims, without a fault, as it stands."""

from __future__ import annotations

from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from eligibility_api.claims.reading.block import Block
from eligibility_api.claims.reading.reader import Reader
from eligibility_api.contract.claims import ReceiptKind
from eligibility_api.contract.history import Setting
from eligibility_api.contract.numbers import folded
from eligibility_api.domain.receipts import Receipt
from payer_mock.claims.monthly_files import write_claim_files
from payer_mock.population.generate import generate_population
from tests.builders.claim_records import Line, Section, of, parse_sections
from tests.builders.residents import residents_file

PEOPLE = 900
MONTHS = (date(2026, 4, 1), date(2026, 10, 1))
PIECE = 10_007
"""Bytes at a time: pieces end within lines and characters."""


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The receipt files of two claim months."""
    folder = tmp_path_factory.mktemp("nation")
    path, _ = residents_file(folder, PEOPLE)
    generate_population(path, folder / "country", seed=7, month="2026-10")
    return [
        file
        for month in MONTHS
        for file in write_claim_files(folder / "country", month, folder / "files").files
    ]


def insurer_of(path: Path) -> str:
    return path.name.split("-")[1]


def read(path: Path) -> list[Block]:
    reader, content = Reader(insurer_of(path)), path.read_bytes()
    parts = [reader.feed(content[place : place + PIECE]) for place in range(0, len(content), PIECE)]
    return [*parts, reader.finish()]


def receipts_in(sections: list[Section]) -> list[tuple[Section, list[Line]]]:
    return [(section, receipt) for section in sections for receipt in section.claims]


def test_every_receipt_is_taken_without_a_fault(files: list[Path]) -> None:
    for path in files:
        blocks, sections = read(path), parse_sections(path.read_bytes())
        assert [fault for block in blocks for fault in block.faults] == []
        assert sum(block.sections for block in blocks) == len(sections)
        found = sum((block.kinds for block in blocks), Counter())
        tables = Counter(section.table for section, _ in receipts_in(sections))
        assert (found[ReceiptKind.MEDICAL], found[ReceiptKind.PHARMACY]) == (tables["1"], tables["4"])
        assert sum(len(block.receipts) for block in blocks) == tables.total()


def test_what_was_written_is_what_was_read(files: list[Path]) -> None:
    for path in files:
        taken = [receipt for block in read(path) for receipt in block.receipts]
        for receipt, (section, lines) in zip(
            taken, receipts_in(parse_sections(path.read_bytes())), strict=True
        ):
            assert receipt.institution_code == section.institution_code
            assert receipt.content.institution_name == section.header[6 if section.table == "1" else 5]
            assert f"{receipt.treatment_month:%Y%m}" == lines[0][3]
            assert f"{receipt.member.birth_date:%Y%m%d}" == lines[0][6]
            assert len(receipt.content.drugs) == drugs_in(section, lines)
            assert whose(receipt) == named(lines, insurer_of(path))
            assert receipt.setting is setting(section, lines)
            assert len(receipt.content.diseases) == len(of(lines, "SY"))


def test_no_two_receipts_of_a_claim_month_are_one(files: list[Path]) -> None:
    identities = Counter(
        (path.name, receipt.identity) for path in files for block in read(path) for receipt in block.receipts
    )
    assert set(identities.values()) == {1}


def drugs_in(section: Section, lines: list[Line]) -> int:
    """A pharmacy's medicines count once a dispensing."""
    if section.table == "1":
        return len(of(lines, "IY"))
    count = supplies = 0
    for line in lines:
        if line[0] == "SH":
            supplies = 0
        supplies += line[0] == "CZ"
        count += supplies * (line[0] == "IY")
    return count


def whose(receipt: Receipt) -> tuple[str, str, str, str]:
    member = receipt.member
    return (
        member.insurer_number,
        folded(member.symbol or ""),
        folded(member.number),
        member.branch or "",
    )


def named(lines: list[Line], insurer_number: str) -> tuple[str, str, str, str]:
    if not (insurance := of(lines, "HO")):
        return insurer_number, "", of(lines, "KO")[0][2], ""
    branches = [line[6] for line in of(lines, "SN") if line[1] == "1"]
    return insurer_number, folded(insurance[0][2]), folded(insurance[0][3]), (branches or [""])[0]


def setting(section: Section, lines: list[Line]) -> Setting:
    if section.table == "4":
        return Setting.PHARMACY
    return Setting.INPATIENT if int(lines[0][2][3]) % 2 else Setting.OUTPATIENT
