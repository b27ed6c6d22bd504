"""What Patroni says about a cluster (`GET /cluster`), read strictly. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_RUNNING = frozenset({"running", "streaming"})


@dataclass(frozen=True, slots=True)
class ClusterState:
    """The members' roles (`leader`, `sync_standby`, `replica` …) and states (`running`, `streaming`, `stopped` …), by name."""

    roles: Mapping[str, str]
    states: Mapping[str, str]

    @classmethod
    def of(cls, answer: Any) -> ClusterState:
        """The state that an answer of Patroni describes; of an unreadable answer one without members."""
        members = answer.get("members") if isinstance(answer, dict) else None
        listed = [one for one in members or () if isinstance(one, dict) and "name" in one]
        return cls(
            {str(one["name"]): str(one.get("role")) for one in listed},
            {str(one["name"]): str(one.get("state")) for one in listed},
        )

    @property
    def leader(self) -> str | None:
        """The member that accepts writing; None while there is none."""
        return self._first("leader")

    @property
    def synchronous(self) -> str | None:
        """The member that confirms each commit; None while there is none."""
        return self._first("sync_standby")

    def is_whole(self, members: int) -> bool:
        """Whether there are so many members, one of them the leader and one synchronous, and all of them run."""
        return (
            len(self.roles) == members
            and self.leader is not None
            and self.synchronous is not None
            and all(state in _RUNNING for state in self.states.values())
        )

    def _first(self, role: str) -> str | None:
        return next((name for name, found in self.roles.items() if found == role), None)
