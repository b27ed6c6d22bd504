"""What the nodes of a cluster are configured with: ports, roles, addresses."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import unquote, urlsplit

from eligibility_api.database.servers import split
from eligibility_api.embedded_postgres.cluster import DATABASE, ROLES, role_name
from eligibility_api.embedded_postgres.server import SETTINGS
from eligibility_api.embedded_postgres.unprivileged import Unprivileged
from eligibility_api.platform.described_settings import variables
from eligibility_api.platform.settings import Settings
from loadtest.cluster import configuration
from loadtest.cluster.configuration import NAMES, PORTS, make_nodes
from loadtest.cluster.programs import Programs

FOLDER = Path("/tmp/cluster")
NODES = make_nodes(FOLDER, range(5000, 5000 + PORTS * len(NAMES)))
PROGRAMS = Programs("/usr/bin/etcd", Path("/opt/bin"), Unprivileged(("as-nobody",), 65534))
PASSWORDS = {
    role: f"{number}/ü@:{role}"
    for number, role in enumerate(
        [
            *configuration.SERVICES.values(),
            configuration.SUPERUSER,
            configuration.REPLICATION,
            configuration.REWIND,
        ]
    )
}


def test_no_two_servers_of_a_cluster_share_a_port_or_a_folder() -> None:
    ports = [port for node in NODES for port in (node.postgres, node.rest, node.etcd, node.etcd_peer)]
    assert sorted(ports) == list(range(5000, 5012))
    assert len({node.data for node in NODES}) == len(NODES) == 3


def test_every_setting_of_an_address_has_the_role_that_it_is_for() -> None:
    known = {
        name for field, info in Settings.model_fields.items() for name in variables(Settings, field, info)
    }
    assert configuration.SERVICES.keys() <= known
    assert set(configuration.SERVICES.values()) == set(map(role_name, ROLES))
    assert configuration.DATABASE == DATABASE


def test_the_fund_reads_each_address_as_all_three_servers() -> None:
    found = configuration.addresses(NODES, PASSWORDS)
    assert found.keys() == configuration.SERVICES.keys()
    for setting, role in configuration.SERVICES.items():
        servers = split(found[setting])
        assert [f"port={node.postgres}" in one for node, one in zip(NODES, servers, strict=True)] == [
            True
        ] * 3
        login = urlsplit(servers[0]).netloc.rpartition("@")[0].split(":")
        assert [unquote(part) for part in login] == [role, PASSWORDS[role]]


def test_the_superuser_s_address_is_of_another_database() -> None:
    servers = split(configuration.admin_address(NODES, PASSWORDS))
    assert {urlsplit(one).path for one in servers} == {"/postgres"}


def test_patroni_is_given_all_of_etcd_and_its_own_server() -> None:
    for node in NODES:
        settings = configuration.patroni_settings(node, NODES, PROGRAMS, PASSWORDS)
        assert settings["etcd3"]["hosts"] == [f"127.0.0.1:{one.etcd}" for one in NODES]
        assert settings["postgresql"]["listen"] == f"127.0.0.1:{node.postgres}"
        assert settings["restapi"]["listen"] == f"127.0.0.1:{node.rest}"
        assert json.loads(json.dumps(settings)) == settings


def test_nothing_connects_from_another_machine_or_without_a_password() -> None:
    settings = configuration.patroni_settings(NODES[0], NODES, PROGRAMS, PASSWORDS)
    lines = [line.split() for line in settings["postgresql"]["pg_hba"]]
    assert len(lines) == 3
    assert {(line[3], line[4]) for line in lines} == {("127.0.0.1/32", "scram-sha-256")}
    assert settings["postgresql"]["parameters"]["unix_socket_directories"] == ""


def test_the_servers_have_the_settings_of_the_embedded_one() -> None:
    shared = configuration.PARAMETERS.keys() & SETTINGS.keys()
    assert len(shared) > 4
    differing = {name for name in shared if str(configuration.PARAMETERS[name]) != SETTINGS[name]}
    assert differing == {"max_connections"}  # of several hosts of the fund


def test_every_etcd_knows_its_peers_and_runs_as_nobody_else() -> None:
    command = configuration.etcd_command(NODES[1], NODES, PROGRAMS)
    assert command[:2] == ["as-nobody", "/usr/bin/etcd"]
    peers = ",".join(f"{node.name}=http://127.0.0.1:{node.etcd_peer}" for node in NODES)
    assert f"--initial-cluster={peers}" in command
    assert "--name=db2" in command
