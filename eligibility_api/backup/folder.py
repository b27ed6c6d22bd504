"""The base backups of a folder, by their names: which one an instant is restored from, and which are no longer needed.

A name is the instant at which the backup was complete, in UTC, and its kind: `20261130T031500.123456Z-full`. An incremental
backup builds on the one before it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal, Self

Kind = Literal["full", "incremental"]

_FORMAT = "%Y%m%dT%H%M%S.%fZ"

FULL_EVERY = timedelta(days=7)
"""A full backup is made when the last one is older: a longer chain takes longer to restore."""


@dataclass(frozen=True, slots=True)
class Backup:
    """One complete base backup."""

    path: Path
    ended_at: datetime
    kind: Kind

    @classmethod
    def named(cls, path: Path) -> Self | None:
        """The backup of this name; None if it is none."""
        stamp, _, kind = path.name.partition("-")
        try:
            ended_at = datetime.strptime(stamp, _FORMAT).replace(tzinfo=UTC)
        except ValueError:
            return None
        return cls(path, ended_at, kind) if kind in ("full", "incremental") else None  # type: ignore[arg-type]


def name(ended_at: datetime, kind: Kind) -> str:
    """The name of a backup."""
    return f"{ended_at.astimezone(UTC).strftime(_FORMAT)}-{kind}"


def read(base: Path) -> list[Backup]:
    """The complete backups of a folder, oldest first."""
    found = [Backup.named(path) for path in base.iterdir()] if base.exists() else []
    return sorted((one for one in found if one is not None), key=lambda one: one.ended_at)


def chain(backups: Sequence[Backup], instant: datetime | None) -> list[Backup]:
    """The backups from which `instant` is restored: a full one and those built on it. Empty if there are none.

    `backups` are sorted, oldest first. None: the latest instant.
    """
    usable = [one for one in backups if instant is None or one.ended_at <= instant]
    fulls = [index for index, one in enumerate(usable) if one.kind == "full"]
    return usable[fulls[-1] :] if fulls else []


def expired(backups: Sequence[Backup], cutoff: datetime) -> list[Backup]:
    """The backups that no instant since `cutoff` is restored from."""
    needed = chain(backups, cutoff)
    first = needed[0].ended_at if needed else cutoff
    return [one for one in backups if one.ended_at < first] if needed else []


def later(backups: Sequence[Backup], instant: datetime) -> list[Backup]:
    """The backups after an instant to which the database was set back: they belong to another history."""
    return [one for one in backups if one.ended_at > instant]
