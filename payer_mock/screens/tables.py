"""Tables of which no identifier is cut off, however narrow the terminal is."""

from __future__ import annotations

from collections.abc import Collection

from rich.table import Table


def table_of(*headings: str, whole: Collection[str] = (), title: str | None = None) -> Table:
    """A table with these headings in which long cells are folded; the columns of `whole` stay on one line."""
    table = Table(title=title, title_justify="left")
    for heading in headings:
        is_whole = heading in whole
        table.add_column(heading, no_wrap=is_whole, overflow="ignore" if is_whole else "fold")
    return table
