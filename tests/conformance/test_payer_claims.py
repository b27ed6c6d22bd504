"""The fund reads every claim that the insurers' program writes, without faults and unchanged."""

from __future__ import annotations

from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from eligibility_api.claims.reading.block import Block
from eligibility_api.claims.reading.reader import Reader
from eligibility_api.contract.claims import ClaimKind
from eligibility_api.contract.history import CareSetting
from eligibility_api.contract.numbers import folded
from eligibility_api.domain.claims import Claim
from payer_mock.claims.monthly_files import write_claim_files
from payer_mock.population.generate import generate_population
from tests.builders.claim_records import Line, Section, of, parse_sections
from tests.builders.residents import residents_file

PEOPLE = 900
MONTHS = (date(2026, 4, 1), date(2026, 10, 1))
PIECE = 10_007
"""Bytes per piece: pieces end within lines and characters."""


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The claim files of two claim months."""
    folder = tmp_path_factory.mktemp("nation")
    path, _ = residents_file(folder, PEOPLE)
    generate_population(path, folder / "population", seed=7, month="2026-10")
    return [
        file
        for month in MONTHS
        for file in write_claim_files(folder / "population", month, folder / "files").files
    ]


def insurer_of(path: Path) -> str:
    return path.name.split("-")[1]


def read(path: Path) -> list[Block]:
    reader, content = Reader(insurer_of(path)), path.read_bytes()
    parts = [reader.feed(content[place : place + PIECE]) for place in range(0, len(content), PIECE)]
    return [*parts, reader.finish()]


def claims_in(sections: list[Section]) -> list[tuple[Section, list[Line]]]:
    return [(section, claim) for section in sections for claim in section.claims]


def test_every_claim_is_read_without_a_fault(files: list[Path]) -> None:
    assert files
    for path in files:
        blocks, sections = read(path), parse_sections(path.read_bytes())
        assert [fault for block in blocks for fault in block.faults] == []
        assert sum(block.sections for block in blocks) == len(sections)
        found = sum((block.kinds for block in blocks), Counter())
        tables = Counter(section.table for section, _ in claims_in(sections))
        assert (found[ClaimKind.MEDICAL], found[ClaimKind.PHARMACY]) == (tables["1"], tables["4"])
        assert sum(len(block.claims) for block in blocks) == tables.total()


def test_the_read_claims_equal_the_written_ones(files: list[Path]) -> None:
    assert files
    for path in files:
        accepted = [claim for block in read(path) for claim in block.claims]
        for claim, (section, lines) in zip(
            accepted, claims_in(parse_sections(path.read_bytes())), strict=True
        ):
            assert claim.institution_code == section.institution_code
            assert claim.content.institution_name == section.header[6 if section.table == "1" else 5]
            assert f"{claim.treatment_month:%Y%m}" == lines[0][3]
            assert f"{claim.member.birth_date:%Y%m%d}" == lines[0][6]
            assert len(claim.content.drugs) == drugs_in(section, lines)
            assert member_key(claim) == named(lines, insurer_of(path))
            assert claim.setting is setting(section, lines)
            assert len(claim.content.diseases) == len(of(lines, "SY"))


def test_all_claims_of_a_month_have_distinct_identities(files: list[Path]) -> None:
    identities = Counter(
        (path.name, claim.identity) for path in files for block in read(path) for claim in block.claims
    )
    assert set(identities.values()) == {1}


def drugs_in(section: Section, lines: list[Line]) -> int:
    """The medicines of a claim; a pharmacy's count once per dispensing."""
    if section.table == "1":
        return len(of(lines, "IY"))
    count = supplies = 0
    for line in lines:
        if line[0] == "SH":
            supplies = 0
        supplies += line[0] == "CZ"
        count += supplies * (line[0] == "IY")
    return count


def member_key(claim: Claim) -> tuple[str, str, str, str]:
    member = claim.member
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


def setting(section: Section, lines: list[Line]) -> CareSetting:
    if section.table == "4":
        return CareSetting.PHARMACY
    return CareSetting.INPATIENT if int(lines[0][2][3]) % 2 else CareSetting.OUTPATIENT
