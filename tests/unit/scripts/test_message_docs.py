"""The page of messages has every element of every message, with what the models declare of it."""

from __future__ import annotations

import re

import pytest

from clinic_terminal.messages.codes import CODE_TABLES
from clinic_terminal.messages.elements import layout
from clinic_terminal.messages.registry import MESSAGES
from clinic_terminal.messages.tree import names
from scripts.message_docs import description

PAGE = description()
MODELS = [model for kind in MESSAGES.values() for model in (kind.request, kind.result) if model]


def section(heading: str) -> list[list[str]]:
    """The cells of the rows under a heading."""
    [text] = re.findall(rf"^#+ {re.escape(heading)}\n(.*?)(?=^#|\Z)", PAGE, re.MULTILINE | re.DOTALL)
    rows = [line for line in text.splitlines() if line.startswith("| `")]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]


def test_every_kind_is_listed_with_its_models_or_as_not_public() -> None:
    rows = {cells[0].strip("`…"): cells for cells in section("Kinds")}
    assert [*rows] == [*MESSAGES]
    for prefix, kind in MESSAGES.items():
        assert ("layout not public" in rows[prefix][2]) == (kind.request is None)
        assert f"[{kind.result.__name__}](#{kind.result.__name__.lower()})" in rows[prefix]


def test_every_element_is_on_the_page() -> None:
    found = {
        name
        for row in re.findall(r"^\| (`.*?) \|", PAGE, re.MULTILINE)
        for name in re.findall(r"`(\w+)`", row)
    }
    wanted = frozenset[str]().union(*(names(model) for model in MODELS)) - {"MessageHeader", "MessageBody"}
    assert len(wanted) > 200
    assert wanted <= found


def test_every_link_leads_to_a_heading() -> None:
    headings = {
        re.sub(r"[^\w\- ]", "", heading).lower().replace(" ", "-")
        for heading in re.findall(r"^#+ (.*)$", PAGE, re.MULTILINE)
    }
    links = set(re.findall(r"\]\(#([^)]+)\)", PAGE))
    assert len(links) > 40
    assert links <= headings
    assert set(re.findall(r"\]\(([a-z][\w.-]*)\)", PAGE)) == {"divergences.md", "sources.md"}


@pytest.mark.parametrize(
    ("heading", "row"),
    [
        ("SearchInfo", ["`InsurerNumber`", "1", "8 characters, left padding", "", "OQS 4.1", "SAMPLE", ""]),
        (
            "Entitlement",
            ["`PublicExpenseResultList` / `MedicalTicketInfo`", "0..n", "[MedicalTicketInfo](#medicalticketinfo)", "", "OQS 4.2", "DOC", ""],
        ),
        ("Entitlement", ["`Name`", "1", "name, ≤ 200", "", "OQS 4.2", "DOC", ""]),
        ("Entitlement", ["`Sex1`", "1", "code", "OQSCD007", "OQS 4.2", "DOC", ""]),
        (
            "Entitlement",
            ["`AllergyInfoConsFlg`", "0..1", "code", "OQSCD016", "OQS 4.2", "INFER", "その他アレルギー等. Of 2025; the name is inferred."],
        ),
        (
            "Entitlement",
            ["`PharmacistsInfoAvailableTime`", "0..1", "YYYYMMDDhhmmss", "", "OQS 4.2", "DOC", "薬剤情報. Only with flag 1 or 2."],
        ),
        ("MedicalTicketInfo", ["`StatusOfInfecton`", "0..1", "code", "OQSCD023", "OQS 4.2", "DOC", "Spelt so in the layout."]),
        ("MessageHeader (EligibilityResult)", ["`CharacterCodeIdentifier`", "1", "code", "OQSCD005", "OQS 4.2", "SAMPLE", "Written by the codec: the file's encoding."]),
        ("MessageBody (BulkEligibilityRequest)", ["`QualificationConfirmSearchInfo`", "1..n", "[SearchInfo](#searchinfo)", "", "OQS 6", "CLIENT", "Each as in OQSsiquc01req; at most 10,000."]),
    ],
    ids=lambda value: value if isinstance(value, str) else value[0].strip("`"),
)  # fmt: skip
def test_a_row_describes_its_element(heading: str, row: list[str]) -> None:
    assert row in section(heading)


def test_every_group_has_as_many_rows_as_elements() -> None:
    for model in MODELS:
        for part in layout(model):
            assert part.model is not None
            rows = section(f"{part.name} ({model.__name__})")
            assert len(rows) == len(layout(part.model)), model


def test_every_code_table_is_listed_with_its_values() -> None:
    rows = re.findall(r"^\| (OQSCD\d{3}) \| (.*?) \| (.*?) \|$", PAGE, re.MULTILINE)
    assert [code for code, _, _ in rows] == [*CODE_TABLES]
    for code, name, values in rows:
        assert name == CODE_TABLES[code].name
        assert re.findall(r"`(\w+)`", values) == [*CODE_TABLES[code].values]
