"""Who needs a 資格確認書, and from which day (rules K1–K5)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eligibility_api.contract.insurer_ops import PaperApplicationReason, PaperReason
from eligibility_api.domain.dates import JAPAN, day_in_japan
from eligibility_api.domain.enrolment_version import EnrolmentVersion
from eligibility_api.domain.expiry import Carrier, CertificateEnd, usable_until
from eligibility_api.domain.papers import (
    BoundCard,
    PaperApplication,
    PaperNeed,
    applications_at,
    paper_need,
    registration_ends_at,
)
from eligibility_api.eligibility.versions import enrolment_version
from tests.builders.stored_versions import stored_version

TODAY = date(2026, 11, 29)
MEMBER = enrolment_version(stored_version())
LOST = PaperApplicationReason.CARD_LOST
HELP = PaperApplicationReason.NEEDS_HELP


def noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=JAPAN)


def card(
    not_after: date | None = date(2030, 5, 17),
    *,
    bound_on: date = date(2025, 1, 1),
    ends_on: date | None = None,
    carrier: Carrier | None = Carrier.CARD,
) -> BoundCard:
    return BoundCard(
        noon(bound_on),
        noon(not_after) if not_after else None,
        carrier,
        datetime(ends_on.year, ends_on.month, ends_on.day, tzinfo=JAPAN) if ends_on else None,
    )


def late_elderly(birth_date: date) -> EnrolmentVersion:
    return replace(MEMBER, insurer_number="39131156", birth_date=birth_date)


def needs(member: EnrolmentVersion = MEMBER, *cards: BoundCard, day: date = TODAY) -> PaperNeed | None:
    return paper_need(member, cards, (), day)


def test_a_member_with_a_card_gets_a_notice_and_one_without_a_certificate() -> None:
    """Rule K1."""
    assert needs(MEMBER, card()) is None
    assert needs(MEMBER, card(None)) is None
    assert needs(MEMBER) == PaperNeed(PaperReason.NO_CARD)


def test_a_blocked_member_needs_one_although_a_card_is_registered() -> None:
    """Rule K1."""
    blocked = replace(MEMBER, self_disclosure_blocked=True)
    assert needs(blocked, card()) == PaperNeed(PaperReason.BLOCKED)


@pytest.mark.parametrize(
    ("birth_date", "day", "expected"),
    [
        (date(1940, 11, 28), TODAY, PaperReason.LATE_ELDERLY),  # 86
        (date(1941, 11, 29), TODAY, PaperReason.LATE_ELDERLY),  # 85 today
        (date(1941, 11, 30), TODAY, None),
        (date(1946, 11, 28), TODAY, None),  # 80
        (date(1946, 11, 28), date(2026, 8, 1), None),
        (date(1946, 11, 28), date(2026, 7, 31), PaperReason.LATE_ELDERLY),
    ],
)
def test_in_the_late_elderly_scheme_85_and_older_all_need_one(
    birth_date: date, day: date, expected: PaperReason | None
) -> None:
    """Rule K1: from 2026-08-01; before that day everybody of the scheme."""
    need = needs(late_elderly(birth_date), card(), day=day)
    assert (need.reason if need else None) == expected
    assert needs(replace(MEMBER, birth_date=birth_date), card(), day=day) is None


@pytest.mark.parametrize(
    ("expired_on", "last", "needed_from"),
    [
        (date(2026, 9, 10), date(2026, 12, 31), date(2027, 1, 1)),
        (date(2026, 8, 20), date(2026, 11, 30), date(2026, 12, 1)),
        (date(2026, 8, 31), date(2026, 11, 30), date(2026, 12, 1)),
        (date(2026, 11, 28), date(2027, 2, 28), date(2027, 3, 1)),
        (date(2020, 5, 17), date(2020, 8, 31), date(2020, 9, 1)),
    ],
)
def test_an_expired_certificate_is_listed_before_its_three_months_end(
    expired_on: date, last: date, needed_from: date
) -> None:
    """Rule K2."""
    assert usable_until(CertificateEnd(expired_on, Carrier.CARD)) == last
    assert needs(MEMBER, card(expired_on)) == PaperNeed(PaperReason.EXPIRED, needed_from)


@pytest.mark.parametrize("carrier", [Carrier.PHONE, None])
def test_a_phone_has_no_three_months(carrier: Carrier | None) -> None:
    """Rules K2, A6."""
    need = needs(MEMBER, card(date(2026, 9, 10), carrier=carrier))
    assert need == PaperNeed(PaperReason.EXPIRED, date(2026, 9, 11))


def test_a_certificate_that_ends_today_has_not_expired() -> None:
    """Rule K2."""
    assert needs(MEMBER, card(TODAY)) is None
    assert needs(MEMBER, card(TODAY - timedelta(days=1))) is not None


def test_of_several_certificates_the_last_to_expire_counts() -> None:
    """Rule K2."""
    assert needs(MEMBER, card(date(2026, 9, 10)), card()) is None
    both = needs(MEMBER, card(date(2026, 9, 10)), card(date(2026, 10, 10)))
    assert both == PaperNeed(PaperReason.EXPIRED, date(2027, 2, 1))


def test_after_a_deregistration_one_is_needed_from_its_effect_on() -> None:
    """Rules K2, K4."""
    ended = card(ends_on=date(2027, 1, 1))
    assert needs(MEMBER, ended) == PaperNeed(PaperReason.DEREGISTERED, date(2027, 1, 1))
    assert needs(MEMBER, ended, card(bound_on=date(2026, 11, 1))) is None


@pytest.mark.parametrize(
    ("applied_on", "expected"),
    [
        (date(2026, 11, 30), date(2027, 1, 1)),
        (date(2026, 11, 1), date(2027, 1, 1)),
        (date(2026, 12, 31), date(2027, 2, 1)),
        (date(2026, 1, 31), date(2026, 3, 1)),
    ],
)
def test_a_deregistration_takes_effect_at_the_end_of_the_next_month(applied_on: date, expected: date) -> None:
    """Rule K4."""
    end = registration_ends_at(noon(applied_on))
    assert end == datetime(expected.year, expected.month, expected.day, tzinfo=JAPAN)


@given(st.dates(date(2024, 1, 1), date(2100, 1, 1)))
def test_a_deregistration_ends_on_a_first_one_to_two_months_later(applied: date) -> None:
    """Rule K4."""
    at = noon(applied)
    end = registration_ends_at(at)
    assert (end.day, end.hour, end.minute) == (1, 0, 0)
    assert timedelta(days=28) < end - at <= timedelta(days=62)


@pytest.mark.parametrize(
    ("reason", "bound_on", "expected"),
    [
        (LOST, date(2025, 1, 1), PaperReason.CARD_LOST),
        (PaperApplicationReason.CARD_RETURNED, date(2025, 1, 1), PaperReason.CARD_RETURNED),
        (LOST, date(2026, 11, 28), None),
        (HELP, date(2026, 11, 28), PaperReason.NEEDS_HELP),
    ],
)
def test_an_application_counts_until_another_certificate_is_registered(
    reason: PaperApplicationReason, bound_on: date, expected: PaperReason | None
) -> None:
    """Rule K3: help is needed for as long as the member is insured."""
    applied = PaperApplication(reason, noon(date(2026, 11, 1)))
    need = paper_need(MEMBER, [card(bound_on=bound_on)], [applied], TODAY)
    assert need == (PaperNeed(expected) if expected else None)


def test_an_application_that_was_not_withdrawn_stands_at_every_later_instant() -> None:
    """Rule K5."""
    applied = PaperApplication(LOST, noon(date(2026, 11, 1)))
    assert applications_at([applied], noon(date(2026, 11, 1))) == [applied]
    assert applications_at([applied], noon(date(2026, 10, 31))) == []


def test_a_card_registered_at_the_same_instant_is_not_newer_than_the_application() -> None:
    """Rule K3."""
    day = date(2026, 11, 1)
    applied = PaperApplication(LOST, noon(day))
    need = paper_need(MEMBER, [card(bound_on=day)], [applied], TODAY)
    assert need == PaperNeed(PaperReason.CARD_LOST)


def test_the_most_lasting_of_several_applications_is_the_reason() -> None:
    """Rule K3."""
    applied = [PaperApplication(reason, noon(TODAY)) for reason in (LOST, HELP)]
    assert paper_need(MEMBER, [card()], applied, TODAY) == PaperNeed(PaperReason.NEEDS_HELP)


@pytest.mark.parametrize("reason", PaperApplicationReason)
def test_a_withdrawn_application_does_not_count(reason: PaperApplicationReason) -> None:
    """Rule K5."""
    applied = PaperApplication(reason, noon(date(2026, 11, 1)), noon(date(2026, 11, 2)))
    assert paper_need(MEMBER, [card()], [applied], TODAY) is None


@pytest.mark.parametrize(
    ("instant", "stands"),
    [
        (date(2026, 10, 31), None),
        (date(2026, 11, 1), True),
        (date(2026, 11, 2), True),
        (date(2026, 11, 3), False),
        (date(2026, 11, 4), False),
    ],
)
def test_an_application_as_it_stood_at_an_instant(instant: date, stands: bool | None) -> None:
    """Rule K5: made on 1 November, withdrawn on 3 November."""
    applied = PaperApplication(HELP, noon(date(2026, 11, 1)), noon(date(2026, 11, 3)))
    then = applications_at([applied], noon(instant))
    assert [one.withdrawn_at is None for one in then] == ([] if stands is None else [stands])
    need = PaperNeed(PaperReason.NEEDS_HELP) if stands else None
    assert paper_need(MEMBER, [card()], then, instant) == need


@given(
    st.lists(st.tuples(st.dates(date(2020, 1, 1), date(2030, 1, 1)), st.booleans()), max_size=3),
    st.sets(st.sampled_from(PaperApplicationReason)),
    st.booleans(),
    st.dates(date(2026, 8, 1), date(2028, 1, 1)),
)
def test_no_member_is_without_card_and_without_paper(
    ends: list[tuple[date, bool]],
    reasons: set[PaperApplicationReason],
    blocked: bool,
    day: date,
) -> None:
    """Rules K1–K3 in other words: a notice alone only beside a registered card that has not expired."""
    cards = [
        card(end, ends_on=date(2028, 2, 1) if deregistered else None, bound_on=date(2019, 1, 1))
        for end, deregistered in ends
    ]
    applications = [PaperApplication(reason, noon(date(2026, 1, 1))) for reason in reasons]
    need = paper_need(replace(MEMBER, self_disclosure_blocked=blocked), cards, applications, day)
    lasting = any(end >= day and not deregistered for end, deregistered in ends)
    assert (need is None) == (lasting and not blocked and not reasons)
    if need is not None and need.reason is PaperReason.EXPIRED:
        assert need.needed_from is not None
        assert need.needed_from.day == 1
        assert need.needed_from > max(
            day_in_japan(c.not_after) for c in cards if c.not_after and not c.ends_at
        )
