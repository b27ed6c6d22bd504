"""CONTRIBUTING.md, "How to add …": what a newcomer could forget without noticing it.

Most additions fail where a text, a row or an entry is missing. Here is the rest: places that no program reads, or that are
compared with nothing.
"""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import get_type_hints

import pytest

from eligibility_api.contract import history
from eligibility_api.contract.categories import CATEGORIES
from eligibility_api.contract.codes import Category, FacilityKind, Validity
from eligibility_api.contract.consent import Basis
from eligibility_api.contract.eligibility import EligibilityAnswer
from eligibility_api.contract.facility_kinds import FACILITY_KINDS
from eligibility_api.contract.history import CATEGORY_OF, HistoryPage, HistoryResource
from eligibility_api.history import payloads
from eligibility_api.history.endpoints import HISTORY_ROUTERS
from tests.permits.model import RESOURCES
from tests.properties.lives import CALLERS

ROOT = Path(__file__).parents[3]


def page(name: str) -> str:
    return (ROOT / "docs" / name).read_text(encoding="utf-8")


# The lists themselves.

UNLISTED = (
    "eligibility_api/database/migrations/",  # former schemas, which do not change
    "eligibility_api/domain/version_2/",  # a former rule version, neither
    "shikaku/persons/data/",  # persons, who have values of all tables
)


@pytest.mark.parametrize(
    ("journey", "existing", "elsewhere"),
    [
        ("a validity code", r"\bVALID_UNREGISTERED\b", {"eligibility_api/web/description/codes.py"}),
        ("a consent category", r"\bCategory\.SURGERY\b|^(surgery = \[|(?i:shj) = )", set()),
        ("a consent category", r"\bHistoryResource\.SURGERIES\b|history[.-]surgeries|^\[surgeries\]", set()),
        ("a member's item", r"\bname_alias_kana\b", {"eligibility_api/emergency/person_search.py"}),
        ("a revocation reason", r"\bReason\.(LOSS|UNDELIVERED)\b", {"jpki_mock/authority/certificates.py"}),
        ("a facility kind", r"\bFacilityKind\.DENTAL\b|\bvisiting-nursing\b", set()),
        ("a fault", r"\b(token-endpoint-down|stale-client)\b", set()),
    ],
)
def test_a_list_has_every_file_that_names_an_existing_one(
    journey: str, existing: str, elsewhere: set[str]
) -> None:
    """`elsewhere`: files that name this one for a reason of its own."""
    section = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").split(f"\n### {journey}\n")[1]
    listed = tuple(re.findall(r"`([\w-]+/[\w./-]*)`", section.split("\n### ")[0]))
    naming = [
        path
        for path in subprocess.check_output(
            ["git", "ls-files", "*.py", "*.toml", "*.sql"], cwd=ROOT, text=True
        ).split()
        if not path.startswith(("tests/", "docs/", *UNLISTED))
        and re.search(existing, (ROOT / path).read_text(encoding="utf-8"), re.MULTILINE)
    ]
    assert naming
    assert [path for path in naming if path not in elsewhere and not path.startswith(listed)] == []


# A consent category.


def test_every_category_has_an_entry_in_the_order_of_the_codes() -> None:
    assert list(CATEGORIES) == list(Category)


def test_every_category_has_an_element_of_its_own() -> None:
    elements = [entry.element for entry in CATEGORIES.values()]
    assert all(elements)
    assert len(set(elements)) == len(elements)


# A history of a category.


def test_every_resource_has_a_category_whose_window_grants_access() -> None:
    assert list(CATEGORY_OF) == list(HistoryResource)
    assert all(
        CATEGORIES[category].medical and CATEGORIES[category].window for category in CATEGORY_OF.values()
    )


@pytest.mark.parametrize("bases", HISTORY_ROUTERS, ids=lambda bases: "-".join(sorted(bases)))
def test_every_resource_has_an_endpoint_for_each_kind_of_permit(bases: frozenset[Basis]) -> None:
    paths = [str(getattr(route, "path", "")) for route in HISTORY_ROUTERS[bases].routes]
    assert [path.rpartition("/")[2] for path in paths] == list(HistoryResource)


def test_the_reference_model_of_permits_has_every_resource() -> None:
    assert {resource.value: category.value for resource, category in CATEGORY_OF.items()} == RESOURCES


def test_the_table_of_audit_records_has_every_resource() -> None:
    [row] = [line for line in page("architecture.md").splitlines() if line.startswith("| `history.")]
    assert re.findall(r"`history\.([\w-]+)`", row) == list(HistoryResource)


def test_every_page_of_a_history_has_the_members_of_its_model() -> None:
    pages = [
        model
        for model in vars(history).values()
        if isinstance(model, type) and issubclass(model, HistoryPage)
    ]
    assert len(pages) > 4
    for model in pages:
        plain = getattr(payloads, f"{model.__name__}Dict")
        assert set(get_type_hints(plain)) == set(model.model_fields), model.__name__


def test_every_rule_has_a_number_of_its_own() -> None:
    present, _, _ = page("rules.md").partition("\n## Rule version ")  # former versions name what differed
    numbers = re.findall(r"^\| ([A-Z]\d+) \|", present, re.MULTILINE)
    assert len(numbers) > 100
    assert len(numbers) == len(set(numbers))


# A validity code.


def test_the_rules_state_when_each_validity_is_answered() -> None:
    rows = re.findall(r"^\| [CV]\d+ \| ([\d, ]+) \|", page("rules.md"), re.MULTILINE)
    assert {code for row in rows for code in row.split(", ")} == set(Validity)


def test_the_interface_describes_an_answer_of_each_validity() -> None:
    assert set(re.findall(r"\b\d\b", EligibilityAnswer.__doc__ or "")) == set(Validity)


# A facility kind.


def test_the_reference_model_answers_kinds_of_all_properties() -> None:
    """The property tests compare its answers for these kinds with the fund's."""
    asked = {FacilityKind(caller["facility_kind"]) for caller in CALLERS}
    shown = {kind: (entry.address, entry.medical) for kind, entry in FACILITY_KINDS.items()}
    assert {shown[kind] for kind in asked} == set(shown.values())
