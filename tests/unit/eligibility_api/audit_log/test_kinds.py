"""The table of record kinds."""

from __future__ import annotations

import re
from pathlib import Path

from eligibility_api.audit_log.kinds import KINDS, KINDS_SHOWN_TO_PERSONS, RetentionClass

ROOT = Path(__file__).parents[4]


def documented() -> list[str]:
    """The kinds of the table in docs/architecture.md; `.end` continues the kind before it."""
    page = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    section = page.partition("\n## Audit records\n")[2].partition("\n## ")[0]
    kinds: list[str] = []
    for cell in re.findall(r"^\| (`[^|]+) \|", section, re.MULTILINE):
        for name in re.findall(r"`([^`]+)`", cell):
            kinds.append(kinds[-1].partition(".")[0] + name if name.startswith(".") else name)
    return kinds


def test_the_architecture_documents_every_kind_once() -> None:
    assert sorted(documented()) == sorted(KINDS)


def test_a_kind_has_titles_in_both_languages() -> None:
    assert KINDS
    for kind in KINDS:
        entry = KINDS[kind]
        assert re.search(r"[ぁ-んァ-ン一-龥]", entry.ja), kind
        assert entry.en.isascii(), kind
        assert entry.en, kind


def test_a_title_names_one_kind() -> None:
    for language in ("ja", "en"):
        titles = [getattr(entry, language) for entry in KINDS.values()]
        assert len(set(titles)) == len(titles)


def test_every_history_is_medical_and_shown_to_its_person() -> None:
    histories = [kind for kind in KINDS if kind.startswith("history.") and kind != "history.purged"]
    assert histories
    assert all(KINDS[kind].retention is RetentionClass.MEDICAL for kind in histories)
    assert KINDS_SHOWN_TO_PERSONS.issuperset(histories)
