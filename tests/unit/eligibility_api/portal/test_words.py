"""The texts of the patient's pages: every record that is shown to her has its words, and no text is left over."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from eligibility_api import portal
from eligibility_api.audit_log.kinds import KINDS_SHOWN_TO_PERSONS
from eligibility_api.contract.codes import LimitClass, Relationship, Role, SpecificDisease, Validity
from eligibility_api.contract.consent import Basis
from eligibility_api.contract.durations import CODE_MINUTES, MAX_DAYS_AHEAD
from eligibility_api.contract.emergency import DisasterConsent, EmergencyReason
from eligibility_api.domain.permits import MAX_OWN_PAGE_CONSENTS
from screens.texts import LANGUAGES, Texts

PAGES = Path(portal.__file__).parent / "pages"
TEXTS = Texts.load(PAGES / "words")
OWN = Texts.load(PAGES / "words").keys() - Texts.load().keys()
TABLES: dict[str, set[str]] = {
    "accesses.kind": {kind.replace(".", "-") for kind in KINDS_SHOWN_TO_PERSONS},
    "accesses.basis": {*Basis},
    "accesses.role": {*Role},
    "accesses.reason": {*EmergencyReason, *DisasterConsent},
    "insurance.validity": {*Validity} - {Validity.INVALID_NEWER_EXISTS, Validity.AMBIGUOUS},
    "insurance.limit-class": {*LimitClass},
}
"""Tables of texts by codes: exactly these, in every language."""


def below(table: str) -> set[str]:
    return {key.removeprefix(f"{table}.") for key in TEXTS.keys() if key.startswith(f"{table}.")}  # noqa: SIM118


@pytest.mark.parametrize("table", TABLES)
def test_a_table_of_texts_has_every_code_and_no_other(table: str) -> None:
    assert below(table) == set(TABLES[table])


def test_relationships_and_diseases_have_their_texts() -> None:
    for code in (*Relationship, *SpecificDisease):
        prefix = "relationship" if isinstance(code, Relationship) else "disease"
        assert f"insurance.{prefix}-{code}" in OWN


def test_every_other_text_is_used_by_a_template() -> None:
    templates = " ".join(file.read_text(encoding="utf-8") for file in PAGES.glob("templates/*.html"))
    prefixes = tuple(f"{table}." for table in TABLES)
    others = {key for key in OWN if not key.startswith(prefixes)}
    assert len(others) > 40
    dynamic = re.findall(r"t\('([a-z.-]+)' ~", templates)
    unused = {
        key
        for key in others
        if f"'{key}'" not in templates and not key.startswith(tuple(dynamic)) and key != "product"
    }
    assert unused == set()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("key", "values"),
    [
        ("code.where.once", {"minutes": CODE_MINUTES}),
        ("code.own-access-code-refused.text", {"minutes": CODE_MINUTES}),
        ("online.fault.day", {"days": MAX_DAYS_AHEAD}),
        ("online.fault.too-many", {"limit": MAX_OWN_PAGE_CONSENTS}),
    ],
)
def test_durations_and_limits_are_filled_in(language: str, key: str, values: dict[str, int]) -> None:
    other = {name: value + 1000 for name, value in values.items()}
    [number] = values.values()
    assert str(number) in TEXTS.get(language, key, **values)
    assert str(number + 1000) in TEXTS.get(language, key, **other)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_texts_are_polite_and_name_no_card_that_ended(language: str) -> None:
    texts = [TEXTS.get(language, key) for key in OWN]
    assert len(texts) > 100
    for text in texts:
        assert not re.search(r"保険証等|！|!", text), text
        if language == "en":
            assert not re.search(r"[ぁ-ん]", text), text
