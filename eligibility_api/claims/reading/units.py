"""Groups a medical claim's items into calculation units (算定単位) with their comments (OQS 13.2).

A unit is a sequence of SI, IY and TO; its last record carries the points, the times and the days.
"""

from __future__ import annotations

from eligibility_api.domain.claims import Act, DayCounts, Drug

MAX_REPEATED_LENGTH = 100_000
"""Limit of a unit's usage length times its medicines, which repeat it: few records could make gigabytes."""

Item = tuple[str, str, str | None, int | None, DayCounts]
"""A record of a unit: its name, code, quantity, times, days.

Materials (TO) are not stored, but may carry a unit's points.
"""


class Units:
    """Collects items and comments in the file's order."""

    def __init__(self) -> None:
        self.drugs: list[Drug] = []
        self.acts: list[Act] = []
        self.overlong = False
        """Whether a unit's usage exceeded `MAX_REPEATED_LENGTH` and was omitted."""
        self._act: str | None = None
        self._items: list[Item] = []
        self._complete = False
        self._comments: list[str] = []

    def add(self, act: str | None, item: Item, *, last: bool) -> bool:
        """Add an item, the `last` of its unit if it has points. Returns False if there was no 診療識別 yet."""
        if act is None or act == self._act:
            if self._complete:
                self.close()
        else:
            self.close()
            self._act = act
        self._items.append(item)
        self._complete = last
        return self._act is not None

    def add_comment(self, act: str | None, text: str | None) -> bool:
        """Add a comment. Returns False if there was no 診療識別 yet.

        Within a unit, or after it without its own 診療識別, it belongs to that unit; with one, to the next unit.
        """
        within = bool(self._items) and not self._complete and (act is None or act == self._act)
        if act is not None and not within:
            self.close()
            self._act = act
        if text is not None:
            self._comments.append(text)
        return self._act is not None

    def close(self) -> None:
        """End the unit; nothing further belongs to it."""
        if items := self._items:
            usage = self._usage() if self._comments else None
            *_, times, days = items[-1]
            for record, code, quantity, own_times, own_days in items:
                counted = times if own_times is None else own_times, own_days or days
                if record == "IY":
                    self.drugs.append(Drug(code, quantity, self._act, *counted, usage=usage))
                elif record == "SI":
                    self.acts.append(Act(code, quantity, self._act, *counted))
            self._items = []
        if self._comments:
            self._comments = []
        self._complete = False

    def _usage(self) -> str | None:
        usage = " ".join(self._comments)
        medicines = sum(record == "IY" for record, *_ in self._items)
        if len(usage) * medicines <= MAX_REPEATED_LENGTH:
            return usage
        self.overlong = True
        return None
