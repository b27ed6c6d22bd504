"""Determines the member of a claim from the records of its payers: HO, KO and SN (rule H13)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any, NamedTuple

from eligibility_api.claims.reading.faults import BadRecord, BadValue, FaultLog, bad_record
from eligibility_api.claims.reading.layouts import CurrentRecord
from eligibility_api.claims.reading.values import MAX_MEMBERSHIP_BYTES, insurer, payer, recipient
from eligibility_api.contract.claims import ClaimsFault
from eligibility_api.contract.identifiers import membership_key
from eligibility_api.domain.claims import Member

_BY_INSURANCE = "1"
_BY_PUBLIC = "2345"
"""負担者種別 of the first to the fourth public expense."""

_TRANSFERS = frozenset({"04", "05", "11", "12"})
"""確認区分 of a check whose numbers replace the claim's: 振替 and 分割, by the payer body or the insurer."""

_MAX_PUBLIC = len(_BY_PUBLIC)


class _PublicExpense(NamedTuple):
    """A KO, or a check that replaces its numbers. Not judged yet."""

    payer: str | None
    recipient: str | None
    current: CurrentRecord


class _Check(NamedTuple):
    """An SN: the reception's, or one that the payer body or the insurer added later."""

    insurer: str | None
    """Not judged yet."""
    symbol: str | None
    number: str | None
    branch: str | None
    recipient: str | None
    transfer: CurrentRecord | None
    """Where its numbers replace the claim's: the record."""


class _Insurance(NamedTuple):
    """The membership by which the claim is paid, and the field and record that name the insurer."""

    insurer: str
    symbol: str | None
    number: str
    current: CurrentRecord
    field: str = "保険者番号"


class Payers:
    """Insurance and public expenses of one claim."""

    def __init__(self, insurer_number: str) -> None:
        self.points: int | None = None
        """合計点数 of the insurance, or of the first public expense if there is no insurance; None if unknown."""
        self.count = 0
        """Insurance and public expenses: in 総件数 each of them counts."""
        self._sender = insurer_number
        self._insurance: _Insurance | None = None
        self._public: list[_PublicExpense] = []
        self._checks: dict[str, list[_Check]] = {}
        """By 負担者種別."""

    def read_insurance(self, current: CurrentRecord, values: list[Any]) -> None:
        """Read HO. Raises BadRecord."""
        if self._insurance is not None:
            raise bad_record(ClaimsFault.ORDER)
        self.count += 1
        number_of_insurer, symbol, number, self.points = values
        self._insurance = _Insurance(number_of_insurer, symbol, number, current)
        if symbol is not None and 2 * len(symbol + number) > MAX_MEMBERSHIP_BYTES:
            self._check_length(current, symbol + number)

    @staticmethod
    def _check_length(current: CurrentRecord, both: str) -> None:
        if len(both.encode("cp932")) > MAX_MEMBERSHIP_BYTES:
            raise current.fault("被保険者証番号", ClaimsFault.CODE)

    def read_public(self, current: CurrentRecord, values: list[Any]) -> None:
        """Read KO. Nothing of it is judged: with an insurance it does not matter. Raises BadRecord."""
        if self.count - (self._insurance is not None) == _MAX_PUBLIC:
            raise bad_record(ClaimsFault.ORDER)
        self.count += 1
        number_of_payer, number, points = values
        if not self._public and self._insurance is None:
            self.points = int(points) if _is_number(points) else None
        self._public.append(_PublicExpense(number_of_payer, number, current))

    def read_check(self, current: Callable[[], CurrentRecord], values: list[Any]) -> None:
        """Read SN (資格確認), the only record with the branch."""
        kind, confirmed, number_of_insurer, symbol, number, branch, recipient_number = values
        transfer = current() if confirmed in _TRANSFERS else None
        if kind is not None and (transfer is not None or (branch is not None and kind == _BY_INSURANCE)):
            check = _Check(number_of_insurer, symbol, number, branch, recipient_number, transfer)
            self._checks.setdefault(kind, []).append(check)

    def member(
        self, birth_date: date, name: str | None, sex: str | None, faults: FaultLog, first_line: int
    ) -> Member | None:
        """The claim's member; None, with a fault, if there is none."""
        try:
            if self._insurance is not None:
                whose = self._insured(self._insurance)
            elif self._public:
                whose = self._recipient()
            else:
                faults.add_whole(first_line, "HO", ClaimsFault.REQUIRED)
                return None
        except _Unknown as unknown:
            faults.add_record(unknown.current.number, unknown.current.record, unknown.bad)
            return None
        number_of_insurer, symbol, number, branch = whose
        return Member(
            insurer_number=number_of_insurer,
            symbol=symbol,
            number=number,
            branch=branch,
            birth_date=birth_date,
            name=name,
            sex=sex,
        )

    def _insured(self, insurance: _Insurance) -> tuple[str, str | None, str, str | None]:
        """The membership of the last transfer, or else HO's, with the last branch of a check of the same one."""
        branch: str | None = None
        for check in self._checks.get(_BY_INSURANCE, ()):
            if check.transfer is not None:
                insurance, branch = _transferred(check, check.transfer), check.branch
            elif check.branch is not None and _agrees(check, insurance):
                branch = check.branch
        if insurance.insurer != self._sender:
            raise _unknown(insurance.current, insurance.field, ClaimsFault.OTHER_INSURER)
        return insurance.insurer, insurance.symbol, insurance.number, branch

    def _recipient(self) -> tuple[str, None, str, None]:
        """The recipient of the sender's own public expense, if the claim has no insurance."""
        expenses = [
            self._confirmed(kind, expense) for kind, expense in zip(_BY_PUBLIC, self._public, strict=False)
        ]
        own = next((each for each in expenses if _is_payer(each.payer, self._sender)), None)
        if own is None:
            first = expenses[0]
            _judged(first.current, first.payer, _PAYER_FIELD, payer)
            raise _unknown(first.current, _name(first.current, _PAYER_FIELD), ClaimsFault.OTHER_INSURER)
        return self._sender, None, _judged(own.current, own.recipient, "受給者番号", recipient), None

    def _confirmed(self, kind: str, expense: _PublicExpense) -> _PublicExpense:
        """A public expense with the numbers of its last transfer, if there is one."""
        for check in reversed(self._checks.get(kind, ())):
            if check.transfer is not None:
                return _PublicExpense(check.insurer, check.recipient, check.transfer)
        return expense


