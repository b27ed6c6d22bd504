"""Values of a change of single members: their current versions, the register's answers, and what is decided."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from eligibility_api.contract.enrolment import Difference, Mismatch, RegisterMatch
from eligibility_api.domain.membership import CONTENT, digest
from eligibility_api.domain.timeline import Period
from eligibility_api.enrolment.linking import Identity, Link, RegisterAnswer, identity_of

Content = Mapping[str, Any]
"""A member's items, by column, with their digest."""


@dataclass(frozen=True, slots=True)
class CurrentVersion:
    """A current version: the member's items, and the link to a person."""

    version: int
    entitlement: int
    content: Content
    link: Link

    @classmethod
    def of(cls, row: Any) -> CurrentVersion:
        """Read the version from a row of the store."""
        content = {name: getattr(row, name) for name in CONTENT}
        differences = tuple(map(Difference.model_validate, row.differences or ()))
        match, mismatch = RegisterMatch(row.register_match), Mismatch(row.mismatch)
        link = Link(row.person_key, match, mismatch, row.proposed_key, differences)
        return cls(row.version, row.entitlement, content | {"digest": row.digest or digest(content)}, link)

    @property
    def period(self) -> Period:
        """The period of the version."""
        content = self.content
        return Period(self.version, content["acquired_on"], content["lost_on"], content["digest"])


@dataclass(frozen=True, slots=True)
class Member:
    """An entitlement and its current versions, oldest period first."""

    entitlement: int
    enrolment_id: UUID
    current: Sequence[CurrentVersion]

    @property
    def periods(self) -> list[Period]:
        """The periods of the current versions."""
        return [version.period for version in self.current]


@dataclass(frozen=True, slots=True)
class NewVersion:
    """A version that a decision opens."""

    entitlement: int
    content: Content
    link: Link


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The versions that a change closes and opens, and the version that its answer reports (`reported`)."""

    enrolment_id: UUID
    reported: NewVersion
    close: Sequence[CurrentVersion] = ()
    open: Sequence[NewVersion] = ()

    @property
    def touched(self) -> list[CurrentVersion | NewVersion]:
        """All closed versions, then all opened versions."""
        return [*self.close, *self.open]

    def with_links(self, links: Sequence[Link]) -> Decision:
        """Return the decision with another link for each version that it opens, in their order."""
        opening = [replace(new, link=link) for new, link in zip(self.open, links, strict=True)]
        changed = (after for before, after in zip(self.open, opening, strict=True) if before is self.reported)
        return replace(self, open=opening, reported=next(changed, self.reported))


class RegisterNotAsked(Exception):
    """A decision needs the register's answer for an identity that was not requested yet."""

    def __init__(self, identity: Identity) -> None:
        self.identity = identity
        super().__init__("the register was not asked")


@dataclass(slots=True)
class RegisterAnswers:
    """The register's answers during one call."""

    answers: dict[Identity, RegisterAnswer] = field(default_factory=dict)

    def found(self, content: Content) -> RegisterAnswer:
        """Return the answer for a member. Raises RegisterNotAsked."""
        identity = identity_of(content)
        if identity not in self.answers:
            raise RegisterNotAsked(identity)
        return self.answers[identity]
