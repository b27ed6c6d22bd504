"""Determines the member of a claim from the records of its payers: HO, KO and SN."""

from __future__ import annotations

from datetime import date
from typing import Any, NamedTuple

from eligibility_api.claims.reading.faults import FaultLog, bad_record
from eligibility_api.claims.reading.layouts import CurrentRecord
from eligibility_api.claims.reading.values import MAX_MEMBERSHIP_BYTES
from eligibility_api.contract.claims import ClaimsFault
from eligibility_api.contract.numbers import is_beneficiary_number
from eligibility_api.domain.claims import Member

_BY_INSURANCE = "1"
_MAX_PUBLIC = 4


class _PublicExpense(NamedTuple):
    """A KO."""

    payer: str
    recipient: str | None
    current: CurrentRecord


class Payers:
    """Insurance and public expenses of one claim."""

    def __init__(self, insurer_number: str) -> None:
        self.points: int | None = None
        """合計点数 of the insurance, or of the first public expense if there is no insurance."""
        self._sender = insurer_number
        self._insured: tuple[str, str | None, str] | None = None
        self._branch: str | None = None
        self._public: list[_PublicExpense] = []

    def read_insurance(self, current: CurrentRecord, values: list[Any]) -> None:
        """Read HO. Raises BadRecord."""
        if self._insured is not None:
            raise bad_record(ClaimsFault.ORDER)
        insurer, symbol, number, self.points = values
        self._insured = insurer, symbol, number
        if symbol is not None and 2 * len(symbol + number) > MAX_MEMBERSHIP_BYTES:
            self._check_length(current, symbol + number)
        if insurer != self._sender:
            raise current.fault("保険者番号", ClaimsFault.OTHER_INSURER)

    @staticmethod
    def _check_length(current: CurrentRecord, both: str) -> None:
        if len(both.encode("cp932")) > MAX_MEMBERSHIP_BYTES:
            raise current.fault("被保険者証番号", ClaimsFault.CODE)

    def read_public(self, current: CurrentRecord, values: list[Any]) -> None:
        """Read KO. Raises BadRecord."""
        payer, recipient, points = values
        if len(self._public) == _MAX_PUBLIC:
            raise bad_record(ClaimsFault.ORDER)
        if not self._public and self._insured is None:
            self.points = points
        self._public.append(_PublicExpense(payer, recipient, current))

    def read_check(self, values: list[Any]) -> None:
        """Read SN (資格確認), the only record with the branch.

        The payer body appends checks of its own to the institution's.
        """
        branch = values[-1]
        if values[0] == _BY_INSURANCE and branch is not None:
            self._branch = branch

    def member(self, birth_date: date, faults: FaultLog, first_line: int) -> Member | None:
        """The claim's member; None, with a fault, if there is none."""
        if self._insured is not None:
            insurer, symbol, number = self._insured
            return Member(
                insurer_number=insurer,
                symbol=symbol,
                number=number,
                branch=self._branch,
                birth_date=birth_date,
            )
        if not self._public:
            faults.add_whole(first_line, "HO", ClaimsFault.REQUIRED)
            return None
        return self._recipient(birth_date, faults)

    def _recipient(self, birth_date: date, faults: FaultLog) -> Member | None:
        """The member of a claim without insurance: the recipient of the sender's own public expense."""
        payer, recipient, current = next(
            (public for public in self._public if public.payer == self._sender), self._public[0]
        )
        if payer != self._sender:
            bad = current.fault("負担者番号", ClaimsFault.OTHER_INSURER)
        elif recipient is None:
            bad = current.fault("受給者番号", ClaimsFault.REQUIRED)
        elif not is_beneficiary_number(recipient):
            bad = current.fault("受給者番号", ClaimsFault.NUMBER)
        else:
            return Member(
                insurer_number=payer, symbol=None, number=recipient, branch=None, birth_date=birth_date
            )
        faults.add_record(current.number, current.record, bad)
        return None
