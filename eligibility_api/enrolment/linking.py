"""Whose a member is: what the fund makes of the resident register's word. Pure.

A person is linked only where the register names exactly one, and a link, once made, is never moved by guess: where
the register comes to another result than before, the former link is kept and the mismatch waits for the insurer.
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
class Found:
    """The register's word on an identity: `one` and the person, `none`, or `ambiguous`."""

    match: RegisterMatch
    person_key: bytes | None


@dataclass(frozen=True, slots=True)
class Link:
    """Whose an enrolment is held to be, how the register saw it last, and whether the insurer has to look at it."""

    person_key: bytes | None
    register_match: RegisterMatch
    mismatch: Mismatch


NOBODYS = Link(None, RegisterMatch.NONE, Mismatch.OPEN)
"""Of a member about whom the register was never asked."""


def identity_of(content: Mapping[str, Any]) -> Identity:
    """The items by which the register is asked."""
    return tuple(content[name] for name in IDENTITY)


def linked(former: Link, found: Found) -> Link:
    """The link after the register was asked again, for an identity that has changed, or at the first time."""
    if found.person_key is None:
        return Link(former.person_key, found.match, Mismatch.OPEN)
    if former.person_key in {None, found.person_key}:
        return Link(found.person_key, RegisterMatch.ONE, Mismatch.NONE)
    return Link(former.person_key, RegisterMatch.OTHER, Mismatch.OPEN)


def confirmed(former: Link, found: Found) -> Link:
    """The link after the insurer has stood by what it said: the one person found, else as it was and confirmed.

    A member who was parted from the person whom the register names stays parted: her own items are still to come.
    """
    if found.person_key is not None and not _is_parted(former):
        return Link(found.person_key, RegisterMatch.ONE, Mismatch.NONE)
    match = RegisterMatch.OTHER if found.person_key is not None else found.match
    return replace(former, register_match=match, mismatch=Mismatch.CONFIRMED)


def split(former: Link, found: Found) -> Link:
    """The link after the insurer has said that the former one is wrong: another person, if exactly one is found."""
    if found.person_key is not None and found.person_key != former.person_key:
        return Link(found.person_key, RegisterMatch.ONE, Mismatch.NONE)
    match = RegisterMatch.OTHER if found.person_key is not None else found.match
    return Link(None, match, Mismatch.OPEN)


def _is_parted(link: Link) -> bool:
    """Whether the insurer has parted her from the one person whom her items name (`split`)."""
    return link.person_key is None and link.register_match is RegisterMatch.OTHER
