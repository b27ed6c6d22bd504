"""What a case of the collection is: how one proof is made, and what is expected of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.conformance.workshop import Attempt, Workshop

Make = Callable[[Workshop], Attempt]


@dataclass(frozen=True, slots=True)
class Case:
    """A proof by its name. `difference` says in one sentence how it differs from the good proof `of`.

    `expected` is the code of the refusal, or None for a good proof; `over_http` another code where the application's
    border refuses first.
    """

    name: str
    difference: str
    make: Make
    expected: str | None = None
    of: str | None = None
    over_http: str | None = None
