"""The columns of a member file: CSV with a header, or one JSON object a line, flat in both.

An item of a member is a column under its own name; an item of a group has the group's prefix. Days are YYYY-MM-DD,
flags `1` or empty, codes as in `contract.codes`. What is absent is an empty cell, or a missing member of the object.
The last line ends in a line break too: a file without it was cut off.
"""

from __future__ import annotations

ITEM_COLUMNS = (
    "insurer_number", "certificate_kind", "symbol", "number", "branch", "relationship", "insured_name",
    "insured_birth_date", "name", "name_kana", "name_alias", "name_alias_kana", "sex", "sex_on_certificate",
    "birth_date", "postal_code", "address", "acquired_on", "lost_on", "reason_of_loss", "issued_on", "valid_from",
    "valid_to", "burden_ratio", "nondisclosure", "self_disclosure_blocked",
)  # fmt: skip
"""Columns that are an item each."""

GROUP_COLUMNS = {
    "elderly_certificate": ("elderly", ("issued_on", "valid_from", "valid_to", "burden_ratio")),
    "limit_certificate": (
        "limit",
        ("kind", "limit_class", "issued_on", "valid_from", "valid_to", "long_term_on"),
    ),
}
"""Groups by their item: the prefix of their columns (`limit_kind`; `limit_class` needs none twice), and their items."""

DISEASE_COLUMNS = ("disease", "issued_on", "valid_from", "valid_to", "self_pay")
"""The items of one 特定疾病 certificate; columns `disease_1_issued_on` and so on, `disease_1` for the disease itself."""

MAX_DISEASES = 3


def group_column(prefix: str, item: str) -> str:
    """The column of a group's item."""
    return item if item.startswith(prefix) else f"{prefix}_{item}"


def disease_column(place: int, item: str) -> str:
    """The column of an item of the disease certificate at `place` (from 1)."""
    return f"disease_{place}" if item == "disease" else f"disease_{place}_{item}"


MEMBER_COLUMNS = (
    *ITEM_COLUMNS,
    *(group_column(prefix, item) for prefix, items in GROUP_COLUMNS.values() for item in items),
    *(disease_column(n, item) for n in range(1, MAX_DISEASES + 1) for item in DISEASE_COLUMNS),
)
"""Every column, in the order in which files are written."""

REQUIRED_COLUMNS = (
    "insurer_number", "number", "relationship", "name", "name_kana", "sex", "birth_date", "address", "acquired_on",
)  # fmt: skip
"""Columns that a file must have; any other may be left out."""
