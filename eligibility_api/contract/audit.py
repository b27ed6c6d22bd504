"""The audit log as clients see it."""

from __future__ import annotations

from pydantic import Field

from eligibility_api.contract.wire import Answer

AUDIT_PATH = "/v1/audit"


class ConsistencyAnswer(Answer):
    """A consistency proof (RFC 6962, section 2.1.2) between two sizes of the audit log."""

    old_size: int
    new_size: int
    hashes: list[str] = Field(description="SHA-256 hashes in base64, in the order of the standard.")
