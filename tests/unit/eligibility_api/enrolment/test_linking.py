"""An enrolment is linked if the register matches one person, and never moved on an uncertain match."""

from __future__ import annotations

from itertools import product

import pytest

from eligibility_api.contract.enrolment import Mismatch, RegisterMatch
from eligibility_api.enrolment.linking import (
    UNLINKED,
    Link,
    RegisterAnswer,
    closes_card,
    contested,
    is_variant_waiting,
    link_after_confirmation,
    link_after_former_confirmation,
    link_after_match,
    link_after_unlinking,
)
from tests.builders.links import (
    ACCEPTED,
    AMBIGUOUS,
    ANOTHER,
    CONTESTED,
    FOUND_AGAIN,
    HER,
    KANA,
    LINKED,
    LOST,
    NAME,
    NONE,
    ONE,
    OTHER,
    OUTCOMES,
    PARTED,
    PROPOSED,
    REJECTED,
    SPELLED,
    SPELLED_OTHER,
    STATES,
    UNKNOWN,
    UNSEEN,
    VARIANT,
)

EVERY_CHANGE = list(product(STATES, OUTCOMES))


@pytest.mark.parametrize(
    ("former", "found", "link"),
    [
        (UNLINKED, RegisterAnswer(ONE, HER), LINKED),
        (UNLINKED, RegisterAnswer(NONE, None), Link(None, NONE, Mismatch.OPEN)),
        (UNLINKED, RegisterAnswer(AMBIGUOUS, None), UNKNOWN),
        (LINKED, RegisterAnswer(ONE, HER), LINKED),
        (LINKED, RegisterAnswer(NONE, None), LOST),
        (LINKED, RegisterAnswer(AMBIGUOUS, None), Link(HER, AMBIGUOUS, Mismatch.OPEN)),
        (LINKED, RegisterAnswer(ONE, ANOTHER), Link(HER, OTHER, Mismatch.OPEN)),
        (LOST, RegisterAnswer(ONE, HER), LINKED),
        (LOST, RegisterAnswer(ONE, ANOTHER), Link(HER, OTHER, Mismatch.OPEN)),
        (UNKNOWN, RegisterAnswer(ONE, ANOTHER), Link(ANOTHER, ONE, Mismatch.NONE)),
        (PARTED, RegisterAnswer(ONE, ANOTHER), Link(ANOTHER, ONE, Mismatch.NONE)),
    ],
)
def test_a_link_after_the_registers_answer(former: Link, found: RegisterAnswer, link: Link) -> None:
    """Rule R6."""
    assert link_after_match(former, found) == link


@pytest.mark.parametrize(
    ("former", "found", "link"),
    [
        (LOST, RegisterAnswer(NONE, None), Link(HER, NONE, Mismatch.CONFIRMED)),
        (LOST, RegisterAnswer(ONE, HER), LINKED),
        (UNKNOWN, RegisterAnswer(AMBIGUOUS, None), Link(None, AMBIGUOUS, Mismatch.CONFIRMED)),
        (UNKNOWN, RegisterAnswer(ONE, HER), LINKED),
        (Link(ANOTHER, OTHER, Mismatch.OPEN), RegisterAnswer(ONE, HER), LINKED),
        (PARTED, RegisterAnswer(ONE, HER), Link(None, OTHER, Mismatch.CONFIRMED)),
        (PARTED, RegisterAnswer(NONE, None), Link(None, NONE, Mismatch.CONFIRMED)),
    ],
)
def test_a_link_after_the_insurer_confirmed_its_data(former: Link, found: RegisterAnswer, link: Link) -> None:
    assert link_after_confirmation(former, found) == link


@pytest.mark.parametrize(
    ("found", "link"),
    [
        (RegisterAnswer(ONE, ANOTHER), Link(ANOTHER, ONE, Mismatch.NONE)),
        (RegisterAnswer(ONE, HER), Link(None, OTHER, Mismatch.OPEN)),
        (RegisterAnswer(NONE, None), Link(None, NONE, Mismatch.OPEN)),
        (RegisterAnswer(AMBIGUOUS, None), UNKNOWN),
    ],
)
def test_a_link_that_the_insurer_declared_wrong(found: RegisterAnswer, link: Link) -> None:
    assert link_after_unlinking(LINKED, found) == link