_PAYER_FIELD = "負担者番号"
_CHECKED_FIELD = "保険者番号等"
"""The same in SN."""


class _Unknown(Exception):
    """It cannot be said whose the claim is, because of a field."""

    def __init__(self, current: CurrentRecord, bad: BadRecord) -> None:
        super().__init__()
        self.current = current
        self.bad = bad


def _unknown(current: CurrentRecord, field: str, code: ClaimsFault) -> _Unknown:
    return _Unknown(current, current.fault(field, code))


def _name(current: CurrentRecord, field: str) -> str:
    """The name that a field of HO or KO has in the record that was read."""
    return field if field in current.layout.names else _CHECKED_FIELD


def _judged(current: CurrentRecord, text: str | None, field: str, rule: Any) -> str:
    """A number that decides whose the claim is. Raises _Unknown."""
    if text is None:
        raise _unknown(current, _name(current, field), ClaimsFault.REQUIRED)
    try:
        return str(rule(text))
    except BadValue as bad:
        raise _unknown(current, _name(current, field), bad.code) from None


def _transferred(check: _Check, current: CurrentRecord) -> _Insurance:
    """The membership that a check puts in the place of the claim's. Raises _Unknown."""
    number_of_insurer = _judged(current, check.insurer, _CHECKED_FIELD, insurer)
    if check.number is None:
        raise _unknown(current, "被保険者証番号", ClaimsFault.REQUIRED)
    return _Insurance(number_of_insurer, check.symbol, check.number, current, _CHECKED_FIELD)


def _agrees(check: _Check, insurance: _Insurance) -> bool:
    """Whether a check is about this membership, as far as it names one."""
    return (
        (check.number is None or _same(check.number, insurance.number))
        and (check.symbol is None or _same(check.symbol, insurance.symbol or ""))
        and (check.insurer is None or _is_insurer(check.insurer, insurance.insurer))
    )


def _same(one: str, other: str) -> bool:
    return one == other or membership_key(one) == membership_key(other)


def _is_insurer(text: str, number: str) -> bool:
    if text == number:
        return True
    try:
        return insurer(text) == number
    except BadValue:
        return False


def _is_payer(text: str | None, number: str) -> bool:
    try:
        return text is not None and payer(text) == number
    except BadValue:
        return False


def _is_number(text: str | None) -> bool:
    return text is not None and len(text) <= 8 and text.isascii() and text.isdigit()
