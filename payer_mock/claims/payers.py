"""The payers of a claim: its type (レセプト種別), the records HO, KO and SN, and the share (負担区分) of each line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date

from eligibility_api.contract.codes import Relationship
from eligibility_api.contract.identifiers import is_late_elderly
from payer_mock.claims.claim import Member
from payer_mock.claims.records import record

_BY_INSURANCE, _BY_PUBLIC_EXPENSE = "1", "2"
"""負担者種別 of SN: the insurance, the first public expense."""

_SHOWN = "01"
"""確認区分: certificate shown at the reception."""


def claim_type(table: str, member: Member, month: date, *, inpatient: bool) -> str:
    """レセプト種別: fee table, scheme, number of payers, and kind of patient (OQS 13.3)."""
    scheme = "2" if member.on_medical_aid_only else "3" if is_late_elderly(member.insurer_number) else "1"
    return f"{table}{scheme}{payer_count(member)}{_patient(member, month) + (not inpatient)}"


def payer_count(member: Member) -> int:
    """The payers of a claim: the insurance and each public expense, or the public expense alone."""
    return 1 if member.on_medical_aid_only or member.public_expense is None else 2


def payer_share(member: Member) -> str:
    """負担区分: which of the claim's payers pay for a line."""
    if member.on_medical_aid_only:
        return "5"
    return "1" if member.public_expense is None else "2"


def payer_records(member: Member, visits: int, points: int, fields: Mapping[str, int]) -> Iterator[str]:
    """HO, KO and SN.

    `visits`: days of treatment, or receptions of prescriptions; `fields`: field counts of this kind of claim.
    """
    aid = member.on_medical_aid_only
    public = member.public_expense
    if not aid:
        insurer = f"{member.insurer_number:>8}"
        yield record("HO", fields["HO"], insurer, member.symbol, member.number, visits, points)
    if aid:
        yield record("KO", fields["KO"], member.insurer_number, member.number, None, visits, points)
    elif public is not None:
        numbers = public.payer_number, public.recipient_number
        yield record("KO", fields["KO"], *numbers, None, visits, points)
    if member.branch is not None and not aid:
        numbered = f"{member.insurer_number:>8}", member.symbol, member.number, member.branch
        yield record("SN", fields["SN"], _BY_INSURANCE, _SHOWN, *numbered)
    if aid:
        yield _public_check(member.insurer_number, member.number, fields["SN"])
    elif public is not None:
        yield _public_check(public.payer_number, public.recipient_number, fields["SN"])


def _public_check(payer_number: str, recipient_number: str, fields: int) -> str:
    return record("SN", fields, _BY_PUBLIC_EXPENSE, _SHOWN, payer_number, None, None, None, recipient_number)


def _patient(member: Member, month: date) -> int:
    """The last digit for an inpatient: insured, below school age, dependant, or aged 70 or more."""
    born = member.birth_date
    if is_late_elderly(member.insurer_number) or born.year <= month.year - 70:
        return 7
    school = date(born.year + 6 + ((born.month, born.day) > (4, 1)), 4, 1)
    if month < school:
        return 3
    return 1 if member.relationship is Relationship.INSURED else 5