@pytest.mark.parametrize(
    ("former", "found", "link"),
    [
        (UNLINKED, SPELLED, PROPOSED),
        (PARTED, SPELLED, PROPOSED),
        (CONTESTED, SPELLED, PROPOSED),
        (UNSEEN, SPELLED, PROPOSED),
        (PROPOSED, SPELLED_OTHER, Link(None, VARIANT, Mismatch.OPEN, ANOTHER, (NAME,))),
        (PROPOSED, RegisterAnswer(ONE, HER), LINKED),
        (PROPOSED, RegisterAnswer(ONE, ANOTHER), Link(ANOTHER, ONE, Mismatch.NONE)),
        (PROPOSED, RegisterAnswer(NONE, None), Link(None, NONE, Mismatch.OPEN)),
        (LINKED, SPELLED, FOUND_AGAIN),
        (LINKED, SPELLED_OTHER, Link(HER, OTHER, Mismatch.OPEN)),
        (ACCEPTED, SPELLED, FOUND_AGAIN),
        (ACCEPTED, SPELLED_OTHER, Link(HER, OTHER, Mismatch.OPEN)),
        (
            ACCEPTED,
            RegisterAnswer(VARIANT, HER, (NAME, KANA)),
            Link(HER, VARIANT, Mismatch.OPEN, differences=(NAME, KANA)),
        ),
        (ACCEPTED, RegisterAnswer(ONE, HER), LINKED),
        (ACCEPTED, RegisterAnswer(NONE, None), LOST),
    ],
)
def test_a_person_who_is_spelled_otherwise_is_only_proposed(
    former: Link, found: RegisterAnswer, link: Link
) -> None:
    """Rule R8."""
    assert link_after_match(former, found) == link


@pytest.mark.parametrize(
    ("link", "waits"),
    [
        (PROPOSED, True),
        (FOUND_AGAIN, True),
        (ACCEPTED, False),
        (Link(None, VARIANT, Mismatch.CONFIRMED, HER, (NAME,)), False),
        (LINKED, False),
        (LOST, False),
        (REJECTED, False),
        (contested(ACCEPTED), False),
    ],
)
def test_a_word_given_before_is_asked_for_where_a_spelling_waits(link: Link, waits: bool) -> None:
    """Rule R8: not where the claim on her card is contested (R7), nor where the insurer rejected her."""
    assert is_variant_waiting(link) is waits


@pytest.mark.parametrize("link", [PROPOSED, FOUND_AGAIN])
def test_a_word_given_before_links_the_person_of_whom_it_was_given(link: Link) -> None:
    """Rule R8."""
    assert link_after_former_confirmation(link) == ACCEPTED


@pytest.mark.parametrize(
    ("former", "found", "link"),
    [
        (PROPOSED, SPELLED, ACCEPTED),
        (PROPOSED, RegisterAnswer(ONE, HER), LINKED),
        (PROPOSED, SPELLED_OTHER, Link(None, VARIANT, Mismatch.OPEN, ANOTHER, (NAME,))),
        (PROPOSED, RegisterAnswer(NONE, None), UNSEEN),
        (PROPOSED, RegisterAnswer(AMBIGUOUS, None), Link(None, AMBIGUOUS, Mismatch.CONFIRMED)),
        (UNLINKED, SPELLED, PROPOSED),
        (UNSEEN, SPELLED, Link(None, VARIANT, Mismatch.CONFIRMED, HER, (NAME,))),
        (Link(None, VARIANT, Mismatch.CONFIRMED, HER, (NAME,)), SPELLED, ACCEPTED),
        (LOST, SPELLED, ACCEPTED),
        (LOST, SPELLED_OTHER, Link(HER, OTHER, Mismatch.CONFIRMED)),
        (REJECTED, SPELLED, Link(None, OTHER, Mismatch.CONFIRMED)),
    ],
)
def test_only_a_confirmed_proposal_links_a_person_who_is_spelled_otherwise(
    former: Link, found: RegisterAnswer, link: Link
) -> None:
    """Rule R8."""
    assert link_after_confirmation(former, found) == link


@pytest.mark.parametrize(
    ("former", "found", "link"),
    [
        (PROPOSED, SPELLED, REJECTED),
        (ACCEPTED, SPELLED, REJECTED),
        (LINKED, SPELLED_OTHER, Link(None, VARIANT, Mismatch.OPEN, ANOTHER, (NAME,))),
        (PROPOSED, RegisterAnswer(ONE, ANOTHER), Link(ANOTHER, ONE, Mismatch.NONE)),
        (PROPOSED, RegisterAnswer(NONE, None), Link(None, NONE, Mismatch.OPEN)),
    ],
)
def test_a_proposal_is_rejected_like_a_wrong_link(former: Link, found: RegisterAnswer, link: Link) -> None:
    """Rule R8."""
    assert link_after_unlinking(former, found) == link


