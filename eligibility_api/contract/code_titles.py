"""The titles of the interface's codes in Japanese and English, by the enumeration's name: `code_titles.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from importlib.resources import files

from eligibility_api.contract.member_rules import MEMBER_RULES

Titles = Mapping[str, tuple[str, str]]
"""Japanese and English by the code."""

CODE_TITLES: Mapping[str, Titles] = {
    name: {code: (ja, en) for code, (ja, en) in titles.items()}
    for name, titles in tomllib.loads(
        files(__package__).joinpath("code_titles.toml").read_text(encoding="utf-8")
    ).items()
} | {"RowFault": {code.value: (rule.ja, rule.en) for code, rule in MEMBER_RULES.items()}}
"""The titles of every enumeration."""
