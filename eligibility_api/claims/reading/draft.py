"""Builds a claim from its records: the parts that medical and pharmacy claims have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, ClassVar, NamedTuple

from eligibility_api.claims.reading.block import BlockBuilder
from eligibility_api.claims.reading.dates import last_day
from eligibility_api.claims.reading.faults import BadRecord, FaultLog, bad_record
from eligibility_api.claims.reading.header import Header
from eligibility_api.claims.reading.layouts import CurrentRecord, Layout
from eligibility_api.claims.reading.payers import Payers
from eligibility_api.claims.reading.records import HEAD
from eligibility_api.contract.claims import ClaimKind, ClaimsFault
from eligibility_api.contract.history import CareSetting
from eligibility_api.domain.claims import Claim, Content

MAX_RECORDS = 10_000
"""Maximum records of a claim. Further ones are out of order."""

Handler = Callable[[Any, list[Any]], None]
"""Adds the values of a draft's current record to it. Raises BadRecord."""

Records = Mapping[str, tuple[Layout, Handler | None, bool]]
"""The records of a kind of claim: layout, handler (None: skipped), and whether they precede the treatment."""


class ClaimContext(NamedTuple):
    """What a claim depends on: the sender, the section's header, and where results are collected."""

    insurer_number: str
    header: Header
    builder: BlockBuilder


class Draft(ABC):
    """Collects the records of one claim in the file's order."""

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

    def __init__(self, context: ClaimContext, number: int, line: int) -> None:
        """`number` counts the claims of the section."""
        self.faults = FaultLog(context.builder.add_fault, number)
        self.payers = Payers(context.insurer_number)
        self.first_line = self.line = line
        """Line of RE, and of the current record."""
        self.record = "RE"
        self.is_rejected = False
        """Whether it is of a kind that is not read; all further records are skipped."""
        self._header = context.header
        self._count = 0
        self._in_treatment = False
        """Whether records of the treatment have begun."""

    @property
    def is_valid(self) -> bool:
        """Whether there is no fault so far. After one, relations between records can no longer be checked."""
        return not self.faults.count

    @property
    def points(self) -> int | None:
        """合計点数 of a valid claim, if it has any."""
        return self.payers.points if self.is_valid else None

    @property
    def current(self) -> CurrentRecord:
        """The record that is being read."""
        return CurrentRecord(self.line, self.record, self.text, self.layout)

    def add_record(self, number: int, record: str, text: str) -> None:
        """Read a record."""
        self.line, self.record, self.text = number, record, text
        self._count += 1
        if self.is_rejected or self._count > MAX_RECORDS:
            self._skip(number, record)
            return
        known = self.records.get(record)
        if known is None:
            self.faults.add_whole(number, record, self.unknown(record))
            return
        self.layout, handler, in_head = known
        try:
            if not in_head:
                self._in_treatment = True
            elif self._in_treatment:
                raise bad_record(ClaimsFault.ORDER)
            values = self.layout.read(text)
            if handler is not None:
                handler(self, values)
        except BadRecord as bad:
            self.faults.add_record(number, record, bad)

    def add_bad_line(self, number: int, record: str | None, code: ClaimsFault) -> None:
        """Report a line that is faulty as a whole."""
        self._count += 1
        if self.is_rejected or self._count > MAX_RECORDS:
            self._skip(number, record)
            return
        self.faults.add_whole(number, record, code)

    def finish(self) -> Claim | None:
        """The claim after its last record; None if it has faults."""
        content = self.content()
        if not self.is_valid:
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
        """The treatment, from all records read. May report faults."""

    def unknown(self, record: str) -> ClaimsFault:  # noqa: ARG002 - a kind of claim may know it by name
        """The fault of a record without a layout."""
        return ClaimsFault.UNKNOWN_RECORD

    @property
    def institution_name(self) -> str | None:
        """Name of the claiming institution."""
        return self._header.institution_name

    def read_head(self, setting: CareSetting, month: date, birth_date: date) -> None:
        """Read what RE has in every kind of claim. Raises BadRecord."""
        last = last_day(month)
        if month > self._header.claim_month:
            raise self.current.fault(self.month_name, ClaimsFault.DAY)
        if birth_date > last:
            raise self.current.fault("生年月日", ClaimsFault.DAY)
        self.setting, self.treatment_month, self.birth_date = setting, month, birth_date
        self.last_day = last.day

    def _skip(self, number: int, record: str | None) -> None:
        if self._count == MAX_RECORDS + 1 and not self.is_rejected:
            self.faults.add_whole(number, record, ClaimsFault.ORDER)


def records(layouts: Mapping[str, Layout], handlers: Mapping[str, Handler]) -> Records:
    """The records of a kind of claim with their handlers."""
    return {record: (layout, handlers.get(record), record in HEAD) for record, layout in layouts.items()}


def _insurance(draft: Draft, values: list[Any]) -> None:
    draft.payers.read_insurance(draft.current, values)


def _public(draft: Draft, values: list[Any]) -> None:
    draft.payers.read_public(draft.current, values)


def _check(draft: Draft, values: list[Any]) -> None:
    draft.payers.read_check(values)


PAYERS: dict[str, Handler] = {"HO": _insurance, "KO": _public, "SN": _check}
