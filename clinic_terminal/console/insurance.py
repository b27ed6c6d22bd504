"""One entitlement as items of a screen: person, insurer, days, burden ratio, and what was added by consent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from clinic_terminal.bilingual import Bilingual
from clinic_terminal.console import code_texts, texts
from clinic_terminal.console.days import day_text, period_text
from clinic_terminal.queries.burden import is_burden_missing
from eligibility_api.contract.codes import CertificateKind
from eligibility_api.contract.member import LimitCertificate, MedicalTicket, SpecificDiseaseCertificate
from eligibility_api.contract.member_items import Enrolment

Row = tuple[Bilingual | None, str]
"""Label and value; a row without a label continues the one above."""


@dataclass(frozen=True, slots=True)
class Item:
    """One item in both languages; without a label it continues the one above.

    `is_sentence`: each language has a row of its own on a console.
    """

    label: Bilingual | None
    value: Bilingual
    is_sentence: bool = False

    def rows(self) -> list[Row]:
        """The item as rows of a console."""
        if self.is_sentence:
            return [(self.label, self.value.ja), (None, self.value.en)]
        return [(self.label, self.value.ja if self.value.ja == self.value.en else str(self.value))]


_BY_AGE, _BY_AGE_PRESCHOOL = 30, 20
"""Percent paid by a member for whom no ratio is registered (健康保険法74条, 110条)."""


def rows(enrolment: Enrolment, *, holds: bool = True) -> list[Row]:
    """The items as rows of a console."""
    return [row for item in items(enrolment, holds=holds) for row in item.rows()]


def items(enrolment: Enrolment, *, holds: bool = True) -> list[Item]:
    """Every known item; one that was not transmitted is absent.

    Where the insurance no longer `holds` on the day, no burden ratio is shown.
    """
    return [
        *_membership(enrolment),
        *_person(enrolment),
        *_days(enrolment),
        *(_burden(enrolment) if holds else ()),
        *_limits(enrolment),
        *(item for disease in enrolment.specific_diseases for item in _specific_disease(disease)),
        *(item for ticket in enrolment.medical_tickets for item in _ticket(ticket)),
    ]


def period(first: date | None, last: date | None) -> str:
    """From one day to another, either of which may be open; inside a sentence, without the eras."""
    return f"{first.isoformat() if first else ''} ～ {last.isoformat() if last else ''}".strip()


def with_kana(name: str, kana: str | None) -> str:
    """A name with its reading in brackets."""
    return f"{name}（{kana or '－'}）"


def same(text: str) -> Bilingual:
    """A value that is the same in both languages."""
    return Bilingual(text, text)


def _membership(e: Enrolment) -> list[Item]:
    parts = (e.symbol, e.number, e.branch)
    return [
        Item(texts.INSURER, same(f"{e.insurer_number} {e.insurer_name}")),
        Item(texts.CERTIFICATE, code_texts.CERTIFICATE[e.certificate_kind]),
        Item(texts.MEMBERSHIP, same("・".join(part for part in parts if part))),
        Item(texts.RELATIONSHIP, code_texts.RELATIONSHIP[e.relationship]),
    ]


def _person(e: Enrolment) -> list[Item]:
    found = [Item(texts.NAME, same(with_kana(e.name, e.name_kana)))]
    if e.name_alias is not None:
        found.append(Item(texts.ALIAS, same(with_kana(e.name_alias, e.name_alias_kana))))
    found.append(Item(texts.SEX, code_texts.SEX[e.sex]))
    if e.sex_on_certificate is not None:
        found.append(Item(texts.SEX_ON_CERTIFICATE, code_texts.SEX[e.sex_on_certificate]))
    found.append(Item(texts.BIRTH_DATE, same(day_text(e.birth_date))))
    if e.insured_name is not None:
        found.append(Item(texts.INSURED_NAME, same(e.insured_name)))
    if e.address is not None:
        found.append(Item(texts.ADDRESS, same(f"{e.postal_code or ''} {e.address}".strip())))
    return found


def _days(e: Enrolment) -> list[Item]:
    found = [Item(texts.INSURED_DAYS, same(period_text(e.acquired_on, e.lost_on)))]
    if e.lost_on is not None:
        reason = code_texts.REASON_OF_LOSS[e.reason_of_loss] if e.reason_of_loss else same("－")
        found += [Item(texts.LOST_ON, same(day_text(e.lost_on))), Item(texts.REASON_OF_LOSS, reason)]
    if e.issued_on is not None:
        found.append(Item(texts.ISSUED, same(day_text(e.issued_on))))
    if e.valid_from is not None or e.valid_to is not None:
        found.append(Item(texts.VALID_DAYS, same(period_text(e.valid_from, e.valid_to))))
    return found


def _burden(e: Enrolment) -> list[Item]:
    """The ratio and its origin. Medical aid has no ratio: the holder's payment is on the ticket."""
    found: list[Item] = []
    if e.burden_ratio is not None:
        found.append(_ratio(e.burden_ratio, texts.FROM_INSURER))
    elderly = e.elderly_certificate
    if elderly is not None:
        days = period(elderly.valid_from, elderly.valid_to)
        found.append(_ratio(elderly.burden_ratio, texts.ELDERLY_CERTIFICATE, days))
    if is_burden_missing(e):
        warning = Bilingual(f"！{texts.BURDEN_MISSING.ja}", f"! {texts.BURDEN_MISSING.en}")
        found.append(Item(texts.BURDEN, warning, is_sentence=True))
    if not found and e.certificate_kind is CertificateKind.SPECIAL_REIMBURSEMENT:
        found.append(Item(texts.BURDEN, texts.REIMBURSED_LATER, is_sentence=True))
    elif not found and e.certificate_kind is not CertificateKind.MEDICAL_AID:
        found.append(_ratio(_BY_AGE_PRESCHOOL if e.preschool else _BY_AGE, texts.BY_AGE))
    return found


