"""Whose a receipt is, out of the records of who pays for it: HO, KO and SN."""

from __future__ import annotations

from datetime import date
from typing import Any, NamedTuple

from eligibility_api.claims.reading.block import Faults
from eligibility_api.claims.reading.faults import whole
from eligibility_api.claims.reading.present import Present
from eligibility_api.claims.reading.values import MOST_MEMBERSHIP_BYTES
from eligibility_api.contract.claims import ClaimsFault
from eligibility_api.contract.numbers import is_beneficiary_number
from eligibility_api.domain.claims import Member

_BY_INSURANCE = "1"
_MOST_PUBLIC = 4


class _PublicExpense(NamedTuple):
    """A KO."""

    payer: str
    recipient: str | None
    present: Present


class Payers:
    """Insurance and public expenses of one receipt."""

    def __init__(self, insurer_number: str) -> None:
        self.points: int | None = None
        """合計点数: the insurance's, or the first public expense's where there is no insurance."""
        self._sender = insurer_number
        self._insured: tuple[str, str | None, str] | None = None
        self._branch: str | None = None
        self._public: list[_PublicExpense] = []

    def take_insurance(self, present: Present, values: list[Any]) -> None:
        """HO. Raises BadRecord."""
        if self._insured is not None:
            raise whole(ClaimsFault.ORDER)
        insurer, symbol, number, self.points = values
        self._insured = insurer, symbol, number
        if symbol is not None and 2 * len(symbol + number) > MOST_MEMBERSHIP_BYTES:
            self._measure(present, symbol + number)
        if insurer != self._sender:
            raise present.wrong("保険者番号", ClaimsFault.OTHER_INSURER)

    @staticmethod
    def _measure(present: Present, both: str) -> None:
        if len(both.encode("cp932")) > MOST_MEMBERSHIP_BYTES:
            raise present.wrong("被保険者証番号", ClaimsFault.CODE)

    def take_public(self, present: Present, values: list[Any]) -> None:
        """KO. Raises BadRecord."""
        payer, recipient, points = values
        if len(self._public) == _MOST_PUBLIC:
            raise whole(ClaimsFault.ORDER)
        if not self._public and self._insured is None:
            self.points = points
        self._public.append(_PublicExpense(payer, recipient, present))

    def take_check(self, values: list[Any]) -> None:
        """SN (資格確認): the branch is here alone. The payer body adds checks of its own behind the desk's."""
        branch = values[-1]
        if values[0] == _BY_INSURANCE and branch is not None:
            self._branch = branch

    def member(self, birth_date: date, faults: Faults, first_line: int) -> Member | None:
        """Whose the receipt is; None where nobody's, which is told."""
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
            faults.whole(first_line, "HO", ClaimsFault.REQUIRED)
            return None
        return self._recipient(birth_date, faults)

    def _recipient(self, birth_date: date, faults: Faults) -> Member | None:
        """Public expense alone: of several, the sender's own tells whose the receipt is."""
        payer, recipient, present = next(
            (public for public in self._public if public.payer == self._sender), self._public[0]
        )
        if payer != self._sender:
            bad = present.wrong("負担者番号", ClaimsFault.OTHER_INSURER)
        elif recipient is None:
            bad = present.wrong("受給者番号", ClaimsFault.REQUIRED)
        elif not is_beneficiary_number(recipient):
            bad = present.wrong("受給者番号", ClaimsFault.NUMBER)
        else:
            return Member(
                insurer_number=payer, symbol=None, number=recipient, branch=None, birth_date=birth_date
            )
        faults.bad(present.number, present.record, bad)
        return None
