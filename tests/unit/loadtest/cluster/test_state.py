"""What Patroni says about a cluster, and when a cluster is whole."""

from __future__ import annotations

from typing import Any

import pytest

from loadtest.cluster.state import ClusterState

LEADER = {"name": "db1", "role": "leader", "state": "running", "timeline": 1}
SYNCHRONOUS = {"name": "db2", "role": "sync_standby", "state": "streaming", "lag": 0}
REPLICA = {"name": "db3", "role": "replica", "state": "streaming", "lag": 0}


def state(*members: Any) -> ClusterState:
    return ClusterState.of({"members": list(members), "scope": "shikaku"})


def test_leader_and_synchronous_standby_are_found_by_their_roles() -> None:
    found = state(SYNCHRONOUS, LEADER, REPLICA)
    assert (found.leader, found.synchronous) == ("db1", "db2")
    assert found.is_whole(3)


@pytest.mark.parametrize(
    "members",
    [
        (LEADER, SYNCHRONOUS),
        (LEADER, REPLICA | {"name": "db2"}, REPLICA),
        (LEADER, SYNCHRONOUS, REPLICA | {"state": "stopped"}),
        (LEADER, SYNCHRONOUS, REPLICA | {"state": "starting"}),
        (LEADER, SYNCHRONOUS, {"name": "db3"}),
        (SYNCHRONOUS, REPLICA, REPLICA | {"name": "db1"}),
        (LEADER, SYNCHRONOUS, REPLICA, REPLICA | {"name": "db4"}),
        (),
    ],
    ids=["one missing", "none synchronous", "stopped", "starting", "no state", "no leader", "one too many", "none"],
)  # fmt: skip
def test_a_cluster_that_lacks_something_is_not_whole(members: tuple[Any, ...]) -> None:
    assert not state(*members).is_whole(3)


@pytest.mark.parametrize(
    "answer", [None, [], "x", 1, {}, {"members": None}, {"members": ["db1", 1, {"role": "leader"}]}]
)
def test_an_answer_that_cannot_be_read_names_no_member(answer: Any) -> None:
    found = ClusterState.of(answer)
    assert (found.leader, found.synchronous, dict(found.roles)) == (None, None, {})
