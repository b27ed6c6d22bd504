"""Calculation units (算定単位) of a medical receipt: what is shared within one, and which comment is of which (OQS 13.2).

A unit is consecutive SI, IY and TO; its last record carries the points, and with them how often and on which days.
"""

from __future__ import annotations

from eligibility_api.domain.claims import Act, DayCounts, Drug

MOST_REPEATED = 100_000
"""Characters of a unit's usage, which is told of each of its medicines: a few records could tell gigabytes."""

Item = tuple[str, str, str | None, int | None, DayCounts]
"""One record of a unit: its letters, code, quantity, times, days.

Materials (TO) are not kept, but may be what carries a unit's points.
"""


class Units:
    """Takes items and comments in the file's order."""

    def __init__(self) -> None:
        self.drugs: list[Drug] = []
        self.acts: list[Act] = []
        self.overlong = False
        """Whether some unit's usage was more than `MOST_REPEATED`: it is left out."""
        self._act: str | None = None
        self._items: list[Item] = []
        self._complete = False
        self._comments: list[str] = []

    def take(self, act: str | None, item: Item, *, last: bool) -> bool:
        """An item, `last` of its unit if it has points; False where no 診療識別 was told yet."""
        if act is None or act == self._act:
            if self._complete:
                self.close()
        else:
            self.close()
            self._act = act
        self._items.append(item)
        self._complete = last
        return self._act is not None

    def comment(self, act: str | None, text: str | None) -> bool:
        """A comment; False where no 診療識別 was told yet.

        Within a unit, or behind it without a 診療識別 of its own, it belongs to that one; with one, to what follows.
        """
        within = bool(self._items) and not self._complete and (act is None or act == self._act)
        if act is not None and not within:
            self.close()
            self._act = act
        if text is not None:
            self._comments.append(text)
        return self._act is not None

    def close(self) -> None:
        """The unit is over: nothing belongs to it any more."""
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
        if len(usage) * medicines <= MOST_REPEATED:
            return usage
        self.overlong = True
        return None
