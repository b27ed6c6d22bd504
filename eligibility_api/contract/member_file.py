"""The columns of a member file: CSV with a header, or one flat JSON object per line.

Each item of a member is a column; an item of a group has the group's prefix. Days are YYYY-MM-DD, flags `1`
or empty, codes as in `contract.codes`. An absent value is an empty cell, or a missing member of the object.
The last line must end in a line break: a file without it counts as truncated.
"""

from __future__ import annotations

ITEM_COLUMNS = (
    "insurer_number", "certificate_kind", "symbol", "number", "branch", "relationship", "insured_name",
    "insured_birth_date", "name", "name_kana", "name_alias", "name_alias_kana", "sex", "sex_on_certificate",
    "birth_date", "postal_code", "address", "acquired_on", "lost_on", "reason_of_loss", "issued_on", "valid_from",
    "valid_to", "burden_ratio", "nondisclosure", "self_disclosure_blocked",
)  # fmt: skip
"""Columns of single items."""

GROUP_COLUMNS = {
    "elderly_certificate": ("elderly", ("issued_on", "valid_from", "valid_to", "burden_ratio")),
    "limit_certificate": (
        "limit",
        ("kind", "limit_class", "issued_on", "valid_from", "valid_to", "long_term_on"),
    ),
}
"""Groups: the prefix of their columns (`limit_kind`; `limit_class` already has it), and their items."""

DISEASE_COLUMNS = ("disease", "issued_on", "valid_from", "valid_to", "self_pay")
"""Items of one 特定疾病 certificate: columns `disease_1_issued_on` etc., `disease_1` for the disease itself."""

MAX_DISEASES = 3


def group_column(prefix: str, item: str) -> str:
    """The column name of a group's item."""
    return item if item.startswith(prefix) else f"{prefix}_{item}"


def disease_column(place: int, item: str) -> str:
    """The column name of an item of the disease certificate at `place` (from 1)."""
    return f"disease_{place}" if item == "disease" else f"disease_{place}_{item}"


MEMBER_COLUMNS = (
    *ITEM_COLUMNS,
    *(group_column(prefix, item) for prefix, items in GROUP_COLUMNS.values() for item in items),
    *(disease_column(n, item) for n in range(1, MAX_DISEASES + 1) for item in DISEASE_COLUMNS),
)
"""All columns, in the order of written files."""

REQUIRED_COLUMNS = (
    "insurer_number", "number", "relationship", "name", "name_kana", "sex", "birth_date", "address", "acquired_on",
)  # fmt: skip
"""Columns that a file must have; the others are optional."""
