"""Pages of a list that the fund returns in larger ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Generic, TypeVar
from urllib.parse import urlencode

from fastapi import Query

ROWS_PER_PAGE = 100

After = Annotated[str | None, Query(max_length=200)]
"""The fund's cursor of a page."""

Skip = Annotated[int, Query(ge=0, le=10_000)]
"""So many rows of the fund's page were on earlier ones here."""

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """Some rows of a list. `is_first`: nothing comes before them. `next`: the query of the next page, or ""."""

    rows: Sequence[Row]
    is_first: bool
    next: str


def page_of(rows: Sequence[Row], after: str | None, skip: int, next: str | None) -> Page[Row]:
    """The rows from `skip` on of the fund's page that begins `after` a cursor; `next`: the fund's next cursor."""
    end = skip + ROWS_PER_PAGE
    following: dict[str, object] = {}
    if end < len(rows):
        following = {"after": after, "skip": end} if after is not None else {"skip": end}
    elif next is not None:
        following = {"after": next}
    return Page(rows[skip:end], after is None and skip == 0, urlencode(following))
