"""Whether the fund can decide card checks: the answer of `/readyz`."""

from __future__ import annotations

from pydantic import BaseModel, Field

READINESS_PATH = "/readyz"


class Readiness(BaseModel):
    """The conditions for deciding card checks.

    The service is ready without a fresh revocation mirror too: OCSP replaces it, and all nodes would become
    unready at once.
    """

    ready: bool
    database: bool
    migrated: bool = False
    partitions: bool = False
    revocation_mirror: bool = False
    revocation_age_seconds: int | None = Field(
        default=None,
        description="How long ago the oldest list of the mirror was compared with J-LIS; null if one is missing.",
    )
