"""The caller of a request, as its access token states it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from uuid import UUID

from eligibility_api.contract.codes import Right
from eligibility_api.contract.errors import ShikakuError


@dataclass(frozen=True, slots=True)
class Caller:
    """An admitted client: a terminal of a facility, or a program of an insurer."""

    client_id: UUID
    institution_code: str | None
    insurer_number: str | None
    rights: frozenset[Right]

    def require(self, *rights: Right) -> None:
        """Raise `right-missing` unless the client has all of `rights`."""
        if not self.rights.issuperset(rights):
            raise ShikakuError("right-missing")

    def limited_to(self, scope: str) -> Caller:
        """The same client with only the rights of a token request's `scope` (RFC 6749 section 3.3).

        An empty scope means all of its rights. Raises `scope-exceeded` for a right that it does not have.
        """
        wanted = frozenset(scope.split())
        if not wanted <= self.rights:
            raise ShikakuError("scope-exceeded")
        return replace(self, rights=frozenset(map(Right, wanted))) if wanted else self

    def institution(self) -> str:
        """Return the facility's institution code. Raises `right-missing` for an insurer."""
        if self.institution_code is None:
            raise ShikakuError("right-missing")
        return self.institution_code

    def insurer(self) -> str:
        """Return the insurer's number. Raises `right-missing` for a facility."""
        if self.insurer_number is None:
            raise ShikakuError("right-missing")
        return self.insurer_number
