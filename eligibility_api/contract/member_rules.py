"""The rules of member files in words: for each code of a fault, what is wrong and what a clerk can do about it."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from importlib.resources import files

from eligibility_api.contract.uploads import RowFault


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberRule:
    """A rule's sentence and its proposal, in Japanese and English.

    `check`: a row that violates it is processed, and the item is to be looked at (要確認).
    """

    ja: str
    en: str
    fix_ja: str
    fix_en: str
    check: bool = False


MEMBER_RULES = {
    RowFault(code): MemberRule(**texts)
    for code, texts in tomllib.loads(
        files(__package__).joinpath("member_rules.toml").read_text(encoding="utf-8")
    ).items()
}
"""Every rule by its code: `member_rules.toml`."""

CHECKS = frozenset(code for code, rule in MEMBER_RULES.items() if rule.check)
"""The codes of plausibility findings (要確認), which refuse nothing."""
