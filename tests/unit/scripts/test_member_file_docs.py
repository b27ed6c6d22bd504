"""The description of member files, and that the program reads its template and its example."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from eligibility_api.contract.member_file import MEMBER_COLUMNS, REQUIRED_COLUMNS
from eligibility_api.contract.member_rules import MEMBER_RULES
from payer_mock.members.reader import MemberFile
from scripts.member_file_docs import EXAMPLE_COLUMNS, Language, description

DOCS = Path(__file__).parents[3] / "docs"


@pytest.mark.parametrize("language", ["ja", "en"])
def test_every_column_and_rule_is_described(language: Language) -> None:
    page = description(language)
    for column in MEMBER_COLUMNS:
        assert f"\n| `{column}` | " in page
    for code, rule in MEMBER_RULES.items():
        assert f"| `{code.value}` | " in page
        assert getattr(rule, language) in page
        assert getattr(rule, f"fix_{language}") in page


@pytest.mark.parametrize("encoding", ["utf-8-sig", "cp932"])
def test_the_example_is_read_whole_also_as_a_japanese_spreadsheet_saves_it(
    tmp_path: Path, encoding: str
) -> None:
    text = (DOCS / "member-file-example.csv").read_text(encoding="utf-8-sig")
    (tmp_path / "example.csv").write_bytes(text.replace("\n", "\r\n").encode(encoding))
    blocks = [*MemberFile(tmp_path / "example.csv", date(2026, 4, 1)).blocks()]
    assert [fault for block in blocks for fault in block.faults] == []
    members = [member for block in blocks for member in block.records]
    assert [member.row for member in members] == [2, 3, 4, 5]
    assert members[1].joining.birth_date == date(2019, 5, 1)
    assert members[1].joining.insured_birth_date == members[0].joining.birth_date
    assert members[2].joining.name_kana is None
    assert members[2].joining.address == "架空県見本市北2-3 見本ビル101"


def test_the_template_names_every_required_column() -> None:
    assert set(REQUIRED_COLUMNS) <= set(EXAMPLE_COLUMNS)
    blocks = [*MemberFile(DOCS / "member-file-template.csv").blocks()]
    assert [(block.rows, block.faults) for block in blocks] == [(0, [])] * len(blocks)
