"""A link is made where the register names one person, and never moved by guess."""

from __future__ import annotations

import pytest

from eligibility_api.contract.enrolment import Mismatch, RegisterMatch
from eligibility_api.enrolment.linking import NOBODYS, Found, Link, confirmed, linked, split

HER, ANOTHER = b"her", b"another"
ONE, NONE, AMBIGUOUS, OTHER = (
    RegisterMatch.ONE,
    RegisterMatch.NONE,
    RegisterMatch.AMBIGUOUS,
    RegisterMatch.OTHER,
)

LINKED = Link(HER, ONE, Mismatch.NONE)
LOST = Link(HER, NONE, Mismatch.OPEN)
UNKNOWN = Link(None, AMBIGUOUS, Mismatch.OPEN)
PARTED = Link(None, OTHER, Mismatch.OPEN)
OUTCOMES = [Found(ONE, HER), Found(ONE, ANOTHER), Found(NONE, None), Found(AMBIGUOUS, None)]


@pytest.mark.parametrize(
    ("former", "found", "link"),
    [
        (NOBODYS, Found(ONE, HER), LINKED),
        (NOBODYS, Found(NONE, None), Link(None, NONE, Mismatch.OPEN)),
        (NOBODYS, Found(AMBIGUOUS, None), UNKNOWN),
        (LINKED, Found(ONE, HER), LINKED),
        (LINKED, Found(NONE, None), LOST),
        (LINKED, Found(AMBIGUOUS, None), Link(HER, AMBIGUOUS, Mismatch.OPEN)),
        (LINKED, Found(ONE, ANOTHER), Link(HER, OTHER, Mismatch.OPEN)),
        (LOST, Found(ONE, HER), LINKED),
        (LOST, Found(ONE, ANOTHER), Link(HER, OTHER, Mismatch.OPEN)),
        (UNKNOWN, Found(ONE, ANOTHER), Link(ANOTHER, ONE, Mismatch.NONE)),
        (PARTED, Found(ONE, ANOTHER), Link(ANOTHER, ONE, Mismatch.NONE)),
    ],
)
def test_after_the_register_was_asked(former: Link, found: Found, link: Link) -> None:
    assert linked(former, found) == link


@pytest.mark.parametrize(
    ("former", "found", "link"),
    [
        (LOST, Found(NONE, None), Link(HER, NONE, Mismatch.CONFIRMED)),
        (LOST, Found(ONE, HER), LINKED),
        (UNKNOWN, Found(AMBIGUOUS, None), Link(None, AMBIGUOUS, Mismatch.CONFIRMED)),
        (UNKNOWN, Found(ONE, HER), LINKED),
        (Link(ANOTHER, OTHER, Mismatch.OPEN), Found(ONE, HER), LINKED),
        (PARTED, Found(ONE, HER), Link(None, OTHER, Mismatch.CONFIRMED)),
        (PARTED, Found(NONE, None), Link(None, NONE, Mismatch.CONFIRMED)),
    ],
)
def test_after_the_insurer_has_stood_by_its_word(former: Link, found: Found, link: Link) -> None:
    assert confirmed(former, found) == link


@pytest.mark.parametrize(
    ("found", "link"),
    [
        (Found(ONE, ANOTHER), Link(ANOTHER, ONE, Mismatch.NONE)),
        (Found(ONE, HER), Link(None, OTHER, Mismatch.OPEN)),
        (Found(NONE, None), Link(None, NONE, Mismatch.OPEN)),
        (Found(AMBIGUOUS, None), UNKNOWN),
    ],
)
def test_after_the_insurer_has_said_that_the_link_is_wrong(found: Found, link: Link) -> None:
    assert split(LINKED, found) == link


@pytest.mark.parametrize("found", OUTCOMES)
@pytest.mark.parametrize("former", [NOBODYS, LINKED, LOST, UNKNOWN, PARTED])
def test_nobody_is_linked_without_the_insurer_hearing_of_it(former: Link, found: Found) -> None:
    for link in (linked(former, found), confirmed(former, found), split(former, found)):
        assert link.person_key is not None or link.mismatch is not Mismatch.NONE
    assert linked(former, found).person_key in {former.person_key, found.person_key}