@pytest.mark.parametrize(
    ("link", "identified"),
    [
        (LINKED, True),
        (ACCEPTED, True),
        (PROPOSED, False),
        (Link(HER, VARIANT, Mismatch.OPEN, differences=(NAME,)), False),
        (Link(None, VARIANT, Mismatch.CONFIRMED, HER, (NAME,)), False),
        (LOST, False),
        (Link(HER, NONE, Mismatch.CONFIRMED), False),
        (UNKNOWN, False),
        (CONTESTED, False),
    ],
)
def test_a_proposal_counts_as_a_miss_until_it_is_confirmed(link: Link, identified: bool) -> None:
    """Rule N4."""
    assert link.is_identified is identified


def test_nobody_is_linked_by_folded_items_without_the_insurers_knowledge() -> None:
    """Rule R8: a person key is linked by equal items, or because it was proposed or linked before."""
    assert len(EVERY_CHANGE) > 50
    for former, found in EVERY_CHANGE:
        for change in (link_after_match, link_after_confirmation, link_after_unlinking):
            link = change(former, found)
            equal = found.person_key if found.match is ONE else None
            known = {None, former.person_key, equal}
            assert link.person_key in (
                known | {former.proposed_key} if change is link_after_confirmation else known
            )
            assert link.person_key is None or link.proposed_key is None
            assert not link.differences or link.register_match in {VARIANT, RegisterMatch.CONTESTED}


def test_a_new_link_is_always_reported_to_the_insurer() -> None:
    assert len(EVERY_CHANGE) > 50
    for former, found in EVERY_CHANGE:
        for link in (
            link_after_match(former, found),
            link_after_confirmation(former, found),
            link_after_unlinking(former, found),
        ):
            assert link.person_key is not None or link.mismatch is not Mismatch.NONE
        assert link_after_match(former, found).person_key in {former.person_key, found.person_key}


@pytest.mark.parametrize(
    ("link", "blocked", "was_blocked", "closes"),
    [
        (LINKED, False, False, False),
        (LINKED, True, False, True),
        (LINKED, True, True, False),
        (LINKED, False, True, False),
        (LOST, False, False, True),
        (LOST, True, True, True),
        (Link(HER, OTHER, Mismatch.OPEN), False, False, True),
        (Link(HER, NONE, Mismatch.CONFIRMED), False, False, False),
        (Link(HER, NONE, Mismatch.CONFIRMED), True, False, True),
        (UNKNOWN, True, False, False),
        (PARTED, True, False, False),
        (CONTESTED, True, False, False),
    ],
)
def test_a_card_is_closed_by_a_new_block_or_an_open_mismatch_of_its_person(
    link: Link, blocked: bool, was_blocked: bool, closes: bool
) -> None:
    """Rule R7."""
    assert closes_card(link, ended=False, blocked=blocked, was_blocked=was_blocked) is closes


@pytest.mark.parametrize(
    ("link", "blocked", "closes"), [(LOST, False, False), (LOST, True, True), (LINKED, True, True)]
)
def test_of_an_ended_period_only_a_block_closes_the_card(link: Link, blocked: bool, closes: bool) -> None:
    """Rules P1, P2 and R7."""
    assert closes_card(link, ended=True, blocked=blocked, was_blocked=False) is closes


@pytest.mark.parametrize(
    ("link", "left"),
    [
        (LINKED, CONTESTED),
        (Link(HER, NONE, Mismatch.CONFIRMED), CONTESTED),
        (LOST, Link(None, NONE, Mismatch.OPEN)),
        (Link(HER, OTHER, Mismatch.OPEN), PARTED),
        (ACCEPTED, Link(None, RegisterMatch.CONTESTED, Mismatch.OPEN, HER, (NAME,))),
        (Link(HER, VARIANT, Mismatch.OPEN, differences=(NAME,)), PROPOSED),
    ],
)
def test_a_contested_link_is_none_and_waits_in_the_queue(link: Link, left: Link) -> None:
    """Rule R11: and the next change of it that closes no card is linked again."""
    assert contested(link) == left
    assert not closes_card(left, ended=False, blocked=True, was_blocked=False)
    assert link_after_match(CONTESTED, RegisterAnswer(ONE, HER)) == LINKED
    assert link_after_confirmation(CONTESTED, RegisterAnswer(ONE, HER)) == LINKED
    assert link_after_confirmation(contested(ACCEPTED), SPELLED) == ACCEPTED
