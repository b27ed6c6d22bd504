"""One entitlement as rows of a screen: person, insurer, days, burden ratio, and what was added by consent."""

from __future__ import annotations

from datetime import date

from clinic_terminal.bilingual import Bilingual
from clinic_terminal.console import code_texts, texts
from clinic_terminal.console.days import day_text, period_text
from eligibility_api.contract.codes import CertificateKind
from eligibility_api.contract.member import LimitCertificate, MedicalTicket, SpecificDiseaseCertificate
from eligibility_api.contract.member_items import Enrolment

Row = tuple[Bilingual | None, str]
"""Label and value; a row without a label continues the one above in English."""

_BY_AGE, _BY_AGE_PRESCHOOL = 30, 20
"""Percent paid by a member for whom no ratio is registered (健康保険法74条, 110条)."""


def rows(enrolment: Enrolment, *, holds: bool = True) -> list[Row]:
    """Label and value of every known item; an item that was not transmitted has no row.

    Where the insurance no longer `holds` on the day, no burden ratio is shown.
    """
    return [
        *_membership(enrolment),
        *_person(enrolment),
        *_days(enrolment),
        *(_burden(enrolment) if holds else ()),
        *_limits(enrolment),
        *(row for disease in enrolment.specific_diseases for row in _specific_disease(disease)),
        *(row for ticket in enrolment.medical_tickets for row in _ticket(ticket)),
    ]


def is_burden_missing(enrolment: Enrolment) -> bool:
    """Whether a burden ratio belongs to this member and none was registered."""
    elderly = enrolment.elderly_certificate
    known = enrolment.burden_ratio is not None or (elderly is not None and elderly.burden_ratio is not None)
    return enrolment.burden_expected and not known


def period(first: date | None, last: date | None) -> str:
    """From one day to another, either of which may be open; inside a sentence, without the eras."""
    return f"{first.isoformat() if first else ''} ～ {last.isoformat() if last else ''}".strip()


def with_kana(name: str, kana: str | None) -> str:
    """A name with its reading in brackets."""
    return f"{name}（{kana or '－'}）"


def _membership(e: Enrolment) -> list[Row]:
    parts = (e.symbol, e.number, e.branch)
    return [
        (texts.INSURER, f"{e.insurer_number} {e.insurer_name}"),
        (texts.CERTIFICATE, str(code_texts.CERTIFICATE[e.certificate_kind])),
        (texts.MEMBERSHIP, "・".join(part for part in parts if part)),
        (texts.RELATIONSHIP, str(code_texts.RELATIONSHIP[e.relationship])),
    ]


def _person(e: Enrolment) -> list[Row]:
    found: list[Row] = [(texts.NAME, with_kana(e.name, e.name_kana))]
    if e.name_alias is not None:
        found.append((texts.ALIAS, with_kana(e.name_alias, e.name_alias_kana)))
    found.append((texts.SEX, str(code_texts.SEX[e.sex])))
    if e.sex_on_certificate is not None:
        found.append((texts.SEX_ON_CERTIFICATE, str(code_texts.SEX[e.sex_on_certificate])))
    found.append((texts.BIRTH_DATE, day_text(e.birth_date)))
    if e.insured_name is not None:
        found.append((texts.INSURED_NAME, e.insured_name))
    if e.address is not None:
        found.append((texts.ADDRESS, f"{e.postal_code or ''} {e.address}".strip()))
    return found


def _days(e: Enrolment) -> list[Row]:
    found: list[Row] = [(texts.INSURED_DAYS, period_text(e.acquired_on, e.lost_on))]
    if e.lost_on is not None:
        reason = str(code_texts.REASON_OF_LOSS[e.reason_of_loss]) if e.reason_of_loss else "－"
        found += [(texts.LOST_ON, day_text(e.lost_on)), (texts.REASON_OF_LOSS, reason)]
    if e.issued_on is not None:
        found.append((texts.ISSUED, day_text(e.issued_on)))
    if e.valid_from is not None or e.valid_to is not None:
        found.append((texts.VALID_DAYS, period_text(e.valid_from, e.valid_to)))
    return found


