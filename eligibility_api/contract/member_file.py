"""The columns of a member file: CSV with a header, or one flat JSON object per line.

Each item of a member (`contract.member_items`) is a column; an item of a group has the group's prefix. Days
are YYYY-MM-DD, flags `1` or empty, codes as in `contract.codes`. An absent value is an empty cell, or a
missing member of the object. The last line must end in a line break: a file without it counts as truncated.
"""

from __future__ import annotations

from eligibility_api.contract.member_items import (
    DISEASE,
    MEMBER_ITEMS,
    Certificate,
    Item,
)

ITEM_COLUMNS = ("insurer_number", *(item.name for item in MEMBER_ITEMS if item.certificate is None))
"""Columns that are an item each."""

GROUP_COLUMNS = {
    item.name: (item.certificate.prefix, tuple(member.name for member in item.certificate.items))
    for item in MEMBER_ITEMS
    if item.certificate is not None and not item.certificate.repeated
}
"""Groups by their item: the prefix of their columns, and the names of their items."""

DISEASE_COLUMNS = tuple(item.name for item in DISEASE.items)
"""The names of the items of one 特定疾病 certificate."""

MAX_DISEASES = 3
"""The number of 特定疾病 certificates that a row has columns for."""


def group_column(prefix: str, item: str) -> str:
    """The column name of a group's item."""
    return item if item.startswith(prefix) else f"{prefix}_{item}"


def disease_column(place: int, item: str) -> str:
    """The column name of an item of the disease certificate at `place` (from 1)."""
    return f"disease_{place}" if item == "disease" else f"disease_{place}_{item}"


def _columns(certificate: Certificate) -> list[dict[str, Item]]:
    if not certificate.repeated:
        return [{group_column(certificate.prefix, item.name): item for item in certificate.items}]
    places = range(1, MAX_DISEASES + 1)
    return [{disease_column(place, item.name): item for item in certificate.items} for place in places]


CERTIFICATE_COLUMNS = {
    item.name: _columns(item.certificate) for item in MEMBER_ITEMS if item.certificate is not None
}
"""Groups by their item: the columns of each certificate that fits into a row, with each column's item."""

MEMBER_COLUMNS = (
    *ITEM_COLUMNS,
    *(column for groups in CERTIFICATE_COLUMNS.values() for group in groups for column in group),
)
"""All columns, in the order of written files."""

REQUIRED_COLUMNS = ("insurer_number", *(item.name for item in MEMBER_ITEMS if item.required))
"""Columns that a file must have; any other may be left out."""
