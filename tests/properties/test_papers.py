"""The need of a paper certificate and areas of disaster mode against the reference model and naive definitions."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time

from hypothesis import event, given, settings
from hypothesis import strategies as st

from eligibility_api.contract.insurer_ops import PaperApplicationReason
from eligibility_api.domain.areas import areas_of
from eligibility_api.domain.dates import JAPAN, day_in_japan
from eligibility_api.domain.expiry import Carrier
from eligibility_api.domain.papers import BoundCard, PaperApplication, paper_need, registration_ends_at
from eligibility_api.eligibility.versions import enrolment_version
from loadtest.model import papers as model
from tests.builders.stored_versions import stored_version

MEMBER = enrolment_version(stored_version())
days = st.dates(date(2026, 6, 1), date(2027, 6, 1))
cards = st.builds(
    model.Card,
    bound_on=st.dates(date(2026, 1, 1), date(2027, 6, 1)),
    last_day=st.none() | days,
    ended_on=st.none() | st.none() | days,
    phone=st.booleans(),
)
members = st.builds(
    model.Member,
    insurer_number=st.sampled_from(["01130012", "138057", "39131008", "39131008"]),
    birth_date=st.dates(date(1938, 1, 1), date(1946, 1, 1)) | st.just(date(1940, 2, 29)),
    blocked=st.sampled_from([False, False, False, True]),
)
applications = st.lists(
    st.tuples(st.sampled_from([reason.value for reason in PaperApplicationReason]), days, st.booleans()),
    max_size=2,
)


def at(day: date, hour: int = 12) -> datetime:
    return datetime.combine(day, time(hour), JAPAN)


@settings(max_examples=500)
@given(members, st.lists(cards, max_size=3), applications, days)
def test_the_need_is_that_of_the_reference_model(
    member: model.Member, held: list[model.Card], applied: list[model.Application], day: date
) -> None:
    """Rules K1–K3, K5."""
    version = replace(
        MEMBER,
        insurer_number=member.insurer_number,
        birth_date=member.birth_date,
        self_disclosure_blocked=member.blocked,
    )
    bound = [
        BoundCard(
            # Before noon, when applications are made: a certificate bound on the same day is not newer.
            at(card.bound_on, 8),
            at(card.last_day, 23) if card.last_day else None,
            Carrier.PHONE if card.phone else Carrier.CARD,
            at(card.ended_on, 0) if card.ended_on else None,
        )
        for card in held
    ]
    given_applications = [
        PaperApplication(PaperApplicationReason(reason), at(on), at(on, 13) if withdrawn else None)
        for reason, on, withdrawn in applied
    ]
    need = paper_need(version, bound, given_applications, day)
    expected = model.need(member, held, applied, day)
    event(expected[0] if expected else "notice")
    assert (None if need is None else (need.reason.value, need.needed_from)) == expected


@given(days, st.integers(0, 23))
def test_a_deregistration_ends_as_in_the_reference_model(day: date, hour: int) -> None:
    """Rule K4."""
    assert day_in_japan(registration_ends_at(at(day, hour))) == model.deregistration_ends(day)


@given(
    st.from_regex(r"[0-4][0-9][0-9]{8}", fullmatch=True),
    st.lists(st.from_regex(r"[0-4][0-9]|[0-4][0-9]{3}|[0-4][0-9]{9}", fullmatch=True), max_size=4),
)
def test_an_area_is_the_beginning_of_a_code_without_its_fee_table(code: str, areas: list[str]) -> None:
    """Rule W9 in other words: what is left of a code without its third digit begins with the area; or the whole code."""
    place = code[:2] + code[3:]
    expected = any(code == area if len(area) == 10 else place.startswith(area) for area in areas)
    assert any(area in areas for area in areas_of(code)) == expected
