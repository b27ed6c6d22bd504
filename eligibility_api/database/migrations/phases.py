"""The two phases of a change of the schema (docs/decisions/029).

Every migration after 0040 declares one. `phase = "expand"` only adds: the programs of the last release go on. `phase =
"contract"` takes away, or demands more, and names in `serves_from` the oldest revision whose programs go on.
"""

from __future__ import annotations

from types import ModuleType


def serves_from(migration: ModuleType) -> str | None:
    """The oldest revision whose programs go on after a contract; None for another migration."""
    if getattr(migration, "phase", None) != "contract":
        return None
    revision: str = migration.serves_from
    return revision
