"""The pages for vendors: equal in both languages, with examples that this program reads, and codes that exist."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import get_args

import pytest

from clinic_terminal.exchange.result_codes import RESULT_CODES
from clinic_terminal.messages import json_codec, xml_codec
from clinic_terminal.messages.examples import FIRST_EXAMPLES
from clinic_terminal.messages.registry import FACE_PREFIX, MESSAGES
from scripts.vendor_docs import FILES, SCRIPTS, Language, page

DOCS = Path(__file__).parents[3] / "docs"
PAGES = {language: (DOCS / FILES[language]).read_text(encoding="utf-8") for language in get_args(Language)}
LANGUAGES = pytest.mark.parametrize("language", get_args(Language))
PUBLIC = [kind for kind in MESSAGES.values() if kind.layout_is_public]


def blocks(language: Language, kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```", PAGES[language], re.MULTILINE | re.DOTALL)


def rows(language: Language) -> list[list[str]]:
    """The cells of every row of every table."""
    return [line.split(" | ") for line in PAGES[language].splitlines() if line.startswith("| ")]


@LANGUAGES
def test_the_page_is_up_to_date(language: Language) -> None:
    assert PAGES[language] == page(language), "run `make docs`"


def test_both_pages_have_the_same_parts() -> None:
    en, ja = PAGES["en"], PAGES["ja"]
    for pattern in (
        r"^#+ ",
        r"^\d\. ",
        r"^- ",
        r"^```\w*$",
        r"`SHK-\d{4}`",
        r"`/[\w/]+`",
        r"TERMINAL_\w+",
        r"--[a-z-]+",
    ):
        found = [re.findall(pattern, text, re.MULTILINE) for text in (en, ja)]
        assert found[0]
        assert sorted(found[0]) == sorted(found[1]), pattern
    assert [len(row) for row in rows("en")] == [len(row) for row in rows("ja")]


def test_both_pages_have_the_same_examples() -> None:
    for kind in ("xml", "json", "sh"):
        assert blocks("en", kind) == blocks("ja", kind)


@LANGUAGES
def test_every_message_has_an_example_that_is_read_as_it_was_made(language: Language) -> None:
    examples = blocks(language, "xml")
    prefixes = [prefix for kind in PUBLIC for prefix in _prefixes(kind.prefix, kind.result_prefix)]
    assert len(examples) == len(prefixes) > 28
    for prefix, example in zip(prefixes, examples, strict=True):
        message = FIRST_EXAMPLES[prefix]
        assert xml_codec.decode(example.encode(), type(message)).message == message, prefix


def _prefixes(request: str, result: str) -> list[str]:
    return [request, result, *([FACE_PREFIX] if request == "OQSsiquc01req" else [])]


def test_the_search_is_shown_as_json_that_is_read_as_it_was_made() -> None:
    request, result = blocks("en", "json")
    for example, prefix in ((request, "OQSsiquc01req"), (result, "OQSsiquc01res")):
        message = FIRST_EXAMPLES[prefix]
        assert json_codec.decode(json.loads(example), type(message)).message == message


@LANGUAGES
def test_every_code_that_the_page_names_exists(language: Language) -> None:
    known = {code.number for code in RESULT_CODES.values()}
    named = set(re.findall(r"SHK-\d{4}", PAGES[language]))
    assert len(named) > 12
    assert named - known == set()


@LANGUAGES
def test_every_link_leads_somewhere(language: Language) -> None:
    links = re.findall(r"\]\(([^)#]+)(?:#[\w-]+)?\)", PAGES[language])
    assert len(links) > 8
    assert [link for link in links if not (DOCS / link).exists()] == []


@LANGUAGES
def test_the_scripts_are_shown_as_they_are(language: Language) -> None:
    scripts = [path.read_text(encoding="utf-8") for path in SCRIPTS.glob("*.sh")]
    assert sorted(blocks(language, "sh")) == sorted(scripts)
    assert len(scripts) == 2
