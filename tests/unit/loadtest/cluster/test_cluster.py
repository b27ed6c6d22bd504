"""A cluster's nodes and what Patroni says, without a cluster: real ones are in `tests/end_to_end/test_cluster.py`."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

import httpx2
import pytest

from eligibility_api.embedded_postgres.unprivileged import Unprivileged
from loadtest.cluster import cluster as cluster_module
from loadtest.cluster.cluster import Cluster, free_ports
from loadtest.cluster.programs import Programs
from loadtest.errors import LoadError
from loadtest.machine import processes

WHOLE = {
    "members": [
        {"name": "db1", "role": "replica", "state": "streaming"},
        {"name": "db2", "role": "leader", "state": "running"},
        {"name": "db3", "role": "sync_standby", "state": "streaming"},
    ]
}


@pytest.fixture(autouse=True)
def ports(monkeypatch: pytest.MonkeyPatch) -> None:
    """Unit tests open no socket."""
    monkeypatch.setattr(cluster_module, "free_ports", lambda count: list(range(5000, 5000 + count)))


class Socket:
    """A listening socket; all of them take the lowest port that none holds."""

    held: ClassVar[set[int]] = set()

    def __init__(self, address: tuple[str, int]) -> None:
        assert address == ("127.0.0.1", 0)
        self._port = next(port for port in range(5000, 6000) if port not in self.held)
        self.held.add(self._port)

    def getsockname(self) -> tuple[str, int]:
        return "127.0.0.1", self._port

    def __enter__(self) -> Socket:
        return self

    def __exit__(self, *_: object) -> None:
        self.held.discard(self._port)


def made(folder: Path, answer: Callable[[httpx2.Request], httpx2.Response]) -> Cluster:
    one = Cluster(folder, Programs("etcd", Path("/pg"), Unprivileged((), 0)), lambda _: None)
    one._http = httpx2.Client(transport=httpx2.MockTransport(answer))
    return one


def whole(_: httpx2.Request) -> httpx2.Response:
    return httpx2.Response(200, json=WHOLE)


def test_the_ports_of_a_cluster_are_free_differ_and_are_released(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "create_server", Socket)
    assert free_ports(12) == list(range(5000, 5012))
    assert Socket.held == set()


def test_the_first_node_that_answers_describes_the_cluster(tmp_path: Path) -> None:
    asked: list[int | None] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        asked.append(request.url.port)
        if len(asked) == 1:
            raise httpx2.ReadTimeout("paused", request=request)
        return httpx2.Response(200, json=WHOLE) if len(asked) > 2 else httpx2.Response(503, text="<html>")

    one = made(tmp_path, answer)
    assert one.state().leader == "db2"
    assert asked == [node.rest for node in one.nodes]
    assert one.leader() == "db2"


def test_a_cluster_of_which_no_node_answers_has_no_leader(tmp_path: Path) -> None:
    def refuse(request: httpx2.Request) -> httpx2.Response:
        raise httpx2.ConnectError("refused", request=request)

    one = made(tmp_path, refuse)
    assert one.state().roles == {}
    with pytest.raises(LoadError, match="no leader"):
        one.leader()


def test_a_cluster_that_does_not_get_whole_is_given_up_with_its_messages(tmp_path: Path) -> None:
    one = made(tmp_path, lambda _: httpx2.Response(200, json={"members": []}))
    for node in one.nodes:
        node.folder.mkdir()
        (node.folder / "patroni.log").write_text(f"{node.name} waits\n" * 30)
    with pytest.raises(LoadError, match="not whole after 0 s") as raised:
        one.wait_until_whole(0.0)
    assert str(raised.value).count("db3 waits") == 20


def test_a_whole_cluster_is_waited_for_no_longer(tmp_path: Path) -> None:
    assert made(tmp_path, whole).wait_until_whole(60.0) < 10


def test_a_switch_over_is_asked_of_the_leader(tmp_path: Path) -> None:
    asked: list[httpx2.Request] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        asked.append(request)
        return httpx2.Response(200)

    one = made(tmp_path, answer)
    one.switch_over("db2", "db3")
    [request] = asked
    assert (request.url.port, request.url.path) == (one.node("db2").rest, "/switchover")
    assert request.read() == b'{"leader":"db2","candidate":"db3"}'


def test_a_refused_switch_over_is_an_error(tmp_path: Path) -> None:
    one = made(tmp_path, lambda _: httpx2.Response(412, text="candidate is not synchronous"))
    with pytest.raises(LoadError, match="candidate is not synchronous"):
        one.switch_over("db2", "db1")


def test_a_leader_that_does_not_answer_a_switch_over_is_an_error(tmp_path: Path) -> None:
    def refuse(request: httpx2.Request) -> httpx2.Response:
        raise httpx2.ConnectError("refused", request=request)

    with pytest.raises(LoadError, match="did not answer the switch-over"):
        made(tmp_path, refuse).switch_over("db2", "db1")


@pytest.mark.parametrize(("text", "directory", "found"), [("12\n/data\n", "db1", True), ("12\n", "db2", False), ("", "db1", False), (None, "db1", False)])  # fmt: skip
def test_a_postmaster_is_the_process_that_its_file_names_and_that_works_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str | None, directory: str, found: bool
) -> None:
    one = made(tmp_path, whole)
    node = one.node("db1")
    monkeypatch.setattr(
        processes, "working_directory", lambda pid: one.node(directory).data if pid == 12 else None
    )
    node.data.mkdir(parents=True)
    if text is not None:
        (node.data / "postmaster.pid").write_text(text)
    if found:
        assert one.postmaster(node) == 12
    else:
        with pytest.raises(LoadError, match="PostgreSQL does not run on db1"):
            one.postmaster(node)


def test_a_host_is_its_server_its_patroni_and_its_etcd(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = made(tmp_path, whole)
    first, second = one.node("db1"), one.node("db2")
    one._started = {("db1", "etcd"): 10, ("db1", "patroni"): 20, ("db2", "etcd"): 30, ("db2", "patroni"): 40}
    names = {1: "postgres", 2: "postgres", 3: "postgres", 4: "python"}
    places = {1: first.data, 2: first.data, 3: second.data, 4: first.data}
    monkeypatch.setattr(processes, "pids", lambda: list(names))
    monkeypatch.setattr(processes, "name", names.get)
    monkeypatch.setattr(processes, "working_directory", places.get)
    monkeypatch.setattr(processes, "with_descendants", lambda pid: {pid, pid + 1})
    assert one.servers() == {1, 2, 3}
    assert one.host(first) == {1, 2, 10, 11, 20, 21}
    assert one.etcd(second) == 30


def test_passwords_are_new_for_each_cluster_and_in_no_representation(tmp_path: Path) -> None:
    first, second = made(tmp_path, whole), made(tmp_path, whole)
    assert first.addresses != second.addresses
    assert first.admin_address not in repr(vars(first).keys())


def test_a_start_that_fails_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster_module, "_START_S", 0.0)
    folder = tmp_path / "cluster"
    programs = Programs("/nowhere/etcd", Path("/pg"), Unprivileged((), folder.parent.stat().st_uid))
    with (
        pytest.raises(LoadError, match="etcd could not be started"),
        Cluster(folder, programs, lambda _: None),
    ):
        raise AssertionError("it started")
    assert not folder.exists()
