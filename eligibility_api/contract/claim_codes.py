"""Code tables of the electronic receipts, as data: `claim_codes.toml` (OQS 13.2, 13.3)."""

from __future__ import annotations

import tomllib
from importlib.resources import files

_TABLES: dict[str, dict[str, str]] = tomllib.loads(
    files(__package__).joinpath("claim_codes.toml").read_text(encoding="utf-8")
)

ACTS = _TABLES["act"]
"""診療識別コード: what kind of act a line is."""

ACT_BY_DOSAGE_FORM = _TABLES["form"]
"""剤形コード of a pharmacy's receipt: the 診療識別 that stands for it; empty where none does."""

USAGES = _TABLES["usage"]
"""用法コード."""

USAGE_WRITTEN = "900"
"""The usage that has no code: it is written beside it."""
