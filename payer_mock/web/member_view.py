"""How a member is shown: her current period, every version of it, the picture, and the faults of a form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property
from typing import Any

from pydantic import ValidationError

from eligibility_api.contract.insurer_ops import MemberHistory, MemberVersion
from eligibility_api.contract.member_columns import COLUMN_TEXTS
from eligibility_api.contract.member_rules import MEMBER_RULES
from eligibility_api.contract.uploads import RowFault
from payer_mock.clock import JAPAN
from payer_mock.screens.terms import Text
from payer_mock.web.filters import column_name
from screens.bitemporal import BitemporalPicture, KnownPeriod, draw, found_at

EDITABLE = (
    "name", "name_kana", "sex", "birth_date", "postal_code", "address", "symbol", "number", "branch", "acquired_on",
    "burden_ratio",
)  # fmt: skip
"""The items that the form of a correction has, in its order; all others stay as they are."""

_DAYS = frozenset({"birth_date", "acquired_on", "lost_on"})


@dataclass(frozen=True, slots=True)
class Moment:
    """A day, and the instant by whose knowledge it is asked: the end of a day, or now."""

    day: date
    known: datetime

    @classmethod
    def of(cls, day: date, known_on: date | None, now: datetime) -> Moment:
        """`known_on`: the day at whose end something was known; later than now counts as now."""
        if known_on is None:
            return cls(day, now)
        return cls(day, min(datetime.combine(known_on + timedelta(days=1), time(), JAPAN), now))

    @property
    def known_on(self) -> date:
        """The day on which it was known, in Japan."""
        return (self.known - timedelta(microseconds=1)).astimezone(JAPAN).date()


@dataclass(frozen=True, slots=True)
class VersionRow:
    """A version with the names of the items that differ from the version that it replaced."""

    version: MemberVersion
    changed: list[Text]


class MemberView:
    """A member as her page shows her."""

    def __init__(self, history: MemberHistory) -> None:
        """`history` has at least one version."""
        self.history = history

    @cached_property
    def latest(self) -> MemberVersion:
        """The version that counts for the latest days; if none counts any more, the one that counted last."""
        current = [version for version in self.history.versions if version.known_until is None]
        if current:
            return max(current, key=lambda version: version.acquired_on)
        return max(self.history.versions, key=lambda version: (version.known_until, version.acquired_on))

    @property
    def is_withdrawn(self) -> bool:
        """Whether no version counts any more."""
        return self.latest.known_until is not None

    def is_insured(self, day: date) -> bool:
        """Whether the latest period covers a day."""
        latest = self.latest
        begun = not self.is_withdrawn and latest.acquired_on <= day
        return begun and (latest.lost_on is None or day < latest.lost_on)

    def rows(self) -> list[VersionRow]:
        """Every version, the newest knowledge first."""
        rows = []
        for version in self.history.versions:
            replaced = [one for one in self.history.versions if one.known_until == version.known_from]
            changed = _difference(replaced[0], version) if len(replaced) == 1 else []
            rows.append(VersionRow(version, changed))
        return rows[::-1]

    def picture(self, moment: Moment) -> BitemporalPicture | None:
        """The picture of all versions with a moment marked."""
        local = [
            KnownPeriod(
                period.first,
                period.end,
                period.known_from.astimezone(JAPAN),
                period.known_until.astimezone(JAPAN) if period.known_until is not None else None,
                period.label,
            )
            for period in self._periods()
        ]
        return draw(local, moment.day, moment.known.astimezone(JAPAN), describe="%Y-%m-%d %H:%M")

    def at(self, moment: Moment) -> KnownPeriod | None:
        """The period that covered the moment's day, by what was known then."""
        return found_at(self._periods(), moment.day, moment.known)

    def _periods(self) -> list[KnownPeriod]:
        return [
            KnownPeriod(one.acquired_on, one.lost_on, one.known_from, one.known_until, _days(one))
            for one in self.history.versions
        ]

    def items(self) -> dict[str, Any]:
        """The member's items as a request has them."""
        return {"insurer_number": self.history.insurer_number, **self.latest.items}

    def texts(self) -> dict[str, str]:
        """The items of the forms as texts."""
        return {
            name: str(self.latest.items.get(name) or "") for name in (*EDITABLE, "lost_on", "reason_of_loss")
        }

    def membership_key(self) -> dict[str, Any]:
        """What identifies the membership at the fund."""
        items = {name: self.latest.items.get(name) for name in ("symbol", "number", "branch", "birth_date")}
        return {"insurer_number": self.history.insurer_number} | items

    def period_key(self) -> dict[str, Any]:
        """What identifies the latest period at the fund."""
        return self.membership_key() | {"acquired_on": self.latest.acquired_on.isoformat()}


def filled(values: Mapping[str, str]) -> dict[str, str]:
    """The texts that are not empty."""
    return {name: value for name, value in values.items() if value}


def faults_of(error: ValidationError) -> dict[str, Text]:
    """A sentence for each field whose text was refused, by the rules of member files. Never has the text."""
    faults: dict[str, Text] = {}
    for fault in error.errors(include_url=False, include_context=False, include_input=False):
        names = [str(part) for part in fault["loc"] if str(part) in COLUMN_TEXTS]
        name = names[-1] if names else "number"
        code = (
            RowFault.REQUIRED if fault["type"] in ("missing", "none_required", "string_too_short") else None
        )
        code = code or (RowFault.DAY if name in _DAYS else RowFault.FORM)
        rule = MEMBER_RULES[code]
        faults.setdefault(name, (f"{rule.ja}{rule.fix_ja}", f"{rule.en} {rule.fix_en}"))
    return faults


def _days(version: MemberVersion) -> str:
    return f"{version.acquired_on} – {version.lost_on or ''}".rstrip()


def _difference(former: MemberVersion, version: MemberVersion) -> list[Text]:
    """The names of the items that differ."""
    names = dict.fromkeys((*former.items, *version.items))
    return [column_name(name) for name in names if former.items.get(name) != version.items.get(name)]
