"""The link of an enrolment to a person, from the answers of the resident register (R6, R7). Pure functions.

A member is linked only when the register finds exactly one person, and a link is never moved by a guess: when
the register finds something else than before, the former link stays and the mismatch waits for the insurer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from eligibility_api.contract.enrolment import Mismatch, RegisterMatch
from eligibility_api.domain.membership import IDENTITY

Identity = tuple[Any, ...]
"""The values of the items of `IDENTITY`, in their order."""


@dataclass(frozen=True, slots=True)
class RegisterAnswer:
    """The register's answer for an identity: `one` with the person key, `none`, or `ambiguous`."""

    match: RegisterMatch
    person_key: bytes | None


@dataclass(frozen=True, slots=True)
class Link:
    """The person of an enrolment, the register's last match, and whether a mismatch is unresolved."""

    person_key: bytes | None
    register_match: RegisterMatch
    mismatch: Mismatch


UNLINKED = Link(None, RegisterMatch.NONE, Mismatch.OPEN)
"""The link of a member about whom the register was never asked."""


def identity_of(content: Mapping[str, Any]) -> Identity:
    """Return the items by which the register is asked."""
    return tuple(content[name] for name in IDENTITY)


def link_after_match(former: Link, found: RegisterAnswer) -> Link:
    """Return the link after the register was asked, first or again for a changed identity (R6)."""
    if found.person_key is None:
        return Link(former.person_key, found.match, Mismatch.OPEN)
    if former.person_key in {None, found.person_key}:
        return Link(found.person_key, RegisterMatch.ONE, Mismatch.NONE)
    return Link(former.person_key, RegisterMatch.OTHER, Mismatch.OPEN)


def link_after_confirmation(former: Link, found: RegisterAnswer) -> Link:
    """Return the link after the insurer confirmed its items: to the one person found, else confirmed.

    A member who was unlinked from the person that the register finds stays unlinked until her own items
    arrive.
    """
    if found.person_key is not None and not _is_unlinked(former):
        return Link(found.person_key, RegisterMatch.ONE, Mismatch.NONE)
    match = RegisterMatch.OTHER if found.person_key is not None else found.match
    return replace(former, register_match=match, mismatch=Mismatch.CONFIRMED)


def link_after_unlinking(former: Link, found: RegisterAnswer) -> Link:
    """Return the link after the insurer declared the former one wrong: to another person, if found."""
    if found.person_key is not None and found.person_key != former.person_key:
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
    """Return what becomes of a link that closes the card of another insurer's member: none, until confirmed (R7)."""
    match = link.register_match if link.mismatch is Mismatch.OPEN else RegisterMatch.CONTESTED
    return Link(None, match, Mismatch.OPEN)


def _is_unlinked(link: Link) -> bool:
    """Whether the insurer unlinked the member from the one person whom her items match."""
    return link.person_key is None and link.register_match is RegisterMatch.OTHER
