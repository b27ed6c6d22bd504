"""Medical aid (医療扶助): households on public assistance, whose members are the recipients of a welfare office.

It stands beside insurance by employment, and in the place of any other: who receives it leaves national health insurance
(国民健康保険法 art. 6) and the late-elderly scheme (高齢者の医療の確保に関する法律 art. 51).
"""

from __future__ import annotations

from random import Random

from payer_mock.country.families import Family
from payer_mock.country.insurers import Insurers, Scheme
from payer_mock.country.people import home_place

_WITH_EMPLOYMENT, _WITHOUT_EMPLOYMENT = 0.0015, 0.05
"""Of the households with and without insurance by employment: who live on public assistance. Together 1.6 % of all people."""


def with_medical_aid(families: list[Family], insurers: Insurers, rng: Random) -> list[Family]:
    """A household's families as they are, or on medical aid: each person a recipient of her own, few insured beside it."""
    insured = [family for family in families if family.insurer.scheme.by_employment]
    if rng.random() >= (_WITH_EMPLOYMENT if insured else _WITHOUT_EMPLOYMENT):
        return families
    office = insurers.nth(Scheme.WELFARE_OFFICE, home_place(families[0].members[0].address))
    people = [person for family in families for person in family.members]
    return insured + [Family(office, "", [person], person) for person in people]
