"""A case of the collection: how one proof is made, and the expected result."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.conformance.proof_builder import Attempt, ProofBuilder

Make = Callable[[ProofBuilder], Attempt]


@dataclass(frozen=True, slots=True)
class Case:
    """A named proof. `difference` describes in one sentence how it differs from the good proof `of`.

    `expected` is the code of the refusal, or None for a good proof; `over_http` another code if request validation
    rejects it first.
    """

    name: str
    difference: str
    make: Make
    expected: str | None = None
    of: str | None = None
    over_http: str | None = None