def _burden(e: Enrolment) -> list[Row]:
    """The ratio and its origin. Medical aid has no ratio: the holder's payment is on the ticket."""
    found: list[Row] = []
    if e.burden_ratio is not None:
        found += _ratio(e.burden_ratio, texts.FROM_INSURER)
    elderly = e.elderly_certificate
    if elderly is not None:
        found += _ratio(
            elderly.burden_ratio, texts.ELDERLY_CERTIFICATE, period(elderly.valid_from, elderly.valid_to)
        )
    if is_burden_missing(e):
        found += _both(
            texts.BURDEN, Bilingual(f"！{texts.BURDEN_MISSING.ja}", f"! {texts.BURDEN_MISSING.en}")
        )
    if not found and e.certificate_kind is CertificateKind.SPECIAL_REIMBURSEMENT:
        found += _both(texts.BURDEN, texts.REIMBURSED_LATER)
    elif not found and e.certificate_kind is not CertificateKind.MEDICAL_AID:
        found += _ratio(_BY_AGE_PRESCHOOL if e.preschool else _BY_AGE, texts.BY_AGE)
    return found


def _ratio(percent: int | None, origin: Bilingual, days: str = "") -> list[Row]:
    """A ratio in tenths (割), as receptions name it."""
    ja, en = ("－", "－") if percent is None else (f"{percent // 10}割", f"{percent // 10}/10")
    return _both(
        texts.BURDEN,
        Bilingual(f"{ja}（{origin.ja} {days}".strip() + "）", f"{en} ({origin.en} {days}".strip() + ")"),
    )


def _both(label: Bilingual, value: Bilingual) -> list[Row]:
    """A value that is a sentence: one row for each language."""
    return [(label, value.ja), (None, value.en)]


def _limits(e: Enrolment) -> list[Row]:
    if e.limit_certificate is not None:
        return _limit(e.limit_certificate)
    return [(texts.LIMIT, str(texts.NONE_REGISTERED))] if e.limit_certificate_consent else []


def _limit(limit: LimitCertificate) -> list[Row]:
    found: list[Row] = [
        (texts.LIMIT, str(code_texts.LIMIT_CLASS[limit.limit_class])),
        (texts.LIMIT_CERTIFICATE, str(code_texts.LIMIT_CERTIFICATE[limit.kind])),
        (texts.LIMIT_DAYS, period_text(limit.valid_from, limit.valid_to)),
    ]
    if limit.long_term_on is not None:
        found.append((texts.LONG_TERM, day_text(limit.long_term_on)))
    return found


def _specific_disease(certificate: SpecificDiseaseCertificate) -> list[Row]:
    found: list[Row] = [
        (texts.SPECIFIC_DISEASE, str(code_texts.SPECIFIC_DISEASE[certificate.disease])),
        (texts.SPECIFIC_DISEASE_DAYS, period_text(certificate.valid_from, certificate.valid_to)),
    ]
    if certificate.self_pay is not None:
        yen = f"{certificate.self_pay:,}"
        found += _both(texts.MONTHLY_LIMIT, Bilingual(f"月額{yen}円", f"{yen} yen a month"))
    return found


def _ticket(ticket: MedicalTicket) -> list[Row]:
    ja = [code_texts.TREATMENT[ticket.treatment].ja, code_texts.COMBINED[ticket.single_or_combined].ja]
    en = [code_texts.TREATMENT[ticket.treatment].en, code_texts.COMBINED[ticket.single_or_combined].en]
    if ticket.issue_number is not None:
        ja.append(f"{texts.TICKET_NUMBER.ja} {ticket.issue_number}")
        en.append(f"{texts.TICKET_NUMBER.en} {ticket.issue_number}")
    if ticket.self_pay is not None:
        ja.append(f"{texts.SELF_PAY.ja} 月額{ticket.self_pay:,}円")
        en.append(f"{texts.SELF_PAY.en} {ticket.self_pay:,} yen a month")
    place = f"{ticket.institution_code} {ticket.institution_name or ''}".strip()
    month = f"{ticket.month}（{period(ticket.valid_from, ticket.valid_to)}） {place}"
    return [
        (code_texts.TICKET[ticket.ticket_type], month),
        (None, "・".join(ja)),
        (None, ", ".join(en)),
    ]
