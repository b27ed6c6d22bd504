"""A receipt while its records come: what medical and pharmacies' receipts have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, ClassVar, NamedTuple

from eligibility_api.claims.reading.block import Faults, Gathering
from eligibility_api.claims.reading.dates import last_day
from eligibility_api.claims.reading.faults import BadRecord, whole
from eligibility_api.claims.reading.header import Header
from eligibility_api.claims.reading.layouts import Layout
from eligibility_api.claims.reading.payers import Payers
from eligibility_api.claims.reading.present import Present
from eligibility_api.claims.reading.records import HEAD
from eligibility_api.contract.claims import ClaimKind, ClaimsFault
from eligibility_api.contract.history import CareSetting
from eligibility_api.domain.claims import Claim, Content

MOST_RECORDS = 10_000
"""Of one receipt. What comes beyond is out of place."""


Handler = Callable[[Any, list[Any]], None]
"""Takes into a draft what is read of its present record. Raises BadRecord."""

Records = Mapping[str, tuple[Layout, Handler | None, bool]]
"""The records of a kind of receipt; one without a handler is read over. Whether they stand in front of the treatment."""


class Surroundings(NamedTuple):
    """Where a receipt stands: who sends it, below which header; and where its faults go."""

    insurer_number: str
    header: Header
    gathering: Gathering


class Draft(ABC):
    """Takes the records of one receipt, each once, in the file's order."""

    records: ClassVar[Records]
    month_name: ClassVar[str]

    kind: ClaimKind
    setting: CareSetting
    birth_date: date
    treatment_month: date
    last_day = 31
    """Of the treatment month."""

    layout: Layout
    text: str

    def __init__(self, surroundings: Surroundings, place: int, line: int) -> None:
        self.faults = Faults(surroundings.gathering, place)
        self.payers = Payers(surroundings.insurer_number)
        self.first_line = self.line = line
        """RE's, and the present record's."""
        self.record = "RE"
        self.refused = False
        """It is of a kind that is not read: whatever else comes is passed over."""
        self._header = surroundings.header
        self._count = 0
        self._treated = False
        """Whether records of the treatment have begun."""

    @property
    def sound(self) -> bool:
        """Whether no fault was found so far. Behind one, what hangs together can no longer be told."""
        return not self.faults.count

    @property
    def points(self) -> int | None:
        """合計点数 of a sound receipt, where it has any."""
        return self.payers.points if self.sound else None

    @property
    def present(self) -> Present:
        """The record that is being read."""
        return Present(self.line, self.record, self.text, self.layout)

    def take(self, number: int, record: str, text: str) -> None:
        """One record."""
        self.line, self.record, self.text = number, record, text
        self._count += 1
        if self.refused or self._count > MOST_RECORDS:
            self._pass_over(number, record)
            return
        known = self.records.get(record)
        if known is None:
            self.faults.whole(number, record, self.unknown(record))
            return
        self.layout, handler, in_front = known
        try:
            if not in_front:
                self._treated = True
            elif self._treated:
                raise whole(ClaimsFault.ORDER)
            values = self.layout.read(text)
            if handler is not None:
                handler(self, values)
        except BadRecord as bad:
            self.faults.bad(number, record, bad)

    def take_bad(self, number: int, record: str | None, code: ClaimsFault) -> None:
        """A line that is wrong as a whole."""
        self._count += 1
        if self.refused or self._count > MOST_RECORDS:
            self._pass_over(number, record)
            return
        self.faults.whole(number, record, code)

    def finish(self) -> Claim | None:
        """The receipt, when its last record has come; None where it has faults, which are told."""
        content = self.content()
        if not self.sound:
            return None
        member = self.payers.member(self.birth_date, self.faults, self.first_line)
        if member is None:
            return None
        return Claim(
            kind=self.kind,
            setting=self.setting,
            institution_code=self._header.institution_code,
            claim_month=self._header.claim_month,
            treatment_month=self.treatment_month,
            member=member,
            content=content,
        )

    @abstractmethod
    def content(self) -> Content:
        """What the records tell of the treatment; faults are told."""

    def unknown(self, record: str) -> ClaimsFault:  # noqa: ARG002 - a kind of receipt may know it by name
        """What a record without a layout is."""
        return ClaimsFault.UNKNOWN_RECORD

    @property
    def institution_name(self) -> str | None:
        """Whose claim it is."""
        return self._header.institution_name

    def take_head(self, setting: CareSetting, month: date, birth_date: date) -> None:
        """What RE tells of every receipt. Raises BadRecord."""
        last = last_day(month)
        if month > self._header.claim_month:
            raise self.present.wrong(self.month_name, ClaimsFault.DAY)
        if birth_date > last:
            raise self.present.wrong("生年月日", ClaimsFault.DAY)
        self.setting, self.treatment_month, self.birth_date = setting, month, birth_date
        self.last_day = last.day

    def _pass_over(self, number: int, record: str | None) -> None:
        if self._count == MOST_RECORDS + 1 and not self.refused:
            self.faults.whole(number, record, ClaimsFault.ORDER)


def records(layouts: Mapping[str, Layout], handlers: Mapping[str, Handler]) -> Records:
    """The records of a kind of receipt, each with who takes it."""
    return {record: (layout, handlers.get(record), record in HEAD) for record, layout in layouts.items()}


def _insurance(draft: Draft, values: list[Any]) -> None:
    draft.payers.take_insurance(draft.present, values)


def _public(draft: Draft, values: list[Any]) -> None:
    draft.payers.take_public(draft.present, values)


def _check(draft: Draft, values: list[Any]) -> None:
    draft.payers.take_check(values)


PAYERS: dict[str, Handler] = {"HO": _insurance, "KO": _public, "SN": _check}
