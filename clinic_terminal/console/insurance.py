"""One entitlement as rows of a screen: who, by whom, which days, at what burden, and what was added by consent."""

from __future__ import annotations

from datetime import date

from clinic_terminal.console import code_words, words
from clinic_terminal.console.words import Words
from eligibility_api.contract.codes import CertificateKind
from eligibility_api.contract.eligibility import Enrolment
from eligibility_api.contract.member import MedicalTicket

Row = tuple[Words, str]

_BY_AGE, _BY_AGE_PRESCHOOL = 30, 20
"""Percent of a member for whom no ratio is transmitted (健康保険法74条, 110条)."""


def rows(enrolment: Enrolment, *, holds: bool = True) -> list[Row]:
    """Label and value of all that is known; what was not transmitted has no row. Where the insurance no longer `holds`
    on the day, there is no burden to take.
    """
    return [
        *_membership(enrolment),
        *_person(enrolment),
        *_days(enrolment),
        *(_burden(enrolment) if holds else ()),
        *_by_consent(enrolment),
        *(_ticket(ticket) for ticket in enrolment.medical_tickets),
    ]


def is_burden_missing(enrolment: Enrolment) -> bool:
    """Whether a burden ratio belongs to this member and none was transmitted."""
    elderly = enrolment.elderly_certificate
    known = enrolment.burden_ratio is not None or (elderly is not None and elderly.burden_ratio is not None)
    return enrolment.burden_expected and not known


def period(first: date | None, last: date | None) -> str:
    """From one day to another, either of which may be open."""
    return f"{first.isoformat() if first else ''} ～ {last.isoformat() if last else ''}".strip()


def with_kana(name: str, kana: str | None) -> str:
    """A name with its reading beside it."""
    return f"{name} （{kana or '－'}）"


def _membership(e: Enrolment) -> list[Row]:
    parts = (e.symbol, e.number, e.branch)
    return [
        (words.INSURER, f"{e.insurer_number} {e.insurer_name}"),
        (words.CERTIFICATE, str(code_words.CERTIFICATE[e.certificate_kind])),
        (
            words.MEMBERSHIP,
            f"{' ・ '.join(part for part in parts if part)} {code_words.RELATIONSHIP[e.relationship]}",
        ),
    ]


def _person(e: Enrolment) -> list[Row]:
    found = [(words.NAME, f"{with_kana(e.name, e.name_kana)} {code_words.SEX[e.sex]}")]
    if e.name_alias is not None:
        found.append((words.ALIAS, with_kana(e.name_alias, e.name_alias_kana)))
    if e.sex_on_certificate is not None:
        found.append((words.SEX_ON_CERTIFICATE, str(code_words.SEX[e.sex_on_certificate])))
    found.append((words.BIRTH_DATE, e.birth_date.isoformat()))
    if e.insured_name is not None:
        found.append((words.INSURED_NAME, e.insured_name))
    if e.address is not None:
        found.append((words.ADDRESS, f"{e.postal_code or ''} {e.address}".strip()))
    return found


def _days(e: Enrolment) -> list[Row]:
    found = [(words.INSURED_DAYS, period(e.acquired_on, e.lost_on))]
    if e.lost_on is not None:
        reason = code_words.REASON_OF_LOSS[e.reason_of_loss] if e.reason_of_loss else "－"
        found.append((words.LOSS, f"{e.lost_on.isoformat()} {reason}"))
    if e.issued_on is not None:
        found.append((words.ISSUED, e.issued_on.isoformat()))
    if e.valid_from is not None or e.valid_to is not None:
        found.append((words.VALID_DAYS, period(e.valid_from, e.valid_to)))
    return found


def _burden(e: Enrolment) -> list[Row]:
    """The ratio with where it comes from. Medical aid has none: what its holder pays is on the ticket."""
    found = []
    if e.burden_ratio is not None:
        found.append((words.BURDEN, f"{e.burden_ratio} %（{words.FROM_INSURER}）"))
    elderly = e.elderly_certificate
    if elderly is not None:
        ratio = "－" if elderly.burden_ratio is None else f"{elderly.burden_ratio} %"
        days = period(elderly.valid_from, elderly.valid_to)
        found.append((words.BURDEN, f"{ratio}（{words.ELDERLY_CERTIFICATE} {days}）"))
    if is_burden_missing(e):
        found.append((words.BURDEN, f"！{words.BURDEN_MISSING}"))
    if not found and e.certificate_kind is CertificateKind.SPECIAL_REIMBURSEMENT:
        found.append((words.BURDEN, f"100 %（{words.REIMBURSED_LATER}）"))
    elif not found and e.certificate_kind is not CertificateKind.MEDICAL_AID:
        found.append((words.BURDEN, f"{_BY_AGE_PRESCHOOL if e.preschool else _BY_AGE} %（{words.BY_AGE}）"))
    return found


def _by_consent(e: Enrolment) -> list[Row]:
    found = []
    limit = e.limit_certificate
    if limit is not None:
        long_term = (
            "" if limit.long_term_on is None else f" {words.LONG_TERM} {limit.long_term_on.isoformat()}"
        )
        text = f"{code_words.LIMIT_CLASS[limit.limit_class]} {code_words.LIMIT_CERTIFICATE[limit.kind]}"
        found.append((words.LIMIT, f"{text} {period(limit.valid_from, limit.valid_to)}{long_term}"))
    elif e.limit_certificate_consent:
        found.append((words.LIMIT, str(words.NONE_REGISTERED)))
    for held in e.specific_diseases:
        pay = "" if held.self_pay is None else f" {held.self_pay:,} {words.YEN_A_MONTH}"
        text = f"{code_words.SPECIFIC_DISEASE[held.disease]}{pay}"
        found.append((words.SPECIFIC_DISEASE, f"{text} {period(held.valid_from, held.valid_to)}"))
    return found


def _ticket(ticket: MedicalTicket) -> Row:
    parts = [
        ticket.month,
        str(code_words.TREATMENT[ticket.treatment]),
        str(code_words.COMBINED[ticket.single_or_combined]),
        period(ticket.valid_from, ticket.valid_to),
        f"{ticket.institution_code} {ticket.institution_name or ''}".strip(),
    ]
    if ticket.issue_number is not None:
        parts.append(f"{words.ISSUE_NUMBER} {ticket.issue_number}")
    if ticket.self_pay is not None:
        parts.append(f"{words.SELF_PAY} {ticket.self_pay:,} {words.YEN_A_MONTH}")
    return code_words.TICKET[ticket.ticket_type], " ・ ".join(parts)
