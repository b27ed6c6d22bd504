"""The files for operators can be read, and name only settings, roles and commands that exist."""

from __future__ import annotations

import re
from configparser import RawConfigParser
from pathlib import Path
from typing import Any

import pytest
import yaml

from eligibility_api.database.servers import SERVER_SECONDS
from eligibility_api.embedded_postgres.cluster import ROLES, role_name
from eligibility_api.embedded_postgres.server import SETTINGS
from eligibility_api.embedded_postgres.unprivileged import Unprivileged
from eligibility_api.platform.described_settings import variables
from eligibility_api.platform.settings import Settings
from eligibility_api.serve import connections
from loadtest.cluster import configuration
from loadtest.cluster.programs import Programs

DEPLOY = Path(__file__).parents[3] / "deploy"
FILES = sorted(path for path in DEPLOY.iterdir() if path.is_file())
RESERVED_CONNECTIONS = 20
"""Of the superuser, Patroni, standbys and back-ups."""

KNOWN = {name for field, info in Settings.model_fields.items() for name in variables(Settings, field, info)}


def read(name: str) -> Any:
    return yaml.safe_load((DEPLOY / name).read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_setting_that_is_named_exists(path: Path) -> None:
    named = set(re.findall(r"\b(?:FUND_[A-Z_]+[A-Z]|DATABASE_URL)\b", path.read_text(encoding="utf-8")))
    assert named <= KNOWN


def test_every_file_is_described_with_what_was_tried_of_it() -> None:
    described = (DEPLOY / "README.md").read_text(encoding="utf-8")
    assert len(FILES) > 6
    assert not [path.name for path in FILES if path.name != "README.md" and f"`{path.name}`" not in described]


@pytest.mark.parametrize(
    ("name", "user", "command"),
    [
        ("shikaku.service", "shikaku", r"/opt/shikaku/bin/eligibility-api serve\b"),
        ("shikaku-backup.service", "postgres", r"/usr/local/sbin/backup-database$"),
    ],
)
def test_a_unit_runs_its_command_as_the_user_to_whom_the_files_belong(
    name: str, user: str, command: str
) -> None:
    unit = RawConfigParser(strict=False)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read(DEPLOY / name, encoding="utf-8")
    assert unit["Service"]["User"] == user
    assert unit["Service"]["UMask"] == "0077"
    assert re.match(command, unit["Service"]["ExecStart"])


def test_three_hosts_of_the_fund_have_connections_enough() -> None:
    parameters = read("patroni.yml")["bootstrap"]["dcs"]["postgresql"]["parameters"]
    needed = connections(Settings(), workers=4)["total"]
    assert parameters["max_connections"] >= 3 * needed + RESERVED_CONNECTIONS
    of_pods = read("cloudnativepg.yml")["spec"]["postgresql"]["parameters"]
    assert int(of_pods["max_connections"]) == parameters["max_connections"]


def test_the_cluster_answers_only_what_is_on_two_machines() -> None:
    dcs = read("patroni.yml")["bootstrap"]["dcs"]
    assert dcs["synchronous_mode"] is True
    assert dcs["synchronous_mode_strict"] is True
    assert dcs["ttl"] >= 20
    assert dcs["loop_wait"] + 2 * dcs["retry_timeout"] <= dcs["ttl"]  # Patroni refuses others


@pytest.mark.parametrize(
    "name", ["max_locks_per_transaction", "log_min_error_statement", "log_error_verbosity", "jit", "timezone"]
)
def test_the_cluster_s_servers_have_the_settings_of_the_embedded_one(name: str) -> None:
    parameters = read("patroni.yml")["bootstrap"]["dcs"]["postgresql"]["parameters"]
    assert str(parameters[name]) == SETTINGS[name]


def test_the_laboratory_inflicts_its_faults_on_a_cluster_of_these_settings() -> None:
    bootstrap = read("patroni.yml")["bootstrap"]
    assert bootstrap == {"dcs": configuration.DCS, "initdb": list(configuration.INITDB)}
    assert read("patroni.yml")["postgresql"]["basebackup"] == configuration.BASEBACKUP


def test_the_laboratory_gives_etcd_the_options_of_this_file() -> None:
    lines = (DEPLOY / "etcd.env").read_text(encoding="utf-8").splitlines()
    variables = [line.partition("=")[0] for line in lines if not line.startswith("#")]
    options = [name.removeprefix("ETCD_").lower().replace("_", "-") for name in variables]
    nodes = configuration.make_nodes(Path("cluster"), range(configuration.PORTS * len(configuration.NAMES)))
    programs = Programs("etcd", Path("bin"), Unprivileged((), 0))
    command = configuration.etcd_command(nodes[0], nodes, programs)
    assert sorted(options) == sorted(word.removeprefix("--").partition("=")[0] for word in command[1:])


def test_every_role_may_connect_to_the_cluster_by_tls_and_no_other() -> None:
    lines = read("patroni.yml")["postgresql"]["pg_hba"]
    [roles] = [line.split()[2].split(",") for line in lines if line.split()[1] == "shikaku"]
    assert set(roles) == {"postgres", *map(role_name, ROLES)}
    assert {line.split()[0] for line in lines} == {"local", "hostssl"}
    own = [line.split()[1] for line in lines if "127.0.0.1/32" in line]
    assert own == ["replication"]  # Patroni asks its own server; all else of it comes by the socket
    assert {line.split()[-1] for line in lines} == {"peer", "scram-sha-256"}


def test_the_proxy_leaves_a_former_primary_sooner_than_the_fund_gives_up() -> None:
    text = (DEPLOY / "haproxy.cfg").read_text(encoding="utf-8")
    assert "httpchk OPTIONS /primary" in text
    assert "on-marked-down shutdown-sessions" in text
    [interval] = re.findall(r"inter (\d+)ms", text)
    assert int(interval) / 1000 <= SERVER_SECONDS


@pytest.mark.parametrize("name", ["compose.yml", "cloudnativepg.yml", "helm-values.yml"])
def test_a_file_whose_schema_was_not_to_be_had_is_named_not_tried(name: str) -> None:
    assert read(name)
    assert "Not tried" in (DEPLOY / name).read_text(encoding="utf-8")
