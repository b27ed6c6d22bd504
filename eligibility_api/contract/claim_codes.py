"""Code tables of electronic claims, read from `claim_codes.toml` (OQS 13.2, 13.3)."""

from __future__ import annotations

import tomllib
from importlib.resources import files

_TABLES: dict[str, dict[str, str]] = tomllib.loads(
    files(__package__).joinpath("claim_codes.toml").read_text(encoding="utf-8")
)

ACTS = _TABLES["act"]
"""診療識別コード: the kind of act of a line."""

ACT_BY_DOSAGE_FORM = _TABLES["form"]
"""剤形コード of a pharmacy claim, mapped to the corresponding 診療識別; empty if there is none."""

USAGES = _TABLES["usage"]
"""用法コード."""

USAGE_WRITTEN = "900"
"""The code of a usage that is given as text."""
