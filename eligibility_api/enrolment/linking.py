"""The link of an enrolment to a person, from the answers of the resident register (R6 to R8). Pure functions.

A member is linked only when the register finds exactly one person, and a link is never moved by a guess: when
the register finds something else than before, the former link stays and the mismatch waits for the insurer. A
person who is spelled otherwise is only proposed (R8): the insurer's confirmation links her.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from eligibility_api.contract.enrolment import Difference, Mismatch, RegisterMatch
from eligibility_api.domain.membership import IDENTITY

Identity = tuple[Any, ...]
"""The values of the items of `IDENTITY`, in their order."""


@dataclass(frozen=True, slots=True)
class RegisterAnswer:
    """The register's answer for an identity: `one` or `variant` with the person key, `none`, or `ambiguous`.

    `differences`: with `variant`, how the person is spelled otherwise.
    """

    match: RegisterMatch
    person_key: bytes | None
    differences: tuple[Difference, ...] = ()


@dataclass(frozen=True, slots=True)
class Link:
    """The person of an enrolment, the register's last match, and whether a mismatch is unresolved.

    `proposed_key`: without a person, the one whom the register proposes. `differences`: how that person, or the
    linked one, is spelled otherwise.
    """

    person_key: bytes | None
    register_match: RegisterMatch
    mismatch: Mismatch
    proposed_key: bytes | None = None
    differences: tuple[Difference, ...] = ()

    @property
    def is_identified(self) -> bool:
        """Whether the register identified the member, by equal items or as confirmed (rule N4)."""
        confirmed = self.person_key is not None and self.mismatch is Mismatch.CONFIRMED
        match = self.register_match
        return match is RegisterMatch.ONE or (match is RegisterMatch.VARIANT and confirmed)


UNLINKED = Link(None, RegisterMatch.NONE, Mismatch.OPEN)
"""The link of a member about whom the register was never asked."""


def identity_of(content: Mapping[str, Any]) -> Identity:
    """Return the items by which the register is asked."""
    return tuple(content[name] for name in IDENTITY)


def link_after_match(former: Link, found: RegisterAnswer) -> Link:
    """Return the link after the register was asked, first or again for a changed identity (R6)."""
    if found.match is RegisterMatch.VARIANT:
        return _link_after_proposal(former, found)
    if found.person_key is None:
        return Link(former.person_key, found.match, Mismatch.OPEN)
    if former.person_key in {None, found.person_key}:
        return Link(found.person_key, RegisterMatch.ONE, Mismatch.NONE)
    return Link(former.person_key, RegisterMatch.OTHER, Mismatch.OPEN)


def _link_after_proposal(former: Link, found: RegisterAnswer) -> Link:
    """Return the link after the register found a person who is spelled otherwise (R8): proposed to an unlinked member.

    The linked person is found again; that waits too.
    """
    if former.person_key is None:
        return _proposal(found, Mismatch.OPEN)
    if former.person_key != found.person_key:
        return Link(former.person_key, RegisterMatch.OTHER, Mismatch.OPEN)
    return Link(former.person_key, RegisterMatch.VARIANT, Mismatch.OPEN, differences=found.differences)


def link_after_former_confirmation(link: Link) -> Link:
    """Return the link of a person with these differences whom the insurer has confirmed before (R8).

    Under this membership or another one of hers: `is_variant_waiting` says of which link that is asked.
    """
    return Link(variant_of(link), RegisterMatch.VARIANT, Mismatch.CONFIRMED, differences=link.differences)


def is_variant_waiting(link: Link) -> bool:
    """Whether the insurer must still confirm that a person who is spelled otherwise is its member."""
    return link.register_match is RegisterMatch.VARIANT and link.mismatch is Mismatch.OPEN


def variant_of(link: Link) -> bytes | None:
    """The person who is spelled otherwise: linked, or only proposed."""
    return link.person_key or link.proposed_key


def _proposal(found: RegisterAnswer, mismatch: Mismatch) -> Link:
    return Link(None, RegisterMatch.VARIANT, mismatch, found.person_key, found.differences)


def link_after_confirmation(former: Link, found: RegisterAnswer) -> Link:
    """Return the link after the insurer confirmed its items: to the one person found or proposed, else confirmed.

    A person who is spelled otherwise is linked only if the insurer knew of the proposal (R8). A member who was
    unlinked from the person that the register finds stays unlinked until her own items arrive.
    """
    if found.person_key is not None and not is_unlinked(former):
        if found.match is RegisterMatch.ONE:
            return Link(found.person_key, RegisterMatch.ONE, Mismatch.NONE)
        if found.person_key == (former.person_key or former.proposed_key):
            return Link(
                found.person_key, RegisterMatch.VARIANT, Mismatch.CONFIRMED, differences=found.differences
            )
        if former.person_key is None:
            return _proposal(found, former.mismatch)
    match = RegisterMatch.OTHER if found.person_key is not None else found.match
    return Link(former.person_key, match, Mismatch.CONFIRMED)


def link_after_unlinking(former: Link, found: RegisterAnswer) -> Link:
    """Return the link after the insurer declared the former one, or a proposal, wrong: to another person, if found."""
    if found.person_key not in {None, former.person_key, former.proposed_key}:
        if found.match is RegisterMatch.VARIANT:
            return _proposal(found, Mismatch.OPEN)
        return Link(found.person_key, RegisterMatch.ONE, Mismatch.NONE)
    match = RegisterMatch.OTHER if found.person_key is not None else found.match
    return Link(None, match, Mismatch.OPEN)


def closes_card(link: Link, *, ended: bool, blocked: bool, was_blocked: bool) -> bool:
    """Return whether this link brings what closes the person's card (R7): a new block, or an open mismatch.

    An open mismatch of a period that has `ended` closes it for those days only. `was_blocked`: the version that
    it replaces was linked to the same person and had a block already.
    """
    mismatched = link.mismatch is Mismatch.OPEN and not ended
    return link.person_key is not None and (mismatched or (blocked and not was_blocked))


def contested(link: Link) -> Link:
    """Return what becomes of a link that closes the card of another insurer's member: none, until confirmed (R7).

    A person who is spelled otherwise stays proposed.
    """
    match = link.register_match if link.mismatch is Mismatch.OPEN else RegisterMatch.CONTESTED
    proposed_key = link.person_key if link.register_match is RegisterMatch.VARIANT else None
    return Link(None, match, Mismatch.OPEN, proposed_key, link.differences)


def is_unlinked(link: Link) -> bool:
    """Whether the insurer unlinked the member from the one person whom her items match."""
    return link.person_key is None and link.register_match is RegisterMatch.OTHER
