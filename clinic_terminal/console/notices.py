"""Sentences with days or seconds in them, for screens and for messages of the exchange."""

from __future__ import annotations

from datetime import date

from clinic_terminal.bilingual import Bilingual
from clinic_terminal.console import texts
from eligibility_api.contract.eligibility import CertificateRenewal
from eligibility_api.contract.member_items import Enrolment


def renewal_notice(remark: CertificateRenewal) -> Bilingual:
    """The sentence on a certificate that has expired or expires soon, with its days."""
    text = texts.CERTIFICATE_IN_GRACE if remark.status == "grace" else texts.CERTIFICATE_EXPIRING
    days = {"expires_on": remark.expires_on, "renew_by": remark.renew_by}
    return Bilingual(
        text.ja.format(**{name: day_in_japanese(day) for name, day in days.items()}),
        text.en.format(**{name: day.isoformat() for name, day in days.items()}),
    )


def ended_notice(ended: Enrolment) -> Bilingual:
    """A sentence to read to the patient whose insurance has ended."""
    insurer, day = ended.insurer_name, ended.lost_on
    since = "" if day is None else f"{day_in_japanese(day)}から"
    first_day = "" if day is None else f"; {day.isoformat()} is the first day without it"
    return Bilingual(
        f"{insurer}の資格は、{since}なくなっています。新しい加入先をお知らせください。",
        f"Your insurance with {insurer} has ended{first_day}. Please tell us the new insurer.",
    )


def retry_notice(seconds: int) -> Bilingual:
    """When to try again; without a full stop."""
    return Bilingual(f"{seconds}秒後にもう一度お試しください", f"Try again in {seconds} s")


def day_in_japanese(day: date) -> str:
    """A day inside a Japanese sentence."""
    return f"{day.year}年{day.month}月{day.day}日"
