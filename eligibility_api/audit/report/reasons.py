"""For which reason a record is an access to a person's data, and at which point a proof was refused."""

from __future__ import annotations

from enum import StrEnum

from eligibility_api.contract.consent import Basis


class Reason(StrEnum):
    """What an access was based on; the texts have their names."""

    CARD = "card"
    VISUAL_CHECK = "visual-check"
    CONSENT = "consent"
    NUMBER = "number"
    BATCH = "batch"
    TICKETS = "tickets"
    AGAIN = "again"
    DUPLICATES = "duplicates"
    EMERGENCY = "emergency"
    DISASTER = "disaster"


_BY_KIND = {
    "eligibility.card": Reason.CARD,
    "eligibility.consent-pin": Reason.CARD,
    "eligibility.visual-check": Reason.VISUAL_CHECK,
    "eligibility.consent-visual-check": Reason.VISUAL_CHECK,
    "eligibility.consent": Reason.CONSENT,
    "eligibility.number": Reason.NUMBER,
    "eligibility.batch": Reason.BATCH,
    "eligibility.tickets": Reason.TICKETS,
    "answer.read": Reason.AGAIN,
    "duplicates.checked": Reason.DUPLICATES,
    "duplicates.disclosed": Reason.CONSENT,
    "disaster.search": Reason.DISASTER,
}

_BY_BASIS = {
    Basis.PIN: Reason.CONSENT,
    Basis.VISUAL_CHECK: Reason.CONSENT,
    Basis.OWN_ACCESS: Reason.CONSENT,
    Basis.EMERGENCY: Reason.EMERGENCY,
    Basis.DISASTER: Reason.DISASTER,
}
"""Of a history, by its permit."""

ACCESSED = frozenset({"answered", "done"})
"""The outcomes of an access that was given."""

VISUAL_KINDS = ("eligibility.visual-check", "eligibility.consent-visual-check", "binding.first-registration")
"""Kinds of a proof after staff compared the face; a registration is one if it names an operator."""

PERMIT_KINDS = ("emergency.permit", "disaster.permit", "disaster.search")
"""Kinds of access without consent that was requested."""

CONSENT_KINDS = ("eligibility.consent-pin", "eligibility.consent-visual-check")
"""Kinds of a consent's registration."""

LOOKED_UP_KINDS = ("eligibility.card", "eligibility.visual-check", "eligibility.number", "eligibility.batch")
"""Kinds of a look-up after which a claim is expected."""

MISSED_KINDS = ("eligibility.number", "eligibility.batch")
"""Kinds of a look-up that may match nobody."""

INSURER_KINDS = (
    "member.searched", "member.read", "mismatches.read", "changes.read", "papers.read", "file-faults.read",
    "corrections.read",
)  # fmt: skip
"""Kinds of what an insurer's staff reads."""

WRONG_KINDS = ("enrolment.correct", "enrolment.withdraw", "enrolment.unlink", "enrolment.file-undone")
"""Kinds of a change that says of earlier values that they were wrong."""

REFUSED_KINDS = ("proof.refused", "sign-in.refused")
"""Kinds of refusals before anything was used."""


def reason_of(kind: str, basis: str | None) -> Reason | None:
    """The reason of an access; None of a record that is none. `basis`: of the permit of a history."""
    if kind.startswith("history."):
        return _BY_BASIS[Basis(basis)] if basis is not None else Reason.CONSENT
    return _BY_KIND.get(kind)


def is_refused_proof(kind: str, outcome: str) -> bool:
    """Whether a record says that a proof was used and its card refused."""
    used = (*CONSENT_KINDS, "eligibility.card", "eligibility.visual-check", "own-access.code")
    if kind in used:
        return outcome not in {"answered", "first-registration-needed"}
    return kind in {"binding.first-registration", "binding.renewal"} and outcome not in {"bound", "already"}
