"""Builds a claim from its records: the parts that medical and pharmacy claims have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Mapping
from datetime import date
from typing import Any, ClassVar, NamedTuple

from eligibility_api.claims.reading.block import BlockBuilder
from eligibility_api.claims.reading.dates import last_day
from eligibility_api.claims.reading.faults import BadRecord, FaultLog
from eligibility_api.claims.reading.header import Header, Totals
from eligibility_api.claims.reading.layouts import CurrentRecord, Layout
from eligibility_api.claims.reading.payers import Payers
from eligibility_api.claims.reading.record_table import DONOR
from eligibility_api.contract.claims import ClaimKind, ClaimsFault
from eligibility_api.contract.history import CareSetting
from eligibility_api.domain.claims import Claim, Content

MAX_RECORDS = 10_000
"""Maximum records of a claim. Further ones are out of order."""

Handler = Callable[[Any, list[Any]], None]
"""Adds the values of a draft's current record to it. Raises BadRecord."""

Records = Mapping[str, tuple[Layout, Handler]]
"""The records of a kind of claim that are used: layout and handler."""


class ClaimContext(NamedTuple):
    """What a claim depends on: the sender, the section's header, and where results are collected."""

    insurer_number: str
    header: Header
    builder: BlockBuilder


class Draft(ABC):
    """Collects the records of one claim in the file's order."""

    records: ClassVar[Records]
    passed: ClassVar[Collection[str]]
    """The records that are passed over, wherever they stand."""
    month_name: ClassVar[str]

    kind: ClaimKind
    setting: CareSetting
    birth_date: date
    name: str | None = None
    sex: str | None = None
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
        self.skips = False
        """Whether all further records are skipped: of a kind that is not read, or another person's."""
        self._pass_over = context.builder.pass_over
        self._header = context.header
        self._count = 0
        self._payers_known = True

    @property
    def is_valid(self) -> bool:
        """Whether nothing rejects it so far. After a fault, relations between records can no longer be checked."""
        return not self.faults.rejects

    @property
    def totals(self) -> Totals:
        """What it adds to 総件数 and 総合計点数, as far as that is known."""
        return Totals(
            max(self.payers.count, 1) if self._payers_known else None,
            self.payers.points if self.is_valid else None,
        )

    @property
    def current(self) -> CurrentRecord:
        """The record that is being read."""
        return CurrentRecord(self.line, self.record, self.text, self.layout)

    def add_record(self, number: int, record: str, text: str) -> None:
        """Read a record."""
        self.line, self.record, self.text = number, record, text
        self._count += 1
        if self.skips or self._count > MAX_RECORDS:
            self._skip(number, record)
            return
        used = self.records.get(record)
        if used is None:
            self._add_other(number, record)
            return
        self.layout, handler = used
        try:
            handler(self, self.layout.read(text))
        except BadRecord as bad:
            self._add_bad(number, record, bad, handler)

    def add_bad_line(self, number: int, record: str | None, code: ClaimsFault) -> None:
        """Report a line that is faulty as a whole.

        Of a record that is passed over it does not matter, unless the line may contain others.
        """
        self._count += 1
        if self.skips or self._count > MAX_RECORDS:
            self._skip(number, record)
        elif record is not None and record in self.passed and code is not ClaimsFault.LINE_TOO_LONG:
            self._add_other(number, record)
        else:
            self._payers_known = self._payers_known and record is not None and record not in _OF_PAYERS
            self.faults.add_whole(number, record, code)

    def _add_other(self, number: int, record: str) -> None:
        if record not in self.passed:
            self.faults.add_whole(number, record, self.unknown(record))
            return
        self._pass_over(record)
        if record in DONOR:
            self.skips = True

    def _add_bad(self, number: int, record: str, bad: BadRecord, handler: Handler) -> None:
        self.faults.add_record(number, record, bad)
        if bad.values is not None:
            try:
                handler(self, list(bad.values))
            except BadRecord as worse:
                self.faults.add_record(number, record, worse)
        elif record in _OF_PAYERS:
            self._payers_known = False

    def finish(self) -> Claim | None:
        """The claim after its last record; None if it has faults."""
        content = self.content()
        if not self.is_valid:
            return None
        member = self.payers.member(self.birth_date, self.name, self.sex, self.faults, self.first_line)
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

    def read_head(
        self, setting: CareSetting, month: date, name: str | None, sex: str | None, birth_date: date
    ) -> None:
        """Read what RE has in every kind of claim. Raises BadRecord."""
        last = last_day(month)
        if month > self._header.claim_month:
            raise self.current.fault(self.month_name, ClaimsFault.DAY)
        if birth_date > last:
            raise self.current.fault("生年月日", ClaimsFault.DAY)
        self.setting, self.treatment_month, self.birth_date = setting, month, birth_date
        self.name, self.sex = name, sex
        self.last_day = last.day

    def _skip(self, number: int, record: str | None) -> None:
        if self.skips:
            if self.kind is not ClaimKind.DPC and record is not None:
                self._pass_over(record)
        elif self._count == MAX_RECORDS + 1:
            self.faults.add_whole(number, record, ClaimsFault.ORDER)


def records(layouts: Mapping[str, Layout], handlers: Mapping[str, Handler]) -> Records:
    """The records of a kind of claim that have a handler."""
    return {record: (layouts[record], handler) for record, handler in handlers.items()}


def _insurance(draft: Draft, values: list[Any]) -> None:
    draft.payers.read_insurance(draft.current, values)


def _public(draft: Draft, values: list[Any]) -> None:
    draft.payers.read_public(draft.current, values)


def _check(draft: Draft, values: list[Any]) -> None:
    draft.payers.read_check(lambda: draft.current, values)


PAYERS: dict[str, Handler] = {"HO": _insurance, "KO": _public, "SN": _check}
_OF_PAYERS = frozenset({"HO", "KO"})
"""Records that 総件数 counts."""
