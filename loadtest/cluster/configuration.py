"""What the nodes of a cluster are configured with. Pure.

The settings are those of `deploy/patroni.yml`, a test holds: what is tried here is what an operator takes. Addresses are
ports of the loopback address, without TLS and watchdog.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from loadtest.cluster.programs import Programs

HOST, DATABASE = "127.0.0.1", "shikaku"
NAMES = ("db1", "db2", "db3")

PARAMETERS = {
    "max_connections": 320,
    "max_locks_per_transaction": 256,
    "wal_level": "replica",
    "wal_sender_timeout": "5s",
    "jit": "off",
    "timezone": "UTC",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}

DCS: Mapping[str, Any] = {
    "ttl": 20,
    "loop_wait": 1,
    "retry_timeout": 3,
    "maximum_lag_on_failover": 0,
    "primary_start_timeout": 0,
    "synchronous_mode": True,
    "synchronous_mode_strict": True,
    "failsafe_mode": True,
    "postgresql": {"use_pg_rewind": True, "parameters": PARAMETERS},
}
"""What all nodes share; the reasons stand in `deploy/patroni.yml`."""

INITDB: Sequence[Any] = ({"encoding": "UTF8"}, {"locale": "C"}, "data-checksums")

BASEBACKUP = [{"checkpoint": "fast"}]
"""A new node waits for no checkpoint of the primary's own."""

LOCAL_PARAMETERS = {"shared_buffers": "128MB", "unix_socket_directories": ""}
"""Three servers share a machine, and none needs a socket, whose path would have to be short."""

SERVICES = {
    "DATABASE_URL": "shikaku_api",
    "FUND_DATABASE_OWNER_URL": "shikaku_owner",
    "FUND_DATABASE_JOBS_URL": "shikaku_jobs",
    "FUND_DATABASE_AUDITOR_URL": "shikaku_auditor",
    "FUND_DATABASE_SEQUENCER_URL": "shikaku_sequencer",
}
"""The fund's settings for addresses of the database, each with its role."""

SUPERUSER, REPLICATION, REWIND = "postgres", "replicator", "rewind"


@dataclass(frozen=True, slots=True)
class Node:
    """One host of the cluster: its name, its folder, and the ports of its servers."""

    name: str
    folder: Path
    postgres: int
    rest: int
    etcd: int
    etcd_peer: int

    @property
    def data(self) -> Path:
        """PostgreSQL's data directory."""
        return self.folder / "data"

    @property
    def rest_url(self) -> str:
        """Patroni's address."""
        return f"http://{HOST}:{self.rest}"


PORTS = 4
"""Of each node."""


def make_nodes(folder: Path, ports: Sequence[int]) -> tuple[Node, ...]:
    """The nodes, with `PORTS` of the ports each."""
    return tuple(
        Node(name, folder / name, *ports[place * PORTS : (place + 1) * PORTS])
        for place, name in enumerate(NAMES)
    )


def etcd_command(node: Node, nodes: Sequence[Node], programs: Programs) -> list[str]:
    """The command line of a node's etcd."""
    peers = ",".join(f"{one.name}=http://{HOST}:{one.etcd_peer}" for one in nodes)
    client, peer = f"http://{HOST}:{node.etcd}", f"http://{HOST}:{node.etcd_peer}"
    options = {
        "name": node.name,
        "data-dir": str(node.folder / "etcd"),
        "listen-client-urls": client,
        "advertise-client-urls": client,
        "listen-peer-urls": peer,
        "initial-advertise-peer-urls": peer,
        "initial-cluster": peers,
        "initial-cluster-state": "new",
    }
    return [*programs.user.prefix, programs.etcd, *(f"--{name}={value}" for name, value in options.items())]


def patroni_settings(
    node: Node, nodes: Sequence[Node], programs: Programs, passwords: Mapping[str, str]
) -> dict[str, Any]:
    """The settings of a node's Patroni, as its file has them. `passwords`: by role."""
    logins = {"superuser": SUPERUSER, "replication": REPLICATION, "rewind": REWIND}
    address = f"{HOST}:{node.postgres}"
    return {
        "scope": DATABASE,
        "name": node.name,
        "restapi": {"listen": f"{HOST}:{node.rest}", "connect_address": f"{HOST}:{node.rest}"},
        "etcd3": {"hosts": [f"{HOST}:{one.etcd}" for one in nodes]},
        "bootstrap": {"dcs": DCS, "initdb": list(INITDB)},
        "postgresql": {
            "listen": address,
            "connect_address": address,
            "data_dir": str(node.data),
            "bin_dir": str(programs.postgres),
            "pgpass": str(node.folder / "pgpass"),
            "basebackup": BASEBACKUP,
            "pg_hba": [
                f"host replication {REPLICATION} {HOST}/32 scram-sha-256",
                f"host postgres {REWIND},{SUPERUSER} {HOST}/32 scram-sha-256",
                f"host {DATABASE} {','.join([SUPERUSER, *SERVICES.values()])} {HOST}/32 scram-sha-256",
            ],
            "parameters": LOCAL_PARAMETERS,
            "authentication": {
                kind: {"username": name, "password": passwords[name]} for kind, name in logins.items()
            },
        },
        "watchdog": {"mode": "off"},
    }


def addresses(nodes: Sequence[Node], passwords: Mapping[str, str]) -> dict[str, str]:
    """The fund's addresses of the cluster by setting: each names every node."""
    return {
        setting: _address(role, nodes, passwords, DATABASE) + "?target_session_attrs=read-write"
        for setting, role in SERVICES.items()
    }


def admin_address(nodes: Sequence[Node], passwords: Mapping[str, str]) -> str:
    """The superuser's address, for `eligibility-api database prepare`."""
    return _address(SUPERUSER, nodes, passwords, "postgres")


def _address(role: str, nodes: Sequence[Node], passwords: Mapping[str, str], database: str) -> str:
    hosts = ",".join(f"{HOST}:{node.postgres}" for node in nodes)
    return f"postgresql://{role}:{quote(passwords[role], safe='')}@{hosts}/{database}"
