"""A privileged operation in words: who, about what, with which details."""

from __future__ import annotations

from typing import Any

from eligibility_api.audit.report.figures import Operation
from eligibility_api.audit.report.phrases import Phrases

_SHOWN = (
    "name", "reason", "rights", "authorised_by", "medical", "emergency", "areas", "closes_at", "upload", "key",
    "former", "drugs",
)  # fmt: skip
"""Members of a record's detail that are shown, in this order."""


def who(operation: Operation) -> str:
    """Who did it: the server's user and, of a disaster, the name that was given; else the client."""
    user = operation.detail.get("os_user")
    named = operation.operator if operation.kind.startswith("disaster.") else None
    client = f"{str(operation.client_id)[:8]}" if operation.client_id is not None and user is None else None
    return " / ".join(str(part) for part in (named, user, client) if part)


def subject(operation: Operation) -> str:
    """Whom it concerns: facility, insurer, operator or client."""
    operator = operation.operator if operation.kind.startswith("operator.") else None
    client = (
        str(operation.client_id)[:8]
        if operation.kind.startswith("admission.") and operation.client_id
        else None
    )
    parts = (operation.institution_code, operation.insurer_number, operator, client)
    return " ".join(str(part) for part in parts if part)


def content(operation: Operation, phrases: Phrases) -> str:
    """The details that are shown."""
    shown = [(name, operation.detail.get(name)) for name in _SHOWN]
    return "; ".join(
        f"{phrases(f'detail.{name}')}: {_text(value)}"
        for name, value in shown
        if value not in (None, [], False)
    )


def _text(value: Any) -> str:
    if value is True:
        return "✓"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