def _ratio(percent: int | None, origin: Bilingual, days: str = "") -> Item:
    """A ratio in tenths (割), as receptions name it."""
    ja, en = ("－", "－") if percent is None else (f"{percent // 10}割", f"{percent // 10}/10")
    value = Bilingual(f"{ja}（{origin.ja} {days}".strip() + "）", f"{en} ({origin.en} {days}".strip() + ")")
    return Item(texts.BURDEN, value, is_sentence=True)


def _limits(e: Enrolment) -> list[Item]:
    if e.limit_certificate is not None:
        return _limit(e.limit_certificate)
    return [Item(texts.LIMIT, texts.NONE_REGISTERED)] if e.limit_certificate_consent else []


def _limit(limit: LimitCertificate) -> list[Item]:
    found = [
        Item(texts.LIMIT, code_texts.LIMIT_CLASS[limit.limit_class]),
        Item(texts.LIMIT_CERTIFICATE, code_texts.LIMIT_CERTIFICATE[limit.kind]),
        Item(texts.LIMIT_DAYS, same(period_text(limit.valid_from, limit.valid_to))),
    ]
    if limit.long_term_on is not None:
        found.append(Item(texts.LONG_TERM, same(day_text(limit.long_term_on))))
    return found


def _specific_disease(certificate: SpecificDiseaseCertificate) -> list[Item]:
    days = period_text(certificate.valid_from, certificate.valid_to)
    found = [
        Item(texts.SPECIFIC_DISEASE, code_texts.SPECIFIC_DISEASE[certificate.disease]),
        Item(texts.SPECIFIC_DISEASE_DAYS, same(days)),
    ]
    if certificate.self_pay is not None:
        yen = f"{certificate.self_pay:,}"
        text = Bilingual(f"月額{yen}円", f"{yen} yen a month")
        found.append(Item(texts.MONTHLY_LIMIT, text, is_sentence=True))
    return found


def _ticket(ticket: MedicalTicket) -> list[Item]:
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
        Item(code_texts.TICKET[ticket.ticket_type], same(month)),
        Item(None, Bilingual("・".join(ja), ", ".join(en)), is_sentence=True),
    ]
